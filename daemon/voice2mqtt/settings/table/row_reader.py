"""Read one row of a command table: the sentences and the messages they publish."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from voice2mqtt.core.decision import Expectation, SlotValue
from voice2mqtt.languages.language import primary_of
from voice2mqtt.nlu.grammar.table import (
    EXPIRES_S,
    WEEK,
    Place,
    Publish,
    Row,
    in_language,
)
from voice2mqtt.settings.table.list_reader import slot_value
from voice2mqtt.settings.table.schedule import read_days, read_hours
from voice2mqtt.settings.values import LANGUAGE_TAG
from voice2mqtt.settings.yaml import nodes
from voice2mqtt.settings.yaml.faults import Faults
from voice2mqtt.settings.yaml.nodes import MappingNode, Node, ScalarNode

MESSAGE_KEYS = ("topic", "payload", "qos", "retain", "after_s")
ROW_KEYS = (
    "say", *MESSAGE_KEYS, "publish", "name", "defaults", "confirm", "between", "days",
    "expires_s", "cooldown_s", "strictness", "wake", "also_heard_as", "expect", "response",
)  # fmt: skip
EXPECT_KEYS = ("topic", "payload", "within_s")

_DAY_S = 86_400.0
_MAX_TOPIC_BYTES = 65_535
"""MQTT's limit of a string."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenRow:
    """A row with the nodes it was read from."""

    row: Row
    node: MappingNode
    templates: tuple[ScalarNode, ...]
    """Of `say`, in every language, and `also_heard_as`."""
    said: Mapping[str, tuple[ScalarNode, ...]]
    """The templates of `say` by language tag; by "" where no language is named."""

    def translated(self, tag: str, table_language: str, faults: Faults) -> Row:
        """Return the row as it is said in the language `tag`; without a template if it is not."""
        own = self.said.get("", ()) if primary_of(tag) == table_language else ()
        templates = in_language(self.said, tag) or own
        return replace(
            self.row,
            say=tuple(template.written for template in templates),
            places=_places(templates, faults),
            also_heard_as=self.row.also_heard_as if primary_of(tag) == table_language else (),
        )


def read_row(node: Node, faults: Faults, language: str = "en") -> WrittenRow | None:
    """Return the row that `node` describes, as it is said in `language`; None if nothing is."""
    described = nodes.mapping(node, ROW_KEYS, "a command", faults)
    if described is None:
        return None
    say = nodes.required(described, "say", "it is what the command listens for", faults)
    if say is None:
        return None
    said = _said(say, faults)
    templates = tuple(template for some in said.values() for template in some)
    mine = said.get("") or in_language(said, language) or ()
    accents: tuple[ScalarNode, ...] = nodes.optional(
        described, "also_heard_as", nodes.texts, faults, ()
    )
    strictness = described.get("strictness")
    first = templates[0].written if templates else ""
    row = Row(
        name=nodes.optional(described, "name", nodes.text, faults, first),
        say=tuple(template.written for template in mine),
        publish=_messages(described, faults),
        defaults=nodes.optional(described, "defaults", _defaults, faults, {}),
        confirm=nodes.optional(described, "confirm", nodes.text, faults, ""),
        between=nodes.optional(described, "between", read_hours, faults, None),
        days=nodes.optional(described, "days", read_days, faults, WEEK),
        expires_s=nodes.optional(described, "expires_s", _limit, faults, EXPIRES_S),
        cooldown_s=nodes.optional(described, "cooldown_s", _delay, faults, 0.0),
        strictness=nodes.number(strictness, faults, 0, 1) if strictness else None,
        wake=nodes.optional(described, "wake", nodes.boolean, faults, default=True),
        also_heard_as=tuple(accent.written for accent in accents),
        expect=nodes.optional(described, "expect", _expectation, faults, None),
        response=nodes.optional(described, "response", nodes.text, faults, ""),
        places=_places(mine, faults),
    )
    return WrittenRow(row=row, node=described, templates=(*templates, *accents), said=said)


def _said(say: Node, faults: Faults) -> Mapping[str, tuple[ScalarNode, ...]]:
    """Return the templates by language; a `say` that is no mapping is in that of the table."""
    if not isinstance(say, MappingNode):
        return {"": nodes.texts(say, faults)}
    for entry in say.entries:
        if not LANGUAGE_TAG.fullmatch(entry.key):
            faults.add(
                entry.place, f"'{entry.key}' is not a language", "write it as en-US or de-DE"
            )
    return {entry.key: nodes.texts(entry.value, faults) for entry in say.entries}


