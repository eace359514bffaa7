"""Check that the slots in a row's messages are filled by its sentences."""

from collections.abc import Collection, Iterator
from functools import reduce

from voice2mqtt.nlu.grammar.messages import SLOT
from voice2mqtt.settings.table.row_reader import WrittenRow
from voice2mqtt.settings.table.spoken_slots import SpokenSlots, TableGrammar
from voice2mqtt.settings.yaml.faults import Faults, did_you_mean
from voice2mqtt.settings.yaml.nodes import (
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    character_place,
)


def check_slots(written: WrittenRow, grammar: TableGrammar, faults: Faults) -> None:
    """Report slots that a row's messages use but its sentences do not fill."""
    sentences = [grammar.sentence(template) for template in written.templates]
    readable = [spoken for spoken in sentences if spoken is not None]
    if not readable or len(readable) < len(sentences):
        return
    spoken = reduce(SpokenSlots.either, readable)
    given = written.row.defaults.keys()
    used: set[str] = set()
    for text, needs_all in _texts(written.node):
        for slot in SLOT.finditer(text.written):
            used.add(slot[1])
            place = character_place(text, slot.start() + 1, faults)
            if slot[1] not in spoken.ever | given:
                hint = _nearest(slot[1], spoken.ever | given) or "name a list in say:"
                problem = f"the sentences of this command have no slot {{{slot[1]}}}"
                faults.add(place, problem, hint)
            elif needs_all and slot[1] not in spoken.always | given:
                faults.add(
                    place,
                    f"{{{slot[1]}}} stays empty when the command is said without it",
                    f"give it a value under defaults:, as in defaults: {{{slot[1]}: …}}",
                )
    defaults = written.node.get("defaults")
    for entry in defaults.entries if isinstance(defaults, MappingNode) else ():
        if entry.key not in spoken.ever | used:
            hint = _nearest(entry.key, spoken.ever | used)
            faults.add(entry.place, f"this command has no slot {{{entry.key}}}", hint)


def _nearest(slot: str, known: Collection[str]) -> str:
    return did_you_mean(slot, sorted(known))


def _texts(row: MappingNode) -> Iterator[tuple[ScalarNode, bool]]:
    """Yield each text that may hold slots, and whether each slot of it needs a value.

    From a JSON payload, a slot that is not spoken is left out with its key.
    """
    publish, expect = row.get("publish"), row.get("expect")
    listed = publish.items if isinstance(publish, SequenceNode) else (publish,)
    for message in (row, *listed, expect):
        if isinstance(message, MappingNode):
            topic, payload = message.get("topic"), message.get("payload")
            yield from ((text, True) for text in (topic, payload) if isinstance(text, ScalarNode))
            if isinstance(payload, MappingNode | SequenceNode):
                yield from ((text, False) for text in _scalars(payload))
    for question in (row.get("confirm"), row.get("response")):
        if isinstance(question, ScalarNode):
            yield question, False


def _scalars(node: Node) -> Iterator[ScalarNode]:
    match node:
        case MappingNode(entries=entries):
            for entry in entries:
                yield from _scalars(entry.value)
        case SequenceNode(items=items):
            for item in items:
                yield from _scalars(item)
        case ScalarNode():
            yield node
