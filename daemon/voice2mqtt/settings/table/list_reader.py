"""The `lists:` and `rules:` of a command table; hassil's notation is accepted too."""

import re

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
from voice2mqtt.settings.yaml import nodes
from voice2mqtt.settings.yaml.faults import Faults
from voice2mqtt.settings.yaml.nodes import Entry, MappingNode, Node, ScalarNode, SequenceNode

LIST_KEYS = ("values", "range", "duration", "wildcard")
DURATION_KEYS = ("unit", "from", "to")
VALUE_KEYS = ("in", "out")
RANGE_KEYS = ("from", "to", "step", "multiplier", "decimals", "type", "fractions")
FRACTIONS = {"halves": 2, "tenths": 10}
"""hassil's `fractions:`, as the number of parts of a whole."""

_NAME = re.compile(r"[^\W\d][\w-]*")
_TEMPLATE_SIGNS = frozenset("()[]{}<>|;")
_MOST_DAYS = 999
_LIMIT = 1_000_000_000
"""Largest end of a range: numbers are spoken up to 999 millions."""


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
        words = _words(node, grammar, faults)
        if words is None:
            return None
        if _TEMPLATE_SIGNS & set(words):
            faults.add(
                node.place,
                f"'{nodes.shortened(words)}' can be said in several ways, but has no meaning",
                f'write it as {{in: "{nodes.shortened(words)}", out: …}}',
            )
        return ListValue(spoken=words, out=words)
    nodes.mapping(node, VALUE_KEYS, "a value", faults)
    spoken = nodes.required(node, "in", "it is what is spoken", faults)
    out = nodes.required(node, "out", "it is what goes into topic and payload", faults)
    if spoken is None or out is None:
        return None
    words, meaning = _words(spoken, grammar, faults), slot_value(out, faults)
    return None if words is None or meaning is None else ListValue(spoken=words, out=meaning)


def _words(node: Node, grammar: TableGrammar, faults: Faults) -> str | None:
    words = nodes.text(node, faults)
    if words is not None and isinstance(node, ScalarNode):
        grammar.value(node)
    return words


def _range(entry: Entry, node: Node, faults: Faults) -> RangeList | None:
    described = nodes.mapping(node, RANGE_KEYS, "a range", faults)
    if described is None:
        return None
    lowest, highest = (_end(described, key, faults) for key in ("from", "to"))
    step, multiplier = described.get("step"), described.get("multiplier")
    size = nodes.integer(step, faults, 1, _LIMIT) if step else 1
    factor = nodes.number(multiplier, faults, -_LIMIT, _LIMIT) if multiplier else None
    decimals, parts = _fractions(described, faults)
    if lowest is None or highest is None:
        return None
    if lowest > highest:
        faults.add(described.place, f"the range goes down from {lowest} to {highest}", "swap them")
    return RangeList(
        lowest=lowest,
        highest=highest,
        step=size or 1,
        multiplier=factor,
        decimals=decimals,
        parts=parts,
        place=entry.place,
    )


def _duration(entry: Entry, node: Node, faults: Faults, language: str) -> DurationList | None:
    """Return a duration, described by its unit alone or with its limits in that unit."""
    if language_named(language).durations is None:
        problem = f"durations are not known in the language {language}"
        faults.add(entry.place, problem, "name its numbers and units in the sentence")
        return None
    described = node if isinstance(node, MappingNode) else None
    if described is not None:
        nodes.mapping(described, DURATION_KEYS, "a duration", faults)
    wanted = "it is what the duration is published in"
    unit = nodes.required(described, "unit", wanted, faults) if described else node
    name = nodes.text(unit, faults) if unit is not None else None
    if unit is None or name is None:
        return None
    if name not in UNITS_S:
        nodes.unexpected(unit, " or ".join(UNITS_S), faults)
        return None
    most = _MOST_DAYS * UNITS_S["days"] // UNITS_S[name]
    ends = (described.get(key) for key in ("from", "to")) if described else (None, None)
    lowest, highest = (nodes.number(end, faults, 0, most) if end else None for end in ends)
    lowest, highest = lowest or 0, most if highest is None else highest
    if lowest > highest:
        problem = f"the duration goes down from {lowest:g} to {highest:g}"
        faults.add(node.place, problem, "swap them")
    return DurationList(
        unit=name, lowest=lowest, highest=highest, language=language, place=entry.place
    )


def _end(described: MappingNode, key: str, faults: Faults) -> int | None:
    node = nodes.required(described, key, "a range needs both ends", faults)
    return nodes.integer(node, faults, -_LIMIT, _LIMIT) if node else None


def _fractions(described: MappingNode, faults: Faults) -> tuple[bool, int]:
    """Return whether decimals may be said, and the number of parts of a whole (0: any)."""
    decimals = nodes.optional(described, "decimals", nodes.boolean, faults, default=False)
    fractions = described.get("fractions")
    if fractions is None:
        return decimals, 0
    kind = nodes.text(fractions, faults)
    if kind is not None and kind not in FRACTIONS:
        nodes.unexpected(fractions, " or ".join(FRACTIONS), faults)
    # `decimals` beside `fractions` allows any fraction.
    return True, 0 if decimals else FRACTIONS.get(kind or "", 0)
