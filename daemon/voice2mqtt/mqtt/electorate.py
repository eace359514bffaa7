"""The nodes of one house, and the notes by which they agree who acts. The rules are the core's."""

import json
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from voice2mqtt.core.election import Election, HeldBack, Note, Stage, Undecided, Won
from voice2mqtt.core.jsontext import read_json
from voice2mqtt.mqtt.delivery import Incoming
from voice2mqtt.mqtt.topics import Topics
from voice2mqtt.settings.model import RoomsSettings

_SILENCE_DB = -120.0


class Electorate:
    """One node's part in the elections of the house. With no other node it costs nothing.

    Args:
        topics: the node's names.
        settings: whether and how quickly to agree.
        send: publishes a payload on the election topic at once, or drops it.
    """

    def __init__(
        self, topics: Topics, settings: RoomsSettings, send: Callable[[str, str], None]
    ) -> None:
        self._topics = topics
        self._agree = settings.agree
        self._send = send
        self._changed = threading.Condition()
        self._election = Election(topics.node, settings.window_ms / 1000)
        self._others: set[str] = set()
        self._announced = False
        self.filters = (topics.availabilities, topics.election) if settings.agree else ()

    def came_up(self) -> None:
        """Forget the others; the broker tells who is there."""
        with self._changed:
            self._others.clear()

    def went_down(self) -> None:
        """With no broker there is nobody to agree with, and nothing to be sent."""
        with self._changed:
            self._others.clear()
            self._changed.notify_all()

    @property
    def others(self) -> frozenset[str]:
        """Names of the other nodes that are there."""
        return frozenset(self._others)

    def hear(self, message: Incoming) -> None:
        """Take in who is there, and what they say."""
        if message.topic == self._topics.election:
            note = None if message.retained else read_note(message.payload)
            if note is not None:
                with self._changed:
                    self._election.receive(note, time.monotonic())
                    self._changed.notify_all()
            return
        node = self._topics.node_of_availability(message.topic)
        if node and node != self._topics.node:
            with self._changed:
                if message.payload == b"online":
                    self._others.add(node)
                else:
                    self._others.discard(node)

    def speech_began(self, loudness_db: float) -> None:
        """Tell the others that somebody speaks here, so loud as far as it is known."""
        if self._is_alone():
            self._announced = False
            return
        with self._changed:
            now_s = time.monotonic()
            name = secrets.token_hex(4)
            note = self._election.hear(name, _bounded(loudness_db), now_s, now_s)
            self._announced = True
        self._tell(note)

    def speech_ended(self, loudness_db: float) -> None:
        """Tell the others how loud it was here as a whole."""
        if self._announced and not self._is_alone():
            with self._changed:
                note = self._election.end(_bounded(loudness_db), time.monotonic())
            self._tell(note)

    def elect(self, *, row: str, text: str, score: float) -> Won | HeldBack:
        """Return whether this node acts on what it heard last; may take some time to agree."""
        if self._is_alone() or not self._announced:
            return Won()
        with self._changed:
            wanted_s = time.monotonic()
            note = self._election.move(Stage.WANTS, wanted_s, row=row, text=text, score=score)
        self._tell(note)
        with self._changed:
            while True:
                now_s = time.monotonic()
                verdict = self._election.verdict(wanted_s, now_s) if self._others else Won()
                if not isinstance(verdict, Undecided):
                    break
                self._changed.wait(max(0.0, verdict.until_s - now_s))
        self._close(Stage.ACTS if isinstance(verdict, Won) else Stage.PASSES)
        return verdict

    def abstain(self) -> None:
        """Tell the others not to wait for us: what was heard last is no command here."""
        if self._announced and not self._is_alone():
            self._close(Stage.PASSES)

    def _close(self, stage: Stage) -> None:
        with self._changed:
            note = self._election.move(stage, time.monotonic())
            self._announced = False
        self._tell(note)

    def _is_alone(self) -> bool:
        return not self._agree or not self._others

    def _tell(self, note: Note) -> None:
        self._send(self._topics.election, json.dumps(asdict(note)))


def _bounded(loudness_db: float) -> float:
    """Return a level that can be rounded; silence has none."""
    return min(0.0, max(loudness_db, _SILENCE_DB))


def read_note(payload: bytes) -> Note | None:
    """Return the note in `payload`; None if it is none."""
    try:
        said: Any = read_json(payload)
        return Note(
            node=str(said["node"]),
            utterance=str(said["utterance"]),
            stage=Stage(said["stage"]),
            loudness_db=int(said["loudness_db"]),
            age_ms=int(said["age_ms"]),
            row=str(said["row"]),
            text=str(said["text"]),
            score=float(said["score"]),
        )
    except (ValueError, TypeError, KeyError, OverflowError):
        return None
