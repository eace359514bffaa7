"""What was heard, with all the ways to read it side by side.

"Twenty five" is 25, or 20 and then 5; "7:30" may be "half past seven". Which of them is meant
only the table can tell, so all are offered, as arcs between positions, which
`lattice_builder.py` finds.
"""

from dataclasses import dataclass, field

MINUS = "\u2212"
"""Its key, whatever it is called."""
ORDINAL = "th"
"""Ends the keys of ordinals, whatever the language."""


@dataclass(frozen=True, slots=True)
class Token:
    """One word as it is compared (`key`; numbers are digits) and as it was written."""

    key: str
    surface: str
    start: int = field(default=0, compare=False)
    """Where it stands in the text of its `TokenLattice`."""
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class LatticeArc:
    """One way to read on from a position: as the word `key`, as `number`, or both."""

    end: int
    """The position after it."""
    key: str = ""
    """"" if this cannot be taken for a word."""
    number: float | None = None


@dataclass(frozen=True, slots=True)
class TokenLattice:
    """All ways to read a text: `starts[p]` are the readings that begin at position `p`.

    Positions 0 to `len(tokens)` lie between the words heard; further ones are inside a word
    that was heard as one and can be read as several ("25").
    """

    text: str
    tokens: tuple[Token, ...]
    starts: tuple[tuple[LatticeArc, ...], ...]
    wholes: frozenset[tuple[int, int]] = frozenset()
    """From where to where the words are one time or amount: "ten to eight"."""

    @property
    def end(self) -> int:
        """The position after the last word."""
        return len(self.tokens)

    def is_torn(self, first: int, last: int) -> bool:
        """Whether the words from `first` to `last` are only a part of a time or an amount.

        Who leaves words out of account must not take a number from there: "ten to eight" is
        neither 10 and 8 nor 8, and "twenty degrees and a half" is not 20.
        """
        return any(
            start <= first and last <= end and (first, last) != (start, end)
            for start, end in self.wholes
        )

    def may_part(self, first: int, last: int) -> bool:
        """Whether free text may reach from position `first` to position `last`.

        Both lie between words, and a minus is not torn from its number.
        """
        if not first < last <= self.end:
            return False
        return last == self.end or self.tokens[last - 1].key != MINUS

    def slice(self, first: int, last: int) -> str:
        """Return the words from position `first` to position `last` as they were written."""
        if first >= last:
            return ""
        return " ".join(self.text[self.tokens[first].start : self.tokens[last - 1].end].split())
