"""Devices, parsed from their retained messages on the broker. Pure.

Two sources are understood: Home Assistant's discovery messages (both forms, long and
abbreviated keys) and zigbee2mqtt's `bridge/devices`.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from voice2mqtt.core.jsontext import read_json
from voice2mqtt.mqtt.topics import fault_of
from voice2mqtt.nlu.grammar.messages import SLOT

_KINDS = ("light", "switch", "cover", "scene", "climate")
_SHORT = {
    "cmd_t": "command_topic",
    "temp_cmd_t": "temperature_command_topic",
    "pl_on": "payload_on",
    "pl_off": "payload_off",
    "pl_open": "payload_open",
    "pl_cls": "payload_close",
    "pl_stop": "payload_stop",
    "cmps": "components",
    "dev": "device",
    "p": "platform",
    "sa": "suggested_area",
    "dev_cla": "device_class",
}


@dataclass(frozen=True, slots=True, order=True)
class HomeDevice:
    """A device that takes commands by MQTT."""

    kind: str
    """One of light, switch, cover, scene, climate."""
    name: str
    """As it is spoken."""
    topic: str
    payloads: tuple[str, ...]
    """On and off; open, close and stop; or what starts a scene. Empty takes a temperature."""
    is_json: bool = False
    """Takes `{"state": payload}`."""


def devices_in(messages: Mapping[str, bytes]) -> list[HomeDevice]:
    """Return the devices that the retained `messages` (topic to payload) describe, sorted."""
    found: dict[tuple[str, str], HomeDevice] = {}
    for topic, document in documents(messages):
        for device in filter(_fits_a_row, _devices(topic, document)):
            # zigbee2mqtt announces its devices to Home Assistant too: keep each once.
            found.setdefault((device.kind, device.topic), device)
    return sorted(found.values())


def documents(messages: Mapping[str, bytes]) -> Iterator[tuple[str, object]]:
    """Yield (topic, JSON) of the `messages` that are JSON, sorted by topic."""
    for topic, payload in sorted(messages.items()):
        with suppress(ValueError):
            yield topic, read_json(payload)


def _fits_a_row(device: HomeDevice) -> bool:
    """Return whether a row can name its topic and payloads: no slots, and nothing invalid."""
    written = (device.topic, *device.payloads)
    is_topic = not fault_of(device.topic) and device.topic == device.topic.strip()
    return is_topic and not any(SLOT.search(text) for text in written)


def _devices(topic: str, document: object) -> Iterator[HomeDevice]:
    if topic.endswith("/bridge/devices") and isinstance(document, list):
        for entry in document:
            if isinstance(entry, dict):
                yield from _zigbee(topic.removesuffix("/bridge/devices"), entry)
    for component, config in announced(topic, document):
        yield from _discovered(component, config)


def announced(topic: str, document: object) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield (component, its configuration with long keys) of a message of discovery."""
    levels = topic.split("/")
    if levels[-1] != "config" or len(levels) < 4 or not isinstance(document, dict):
        return
    component = levels[-4] if levels[-4] in (*_KINDS, "device") else levels[-3]
    whole = _long(document)
    parts = whole.get("components")
    for config in parts.values() if isinstance(parts, dict) else [whole]:
        if isinstance(config, dict):
            merged = {**whole, **_long(config)}
            if isinstance(device := merged.get("device"), dict):
                merged["device"] = _long(device)
            yield str(merged.get("platform", component)), merged


def _long(config: Mapping[str, object]) -> dict[str, object]:
    """Return `config` with its keys written out and `~` replaced by the topic it stands for."""
    base = str(config.get("~", ""))
    return {
        _SHORT.get(key, key): value.replace("~", base) if base and isinstance(value, str) else value
        for key, value in config.items()
    }


def _discovered(kind: str, config: Mapping[str, object]) -> Iterator[HomeDevice]:
    key = "temperature_command_topic" if kind == "climate" else "command_topic"
    topic, name = config.get(key), name_of(config)
    if kind not in _KINDS or not isinstance(topic, str) or not name:
        return
    yield HomeDevice(
        kind=kind,
        name=name,
        topic=topic,
        payloads=_payloads(kind, config),
        is_json=kind == "light" and config.get("schema") == "json",
    )


def _payloads(kind: str, config: Mapping[str, object]) -> tuple[str, ...]:
    known = {
        "light": (("payload_on", "ON"), ("payload_off", "OFF")),
        "switch": (("payload_on", "ON"), ("payload_off", "OFF")),
        "cover": (("payload_open", "OPEN"), ("payload_close", "CLOSE"), ("payload_stop", "STOP")),
        "scene": (("payload_on", "ON"),),
        "climate": (),
    }
    return tuple(str(config.get(key, default)) for key, default in known[kind])


def name_of(config: Mapping[str, object]) -> str:
    """Return its spoken name: its own, behind that of its device if it has one."""
    device = config.get("device")
    owner = device.get("name") if isinstance(device, dict) else None
    own = config.get("name")
    return spoken(" ".join(str(part) for part in (owner, own) if part and own != owner) or str(own))


def _zigbee(base: str, entry: Mapping[str, object]) -> Iterator[HomeDevice]:
    name, definition = entry.get("friendly_name"), entry.get("definition")
    exposes = definition.get("exposes") if isinstance(definition, dict) else None
    if not isinstance(name, str) or not spoken(name) or not isinstance(exposes, list):
        return
    kinds = {each.get("type") for each in exposes if isinstance(each, dict)}
    for kind in ("light", "switch", "cover"):
        if kind in kinds:
            payloads = _payloads(kind, {})
            yield HomeDevice(kind, spoken(name), f"{base}/{name}/set", payloads, is_json=True)
            return


def spoken(name: str) -> str:
    """Return `name` as it is spoken: lower-case words without punctuation."""
    parted = re.sub(r"(?<=[a-zäöüß])(?=[A-ZÄÖÜ])", " ", name)
    words = re.sub(r"[^\w\s'-]|_", " ", parted).split()
    return " ".join(words).lower()
