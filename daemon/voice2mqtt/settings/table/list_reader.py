"""The `lists:` and `rules:` of a command table; hassil's notation is accepted too."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from voice2mqtt.core.decision import SlotValue
from voice2mqtt.languages.language import language_named
from voice2mqtt.nlu.grammar.duration import UNITS_S
from voice2mqtt.nlu.grammar.table import (
    DurationList,
    ListValue,
    RangeList,
    SlotList,
    TextList,
    WildcardList,
)
from voice2mqtt.settings.table.spoken_slots import TableGrammar
from voice2mqtt.settings.values import Within
from voice2mqtt.settings.yaml import nodes
from voice2mqtt.settings.yaml.faults import Faults
from voice2mqtt.settings.yaml.nodes import Entry, MappingNode, Node, ScalarNode, SequenceNode
from voice2mqtt.settings.yaml.schema import Schema, read, read_keys

_NAME = re.compile(r"[^\W\d][\w-]*")
_TEMPLATE_SIGNS = frozenset("()[]{}<>|;")
_MOST_DAYS = 999
_LIMIT = 1_000_000_000
"""Largest end of a range: numbers are spoken up to 999 millions."""
_FRACTIONS = {"halves": 2, "tenths": 10}
"""hassil's `fractions:`, as the number of parts of a whole."""

_Unit = Literal["seconds", "minutes", "hours", "days"]
_End = Annotated[int, Within(-_LIMIT, _LIMIT)]
LIST_KEYS = ("values", "range", "duration", "wildcard")
DURATION_KEYS: Mapping[str, Schema] = {
    "unit": _Unit,
    "from": Annotated[float, Within(0)],
    "to": Annotated[float, Within(0)],
}
RANGE_KEYS: Mapping[str, Schema] = {
    "from": _End,
    "to": _End,
    "step": Annotated[int, Within(1, _LIMIT)],
    "multiplier": Annotated[float, Within(-_LIMIT, _LIMIT)],
    "decimals": bool,
    "type": str,
    "fractions": Literal["halves", "tenths"],
}


def read_lists(
    node: Node, grammar: TableGrammar, faults: Faults, language: str = "en"
) -> dict[str, SlotList]:
    """Return the lists by name; durations are said in `language`."""
    found: dict[str, SlotList] = {}
    for entry in nodes.entries(node, "a name for each list", faults):
        slots = _list(entry, grammar, faults, language) if _named(entry, "list", faults) else None
        if slots is not None:
            found[entry.key] = slots
    return found


def read_rules(node: Node, faults: Faults) -> dict[str, ScalarNode]:
    """Return the template of each expansion rule, by name."""
    found: dict[str, ScalarNode] = {}
    for entry in nodes.entries(node, "a name for each rule", faults):
        if _named(entry, "rule", faults) and nodes.text(entry.value, faults) is not None:
            assert isinstance(entry.value, ScalarNode)
            found[entry.key] = entry.value
    return found


def slot_value(node: Node, faults: Faults) -> SlotValue | None:
    """Return what a slot may carry: a text, a number, true or false."""
    if isinstance(node, ScalarNode) and isinstance(node.value, int | float):
        value = nodes.json(node, faults)
        return value if isinstance(value, int | float) else None
    return nodes.text(node, faults, empty=True)


def _named(entry: Entry, what: str, faults: Faults) -> bool:
    if _NAME.fullmatch(entry.key):
        return True
    faults.add(
        entry.place,
        f"'{nodes.shortened(entry.key)}' cannot be the name of a {what}",
        "begin with a letter; use letters, digits, - and _",
    )
    return False


