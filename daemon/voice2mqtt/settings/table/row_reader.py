"""Read one row of a command table: the sentences and the messages they publish."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from voice2mqtt.core.decision import Expectation, SlotValue
from voice2mqtt.nlu.grammar.table import Publish, Row
from voice2mqtt.settings.table.list_reader import slot_value
from voice2mqtt.settings.table.schedule import read_days, read_hours
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
    """Of `say` and `also_heard_as`."""


def read_row(node: Node, faults: Faults) -> WrittenRow | None:
    """Return the row that `node` describes; None if nothing can be said."""
    described = nodes.mapping(node, ROW_KEYS, "a command", faults)
    if described is None:
        return None
    say = described.get("say")
    if say is None:
        faults.add(described.place, "'say' is missing", "it is what the command listens for")
        return None
    templates = nodes.texts(say, faults)
    heard_as = described.get("also_heard_as")
    accents = nodes.texts(heard_as, faults) if heard_as else ()
    keys = _Keys(described, faults)
    days, between, strictness = (described.get(k) for k in ("days", "between", "strictness"))
    row = Row(
        name=keys.text("name") or (templates[0].written if templates else ""),
        say=tuple(template.written for template in templates),
        publish=_messages(described, faults),
        defaults=_defaults(described.get("defaults"), faults),
        confirm=keys.text("confirm"),
        between=read_hours(between, faults) if between else None,
        days=read_days(days, faults) if days else frozenset(range(7)),
        cooldown_s=keys.seconds("cooldown_s", 0, _DAY_S) or 0.0,
        strictness=nodes.number(strictness, faults, 0, 1) if strictness else None,
        wake=keys.boolean("wake", default=True),
        also_heard_as=tuple(accent.written for accent in accents),
        expect=_expectation(described.get("expect"), faults),
        response=keys.text("response"),
        places=tuple(nodes.character_place(template, 1, faults) for template in templates),
    )
    expires_s = keys.seconds("expires_s", 0.1, _DAY_S)
    if expires_s is not None:
        row = replace(row, expires_s=expires_s)
    return WrittenRow(row=row, node=described, templates=(*templates, *accents))


class _Keys:
    """Reads scalar keys of a mapping, with their defaults."""

    def __init__(self, node: MappingNode, faults: Faults) -> None:
        self._node = node
        self._faults = faults

    def text(self, key: str) -> str:
        node = self._node.get(key)
        return (nodes.text(node, self._faults) or "") if node else ""

    def seconds(self, key: str, lowest: float, highest: float) -> float | None:
        node = self._node.get(key)
        return nodes.number(node, self._faults, lowest, highest) if node else None

    def boolean(self, key: str, *, default: bool) -> bool:
        node = self._node.get(key)
        found = nodes.boolean(node, self._faults) if node else None
        return default if found is None else found


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
    topic, payload, qos = (described.get(key) for key in ("topic", "payload", "qos"))
    if topic is None:
        faults.add(described.place, "'topic' is missing", "it is where the message goes")
    if payload is None:
        faults.add(
            described.place, "'payload' is missing", 'for an empty message write payload: ""'
        )
    if topic is None or payload is None:
        return None
    keys = _Keys(described, faults)
    return Publish(
        topic=read_topic(topic, faults) or "",
        payload=(
            nodes.text(payload, faults, empty=True)
            if isinstance(payload, ScalarNode) or nodes.text_hint(payload)
            else nodes.json(payload, faults)
        ),
        qos=(nodes.integer(qos, faults, 0, 2) if qos else 0) or 0,
        retain=keys.boolean("retain", default=False),
        after_s=keys.seconds("after_s", 0, _DAY_S) or 0.0,
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


def _defaults(node: Node | None, faults: Faults) -> Mapping[str, SlotValue]:
    found: dict[str, SlotValue] = {}
    for entry in nodes.entries(node, "a value for each slot", faults) if node else ():
        value = slot_value(entry.value, faults)
        if value is not None:
            found[entry.key] = value
    return found


def _expectation(node: Node | None, faults: Faults) -> Expectation | None:
    described = nodes.mapping(node, EXPECT_KEYS, "an expectation", faults) if node else None
    if described is None:
        return None
    topic, payload = described.get("topic"), described.get("payload")
    if topic is None:
        faults.add(described.place, "'topic' is missing", "it is where the device answers")
        return None
    expectation = Expectation(
        topic=read_topic(topic, faults) or "",
        payload=nodes.text(payload, faults, empty=True) if payload else None,
    )
    within_s = _Keys(described, faults).seconds("within_s", 0.1, _DAY_S)
    return expectation if within_s is None else replace(expectation, within_s=within_s)
