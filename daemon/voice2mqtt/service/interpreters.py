"""Makes interpreters and the linter from settings and a table.

Nothing here imports the speech, sound and MQTT of the daemon, which a command that only looks at
words has no need to wait for.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

from voice2mqtt.core.outcome import Hypothesis
from voice2mqtt.languages.language import primary_of
from voice2mqtt.nlu.dialogue.interpreter import Interpreter
from voice2mqtt.nlu.dialogue.multilingual import MultilingualInterpreter
from voice2mqtt.nlu.dialogue.policy import Policy
from voice2mqtt.nlu.grammar.automaton import Automaton
from voice2mqtt.nlu.grammar.compiler import compile_table
from voice2mqtt.nlu.grammar.table import CommandTable, in_language
from voice2mqtt.nlu.matching.candidate import Candidate, PhoneticSearch
from voice2mqtt.nlu.matching.exact import ExactMatcher
from voice2mqtt.nlu.text.normaliser import normaliser
from voice2mqtt.settings.model import Settings
from voice2mqtt.settings.wake_words import spoken_forms

if TYPE_CHECKING:
    from voice2mqtt.nlu.lint.report import Lint
    from voice2mqtt.nlu.matching.phonetic.search import PhoneticMatcher


class _SearchWhenNeeded:
    """A search by sound that is made at its first use: most sentences are said word for word."""

    def __init__(self, make: Callable[[], PhoneticSearch]) -> None:
        self._make = make

    @cached_property
    def _made(self) -> PhoneticSearch:
        return self._make()

    @property
    def gave_up(self) -> bool:
        """See `PhoneticSearch`."""
        return self._made.gave_up

    def search(self, hypotheses: Sequence[Hypothesis]) -> Sequence[Candidate]:
        """See `PhoneticSearch`."""
        return self._made.search(hypotheses)

    def distance(self, heard: str, said: str) -> float:
        """See `PhoneticSearch`."""
        return self._made.distance(heard, said)


def language_of(settings: Settings) -> str:
    """Return the language of a table that names none."""
    return primary_of(settings.speech.first_language)


def interpreter(
    settings: Settings, table: CommandTable, *, for_few_sentences: bool = False
) -> Interpreter:
    """Return the interpreter of `table`, in all languages that settings and table have.

    `for_few_sentences` prepares the search by sound only when one of them needs it.

    Raises:
        SettingsError: the table cannot be compiled.
    """
    policy, automaton = _policy(settings), compile_table(table)
    make = partial(_phonetic_matcher, settings, table, automaton)
    phonetic = _SearchWhenNeeded(make) if for_few_sentences else make()
    translations = {
        tag: translation
        for tag in settings.speech.languages
        if (translation := in_language(table.translations, tag)) and translation.rows != table.rows
    }
    if not translations:
        return Interpreter(table, policy, phonetic, automaton)
    others = {
        tag: interpreter(
            _only(settings, tag),
            replace(translation, translations={}),
            for_few_sentences=for_few_sentences,
        )
        for tag, translation in translations.items()
    }
    return MultilingualInterpreter(table, policy, phonetic, automaton, others)


def _only(settings: Settings, tag: str) -> Settings:
    """Return `settings` for what is spoken in one language alone."""
    speech = replace(settings.speech, language=tag, languages=())
    return replace(settings, speech=speech)


def _policy(settings: Settings) -> Policy:
    listening = settings.listening
    return Policy(
        wake_phrases=listening.wake_phrase,
        wake_words=spoken_forms(listening.wake_word),
        wake_grace_s=listening.wake_grace_s,
        strictness=listening.strictness,
        margin=listening.margin,
        ask=listening.ask,
        answer_within_s=listening.answer_within_s,
        repeat_within_s=listening.repeat_within_s,
    )


def lint(settings: Settings, table: CommandTable) -> "Lint":
    """Return the findings of the linter in each language, sounds included; it must compile."""
    found = _lint(settings, table)
    for tag, translation in table.translations.items():
        if translation.rows != table.rows:
            # A list counts as used if a row of any language uses it.
            further = _lint(_only(settings, tag), replace(translation, translations={"": table}))
            found = found.joined(further)
    return found


def _lint(settings: Settings, table: CommandTable) -> "Lint":
    from voice2mqtt.nlu.lint.report import lint as check_table

    automaton = compile_table(table)
    matcher = ExactMatcher(automaton, normaliser(table.language))
    return check_table(table, matcher, _phonetic_matcher(settings, table, automaton))


def _phonetic_matcher(
    settings: Settings, table: CommandTable, automaton: Automaton
) -> "PhoneticMatcher":
    # numpy comes with it.
    from voice2mqtt.nlu.matching.phonetic.search import PhoneticMatcher
    from voice2mqtt.pronunciation.pronouncer import pronouncer

    speaker = pronouncer(settings.speech.spoken(table.language))
    return PhoneticMatcher(automaton, normaliser(table.language), speaker)
