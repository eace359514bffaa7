"""Other texts that sound the same: "set timer 42 minutes" may have been "for two minutes".

A recogniser may write a word before a number as part of the number. Which words these are is in
the language's data file; only those that this table has right before a number are tried.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from voice2mqtt.core.decision import SlotValue
from voice2mqtt.languages.language import language_named
from voice2mqtt.nlu.grammar.automaton import Automaton, Number, Word
from voice2mqtt.nlu.matching.candidate import Candidate
from voice2mqtt.nlu.matching.exact import MAX_WORDS
from voice2mqtt.nlu.text.normaliser import normaliser
from voice2mqtt.nlu.text.token_lattice import TokenLattice


@dataclass(frozen=True, slots=True)
class Respelling:
    """A text in which a word, perhaps with another number, replaces the number heard."""

    text: str
    heard: float
    """The number that was heard ..."""
    number: str
    """... and the one of the respelling; "" for none."""


class Respellings:
    """The respellings for one table."""

    def __init__(self, language: str, automaton: Automaton) -> None:
        words = normaliser(language)
        known = language_named(language)
        self._has_numbers = any(isinstance(label, Number) for label in automaton.labels)
        before = _words_before_numbers(automaton)
        self._lattice = words.lattice
        self._tokens = words.tokens
        self._spell = words.spell
        self._ones = {words.key(article): n for article, n in known.ones_like.items()}
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
        """Yield the respellings of `text`, each once; none if it is too long for a command."""
        if not self._has_numbers:
            return
        tokens = self._tokens(text)
        if len(tokens) > MAX_WORDS or not any(token.key[0].isdecimal() for token in tokens):
            return
        lattice = self._lattice(text)
        yield from dict.fromkeys(
            Respelling(_replaced(lattice, at, arc.end, f"{word} {rest}".strip()), arc.number, rest)
            for at in range(lattice.end)
            for arc in lattice.arcs[at]
            if arc.number is not None and arc.end <= lattice.end
            for word, rest in self._replacements(lattice, at, arc.end, arc.number)
        )

    def applied_to(self, sentence: str, respelling: Respelling) -> str:
        """Return `sentence` with the number of `respelling`; its text if it has no number."""
        lattice = self._lattice(sentence)
        for at in range(lattice.end):
            ends = [r.end for r in lattice.arcs[at] if r.number == respelling.heard]
            if ends and respelling.number and max(ends) <= lattice.end:
                return _replaced(lattice, at, max(ends), respelling.number)
        return respelling.text

    def are_alike(self, heard: Sequence[Candidate], other: Sequence[Candidate]) -> bool:
        """Return whether `heard` differs only in numbers that sound much like those of `other`.

        One begins or ends with the other: "eight" "eighteen", "forty two" "one hundred forty two".
        Or an article, the word for one, sounds like the other: "a minute" "eight minutes".
        """
        tokens = (token for command in heard for token in self._tokens(command.heard))
        articles = {self._ones[token.key] for token in tokens if token.key in self._ones}

        def sound_alike(one: SlotValue | None, number: SlotValue | None) -> bool:
            return self._is_part(one, number) or (one == 1 and number in articles)

        return _differ_only(heard, other, sound_alike)

    @staticmethod
    def differ_in_text(one: Sequence[Candidate], other: Sequence[Candidate]) -> bool:
        """Return whether they differ only in free text, about which nobody can be asked."""
        return _differ_only(one, other, lambda a, b: isinstance(a, str) and isinstance(b, str))

    @staticmethod
    def is_teen_of(heard: Sequence[Candidate], said: Sequence[Candidate]) -> bool:
        """Return whether they differ only in that a ten was heard as its teen: fifty as fifteen."""
        return _differ_only(heard, said, _is_teen_of)

    def _is_part(self, one: SlotValue | None, other: SlotValue | None) -> bool:
        if not isinstance(one, int | float) or not isinstance(other, int | float):
            return False
        if one != int(one) == other:
            # "And a half" is not heard where it was not said.
            return False
        forms = [["".join(words) for words in self._spell(number)] for number in (one, other)]
        return any(
            longer.startswith(shorter) or longer.endswith(shorter)
            for pair in product(*forms)
            for shorter, longer in [sorted(pair, key=len)]
        )

    def _replacements(
        self, lattice: TokenLattice, at: int, end: int, number: float
    ) -> Iterator[tuple[str, str]]:
        """Yield (word, number) of what may have been said instead of `number`.

        No word that was heard before it anyway: nobody says "for for two".
        """
        token = lattice.tokens[at]
        # Only in digits: number words show where one ends and the next begins.
        is_written = token.surface[0].isdecimal()
        heard = lattice.tokens[at - 1].key if at else ""
        for word, digits in self._digits.items() if end == at + 1 else ():
            for digit in digits if word != heard else ():
                rest = token.key.removeprefix(digit)
                if rest != token.key and (not rest or (is_written and rest[0] in "123456789")):
                    yield word, rest
        for word, blend in self._blends.items():
            if number in blend and word != heard:
                yield word, str(blend[number])


def _words_before_numbers(automaton: Automaton) -> frozenset[str]:
    """Return the keys of the words that a number may directly follow."""
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


def _replaced(lattice: TokenLattice, first: int, last: int, by: str) -> str:
    start, end = lattice.tokens[first].start, lattice.tokens[last - 1].end
    return f"{lattice.text[:start]}{by}{lattice.text[end:]}"


def _differ_only(
    one: Sequence[Candidate],
    other: Sequence[Candidate],
    differ: Callable[[SlotValue | None, SlotValue | None], bool],
) -> bool:
    """Return whether the rows are the same, and `differ` is true of all slots that are not."""
    return [command.row for command in one] == [command.row for command in other] and all(
        a.slots.get(slot) == b.slots.get(slot) or differ(a.slots.get(slot), b.slots.get(slot))
        for a, b in zip(one, other, strict=True)
        for slot in {**a.slots, **b.slots}
    )


def _is_teen_of(teen: SlotValue | None, ten: SlotValue | None) -> bool:
    return isinstance(teen, int) and 12 < teen < 20 and ten == 10 * (teen - 10)
