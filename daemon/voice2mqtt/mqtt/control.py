"""What other programs may ask of a node, parsed from the payload of a control topic."""

from dataclasses import dataclass

_LONGEST_SENTENCE = 500
"""Characters of a typed sentence; set by hand."""


@dataclass(frozen=True, slots=True)
class Mute:
    """Stop listening, or listen again."""

    on: bool


@dataclass(frozen=True, slots=True)
class Say:
    """Handle `text` as if it had been heard."""

    text: str


@dataclass(frozen=True, slots=True)
class Reload:
    """Read the command table again."""


@dataclass(frozen=True, slots=True)
class Listen:
    """Take the next utterance without its wake phrase."""


Control = Mute | Say | Reload | Listen


@dataclass(frozen=True, slots=True)
class BadRequest:
    """A payload that a control topic does not take; `reason` says what it takes."""

    reason: str


def read_control(name: str, payload: bytes, *, retained: bool = False) -> Control | BadRequest:
    """Return the control that a message on the control topic `name` asks for."""
    if retained:
        # It would be handled again at every connection.
        return BadRequest(f"{name}/set does not take retained messages; clear it and send it anew")
    try:
        text = payload.decode().strip()
    except UnicodeDecodeError:
        return BadRequest(f"{name}/set takes UTF-8 text")
    match name:
        case "mute":
            states = {"ON": Mute(on=True), "OFF": Mute(on=False)}
            return states.get(text.upper()) or BadRequest("mute/set takes ON or OFF")
        case "say":
            if not text or not text.isprintable() or len(text) > _LONGEST_SENTENCE:
                return BadRequest(
                    f"say/set takes one sentence of 1 to {_LONGEST_SENTENCE} printable characters"
                )
            return Say(text)
        case "reload" if _is_press(text):
            return Reload()
        case "listen" if _is_press(text):
            return Listen()
    return BadRequest(f"{name}/set takes PRESS or nothing")


def _is_press(text: str) -> bool:
    return text.upper() in {"", "PRESS"}
