"""The nodes of one house, and the notes by which they agree who acts. The rules are the core's."""

import json
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from voice2mqtt.core.arbitration import Arbitration, Bid, Claims, HeldBack, Stage, Undecided, Won
from voice2mqtt.core.jsontext import read_json
from voice2mqtt.mqtt.broker.delivery import Incoming
from voice2mqtt.mqtt.topics import Topics
from voice2mqtt.settings.model import RoomsSettings

_SILENCE_DB = -120.0


class RoomArbitration:
    """One node's part in the elections of the house. With no other node it costs nothing.

    Args:
        topics: the node's names.
        settings: whether and how quickly to agree.
        send: publishes a payload on the election topic at once, or drops it; in the order given,
            all at one QoS, since the order in which the broker gets them is what counts.
        instance: tells this run of the program from any other.
        on_namesake: called when another program says something under our name, with its
            instance; on the link's thread.
    """

    def __init__(
        self,
        topics: Topics,
        settings: RoomsSettings,
        send: Callable[[str, str], None],
        *,
        instance: str,
        on_namesake: Callable[[str], None],
    ) -> None:
        self._topics = topics
        self._agree = settings.agree
        self._send = send
        self._instance = instance
        self._on_namesake = on_namesake
        self._changed = threading.Condition()
        self._election = Arbitration(topics.node, settings.window_ms / 1000, instance)
        self._announced = False
        self._silenced = ""
        self.filters = (topics.availabilities, topics.election)

    def came_up(self) -> None:
        """Join the others; the node's availability has been told just now."""
        with self._changed:
            note = self._election.join(secrets.token_hex(4))
        # Also when we are silent: so the other node of our name knows.
        self._send_note(note)

    def went_down(self) -> None:
        """With no broker there is nobody to agree with, and nothing to be sent."""
        with self._changed:
            self._election.leave(time.monotonic())
            self._changed.notify_all()

    def silence(self, reason: str) -> None:
        """Never act again, and say nothing, because of `reason`."""
        with self._changed:
            self._silenced = reason
            self._changed.notify_all()

    @property
    def others(self) -> frozenset[str]:
        """Names of the other nodes that are there."""
        with self._changed:
            return self._election.membership.others(time.monotonic())

    @property
    def follows(self) -> bool:
        """Whether a sentence that begins now can be agreed on with them."""
        with self._changed:
            return self._election.follows(time.monotonic())

    def hear(self, message: Incoming) -> None:
        """Take in who is there, and what they say."""
        if message.topic == self._topics.election:
            note = None if message.retained else read_note(message.payload)
            if note is not None:
                self._hear_note(note)
            return
        node = self._topics.node_of_availability(message.topic)
        if node and node != self._topics.node:
            with self._changed:
                there = message.payload == b"online"
                self._election.membership.see(node, time.monotonic(), there=there)
                self._changed.notify_all()

    def _hear_note(self, note: Bid) -> None:
        if note.node == self._topics.node and note.instance != self._instance:
            self._on_namesake(note.instance)
            return
        with self._changed:
            answer = self._election.receive(note, time.monotonic())
            self._changed.notify_all()
        if answer:
            self._tell(answer)

    def speech_began(self, loudness_db: float, began_s: float) -> None:
        """Tell the others that somebody speaks here, so loud as far as it is known.

        `began_s` is when speech began, which may be a while ago; 0 is just now.
        """
        with self._changed:
            now_s = time.monotonic()
            name = secrets.token_hex(4)
            note = self._election.hear(name, _bounded(loudness_db), began_s or now_s, now_s)
            self._announced = not self._is_alone()
        if self._announced:
            self._tell(note)

    def speech_ended(self, loudness_db: float) -> None:
        """Tell the others how loud it was here as a whole."""
        if self._announced:
            with self._changed:
                note = self._election.end(_bounded(loudness_db), time.monotonic())
            self._tell(note)

    def elect(self, *, row: str, text: str, score: float) -> Won | HeldBack:
        """Return whether this node acts on what it heard last; may take some time to agree.

        Raises:
            ValueError: it heard nothing.
        """
        if not self._agree:
            return HeldBack(self._silenced) if self._silenced else Won()
        with self._changed:
            wanted_s = time.monotonic()
            note = self._election.move(Stage.WANTS, wanted_s, row=row, text=text, score=score)
            verdict = self._election.verdict(wanted_s, wanted_s)
            self._announced = self._announced or not self._is_alone()
        if self._announced and not isinstance(verdict, HeldBack):
            self._tell(note)
        verdict = self._await_verdict(wanted_s)
        if isinstance(verdict, HeldBack):
            self.abstain()
        self._announced = False
        return verdict

    def _await_verdict(self, wanted_s: float) -> Won | HeldBack:
        while True:
            with self._changed:
                now_s = time.monotonic()
                verdict = self._election.verdict(wanted_s, now_s)
                if self._silenced:
                    return HeldBack(self._silenced)
                if isinstance(verdict, Undecided):
                    self._changed.wait(max(0.0, verdict.until_s - now_s))
                    continue
                if isinstance(verdict, Won | HeldBack):
                    return verdict
                assert isinstance(verdict, Claims)
                claim = self._election.move(Stage.ACTS, now_s)
            self._tell(claim)

    def objection(self) -> str | None:
        """Return what speaks against acting on what was won `if_alone`; None if not known yet."""
        with self._changed:
            return self._silenced or self._election.objection(time.monotonic())

    def abstain(self) -> None:
        """Tell the others not to wait for us: what was heard last is no command here."""
        if self._announced:
            with self._changed:
                note = self._election.move(Stage.PASSES, time.monotonic())
            self._announced = False
            self._tell(note)

    def _is_alone(self) -> bool:
        return not self._agree or not self._election.membership.others(time.monotonic())

    def _tell(self, note: Bid) -> None:
        if not self._silenced:
            self._send_note(note)

    def _send_note(self, note: Bid) -> None:
        self._send(self._topics.election, json.dumps(asdict(note)))


def _bounded(loudness_db: float) -> float:
    """Return a level that can be rounded; silence has none."""
    return min(0.0, max(loudness_db, _SILENCE_DB))


def read_note(payload: bytes) -> Bid | None:
    """Return the note in `payload`; None if it is none."""
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
