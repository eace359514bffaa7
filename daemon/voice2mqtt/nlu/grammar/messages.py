"""Renders the messages of a row: fills the slots in topics and payloads."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache

from voice2mqtt.core.decision import Expectation, Message, SlotValue
from voice2mqtt.languages.language import language_named
from voice2mqtt.nlu.grammar.table import Json, Row

SLOT = re.compile(r"\{([^\W\d][\w-]*)\}")
"""A slot in a topic or a text; other braces, such as JSON's, are literal."""
_FORBIDDEN_IN_TOPIC = re.compile(r"[+#\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]+")
MAX_TOPIC_BYTES = 65_535


class _MissingSlotError(Exception):
    """A slot was not spoken and has no default."""


def messages(row: Row, spoken: Mapping[str, SlotValue]) -> tuple[Message, ...]:
    """Return what `row` publishes when `spoken` fills its slots.

    A slot that was not spoken takes the row's default, or else is left out of a mapping; a
    message whose topic or text would have a hole is left out.
    """
    slots = {**row.defaults, **spoken}
    rendered: list[Message] = []
    for publish in row.publish:
        topic = topic_text(publish.topic, slots)
        payload = payload_text(publish.payload, slots)
        if topic is not None and payload is not None:
            rendered.append(
                Message(
                    topic=topic,
                    payload=payload,
                    qos=publish.qos,
                    retain=publish.retain,
                    after_s=publish.after_s,
                    expires_s=row.expires_s,
                )
            )
    return tuple(rendered)


def expectation(row: Row, spoken: Mapping[str, SlotValue]) -> Expectation | None:
    """Return what `row` expects to hear back, with its slots filled."""
    if row.expect is None:
        return None
    slots = {**row.defaults, **spoken}
    topic = topic_text(row.expect.topic, slots)
    if topic is None:
        return None
    payload = row.expect.payload
    return replace(
        row.expect,
        topic=topic,
        payload=None if payload is None else payload_text(payload, slots),
    )


def sentence(template: str, slots: Mapping[str, SlotValue], language: str = "en") -> str:
    """Return a question or answer with its slots filled; what was not spoken is left out.

    A number has the decimal sign of `language`, since a voice is to read it out.
    """

    def filled(slot: re.Match[str]) -> str:
        value = slots.get(slot[1], "")
        has_comma = isinstance(value, float) and language_named(language).decimal_comma
        return spoken_form(value).replace(".", "," if has_comma else ".")

    return " ".join(SLOT.sub(filled, template).split())


def spoken_form(value: SlotValue) -> str:
    """Return `value` as text: 20.0 is "20", 20.5 is "20.5", False is "false"."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def topic_text(template: str, slots: Mapping[str, SlotValue]) -> str | None:
    """Return the topic; None when a slot has no value, or values that make no valid topic.

    Nothing that was spoken can bring in a wildcard, a control character or `$SYS`; a slash can
    only come from the owner's own lists, since speech has none.
    """

    def filled(slot: re.Match[str]) -> str:
        value = spoken_form(_value(slot[1], slots))
        value = _FORBIDDEN_IN_TOPIC.sub(" ", value).strip()
        if not value:
            raise _MissingSlotError
        return value

    try:
        topic = SLOT.sub(filled, template)
    except _MissingSlotError:
        return None
    becomes_system_topic = topic.startswith("$") and not template.startswith("$")
    fits = 0 < len(topic.encode(errors="replace")) <= MAX_TOPIC_BYTES
    return topic if fits and not becomes_system_topic else None


def payload_text(template: Json, slots: Mapping[str, SlotValue]) -> str | None:
    """Return the payload; None when a text has a slot without a value."""
    try:
        if isinstance(template, str):
            return _filled_payload(template, slots)
        return json.dumps(_filled(template, slots), ensure_ascii=False)
    except _MissingSlotError:
        return None


def _filled_text(template: str, slots: Mapping[str, SlotValue]) -> str:
    return SLOT.sub(lambda slot: spoken_form(_value(slot[1], slots)), template)


def _filled_payload(template: str, slots: Mapping[str, SlotValue]) -> str:
    """Return the text; one that is JSON stays JSON, whatever quotes were spoken."""
    if not is_json(template):
        return _filled_text(template, slots)
    return SLOT.sub(
        lambda slot: json.dumps(spoken_form(_value(slot[1], slots)), ensure_ascii=False)[1:-1],
        template,
    )


@lru_cache(maxsize=1_000)
def is_json(template: str) -> bool:
    """Return whether a text payload is a mapping or list in JSON, whatever fills its slots."""
    try:
        return isinstance(json.loads(SLOT.sub("0", template)), dict | list)
    except (ValueError, RecursionError):
        return False


def _filled(template: Json, slots: Mapping[str, SlotValue]) -> Json:
    match template:
        case str():
            whole = SLOT.fullmatch(template)
            return _json_value(_value(whole[1], slots)) if whole else _filled_text(template, slots)
        case dict():
            return {
                key: value
                for key, item in template.items()
                for value in _filled_if_spoken(item, slots)
            }
        case list():
            return [value for item in template for value in _filled_if_spoken(item, slots)]
    return template


def _json_value(value: SlotValue) -> Json:
    """Return `value` as JSON has it; a text that is a list in JSON is that list."""
    if isinstance(value, str) and value.startswith("["):
        with suppress(ValueError, RecursionError):
            found: Json = json.loads(value)
            return found
    return value


def _filled_if_spoken(template: Json, slots: Mapping[str, SlotValue]) -> Iterator[Json]:
    with suppress(_MissingSlotError):
        yield _filled(template, slots)


def _value(slot: str, slots: Mapping[str, SlotValue]) -> SlotValue:
    if slot not in slots:
        raise _MissingSlotError
    return slots[slot]
