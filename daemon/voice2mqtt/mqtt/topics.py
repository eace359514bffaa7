"""The topics of one node, and which topics cannot be published to. Pure."""

from dataclasses import dataclass

CONTROLS = ("mute", "say", "reload", "listen")
"""Each is written to at `<base>/<node>/<name>/set`."""


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics of one node."""

    base: str
    node: str

    @property
    def root(self) -> str:
        """The prefix of all topics of this node."""
        return f"{self.base}/{self.node}"

    @property
    def availability(self) -> str:
        """`online` or `offline`, retained; also the last will."""
        return f"{self.root}/availability"

    @property
    def state(self) -> str:
        """The state of the node, as JSON, retained."""
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
        """Return the control that `topic` is for; None if it is no control topic."""
        names = [name for name in CONTROLS if self.control(name) == topic]
        return names[0] if names else None

    @property
    def availabilities(self) -> str:
        """The filter for the availability of all nodes."""
        return f"{self.base}/+/availability"

    def node_of_availability(self, topic: str) -> str:
        """Return the node whose availability topic this is; "" if it is none."""
        begin, end = f"{self.base}/", "/availability"
        fits = topic.startswith(begin) and topic.endswith(end) and len(topic) > len(begin + end)
        return topic[len(begin) : -len(end)] if fits else ""

    @property
    def election(self) -> str:
        """The bids of the nodes that heard the same sentence, never retained."""
        return f"{self.base}/election"


_DEEPEST = 200
"""Levels; mosquitto hangs up on a topic that has more."""
_LONGEST_BYTES = 65_535
"""MQTT has two bytes for the length of a topic."""


def fault_of(topic: str) -> str:
    """Return why nothing can be published to `topic`, as part of a sentence; "" if it can.

    A broker hangs up on a malformed topic, and everything else in flight would be lost.
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
    """Return whether a broker may hang up on this character (MQTT 5, section 1.5.4)."""
    is_control = code < 0x20 or 0x7F <= code <= 0x9F
    is_noncharacter = 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE
    return is_control or is_noncharacter