def _list(entry: Entry, grammar: TableGrammar, faults: Faults, language: str) -> SlotList | None:
    node = entry.value
    if isinstance(node, SequenceNode):
        return _text_list(entry, node, grammar, faults)
    if not isinstance(node, MappingNode):
        nodes.unexpected(node, "a list of words", faults, "write it as [one, two]")
        return None
    kinds = [known for known in node.entries if known.key in LIST_KEYS]
    nodes.mapping(node, LIST_KEYS, "a list", faults)
    if len(kinds) != 1:
        faults.add(entry.place, f"the list {entry.key} needs one of {', '.join(LIST_KEYS)}")
        return None
    (kind,) = kinds
    if kind.key == "values":
        return _text_list(entry, kind.value, grammar, faults)
    if kind.key == "range":
        return _range(entry, kind.value, faults)
    if kind.key == "duration":
        return _duration(entry, kind.value, faults, language)
    if nodes.boolean(kind.value, faults) is False:
        faults.add(kind.place, "wildcard: false is no list", "give it values or a range")
    return WildcardList(place=entry.place)


def _text_list(entry: Entry, node: Node, grammar: TableGrammar, faults: Faults) -> TextList:
    items = nodes.items(node, "a list of words", faults)
    if isinstance(node, SequenceNode) and not items:
        faults.add(node.place, f"the list {entry.key} is empty", "write at least one word")
    values = (_value(item, grammar, faults) for item in items)
    return TextList(values=tuple(value for value in values if value is not None), place=entry.place)


def _value(node: Node, grammar: TableGrammar, faults: Faults) -> ListValue | None:
    if not isinstance(node, MappingNode):
        words = nodes.text(node, faults)
        if words is None or not isinstance(node, ScalarNode):
            return None
        grammar.value(node)
        if _TEMPLATE_SIGNS & set(words):
            faults.add(
                node.place,
                f"'{nodes.shortened(words)}' can be said in several ways, but has no meaning",
                f'write it as {{in: "{nodes.shortened(words)}", out: …}}',
            )
        return ListValue(spoken=words, out=words)
    found = read_keys(node, VALUE_KEYS, "a value", faults, _NEEDED_OF_VALUE)
    spoken = node.get("in")
    if "in" in found and isinstance(spoken, ScalarNode):
        grammar.value(spoken)
    return ListValue(spoken=found["in"], out=found["out"]) if len(found) == 2 else None


def _range(entry: Entry, node: Node, faults: Faults) -> RangeList | None:
    needed = dict.fromkeys(("from", "to"), "a range needs both ends")
    found = read_keys(node, RANGE_KEYS, "a range", faults, needed)
    if not found.keys() >= needed.keys():
        return None
    lowest, highest = found["from"], found["to"]
    if lowest > highest:
        faults.add(node.place, f"the range goes down from {lowest} to {highest}", "swap them")
    decimals, fractions = found.get("decimals", False), found.get("fractions")
    return RangeList(
        lowest=lowest,
        highest=highest,
        step=found.get("step", 1),
        multiplier=found.get("multiplier"),
        decimals=decimals or fractions is not None,
        # `decimals` beside `fractions` allows any fraction.
        parts=0 if decimals else _FRACTIONS.get(fractions or "", 0),
        place=entry.place,
    )


def _duration(entry: Entry, node: Node, faults: Faults, language: str) -> DurationList | None:
    """Return a duration, described by its unit alone or with its limits in that unit."""
    if language_named(language).durations is None:
        problem = f"durations are not known in the language {language}"
        faults.add(entry.place, problem, "name its numbers and units in the sentence")
        return None
    if isinstance(node, MappingNode):
        needed = {"unit": "it is what the duration is published in"}
        found = read_keys(node, DURATION_KEYS, "a duration", faults, needed)
    else:
        found = {"unit": read(_Unit, node, faults)}
    unit = found.get("unit")
    if unit is None:
        return None
    most = _MOST_DAYS * UNITS_S["days"] // UNITS_S[unit]
    lowest, highest = found.get("from", 0), found.get("to", most)
    if lowest > highest:
        problem = f"the duration goes down from {lowest:g} to {highest:g}"
        faults.add(node.place, problem, "swap them")
    if highest > most:
        faults.add(node.place, f"the duration is longer than {most} {unit}", "shorten it")
    return DurationList(
        unit=unit, lowest=lowest, highest=highest, language=language, place=entry.place
    )


VALUE_KEYS: Mapping[str, Schema] = {"in": str, "out": slot_value}
_NEEDED_OF_VALUE = {
    "in": "it is what is spoken",
    "out": "it is what goes into topic and payload",
}
