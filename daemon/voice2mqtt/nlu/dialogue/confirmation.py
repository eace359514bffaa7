"""An open question and the answers to it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from voice2mqtt.core.decision import SlotValue
from voice2mqtt.languages.language import language_named
from voice2mqtt.nlu.grammar.compiler import compile_table
from voice2mqtt.nlu.grammar.table import CommandTable, Row, WildcardList
from voice2mqtt.nlu.matching.candidate import Meaning, PhoneticSearch
from voice2mqtt.nlu.matching.contradiction import are_known
from voice2mqtt.nlu.matching.exact import ExactMatcher
from voice2mqtt.nlu.text.normaliser import Normaliser, normaliser

_FINAL_MARKS = " .,;:!?\u2026"
"""Of a sentence; a question gets its own."""


class Consent(IntEnum):
    """The kinds of answers, in the order of the first templates in `_answers`."""

    YES = 0
    NO = 1
    CANCEL = 2


@dataclass(frozen=True, slots=True)
class Answer:
    """A yes or a no, and what else was said."""

    consent: Consent
    is_whole: bool
    """Whether nothing else was said."""
    rest: str = ""
    """What follows the yes or no: "no, close the blinds"."""

    @property
    def refuses(self) -> bool:
        """Whether it is a no, which drops the question."""
        return self.consent is not Consent.YES


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question to the speaker, who may answer until `until_s` (monotonic)."""

    text: str
    options: tuple[Meaning, ...]
    """One to confirm, or several to choose from."""
    words: tuple[str, ...]
    """The words in which each option differs from the others."""
    until_s: float

    def is_about(self, *options: Meaning) -> bool:
        """Return whether it asks about these commands, in whatever words."""
        return list(map(_effect, options)) == list(map(_effect, self.options))

    def in_new_table(self, before: Sequence[Row], rows: Sequence[Row]) -> "Question | None":
        """Return the question for a new table with `rows`; None if a row asked about has changed.

        `before` are the rows of the old table.
        """
        numbers = {row.name: number for number, row in enumerate(rows)}
        options: list[Meaning] = []
        for option in self.options:
            asked = [before[command.row] for command in option]
            known = [numbers.get(row.name, -1) for row in asked]
            if any(n < 0 or rows[n] != row for n, row in zip(known, asked, strict=True)):
                return None
            options.append(tuple(replace(c, row=n) for c, n in zip(option, known, strict=True)))
        return replace(self, options=tuple(options))

    @property
    def differing_slots(self) -> str:
        """Names of the slots in which two options of one row differ."""
        if len(self.options) != 2 or self.options[0][0].row != self.options[1][0].row:
            return ""
        one, other = (option[0].slots for option in self.options)
        return ", ".join(slot for slot in {**one, **other} if one.get(slot) != other.get(slot))


class Confirmations:
    """Recognises consent, refusal and choice in one language."""

    def __init__(self, code: str, phonetic: PhoneticSearch | None, strictness: float) -> None:
        language = language_named(code)
        self._normaliser = normaliser(code)
        self._phonetic = phonetic if are_known(code) else None
        self._strictness = strictness
        self._disjunction = language.disjunction
        self._fillers = frozenset(self._normaliser.keys(" ".join(language.fillers)))
        self._answers = _answers(code, self._normaliser)

    def answer(self, text: str) -> Answer | None:
        """Return what `text` answers to a question; None if it says neither yes nor no.

        One word of refusal anywhere makes it a refusal.
        """
        parses = self._answers.parses(text)
        if not parses:
            return None
        row, slots = parses[0].row, parses[0].slots
        return Answer(_CONSENT_OF_ROW[row], row < len(Consent), str(slots.get("rest", "")))

    def chosen(self, text: str, question: Question) -> Meaning | None:
        """Return the option that `text` names; None if it names none, or more than one.

        Besides the name it may have a yes, fillers, and words that all options share. With any
        other word ("un lock"), the phonetic distance decides.
        """
        if len(question.options) < 2:
            return None
        answer = self.answer(text)
        if answer and answer.refuses:
            return None
        text = (answer.rest if answer else "") or text
        said = set(self._normaliser.keys(text))
        keys = [set(self._normaliser.keys(words)) for words in question.words]
        sentences = [set(self._normaliser.keys(_sentence(option))) for option in question.options]
        allowed = self._fillers.union(set.intersection(*sentences))
        named = [place for place, words in enumerate(keys) if words <= said <= words | allowed]
        if not named:
            return self._nearest_option(text, question)
        return question.options[named[0]] if len(named) == 1 else None

    def question(self, options: Sequence[Meaning], until_s: float) -> Question:
        """Return the question which of `options` was meant, or whether the only one was."""
        sentences = list(map(_sentence, options))
        words = self._differing_words(sentences) if len(sentences) == 2 else tuple(sentences)
        text = f" {self._disjunction} ".join(words)
        return Question(
            text=f"{text[:1].upper()}{text[1:]}?",
            options=tuple(options),
            words=words,
            until_s=until_s,
        )

    def _differing_words(self, sentences: Sequence[str]) -> tuple[str, ...]:
        """Return the words in which two sentences differ, or the sentences if one has none."""
        one, other = ([t.surface for t in self._normaliser.tokens(s)] for s in sentences)
        keys = [self._normaliser.keys(sentence) for sentence in sentences]
        before = 0
        while before < min(map(len, keys)) and keys[0][before] == keys[1][before]:
            before += 1
        after = 0
        while after < min(map(len, keys)) - before and keys[0][-1 - after] == keys[1][-1 - after]:
            after += 1
        first = " ".join(one[before : len(one) - after])
        second = " ".join(other[before : len(other) - after])
        return (first, second) if first and second else tuple(" ".join(w) for w in (one, other))

    def _nearest_option(self, text: str, question: Question) -> Meaning | None:
        if self._phonetic is None:
            return None
        near = sorted(
            (self._phonetic.distance(text, words), place)
            for place, words in enumerate(question.words)
        )
        clear = near[0][0] <= self._strictness < near[1][0]
        return question.options[near[0][1]] if clear else None


_CONSENT_OF_ROW = (*Consent, Consent.NO, Consent.CANCEL, Consent.NO, Consent.YES)
"""The consent of each template of `_answers`; of several that match, the first counts."""


def _answers(code: str, normaliser: Normaliser) -> ExactMatcher:
    language = language_named(code)
    yes, no, cancel = (f"({template})" for template in (language.yes, language.no, language.cancel))
    negation = f"({language.no}|{language.cancel}|{'|'.join(language.negations)})"
    templates = (
        f"{yes} [{yes}] [{yes}]",
        no,
        cancel,
        f"{no} {{rest}}",
        f"{cancel} {{rest}}",
        f"[{{before}}] {negation} [{{after}}]",
        f"{yes} {{rest}}",
    )
    rows = tuple(Row(name=template, say=(template,), publish=()) for template in templates)
    anything = dict.fromkeys(("rest", "before", "after"), WildcardList())
    table = CommandTable(rows=rows, lists=anything, language=code)
    return ExactMatcher(compile_table(table), normaliser)


def _sentence(option: Meaning) -> str:
    return ", ".join(command.sentence.strip(_FINAL_MARKS) for command in option)


def _effect(option: Meaning) -> list[tuple[int, dict[str, SlotValue]]]:
    return [(command.row, dict(command.slots)) for command in option]
