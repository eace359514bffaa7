"""The names of one node's topics, and what may not be published to."""

from dataclasses import dataclass

CONTROLS = ("mute", "say", "reload", "listen")
"""Each is written to at `<base>/<node>/<name>/set`."""


@dataclass(frozen=True, slots=True)
class Topics:
    """Where one node speaks and listens."""

    base: str
    node: str

    @property
    def root(self) -> str:
        """What all topics of this node begin with."""
        return f"{self.base}/{self.node}"

    @property
    def availability(self) -> str:
        """`online` or `offline`, retained; also the last will."""
        return f"{self.root}/availability"

    @property
    def state(self) -> str:
        """How the node is, as JSON, retained."""
        return f"{self.root}/state"

    @property
    def activity(self) -> str:
        """What the node is doing at this moment, retained."""
        return f"{self.root}/activity"

    @property
    def event(self) -> str:
        """What happened, as JSON, never retained."""
        return f"{self.root}/event"

    def control(self, name: str) -> str:
        """Return where control `name` is written to."""
        return f"{self.root}/{name}/set"

    def control_named_by(self, topic: str) -> str | None:
        """Return which control is meant by a message on `topic`; None if none is."""
        names = [name for name in CONTROLS if self.control(name) == topic]
        return names[0] if names else None

    @property
    def availabilities(self) -> str:
        """The filter that shows which nodes there are."""
        return f"{self.base}/+/availability"

    def node_of_availability(self, topic: str) -> str:
        """Return whose availability `topic` tells; "" if it is not about that."""
        begin, end = f"{self.base}/", "/availability"
        fits = topic.startswith(begin) and topic.endswith(end) and len(topic) > len(begin + end)
        return topic[len(begin) : -len(end)] if fits else ""

    @property
    def election(self) -> str:
        """Where nodes that heard the same sentence agree who acts, never retained."""
        return f"{self.base}/election"


_DEEPEST = 200
_LONGEST_BYTES = 65_535


def fault_of(topic: str) -> str:
    """Return why nothing can be published to `topic`, as part of a sentence; "" if it can.

    A broker hangs up on a topic it holds for malformed, which would lose what else is under way.
    """
    if not topic:
        return "it is empty"
    for sign in "+#":
        if sign in topic:
            return f"it contains {sign}"
    if topic.startswith("$"):
        return "it begins with $, which belongs to the broker"
    try:
        length = len(topic.encode())
    except UnicodeEncodeError:
        return "it is not valid Unicode"
    if any(_is_control(ord(sign)) for sign in topic):
        return "it contains a character that MQTT forbids"
    if length > _LONGEST_BYTES:
        return f"it is longer than {_LONGEST_BYTES} bytes"
    if topic.count("/") >= _DEEPEST:
        return f"it has more than {_DEEPEST} levels"
    return ""


def _is_control(code: int) -> bool:
    """Whether MQTT lets a broker hang up on this character (MQTT 5, section 1.5.4)."""
    is_control = code < 0x20 or 0x7F <= code <= 0x9F
    is_noncharacter = 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE
    return is_control or is_noncharacter
