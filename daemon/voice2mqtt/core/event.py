"""What happened, as the JSON object that is published, journalled and printed.

All kinds have the same keys, so that a reader needs no cases: what does not apply is empty.
"""

from collections.abc import Mapping

from voice2mqtt.core.decision import Ask, Decision, Fire, Refuse
from voice2mqtt.core.outcome import Canceled, Heard, NoMatch

Event = dict[str, object]
"""A JSON object. `docs/mqtt.md` and `docs/schemas/event.json` define its keys."""

Happening = Decision | NoMatch | Canceled


def event_of(
    happening: Happening,
    *,
    event_id: str,
    at: str,
    node: str,
    heard: Heard | None = None,
    latency_ms: float | None = None,
) -> Event:
    """Return the event of one decision, or of an outcome in which there was nothing to decide.

    Args:
        happening: what happened.
        event_id: unique among all nodes; later events about the same utterance repeat it.
        at: when, as ISO 8601 with its offset.
        node: the node that heard it.
        heard: the outcome, if words were recognised.
        latency_ms: from the end of speech to the decision; None if nobody spoke.
    """
    match happening:
        case Fire():
            own = _command(happening)
        case Ask():
            own = {"event": "ask", "question": happening.question}
        case Refuse():
            own = {"event": "unmatched"}
        case NoMatch():
            own = {"event": "no_match", "reason": _joined(happening.reason, happening.details)}
        case Canceled():
            said = _joined(happening.reason, happening.code, happening.details)
            own = {
                "event": "canceled",
                "code": happening.code,
                "reason": happening.explanation or said,
                "details": said,
            }
    answered = heard if heard is not None else happening
    service = getattr(answered, "service", "")
    return notice("", event_id=event_id, at=at, node=node, latency_ms=latency_ms) | {
        **({"service": service} if service else {}),
        **({} if isinstance(happening, NoMatch | Canceled) else _decided(happening)),
        **({} if heard is None else {"language": heard.language}),
        **own,
    }


def notice(
    kind: str,
    *,
    event_id: str,
    at: str,
    node: str,
    reason: str = "",
    row: str = "",
    text: str = "",
    latency_ms: float | None = None,
) -> Event:
    """Return an event that is no decision.

    For example `not_done` (a message expired or was refused), `not_obeyed`, `held_back` (another
    node acts), `woken`, `reloaded` or `bad_request`; `event_id` and `row` name what it is about.
    """
    return {
        "event": kind,
        "id": event_id,
        "at": at,
        "node": node,
        "text": text,
        "row": row,
        "slots": {},
        "score": 0.0,
        "messages": [],
        "reason": reason,
        "nearest": [],
        "something_else": "",
        "latency_ms": None if latency_ms is None else round(latency_ms, 1),
    }


WORDLESS_KEYS = frozenset(
    {"event", "id", "at", "node", "row", "score", "latency_ms", "language", "service"}
)
"""The keys that tell nothing of what somebody said."""


def wordless(event: Mapping[str, object]) -> Event:
    """Return `event` without the words that were said, with the same keys.

    Its reason is emptied too, since it may quote them, unless no words were recognised.
    """
    if not event.get("text"):
        return dict(event)
    kept = WORDLESS_KEYS
    return {k: v if k in kept or v is None else type(v)() for k, v in event.items()}


def _decided(decision: Decision) -> Event:
    nearest = [
        {
            "row": near.row,
            "sentence": near.sentence,
            "distance": round(near.distance, 3),
            "because": near.because,
        }
        for near in decision.reason.nearest
    ]
    return {
        "text": decision.text,
        "row": decision.row,
        "score": round(decision.score, 3),
        "reason": decision.reason.text,
        "nearest": nearest,
        "something_else": decision.reason.something_else,
    }


def _command(fire: Fire) -> Event:
    messages = [
        {"topic": m.topic, "payload": m.payload, "qos": m.qos, "retain": m.retain}
        for m in fire.messages
    ]
    return {"event": "command", "slots": dict(fire.slots), "messages": messages}


def _joined(*parts: str) -> str:
    return ": ".join(part for part in parts if part)
