"""What Home Assistant knows of a home, from a file, as lists for its sentences.

The file has the form of the fixtures of Home Assistant's own tests: `areas:`, `floors:` and
`entities:`, each with a `name`; the `id` of an entity begins with its domain (`light.kitchen`).
"""

from voice2mqtt.nlu.grammar.table import Json
from voice2mqtt.settings.home_assistant.lists import meaning
from voice2mqtt.settings.yaml import nodes
from voice2mqtt.settings.yaml.faults import Faults
from voice2mqtt.settings.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

LISTS = {"areas": "area", "floors": "floor", "entities": "name"}
"""Key of a home's file to the list that it fills"""


def known_values(key: str, node: Node, faults: Faults) -> list[Json]:
    """Return the values of the list that `key` fills, each with its context."""
    values: list[Json] = []
    for item in nodes.items(node, f"a list of {key}", faults):
        if not isinstance(item, MappingNode):
            nodes.unexpected(item, "a name", faults, "write it as {name: ...}")
            continue
        name = nodes.required(item, "name", "it is what is said", faults)
        names = name.items if isinstance(name, SequenceNode) else (name,)
        aliases = item.get("aliases")
        if isinstance(aliases, SequenceNode):
            names = (*names, *aliases.items)
        written = [each.written for each in names if isinstance(each, ScalarNode)]
        context = _context(item, faults) if key == "entities" else {}
        for said in written:
            value: dict[str, Json] = {"in": said, "out": meaning(written[0])}
            values.append({**value, "context": context} if context else value)
    return values


def _context(entity: MappingNode, faults: Faults) -> dict[str, Json]:
    identity, attributes = entity.get("id"), entity.get("attributes")
    context: dict[str, Json] = {}
    if isinstance(identity, ScalarNode) and "." in identity.written:
        context["domain"] = identity.written.partition(".")[0]
    if isinstance(attributes, MappingNode):
        context |= {each.key: nodes.json(each.value, faults) for each in attributes.entries}
    return context
