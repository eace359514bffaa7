"""What else the same sound is written as: "set timer 42 minutes" may have been "for two minutes".

A recogniser hears numbers where a table has words that sound like them. Which words may be in one
with a number is in `language.py`; only those that this table has right before a number are tried.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from voice2mqtt.core.decision import SlotValue
from voice2mqtt.languages.language import language_named
from voice2mqtt.nlu.grammar.automaton import Automaton, Number, Word
from voice2mqtt.nlu.matching.candidate import Candidate
from voice2mqtt.nlu.matching.exact import LONGEST_WORDS
from voice2mqtt.nlu.text.normaliser import normaliser
from voice2mqtt.nlu.text.token_lattice import TokenLattice


@dataclass(frozen=True, slots=True)
class Respelling:
    """A text in which a word, perhaps with a number, stands in place of a number."""

    text: str
    heard: float
    """The number that was heard ..."""
    number: str
    """... and the one of the respelling; "" for none."""


class Respellings:
    """The respellings of what one table may have been told."""

    def __init__(self, language: str, automaton: Automaton) -> None:
        words = normaliser(language)
        known = language_named(language)
        self._has_numbers = any(isinstance(label, Number) for label in automaton.labels)
        before = _words_before_numbers(automaton)
        self._readings = words.readings
        self._tokens = words.tokens
        self._spell = words.spell
        self._ones = {words.key(article): str(n) for article, n in known.ones_like.items()}
        self._digits = {
            key: {words.key(digit) for word, digit in known.homophones if words.key(word) == key}
            # An article may be the word for one, and a verb the word for six.
            | ({key} if key.isdecimal() else set())
            for key in before
        }
        self._blends = {
            key: blend for word, blend in known.blends.items() if (key := words.key(word)) in before
        }

    def of(self, text: str) -> Iterator[Respelling]:
        """Yield what `text` may be instead; nothing where it is no command's length."""
        if not self._has_numbers:
            return
        tokens = self._tokens(text)
        is_number = (token.key[0].isdecimal() or token.key in self._ones for token in tokens)
        if len(tokens) > LONGEST_WORDS or not any(is_number):
            return
        readings = self._readings(text)
        for at in range(readings.end):
            for reading in dict.fromkeys(readings.starts[at]):
                if reading.number is not None and reading.end <= readings.end:
                    for word, rest in self._instead(readings, at, reading.end, reading.number):
                        text = _replaced(readings, at, reading.end, f"{word} {rest}".strip())
                        yield Respelling(text, reading.number, rest)

    def retold(self, sentence: str, respelling: Respelling) -> str:
        """Return `sentence` with the other number; the respelling itself if it has no number."""
        readings = self._readings(sentence)
        for at in range(readings.end):
            ends = [r.end for r in readings.starts[at] if r.number == respelling.heard]
            if ends and respelling.number and max(ends) <= readings.end:
                return _replaced(readings, at, max(ends), respelling.number)
        return respelling.text

    def are_alike(self, one: Sequence[Candidate], other: Sequence[Candidate]) -> bool:
        """Whether both are the same commands but for numbers of which one begins or ends another.

        "Eight" begins "eighteen", and "forty two" ends "one hundred forty two".
        """
        if [command.row for command in one] != [command.row for command in other]:
            return False
        return all(
            a.slots.get(slot) == b.slots.get(slot)
            or self._is_part(a.slots.get(slot), b.slots.get(slot))
            for a, b in zip(one, other, strict=True)
            for slot in {**a.slots, **b.slots}
        )

    def _is_part(self, one: SlotValue | None, other: SlotValue | None) -> bool:
        if not isinstance(one, int | float) or not isinstance(other, int | float):
            return False
        forms = [["".join(words) for words in self._spell(number)] for number in (one, other)]
        return any(
            longer.startswith(shorter) or longer.endswith(shorter)
            for pair in product(*forms)
            for shorter, longer in [sorted(pair, key=len)]
        )

    def _instead(
        self, readings: TokenLattice, at: int, end: int, number: float
    ) -> Iterator[tuple[str, str]]:
        """Yield (word, number) of what may have been said instead of `number`, heard to `end`."""
        token = readings.tokens[at]
        is_single = end == at + 1
        for word, digits in self._digits.items():
            for digit in digits if is_single else ():
                rest = token.key.removeprefix(digit)
                # Words leave no doubt where one digit ends and the next begins.
                is_written = token.surface[0].isdecimal()
                if rest != token.key and (not rest or (is_written and rest[0] in "123456789")):
                    yield word, rest
        if number == 1 and token.key in self._ones:
            yield "", self._ones[token.key]
        for word, blend in self._blends.items():
            if number in blend:
                yield word, str(blend[number])


def _words_before_numbers(automaton: Automaton) -> frozenset[str]:
    """Return the keys of the words after which a number may follow at once."""
    labels = automaton.labels
    numbers = {n for n, label in enumerate(labels) if isinstance(label, Number)}
    if not numbers:
        return frozenset()
    before = {
        state
        for state in range(len(automaton.offsets) - 1)
        if not numbers.isdisjoint(
            automaton.arc_labels[automaton.offsets[state] : automaton.offsets[state + 1]]
        )
    }
    arcs = zip(automaton.arc_labels, automaton.targets, strict=True)
    found = (labels[number] for number, target in arcs if target in before)
    return frozenset(label.key for label in found if isinstance(label, Word))


def _replaced(readings: TokenLattice, first: int, last: int, by: str) -> str:
    start, end = readings.tokens[first].start, readings.tokens[last - 1].end
    return f"{readings.text[:start]}{by}{readings.text[end:]}"
