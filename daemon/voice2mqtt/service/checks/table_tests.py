"""Run a table's `tests:`: does each sentence publish what it should?"""

from collections.abc import Sequence
from dataclasses import replace

from voice2mqtt.core.decision import Decision, Fire, Message
from voice2mqtt.core.jsontext import read_json
from voice2mqtt.core.outcome import Heard
from voice2mqtt.nlu.dialogue.interpreter import Interpreter
from voice2mqtt.nlu.dialogue.policy import LocalTime
from voice2mqtt.nlu.grammar.table import CommandTable, TableTest
from voice2mqtt.service import interpreters as build
from voice2mqtt.settings.model import Settings

_NOON = LocalTime(minute=12 * 60, weekday=0)


def try_sentences(table: CommandTable, settings: Settings) -> list[str]:
    """Return a message for each test of `table` that fails.

    Tests are about words: wake phrases, hours, days, confirmation, cooldowns and repeats are
    ignored.

    Raises:
        SettingsError: the table cannot be compiled.
    """
    languages = [
        unconditional_interpreter(spoken, settings)
        for spoken in (table, *table.translations.values())
    ]
    return [failure for test in table.tests if (failure := _try_each(test, languages))]


def unconditional_interpreter(table: CommandTable, settings: Settings) -> Interpreter:
    """Return an interpreter that decides by words alone, as the table's tests do.

    Raises:
        SettingsError: the table cannot be compiled.
    """
    spoken = replace(table.at_any_time(), translations={})
    return build.interpreter(words_only(settings), spoken, for_few_sentences=True)


def words_only(settings: Settings) -> Settings:
    """Return `settings` without wake phrase and echo, which are no matter of a table's words."""
    listening = replace(settings.listening, wake_phrase=(), repeat_within_s=0.0)
    return replace(settings, listening=listening)


def published(heard: Heard, interpreter: Interpreter) -> tuple[Message, ...]:
    """Return what `heard` publishes at noon."""
    return _messages(interpreter.decide(heard, 0.0, _NOON))


def _messages(decisions: Sequence[Decision]) -> tuple[Message, ...]:
    return tuple(
        m for decision in decisions if isinstance(decision, Fire) for m in decision.messages
    )


def _try_each(test: TableTest, languages: Sequence[Interpreter]) -> str:
    """Return the failure of a test in every language; one that publishes nothing has to in each."""
    failures = [_try(test, interpreter) for interpreter in languages]
    wrong = [failure for failure in failures if failure]
    return wrong[0] if wrong and (not test.publish or len(wrong) == len(failures)) else ""


def _try(test: TableTest, interpreter: Interpreter) -> str:
    decisions = interpreter.decide(Heard(text=test.hear), 0.0, _NOON)
    sent = _messages(decisions)
    if _same(test.publish, sent):
        return ""
    wanted = "; ".join(f"{topic} = {payload}" for topic, payload in test.publish) or "nothing"
    return (
        f"{test.place}: '{test.hear}' should publish {wanted}, but publishes "
        f"{described(sent)} ({_why(decisions)})"
    )


def described(messages: Sequence[Message]) -> str:
    """Return messages as tests write them."""
    return "; ".join(f"{m.topic} = {m.payload}" for m in messages) or "nothing"


def _why(decisions: Sequence[Decision]) -> str:
    return "; ".join(
        f"{decision.row or 'no command'}: {decision.reason.text}" for decision in decisions
    )


def _same(wanted: Sequence[tuple[str, str]], sent: Sequence[Message]) -> bool:
    got = [(m.topic, _parsed(m.payload)) for m in sent]
    return got == [(topic, _parsed(payload)) for topic, payload in wanted]


def _parsed(payload: str) -> object:
    """Parse JSON, so that white space and the order of keys do not matter."""
    try:
        return read_json(payload) if payload.startswith(("{", "[")) else payload
    except ValueError:
        return payload