def _places(templates: Sequence[ScalarNode], faults: Faults) -> tuple[Place, ...]:
    return tuple(nodes.character_place(template, 1, faults) for template in templates)


def _delay(node: Node, faults: Faults) -> float:
    return nodes.number(node, faults, 0, _DAY_S) or 0.0


def _limit(node: Node, faults: Faults) -> float | None:
    return nodes.number(node, faults, 0.1, _DAY_S)


def _messages(row: MappingNode, faults: Faults) -> tuple[Publish, ...]:
    publish = row.entry("publish")
    own = [entry for entry in row.entries if entry.key in MESSAGE_KEYS]
    if publish is None:
        if own:
            return _messages_of(_message(row, faults))
        if row.get("response") is None:
            faults.add(
                row.place, "'topic' is missing", "name it, or several messages under publish"
            )
        return ()
    for entry in own:
        faults.add(
            entry.place,
            f"'{entry.key}' cannot stand beside 'publish'",
            "move it into the messages under publish",
        )
    listed = publish.value
    items = (
        (listed,)
        if isinstance(listed, MappingNode)
        else nodes.items(listed, "a list of messages", faults)
    )
    if not items and not isinstance(listed, ScalarNode):
        faults.add(listed.place, "the list is empty", "name at least one message")
    described = (nodes.mapping(item, MESSAGE_KEYS, "a message", faults) for item in items)
    return _messages_of(*(_message(item, faults) for item in described if item is not None))


def _messages_of(*found: Publish | None) -> tuple[Publish, ...]:
    return tuple(message for message in found if message is not None)


def _message(described: MappingNode, faults: Faults) -> Publish | None:
    topic = nodes.required(described, "topic", "it is where the message goes", faults)
    payload = nodes.required(described, "payload", 'for an empty message write payload: ""', faults)
    if topic is None or payload is None:
        return None
    qos = described.get("qos")
    return Publish(
        topic=read_topic(topic, faults) or "",
        payload=(
            nodes.text(payload, faults, empty=True)
            if isinstance(payload, ScalarNode) or nodes.text_hint(payload)
            else nodes.json(payload, faults)
        ),
        qos=(nodes.integer(qos, faults, 0, 2) if qos else 0) or 0,
        retain=nodes.optional(described, "retain", nodes.boolean, faults, default=False),
        after_s=nodes.optional(described, "after_s", _delay, faults, 0.0),
    )


def read_topic(node: Node, faults: Faults) -> str | None:
    """Return a topic that may be published to."""
    topic = nodes.text(node, faults)
    if topic is None:
        return None
    for sign in "+#":
        if sign in topic:
            faults.add(
                node.place,
                f"a topic to publish to cannot have a {sign}",
                "name one topic; several messages stand under publish",
            )
    if "\0" in topic:
        faults.add(node.place, "a topic cannot have the character NUL", "delete it")
    if topic != topic.strip():
        faults.add(node.place, "the topic has spaces at its ends", "delete them")
    if len(topic.encode()) > _MAX_TOPIC_BYTES:
        faults.add(node.place, f"the topic is longer than {_MAX_TOPIC_BYTES} bytes", "shorten it")
    return topic


def _defaults(node: Node, faults: Faults) -> Mapping[str, SlotValue]:
    entries = nodes.entries(node, "a value for each slot", faults)
    values = {entry.key: slot_value(entry.value, faults) for entry in entries}
    return {slot: value for slot, value in values.items() if value is not None}


def _expectation(node: Node, faults: Faults) -> Expectation | None:
    described = nodes.mapping(node, EXPECT_KEYS, "an expectation", faults)
    if described is None:
        return None
    topic = nodes.required(described, "topic", "it is where the device answers", faults)
    if topic is None:
        return None
    payload = described.get("payload")
    expectation = Expectation(
        topic=read_topic(topic, faults) or "",
        payload=nodes.text(payload, faults, empty=True) if payload else None,
    )
    within_s = nodes.optional(described, "within_s", _limit, faults, None)
    return expectation if within_s is None else replace(expectation, within_s=within_s)
