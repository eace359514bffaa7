"""The words of a language for hundred, thousand, lakh, 万 and million, learned from what it spells.

A scale is a power of ten with a word of its own. Languages choose them differently, and put them
after the count or before it ("two thousand", "elfu mbili"); beside one another both may have other
forms than alone ("kétezer", "пять тысяч"), and the scale also before more ("dois mil e cem").
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

_SIZES = (100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)
_COUNTS = (3, 1, 2, 5, 10, 12)
"""Counts after which the word of a scale may have different forms: "три тысячи", "пять тысяч"."""
_UNITS = range(2, 10)
_RESTS = (1, 45, 100, 400)
"""Numbers before which it may have another form, or a word behind it"""

Words = tuple[str, ...]
Spell = Callable[[int], Sequence[Words]]
"""The ways to say a number, as folded words"""


@dataclass(frozen=True, slots=True)
class Scale:
    """One scale; its words are folded and without spaces."""

    size: int
    alone: dict[str, int] = field(default_factory=dict)
    """What needs no count, to the count that it means: "thousand" to 1, "ألفين" to 2."""
    after: dict[str, bool] = field(default_factory=dict)
    """What follows a count, in the order in which it is tried, to whether it is just the scale"""
    before: dict[str, None] = field(default_factory=dict)
    """What stands before its count"""
    joints: dict[str, None] = field(default_factory=dict)
    """What may stand between that count and more"""

    def splits(self, compact: str) -> Iterator[tuple[int | str, str, bool]]:
        """Yield (count, rest, just the scale between them) of each way to split `compact`."""
        for after, is_bare in self.after.items():
            head, found, rest = compact.partition(after)
            if found and head:
                yield head, rest, is_bare
        for before in self.before:
            if compact.startswith(before):
                rest = compact.removeprefix(before)
                yield from ((rest[:cut], rest[cut:], False) for cut in range(len(rest), 0, -1))
        for alone, count in self.alone.items():
            if compact.startswith(alone):
                yield count, compact.removeprefix(alone), False

    def counts_in(self, compact: str) -> Iterator[str]:
        """Yield what may be the count in `compact`, which says some of this scale."""
        yield from (compact.removesuffix(after) for after in self.after if compact.endswith(after))
        yield from (
            compact.removeprefix(before) for before in self.before if compact.startswith(before)
        )


def scales_of(spell: Spell, further: Mapping[str, int]) -> list[Scale]:
    """Return the scales of a language, largest first.

    `further` are words that follow a count, to what they multiply it by.
    """
    scales: list[Scale] = []
    for size in _SIZES:
        if not _is_composed(spell, size, scales):
            scales.append(_learned(spell, size))
    for scale in scales:
        _learn_before_more(spell, scale)
    scales += [Scale(size, {word: 1}, {word: True}) for word, size in further.items()]
    return sorted(scales, key=lambda scale: -scale.size)


def _is_composed(spell: Spell, size: int, smaller: Sequence[Scale]) -> bool:
    """Return whether a language says `size` by counting a smaller scale: "ten thousand"."""
    known = {"".join(words) for words in spell(size)}
    return all(
        any(said in scale.alone or any(scale.counts_in(said)) for scale in smaller)
        for said in known
    )


def _learned(spell: Spell, size: int) -> Scale:
    scale = Scale(size)
    scale.alone.update(("".join(words), 1) for words in spell(size))
    for count in _COUNTS:
        for said in map("".join, spell(count * size)):
            for often in map("".join, spell(count)):
                if said != often and said.startswith(often):
                    scale.after[said.removeprefix(often)] = True
                elif said != often and said.endswith(often):
                    scale.before[said.removesuffix(often)] = None
    if not scale.after and not scale.before:
        # The counts have other forms there: what they share is the scale.
        several = [words for count in _UNITS for words in spell(count * size) if len(words) > 1]
        last, first = ([words[side] for words in several] for side in (-1, 0))
        scale.after.update((word, True) for word in last if last.count(word) > 1)
        scale.before.update((word, None) for word in first if first.count(word) > 1)
    for said in map("".join, spell(2 * size)):
        if not any(scale.counts_in(said)):
            scale.alone[said] = 2
    return scale


def _learn_before_more(spell: Spell, scale: Scale) -> None:
    """Add the forms in which the word of `scale` stands before more: the "mil e" of 2,400."""
    for count, rest in product(_COUNTS, _RESTS):
        if rest >= scale.size:
            continue
        tails = set(map("".join, spell(rest)))
        for said in map("".join, spell(count * scale.size + rest)):
            for stem in (said.removesuffix(tail) for tail in tails if said.endswith(tail)):
                if count in scale.alone.values():
                    scale.alone[stem] = count
                for often in map("".join, spell(count)):
                    if stem != often and stem.startswith(often):
                        scale.after.setdefault(stem.removeprefix(often), False)
                    for head in (f"{before}{often}" for before in scale.before):
                        if stem != head and stem.startswith(head):
                            scale.joints[stem.removeprefix(head)] = None
