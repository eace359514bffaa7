"""What may be said for a duration, as a syntax tree: "an hour and ten minutes", "90 seconds".

A duration is one slot. Its tree has a number for each unit, all of that slot, and the value is
their sum in the unit that the table asks for.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from voice2mqtt.languages.language import language_named
from voice2mqtt.nlu.grammar.automaton import Addend
from voice2mqtt.nlu.grammar.table import DurationList, ListValue, RangeList, TextList
from voice2mqtt.nlu.grammar.template import Alternative, Sequence, SlotReference, TemplateNode, Text

UNITS_S = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}
"""Unit that a duration may be published in to its seconds"""
_SPOKEN_S = {"days": 86_400, "hours": 3600, "quarters": 900, "minutes": 60, "seconds": 1}
"""The units that may be said, largest first"""
_UNITS = tuple(_SPOKEN_S)
_MOST = 999
"""Of one unit: "two hundred minutes"."""
_WITHIN = {"hours": 24, "quarters": 4, "minutes": 60, "seconds": 60}
"""Unit to how many make one of a larger one"""
_BARE = {"hours": "minutes", "minutes": "seconds"}
"""Unit to the one that needs no name after it: "one hour ten"."""
_NOTHING, _SPACE = Text(""), Text(" ")


@lru_cache(maxsize=64)
def duration_tree(slot: str, source: DurationList) -> TemplateNode:
    """Return what may be said for `slot`, which `source` fills."""
    words = language_named(source.language).durations
    assert words, "the table's reader takes no duration in a language that has no words for it"
    said = {unit: template for unit in _UNITS if (template := getattr(words, unit))}
    return _DurationTree(slot, source, said, Text(words.joint)).beginning_with(tuple(said))


def plain_amounts(source: DurationList) -> Iterator[tuple[range, str]]:
    """Yield numbers and the template of their unit: the plainest ways to say a duration."""
    words = language_named(source.language).durations
    assert words, "the table's reader takes no duration in a language that has no words for it"
    for unit in ("hours", "seconds", "minutes"):
        share = UNITS_S[source.unit] / _SPOKEN_S[unit]
        least, most = math.ceil(source.lowest * share), math.floor(source.highest * share)
        yield range(max(2, least), min(most + 1, _WITHIN[unit])), getattr(words, unit)


@dataclass(frozen=True, slots=True)
class _DurationTree:
    slot: str
    source: DurationList
    said: Mapping[str, str]
    """The template of each unit"""
    joint: TemplateNode

    def beginning_with(self, units: tuple[str, ...], *, is_first: bool = True) -> TemplateNode:
        """Return the tree of an amount of one of `units`, perhaps with smaller ones after it."""
        items = (self._amounts(units[at:], is_first=is_first) for at in range(len(units)))
        return Alternative(tuple(items))

    def _amounts(self, units: tuple[str, ...], *, is_first: bool) -> TemplateNode:
        unit, *smaller = units
        amount = (self._number(unit, is_first=is_first), _SPACE, self._unit(unit))
        if not smaller:
            return Sequence(amount)
        then = self.beginning_with(tuple(smaller), is_first=False)
        if unit in _BARE:
            then = Alternative((then, self._number(_BARE[unit], is_first=False)))
        joint = Alternative((Sequence((_SPACE, self.joint)), _NOTHING))
        return Sequence((*amount, Alternative((Sequence((joint, _SPACE, then)), _NOTHING))))

    def _unit(self, unit: str) -> SlotReference:
        """Return the words of `unit`: a value of the slot, so that none is taken for another."""
        adds_nothing = Addend(0.0, (self.source.lowest, self.source.highest))
        words = TextList(values=(ListValue(spoken=self.said[unit], out=adds_nothing),))
        return SlotReference(self.slot, words)

    def _number(self, unit: str, *, is_first: bool) -> SlotReference:
        """Return the number of `unit`; of the first there may be any, and a part of one."""
        multiplier = _SPOKEN_S[unit] / UNITS_S[self.source.unit]
        most = min(_MOST, math.ceil(self.source.highest / multiplier))
        number = RangeList(
            lowest=0 if is_first else 1,
            highest=most if is_first else _WITHIN[unit] - 1,
            multiplier=multiplier,
            decimals=is_first,
            total=(self.source.lowest, self.source.highest),
        )
        return SlotReference(self.slot, number)
