"""Proposes lists and rows for the devices on a broker, as a table to edit."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from voice2mqtt.errors import UnavailableError
from voice2mqtt.languages.language import SuggestedRows
from voice2mqtt.mqtt.broker.delivery import ConnectionLost
from voice2mqtt.mqtt.broker.inquiry import inquiry, login_for
from voice2mqtt.mqtt.suggest.devices import HomeDevice, devices_in
from voice2mqtt.settings.model import Settings
from voice2mqtt.settings.yaml.redaction import shown_address

_LARGEST_BYTES = 16 << 20
"""A bridge describes hundreds of devices in one message; set by hand."""


def retained(settings: Settings, within_s: float) -> dict[str, bytes]:
    """Return, by topic, the retained payloads in which devices describe themselves.

    Raises:
        SettingsError: the settings name no broker that could be reached.
        UnavailableError: it cannot be reached, or hung up meanwhile.
    """
    login = replace(login_for(settings.mqtt, "suggest"), largest_bytes=_LARGEST_BYTES)
    prefix = settings.home_assistant.prefix
    filters = (f"{prefix}/+/+/config", f"{prefix}/+/+/+/config", "+/bridge/devices")
    try:
        with inquiry(login) as asked:
            asked.read_retained(filters, within_s)
    except ConnectionLost as lost:
        address = shown_address(settings.mqtt.brokers[0])
        raise UnavailableError(f"the broker {address} cannot be reached: {lost}") from lost
    return asked.retained


def suggestion(messages: dict[str, bytes], words: SuggestedRows) -> str:
    """Return the text of a command table for the devices that `messages` describe."""
    lists: dict[str, list[str]] = {}
    rows: list[str] = []
    for kind, devices in groupby(devices_in(messages), key=lambda device: device.kind):
        for number, group in enumerate(_alike(list(devices)), 1):
            suffix = "" if number == 1 else f"_{number}"
            rows += _row(kind, suffix, group, lists, words)
    if not rows:
        return (
            "# No lights, switches, covers, scenes or climate devices were found.\ncommands: []\n"
        )
    head = [
        "# Proposed from what the devices on the broker say of themselves. Names are spoken as",
        "# written here: rename them, and take out what nobody should switch by voice.",
    ]
    named = [
        f"  {name}:\n" + "\n".join(f"    - {v}" for v in values) for name, values in lists.items()
    ]
    return "\n".join([*head, "lists:", *named, "commands:", *rows]) + "\n"


def _alike(devices: Iterable[HomeDevice]) -> Iterator[list[HomeDevice]]:
    """Yield groups for one row each: the same payloads, and topics that differ in one level."""
    groups: list[list[HomeDevice]] = []
    for device in devices:
        for group in groups:
            if _pattern([*group, device]) is not None:
                group.append(device)
                break
        else:
            groups.append([device])
    yield from groups


def _pattern(group: Sequence[HomeDevice]) -> int | None:
    """Return which level of the topics differs; None if they cannot share a row."""
    split = [device.topic.split("/") for device in group]
    forms = {(device.payloads, device.is_json) for device in group}
    if len(forms) > 1 or len({len(levels) for levels in split}) > 1:
        return None
    differing = [n for n, level in enumerate(zip(*split, strict=True)) if len(set(level)) > 1]
    return differing[0] if len(differing) == 1 else None


def _row(
    kind: str,
    suffix: str,
    group: Sequence[HomeDevice],
    lists: dict[str, list[str]],
    words: SuggestedRows,
) -> Iterator[str]:
    name, state = f"{kind}{suffix}", f"{kind}_state{suffix}"
    levels = group[0].topic.split("/")
    level = _pattern(group)
    values = [device.topic.split("/")[level] if level is not None else "" for device in group]
    lists[name] = [
        f"{{in: {_text(device.name)}, out: {_text(value)}}}" if value else _text(device.name)
        for device, value in zip(group, values, strict=True)
    ]
    if level is not None:
        levels[level] = f"{{{name}}}"
    payload = f"{{{state}}}"
    if states := getattr(words, f"{kind}_states", None):
        lists[state] = [
            f"{{in: {_text(said)}, out: {_text(meant)}}}"
            for said, meant in zip(states, group[0].payloads, strict=True)
        ]
    elif kind == "scene":
        payload = group[0].payloads[0]
    else:
        payload = "{temperature}"
    say = (
        getattr(words, kind)
        .replace(f"{{{kind}}}", f"{{{name}}}")
        .replace(f"{{{kind}_state}}", f"{{{state}}}")
    )
    yield f"  - say: {_text(say)}"
    yield f"    topic: {_text('/'.join(levels))}"
    yield (
        f"    payload: {{state: {_text(payload)}}}"
        if group[0].is_json
        else f"    payload: {_text(payload)}"
    )
    yield "    qos: 1"


def _text(value: str) -> str:
    """Return `value` as quoted YAML, which takes every string of JSON."""
    return json.dumps(value, ensure_ascii=False)
