"""One event as an entry of the journal: its sentence, priority, fields and MESSAGE_ID. Pure.

What a person can do about each kind is in `systemd/voice2mqtt.catalog`, by the same MESSAGE_ID.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from voice2mqtt.core.event import wordless
from voice2mqtt.core.outcome import SILENCE

_WORDLESS = "something was said, no words were found in it"

LoggedEvent = Mapping[str, Any]
"""As `core/event.py` makes it; empty values do not apply, and only the key `event` is required."""

_NOT_IN_SENTENCE = frozenset({"event", "id", "at", "node", "latency_ms"})
"""Keys that a plain sentence leaves out, or has at its end."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of event, as the journal knows it."""

    message_id: str
    level: int = logging.INFO
    sentence: str = ""
    """What happened; empty for kinds whose sentence is made of the event's words."""


KINDS: Mapping[str, Kind] = MappingProxyType({
    "command": Kind("315bcf13c12144fabe61c37c2e54a053"),
    "ask": Kind("8df450db7eae44aca0d180e0fe433adb"),
    "unmatched": Kind("24da4c34e74e4556a756d95866b2258d"),
    "no_match": Kind("63ef3f18933e4950b56eff0774c422f8"),
    "canceled": Kind("9303f70c4add4c13aeca6d1ad9eda864", logging.WARNING),
    "not_done": Kind(
        "941b9acb397c4dd7924339fba2b81181", logging.WARNING, "a command did not reach the broker"
    ),
    "not_obeyed": Kind(
        "c00fcd845bf54bbe9c0e4db4066d4011", logging.WARNING, "a device did not confirm its command"
    ),
    "held_back": Kind("577d2c942ee14abeab2a256972bfe2cd", sentence="left it to another node"),
    "woken": Kind("1112bd184eac41f7b498b95ce7a42e67", sentence="heard the wake word"),
    "bad_request": Kind(
        "74ac37c632794cdbb9570c402b9016c6", logging.WARNING, "a control message makes no sense"
    ),
    "ready": Kind("f4487036781b4ecdbb6e3c58de435fbb", sentence="started"),
    "stopping": Kind("c994478fb6cd485c8059b6e7690facfd", sentence="stopping"),
    "reloaded": Kind("6f970fed4f8e4bb790359cc43a21fd2d", sentence="read the command table again"),
    "reload_refused": Kind(
        "9c54cc5c82d4433795182d49219a41e9",
        logging.ERROR,
        "the new command table is wrong, the old one stays in force",
    ),
    "microphone_lost": Kind(
        "0d6fccf368f6426a8c6052f65d1784b6", logging.WARNING, "the microphone is gone"
    ),
    "microphone_back": Kind("1eb2c2c8720b434f8b6aaae8e72f9fe0", sentence="the microphone is back"),
    "host_lost": Kind(
        "cd1cfc13c20c40689c9cc025056ee331", logging.WARNING, "the Speech host does not answer"
    ),
    "host_back": Kind(
        "0310091ce7eb41c58ccd6447abe079be", sentence="the Speech host answers again"
    ),
    "broker_lost": Kind(
        "7d2ddb4aff4b4f8296fbeb38f656051f", logging.WARNING, "the broker is out of reach"
    ),
    "broker_back": Kind("60a95266e5944670a5b56cda50453585", sentence="the broker is back"),
    "limit_reached": Kind(
        "2a8876624a994bbcbafa75515487e60e",
        logging.WARNING,
        "today's limit of audio for the Speech host is reached",
    ),
    "hung": Kind(
        "a159a677540c4ec3a9c54e243dbbfab0",
        logging.CRITICAL,
        "a part of the daemon shows no sign of life, systemd will restart it",
    ),
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """What is logged for one event."""

    sentence: str
    level: int
    fields: Mapping[str, str]
    """`V2M_...` and, for a kind in the catalogue, `MESSAGE_ID`."""
    event: LoggedEvent
    """The event, without words if they must not be logged."""


def journal_entry(event: LoggedEvent, *, log_text: bool = True, dry: bool = False) -> JournalEntry:
    """Return the entry for `event`; without `log_text` it has no spoken words.

    With `dry` it says that nothing was published.
    """
    said = event if log_text else wordless(event)
    event = {key: value for key, value in said.items() if value or value is False}
    kind = KINDS.get(event["event"], Kind(""))
    fields = {f"V2M_{key.upper()}": _text(value) for key, value in event.items()}
    if kind.message_id:
        fields["MESSAGE_ID"] = kind.message_id
    return JournalEntry(
        sentence=_sentence(event, kind, dry=dry), level=kind.level, fields=fields, event=event
    )


def _sentence(event: LoggedEvent, kind: Kind, *, dry: bool) -> str:
    match event["event"]:
        case "command":
            published = _published(event, "would publish" if dry else "published")
            sentence = f"{_heard(event)}{_row(event)}: {published}{_score(event)}"
        case "ask":
            asked = f"asked “{event['question']}”" if "question" in event else "asked"
            sentence = f"{_heard(event)}{_row(event)}: {asked}{_because(event)}"
        case "unmatched":
            sentence = f"{_heard(event)}{_row(event)}: did nothing{_because(event)}"
        case "no_match":
            silent = event.get("reason", "").startswith(SILENCE)
            sentence = "nothing was said" if silent else f"{_WORDLESS}{_because(event)}"
        case "canceled":
            sentence = f"the recognition was given up{_because(event)}"
        case name:
            sentence = kind.sentence + _about(event) if kind.sentence else _plain(name, event)
    return sentence + _latency(event)


def _heard(event: LoggedEvent) -> str:
    return f"heard “{event['text']}”" if "text" in event else "heard something"


def _row(event: LoggedEvent) -> str:
    return f" (row “{event['row']}”)" if "row" in event else ""


def _score(event: LoggedEvent) -> str:
    score = event.get("score", 1)
    return f", {score:.0%} sure" if score < 1 else ""


def _published(event: LoggedEvent, verb: str) -> str:
    messages = event.get("messages", ())
    told = ", ".join(f"{message['topic']} = {message['payload']}" for message in messages)
    return f"{verb} {told or 'its messages'}"


def _because(event: LoggedEvent) -> str:
    return f": {event['reason']}" if "reason" in event else ""


def _about(event: LoggedEvent) -> str:
    parts = [_text(event[key]) for key in ("part", "row", "text", "reason") if key in event]
    return f": {', '.join(parts)}" if parts else ""


def _latency(event: LoggedEvent) -> str:
    if "latency_ms" not in event:
        return ""
    return f"; {event['latency_ms']:.0f} ms after the end of speech"


def _plain(name: str, event: LoggedEvent) -> str:
    rest = ", ".join(f"{k} {_text(v)}" for k, v in event.items() if k not in _NOT_IN_SENTENCE)
    return f"{name.replace('_', ' ')}: {rest}" if rest else name.replace("_", " ")


def _text(value: object) -> str:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return str(value)
    return json.dumps(value, ensure_ascii=False)
