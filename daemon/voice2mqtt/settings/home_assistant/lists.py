"""Convert a list of Home Assistant's custom sentences to a list of a command table."""

from collections.abc import Callable

from voice2mqtt.nlu.grammar.enumerate import Sentences
from voice2mqtt.nlu.grammar.table import Json
from voice2mqtt.nlu.grammar.template import TemplateError
from voice2mqtt.settings.yaml import nodes
from voice2mqtt.settings.yaml.faults import Faults
from voice2mqtt.settings.yaml.nodes import Entry, MappingNode, Node, ScalarNode, SequenceNode


def described_list(entry: Entry, faults: Faults, note: Callable[[str], None]) -> Json:
    """Return the list as a table has it; None if it is malformed, which is then in `faults`."""
    described = entry.value
    if not isinstance(described, MappingNode):
        nodes.unexpected(described, "values, a range or a wildcard", faults)
        return None
    values, limits = described.get("values"), described.get("range")
    if isinstance(values, SequenceNode):
        found = (_item(item, faults, note) for item in values.items)
        return [value for value in found if value is not None]
    if isinstance(limits, MappingNode):
        kept = (e for e in limits.entries if e.key not in ("digits", "words", "words_language"))
        return {"range": {e.key: nodes.json(e.value, faults) for e in kept}}
    return {"wildcard": True}


def _item(node: Node, faults: Faults, note: Callable[[str], None]) -> Json:
    if isinstance(node, ScalarNode):
        return _value(node.written, None)
    spoken = node.get("in") if isinstance(node, MappingNode) else None
    if not isinstance(node, MappingNode) or not isinstance(spoken, ScalarNode):
        nodes.unexpected(node, "a text or {in: …, out: …}", faults)
        return None
    for entry in node.entries:
        if entry.key not in ("in", "out"):
            note(f"{entry.place}: {entry.key} of a list's value has no counterpart")
    out = node.get("out")
    return _value(spoken.written, out if isinstance(out, ScalarNode) else None)


def _value(spoken: str, out: ScalarNode | None) -> Json:
    if out is not None:
        number = isinstance(out.value, int | float) and not isinstance(out.value, bool)
        return {"in": spoken, "out": out.value if number else out.written}
    if not set("()[]{}<>|;") & set(spoken):
        return spoken
    try:
        return {"in": spoken, "out": Sentences(spoken, {}, {})[0]}
    except (TemplateError, KeyError):
        return {"in": spoken, "out": spoken}
