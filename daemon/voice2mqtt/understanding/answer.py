"""A question that is open, and what the speaker answers to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from voice2mqtt.understanding.candidate import NearestSound
from voice2mqtt.understanding.compile import compile_templates
from voice2mqtt.understanding.comprehension import Meaning
from voice2mqtt.understanding.language import language_named
from voice2mqtt.understanding.match import Matcher
from voice2mqtt.understanding.normalise import normaliser

MOST_FURTHER_WORDS = 3
"""Beside those of the choice: "the kitchen one please"."""


class Consent(IntEnum):
    """What an answer comes to, in the order of the templates below."""

    YES = 0
    NO = 1
    CANCEL = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Put to the speaker, who may answer until `until_s` (monotonic)."""

    text: str
    options: tuple[Meaning, ...]
    """One to consent to, or several to choose from."""
    words: tuple[str, ...]
    """What tells each option from the others."""
    until_s: float


class Answers:
    """Understands consent and choice in one language."""

    def __init__(self, code: str, nearest: NearestSound | None, strictness: float) -> None:
        language = language_named(code)
        self._normaliser = normaliser(code)
        self._nearest = nearest
        self._strictness = strictness
        self._disjunction = language.disjunction
        consent = compile_templates([[language.yes], [language.no], [language.cancel]], code)
        self._consent = Matcher(consent, self._normaliser)

    def consent(self, text: str) -> Consent | None:
        """Return whether `text` says yes, no or cancel; None if it is something else."""
        parses = self._consent.parses(text)
        return Consent(parses[0].row) if parses else None

    def chosen(self, text: str, question: Question) -> Meaning | None:
        """Return the option that `text` names; None if it names none, or more than one."""
        if len(question.options) < 2:
            return None
        said = self._keys(text)
        keys = [self._keys(words) for words in question.words]
        if len(said) > max(map(len, keys)) + MOST_FURTHER_WORDS:
            return None
        named = [place for place, words in enumerate(keys) if set(words) <= set(said)]
        if not named:
            return self._sounds_like(text, question)
        return question.options[named[0]] if len(named) == 1 else None

    def question(self, options: Sequence[Meaning], until_s: float) -> Question:
        """Return the question which of `options` was meant; for one, whether it was meant."""
        sentences = [", ".join(command.sentence for command in option) for option in options]
        words = self._telling(sentences) if len(sentences) == 2 else tuple(sentences)
        text = f" {self._disjunction} ".join(words)
        return Question(
            text=f"{text[:1].upper()}{text[1:]}?",
            options=tuple(options),
            words=words,
            until_s=until_s,
        )

    def _telling(self, sentences: Sequence[str]) -> tuple[str, ...]:
        """Return the words in which two sentences differ, or else the sentences themselves."""
        one, other = ([t.surface for t in self._normaliser.tokens(s)] for s in sentences)
        keys = [self._keys(sentence) for sentence in sentences]
        before = 0
        while before < min(map(len, keys)) and keys[0][before] == keys[1][before]:
            before += 1
        after = 0
        while after < min(map(len, keys)) - before and keys[0][-1 - after] == keys[1][-1 - after]:
            after += 1
        first = " ".join(one[before : len(one) - after])
        second = " ".join(other[before : len(other) - after])
        return (first, second) if first and second else tuple(" ".join(w) for w in (one, other))

    def _sounds_like(self, text: str, question: Question) -> Meaning | None:
        if self._nearest is None:
            return None
        near = sorted(
            (self._nearest.distance(text, words), place)
            for place, words in enumerate(question.words)
        )
        clear = near[0][0] <= self._strictness < near[1][0]
        return question.options[near[0][1]] if clear else None

    def _keys(self, text: str) -> list[str]:
        return [token.key for token in self._normaliser.tokens(text)]
