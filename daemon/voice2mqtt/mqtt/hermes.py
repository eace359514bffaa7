"""An event in the form of Rhasspy's Hermes protocol, for flows that were built for it. Pure."""

import re
from collections.abc import Mapping

from voice2mqtt.core.decision import Message
from voice2mqtt.core.event import Event
from voice2mqtt.core.jsontext import to_json

_EXPIRES_S = 60.0
"""Set by hand."""
_NOT_RECOGNISED = {"unmatched", "no_match"}


def hermes_message(event: Event) -> Message | None:
    """Return the Hermes message that says the same as `event`; None if there is none."""
    common = {
        "input": event["text"],
        "siteId": event["node"],
        "id": event["id"],
        "sessionId": event["id"],
        "customData": None,
    }
    if event["event"] == "command":
        row = str(event["row"])
        slots = event["slots"]
        body = common | {
            "rawInput": event["text"],
            "lang": event.get("language"),
            "intent": {"intentName": row, "confidenceScore": event["score"]},
            "slots": _slots(slots) if isinstance(slots, Mapping) else [],
        }
        return _message(f"hermes/intent/{intent_name(row)}", body)
    if event["event"] in _NOT_RECOGNISED:
        return _message("hermes/nlu/intentNotRecognized", common)
    return None


def intent_name(row: str) -> str:
    """Return `row` as one level of a topic."""
    return re.sub(r"[\s/+#\x00-\x1f\x7f-\x9f]+", "_", row.strip()) or "_"


def _slots(slots: Mapping[str, object]) -> list[dict[str, object]]:
    return [
        {
            "entity": name,
            "slotName": name,
            "rawValue": str(value),
            "value": {
                "kind": "Number" if isinstance(value, int | float) else "Custom",
                "value": value,
            },
            "confidence": 1.0,
        }
        for name, value in slots.items()
    ]


def _message(topic: str, body: Mapping[str, object]) -> Message:
    return Message(topic=topic, payload=to_json(body), qos=1, expires_s=_EXPIRES_S)
