"""A sentence is tried without touching the daemon's dialogue."""

from collections.abc import Sequence

from voice2mqtt.core.outcome import Heard, NoMatch, Outcome
from voice2mqtt.nlu.dialogue.interpreter import Interpreter
from voice2mqtt.nlu.grammar.table import CommandTable, Publish, Row
from voice2mqtt.service.watching.dry_run import DryRun


def _table(word: str) -> CommandTable:
    publish = (Publish(topic="home/door", payload="OPEN"),)
    row = Row(name="door", say=(f"open the {word}",), publish=publish, confirm="Really?")
    return CommandTable(rows=(row,))


def _unheard(_pcm: bytes, _table: CommandTable) -> Sequence[Outcome]:
    raise AssertionError


def test_each_sentence_is_decided_as_if_nothing_was_said_before() -> None:
    made: list[CommandTable] = []

    def make(table: CommandTable) -> Interpreter:
        made.append(table)
        return Interpreter(table)

    dry_run = DryRun("den", make, _table("door"), _unheard)
    assert made == []
    for _ in range(2):
        (event,) = dry_run.events("open the door")
        assert (event["event"], event["question"], event["node"]) == ("ask", "Really?", "den")
    (answer,) = dry_run.events("yes")
    assert answer["event"] == "unmatched"
    assert len(made) == 1


def test_another_table_is_used_from_the_next_sentence_on() -> None:
    dry_run = DryRun("den", Interpreter, _table("door"), _unheard)
    assert dry_run.events("open the gate")[0]["event"] == "unmatched"
    dry_run.adopt(_table("gate"))
    assert dry_run.events("open the gate")[0]["event"] == "ask"


def test_each_utterance_of_a_recording_is_decided_by_the_table_in_force() -> None:
    def transcribe(pcm: bytes, table: CommandTable) -> Sequence[Outcome]:
        assert table == _table("gate")
        return [Heard(text=pcm.decode()), NoMatch(reason="NotRecognized")]

    dry_run = DryRun("den", Interpreter, _table("door"), transcribe)
    dry_run.adopt(_table("gate"))
    asked, nothing = dry_run.events_of_recording(b"open the gate")
    assert (asked["event"], asked["text"]) == ("ask", "open the gate")
    assert nothing["event"] == "no_match"
