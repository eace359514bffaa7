"""Check that the slots in a row's messages are filled by its sentences."""

from collections.abc import Iterator
from dataclasses import dataclass
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
    check = _Check(reduce(SpokenSlots.either, readable), frozenset(written.row.defaults), faults)
    for text in _texts(written.node):
        check.text(text)
    for payload in _mappings(written.node):
        check.payload(payload)
    for key in ("confirm", "response"):
        question = written.node.get(key)
        if question is not None:
            check.leaf(question)
    check.defaults(written.node.get("defaults"))


@dataclass
class _Check:
    spoken: SpokenSlots
    given: frozenset[str]
    """Slots that have a default."""
    faults: Faults

    def __post_init__(self) -> None:
        self._used: set[str] = set()

    def text(self, node: Node) -> None:
        """Check a topic or a text, where every slot needs a value."""
        for slot, column in self.leaf(node):
            if slot in self.spoken.ever and slot not in self.spoken.always | self.given:
                assert isinstance(node, ScalarNode)
                self.faults.add(
                    character_place(node, column, self.faults),
                    f"{{{slot}}} stays empty when the command is said without it",
                    f"give it a value under defaults:, as in defaults: {{{slot}: …}}",
                )

    def payload(self, node: Node) -> None:
        """Check a JSON payload, from which an unspoken slot is left out with its key."""
        match node:
            case MappingNode(entries=entries):
                for entry in entries:
                    self.payload(entry.value)
            case SequenceNode(items=items):
                for item in items:
                    self.payload(item)
            case ScalarNode():
                self.leaf(node)

    def leaf(self, node: Node) -> list[tuple[str, int]]:
        """Return each slot of a text with its column; report those that no sentence fills."""
        if not isinstance(node, ScalarNode):
            return []
        found = [(slot[1], slot.start() + 1) for slot in SLOT.finditer(node.written)]
        for slot, column in found:
            self._used.add(slot)
            if slot not in self.spoken.ever | self.given:
                known = tuple(sorted(self.spoken.ever | self.given))
                self.faults.add(
                    character_place(node, column, self.faults),
                    f"the sentences of this command have no slot {{{slot}}}",
                    did_you_mean(slot, known) or "name a list in say:",
                )
        return found

    def defaults(self, node: Node | None) -> None:
        """Report defaults of slots that do not exist."""
        for entry in node.entries if isinstance(node, MappingNode) else ():
            if entry.key not in self.spoken.ever | self._used:
                known = tuple(sorted(self.spoken.ever | self._used))
                self.faults.add(
                    entry.place,
                    f"this command has no slot {{{entry.key}}}",
                    did_you_mean(entry.key, known),
                )


def _messages(row: MappingNode) -> Iterator[MappingNode]:
    yield row
    publish, expect = row.get("publish"), row.get("expect")
    listed = publish.items if isinstance(publish, SequenceNode) else (publish,)
    yield from (node for node in (*listed, expect) if isinstance(node, MappingNode))


def _texts(row: MappingNode) -> Iterator[Node]:
    for message in _messages(row):
        for node in (message.get("topic"), message.get("payload")):
            if isinstance(node, ScalarNode):
                yield node


def _mappings(row: MappingNode) -> Iterator[Node]:
    for message in _messages(row):
        node = message.get("payload")
        if node is not None and not isinstance(node, ScalarNode):
            yield node
