"""One connection: frames in, frames and work out. Pure: time and results come as arguments.

Turns follow each other on a connection, each under a request id of its own. A client goes on
sending for a moment after its turn has ended; such audio is dropped, and comes again with the
next turn if it was not acknowledged.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from itertools import count

from voice2mqtt.core.audio import RATE_HZ, SAMPLE_BYTES, VoiceActivity
from voice2mqtt.speechhost.engine import Transcript
from voice2mqtt.speechhost.frames import (
    AudioMessage,
    TextMessage,
    read_binary,
    read_text,
    write_text,
)
from voice2mqtt.speechhost.turn import Action, Send, Turn
from voice2mqtt.speechhost.waveform import Converter, WaveFormat, is_header, read_header
from voice2mqtt.speechhost.wishes import Address, read_wishes
from voice2mqtt.speechhost.work import Work
from voice2mqtt.understanding.table import Json

Output = str | Work
"""A text frame to be sent, or work to be done or dropped."""

_STEP_BYTES = RATE_HZ * SAMPLE_BYTES // 10


class Dialogue:
    """What was said on one connection, as far as it matters."""

    def __init__(self, address: Address, voice: VoiceActivity) -> None:
        """`address` is what the client asked for; `voice` is this connection's alone."""
        self._address = address
        self._voice = voice
        self._jobs: Iterator[int] = count()
        self._turn: Turn | None = None
        self._request_id = ""
        self._finished: deque[str] = deque(maxlen=16)
        self._form = WaveFormat()
        self._converter = Converter(self._form)
        self._ticks_before = 0  # of this turn, in an earlier form of its audio

    @property
    def wake_at_s(self) -> float | None:
        """When `tick` is due, if ever."""
        return self._turn.wake_at_s if self._turn else None

    @property
    def backlog_s(self) -> float:
        """Seconds of audio that wait for their words."""
        return self._turn.backlog_s if self._turn else 0.0

    @property
    def in_turn(self) -> bool:
        """Whether the client waits for something."""
        return self._turn is not None

    def receive(self, frame: str | bytes, now_s: float) -> Iterator[list[Output]]:
        """Take a frame, in steps that are each done quickly; raise ProtocolError."""
        message = read_text(frame) if isinstance(frame, str) else read_binary(frame)
        match message:
            case TextMessage(path="speech.context", request_id=request_id, body=body):
                yield self._begin(request_id, body) if request_id else []
            case AudioMessage():
                yield from self._hear(message, now_s)
            case _:  # telemetry and the like
                pass

    def tick(self, now_s: float) -> list[Output]:
        """Notice that time has passed."""
        return self._put(self._turn.tick(now_s)) if self._turn else []

    def transcribed(self, job: int, result: Transcript | None) -> list[Output]:
        """Take the result of a job; None if the engine failed or had no time for it."""
        return self._put(self._turn.transcribed(job, result)) if self._turn else []

    def abandon(self) -> list[Output]:
        """Give up the turn under way, if any; its work is abandoned."""
        return self._put(self._turn.abandon()) if self._turn else []

    def _begin(self, request_id: str, context: Mapping[str, Json]) -> list[Output]:
        if request_id == self._request_id or request_id in self._finished:
            return []
        outputs = self.abandon()
        self._request_id = request_id
        self._turn = Turn(read_wishes(self._address, context), self._voice, self._jobs)
        self._converter, self._ticks_before = Converter(self._form), 0
        start: dict[str, Json] = {"context": {"serviceTag": request_id}}
        return [*outputs, write_text("turn.start", request_id, start)]

    def _hear(self, message: AudioMessage, now_s: float) -> Iterator[list[Output]]:
        # A client that tells nothing of its turn beforehand begins it with its audio.
        yield self._begin(message.request_id, {})
        if message.request_id != self._request_id:
            return
        payload = message.payload
        if not payload and self._turn:
            yield self._put(self._turn.stream_ended(now_s))
        if is_header(payload):
            form, payload = read_header(payload)
            if form != self._form:
                self._ticks_before += self._converter.ticks
                self._form, self._converter = form, Converter(form)
        pcm = self._converter.convert(payload)
        received = self._ticks_before + self._converter.ticks
        for start in range(0, len(pcm), _STEP_BYTES):
            if self._turn:
                piece = pcm[start : start + _STEP_BYTES]
                yield self._put(self._turn.hear(piece, received, now_s))

    def _put(self, actions: list[Action]) -> list[Output]:
        outputs: list[Output] = [
            write_text(action.path, self._request_id, action.body)
            if isinstance(action, Send)
            else action
            for action in actions
        ]
        if self._turn and self._turn.ended:
            self._turn = None
            self._finished.append(self._request_id)
        return outputs
