"""The bids by which nodes agree which of them acts, over MQTT. The rules are in `core`."""

import json
import secrets
import threading
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from voice2mqtt import clock
from voice2mqtt.core.arbitration import Arbitration, Bid, Claims, HeldBack, Stage, Undecided, Won
from voice2mqtt.core.jsontext import read_json
from voice2mqtt.mqtt.broker.delivery import Incoming
from voice2mqtt.mqtt.topics import Topics
from voice2mqtt.settings.model import RoomsSettings

_SILENCE_DB = -120.0
_LARGEST_BYTES = 16_000
"""Of a bid: two hundred that others invented are kept for a minute. Set by hand."""


class RoomArbitration:
    """One node's part in the arbitration. With no other node it takes no time.

    Args:
        topics: the node's names.
        settings: whether and how quickly to agree.
        send: publishes a payload on a topic at once, or drops it; in the order given and all at
            one QoS, since the order in which the broker gets the bids decides.
        instance: identifies this run of the program.
        on_other_instance: called with the instance of another program that bids under our name,
            on the link's thread.
    """

    def __init__(
        self,
        topics: Topics,
        settings: RoomsSettings,
        send: Callable[[str, str], None],
        *,
        instance: str,
        on_other_instance: Callable[[str], None],
    ) -> None:
        self._topics = topics
        self._agree = settings.agree
        self._send = send
        self._instance = instance
        self._on_other_instance = on_other_instance
        self._changed = threading.Condition()
        self._arbitration = Arbitration(topics.node, settings.window_ms / 1000, instance)
        self._announced = False
        self._silenced = ""
        self.filters = (topics.availabilities, topics.election)

    def came_up(self) -> None:
        """Join the others; our availability was published just now."""
        with self._changed:
            bid = self._arbitration.join(secrets.token_hex(4))
        # Also when we are silenced, so that the other node of our name knows of us.
        self._send_bid(bid)

    def went_down(self) -> None:
        """Leave: without a broker nothing can be agreed on."""
        with self._changed:
            self._arbitration.leave(clock.now_s())
            self._changed.notify_all()

    def silence(self, reason: str) -> None:
        """Never act again, and send no more bids, because of `reason`."""
        with self._changed:
            self._silenced = reason
            self._changed.notify_all()

    @property
    def others(self) -> frozenset[str]:
        """Names of the other nodes that are online."""
        with self._changed:
            return self._arbitration.membership.others(clock.now_s())

    @property
    def follows(self) -> bool:
        """Whether a sentence that begins now can be agreed on with them."""
        with self._changed:
            return self._arbitration.follows(clock.now_s())

    def handle_message(self, message: Incoming) -> None:
        """Handle the availability and the bids of other nodes."""
        if message.topic == self._topics.election:
            bid = None if message.retained else read_bid(message.payload)
            if bid is not None:
                self._handle_bid(bid)
            return
        node = self._topics.node_of_availability(message.topic)
        if node and node != self._topics.node:
            with self._changed:
                there = message.payload == b"online"
                self._arbitration.membership.see(node, clock.now_s(), there=there)
                self._changed.notify_all()

    def _handle_bid(self, bid: Bid) -> None:
        if bid.node == self._topics.node and bid.instance != self._instance:
            self._on_other_instance(bid.instance)
            return
        with self._changed:
            answer = self._arbitration.receive(bid, clock.now_s())
            self._changed.notify_all()
        if answer:
            self._send_unless_silenced(answer)

    def speech_began(self, loudness_db: float, began_s: float = 0.0) -> None:
        """Tell the others that speech has begun here, with its loudness (dBFS) so far.

        `began_s` is when it began, by `clock.now_s`; 0 is just now.
        """
        with self._changed:
            now_s = clock.now_s()
            name = secrets.token_hex(4)
            bid = self._arbitration.hear(name, _bounded(loudness_db), began_s or now_s, now_s)
            self._announced = not self._is_alone()
        if self._announced:
            self._send_unless_silenced(bid)

    def speech_ended(self, loudness_db: float) -> None:
        """Tell the others that speech has ended, with its loudness (dBFS) as a whole."""
        if self._announced:
            with self._changed:
                bid = self._arbitration.end(_bounded(loudness_db), clock.now_s())
            self._send_unless_silenced(bid)

    def arbitrate(self, *, row: str, text: str, score: float) -> Won | HeldBack:
        """Return whether this node acts on its last utterance; at once if it is the only node.

        Raises:
            ValueError: there was no utterance.
        """
        if not self._agree:
            return HeldBack(self._silenced) if self._silenced else Won()
        with self._changed:
            wanted_s = clock.now_s()
            bid = self._arbitration.move(Stage.WANTS, wanted_s, row=row, text=text, score=score)
            verdict = self._arbitration.verdict(wanted_s, wanted_s)
            self._announced = self._announced or not self._is_alone()
        if self._announced and not isinstance(verdict, HeldBack):
            self._send_unless_silenced(bid)
        verdict = self._await_verdict(wanted_s)
        if isinstance(verdict, HeldBack):
            self.abstain()
        self._announced = False
        return verdict

    def _await_verdict(self, wanted_s: float) -> Won | HeldBack:
        while True:
            with self._changed:
                now_s = clock.now_s()
                verdict = self._arbitration.verdict(wanted_s, now_s)
                if self._silenced:
                    return HeldBack(self._silenced)
                if isinstance(verdict, Undecided):
                    self._changed.wait(max(0.0, verdict.until_s - now_s))
                    continue
                if isinstance(verdict, Won | HeldBack):
                    return verdict
                assert isinstance(verdict, Claims)
                claim = self._arbitration.move(Stage.ACTS, now_s)
            self._send_unless_silenced(claim)

    def objection(self) -> str | None:
        """Return why a command won `if_alone` must not be carried out; None if not known yet."""
        with self._changed:
            return self._silenced or self._arbitration.objection(clock.now_s())

    def abstain(self) -> None:
        """Tell the others not to wait for us: the last utterance is no command here."""
        if self._announced:
            with self._changed:
                bid = self._arbitration.move(Stage.PASSES, clock.now_s())
            self._announced = False
            self._send_unless_silenced(bid)

    def _is_alone(self) -> bool:
        return not self._agree or not self._arbitration.membership.others(clock.now_s())

    def _send_unless_silenced(self, bid: Bid) -> None:
        if not self._silenced:
            self._send_bid(bid)

    def _send_bid(self, bid: Bid) -> None:
        self._send(self._topics.election, json.dumps(asdict(bid)))


def _bounded(loudness_db: float) -> float:
    """Return the level, limited to a range; that of digital silence is minus infinity."""
    return min(0.0, max(loudness_db, _SILENCE_DB))


def read_bid(payload: bytes) -> Bid | None:
    """Return the bid in `payload`; None if it holds none, or more than a node ever says."""
    if len(payload) > _LARGEST_BYTES:
        return None
    try:
        said: Any = read_json(payload)
        return Bid(
            node=str(said["node"]),
            utterance=str(said["utterance"]),
            stage=Stage(said["stage"]),
            loudness_db=int(said["loudness_db"]),
            age_ms=int(said["age_ms"]),
            row=str(said["row"]),
            text=str(said["text"]),
            score=float(said["score"]),
            instance=str(said.get("instance", "")),
        )
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        return None
