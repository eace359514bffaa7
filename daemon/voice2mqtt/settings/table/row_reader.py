"""Read one row of a command table: the sentences and the messages they publish."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any

from voice2mqtt.core.decision import Expectation, SlotValue
from voice2mqtt.languages.language import primary_of
from voice2mqtt.nlu.grammar.table import Json, Place, Publish, Row, in_language
from voice2mqtt.settings.table.list_reader import slot_value
from voice2mqtt.settings.table.schedule import DAYS_OF_WEEK, HOURS
from voice2mqtt.settings.values import LANGUAGE_TAG, Within
from voice2mqtt.settings.yaml import nodes
from voice2mqtt.settings.yaml.faults import Faults
from voice2mqtt.settings.yaml.nodes import MappingNode, Node, ScalarNode
from voice2mqtt.settings.yaml.schema import Schema, read_keys

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
    needed = {"say": "it is what the command listens for"}
    found = read_keys(node, ROW_KEYS, "a command", faults, needed)
    if not isinstance(node, MappingNode) or "say" not in found:
        return None
    said: Mapping[str, tuple[ScalarNode, ...]] = found.pop("say")
    templates = tuple(template for some in said.values() for template in some)
    mine = said.get("") or in_language(said, language) or ()
    accents: tuple[ScalarNode, ...] = found.pop("also_heard_as", ())
    found.setdefault("name", templates[0].written if templates else "")
    row = Row(
        say=tuple(template.written for template in mine),
        publish=_messages(node, found, faults),
        also_heard_as=tuple(accent.written for accent in accents),
        places=_places(mine, faults),
        **{key: value for key, value in found.items() if key not in (*MESSAGE_KEYS, "publish")},
    )
    return WrittenRow(row=row, node=node, templates=(*templates, *accents), said=said)


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


def _messages(row: MappingNode, found: Mapping[str, Any], faults: Faults) -> tuple[Publish, ...]:
    """Return the messages that stand under `publish`, or else the one of the row itself."""
    own = [entry for entry in row.entries if entry.key in MESSAGE_KEYS]
    if row.get("publish") is not None:
        for entry in own:
            faults.add(
                entry.place,
                f"'{entry.key}' cannot stand beside 'publish'",
                "move it into the messages under publish",
            )
    elif own:
        for key, reason in _NEEDED.items():
            nodes.required(row, key, reason, faults)
        return _message_of({key: found[key] for key in MESSAGE_KEYS if key in found})
    elif row.get("response") is None:
        faults.add(row.place, "'topic' is missing", "name it, or several messages under publish")
    return tuple(found.get("publish", ()))


def _message_of(found: Mapping[str, Any]) -> tuple[Publish, ...]:
    return (Publish(**found),) if found.keys() >= _NEEDED.keys() else ()


def _publish(node: Node, faults: Faults) -> tuple[Publish, ...]:
    is_one = isinstance(node, MappingNode)
    items = (node,) if is_one else nodes.items(node, "a list of messages", faults)
    if not items and not isinstance(node, ScalarNode):
        faults.add(node.place, "the list is empty", "name at least one message")
    described = (read_keys(item, MESSAGE_KEYS, "a message", faults, _NEEDED) for item in items)
    return tuple(message for found in described for message in _message_of(found))


def _payload(node: Node, faults: Faults) -> Json:
    is_text = isinstance(node, ScalarNode) or nodes.text_hint(node)
    return nodes.text(node, faults, empty=True) if is_text else nodes.json(node, faults)


def _topic(topic: str) -> str:
    for sign in "+#":
        if sign in topic:
            raise ValueError(
                f"a topic to publish to cannot have a {sign}; name one topic; several messages "
                "stand under publish"
            )
    if "\0" in topic:
        raise ValueError("a topic cannot have the character NUL; delete it")
    if topic != topic.strip():
        raise ValueError("the topic has spaces at its ends; delete them")
    if len(topic.encode()) > _MAX_TOPIC_BYTES:
        raise ValueError(f"the topic is longer than {_MAX_TOPIC_BYTES} bytes; shorten it")
    return topic


def _defaults(node: Node, faults: Faults) -> Mapping[str, SlotValue]:
    entries = nodes.entries(node, "a value for each slot", faults)
    values = {entry.key: slot_value(entry.value, faults) for entry in entries}
    return {slot: value for slot, value in values.items() if value is not None}


def _expectation(node: Node, faults: Faults) -> Expectation | None:
    needed = {"topic": "it is where the device answers"}
    found = read_keys(node, EXPECT_KEYS, "an expectation", faults, needed)
    return Expectation(**found) if "topic" in found else None


_Topic = Annotated[str, _topic]
_Delay = Annotated[float, Within(0, _DAY_S)]
_Limit = Annotated[float, Within(0.1, _DAY_S)]

MESSAGE_KEYS: Mapping[str, Schema] = {
    "topic": _Topic,
    "payload": _payload,
    "qos": Annotated[int, Within(0, 2)],
    "retain": bool,
    "after_s": _Delay,
}
_NEEDED = {
    "topic": "it is where the message goes",
    "payload": 'for an empty message write payload: ""',
}
EXPECT_KEYS: Mapping[str, Schema] = {
    "topic": _Topic,
    "payload": partial(nodes.text, empty=True),
    "within_s": _Limit,
}
ROW_KEYS: Mapping[str, Schema] = {
    "say": _said,
    **MESSAGE_KEYS,
    "publish": _publish,
    "name": str,
    "defaults": _defaults,
    "confirm": str,
    "between": HOURS,
    "days": DAYS_OF_WEEK,
    "expires_s": _Limit,
    "cooldown_s": _Delay,
    "strictness": Annotated[float, Within(0, 1)],
    "wake": bool,
    "also_heard_as": nodes.texts,
    "expect": _expectation,
    "response": str,
}
