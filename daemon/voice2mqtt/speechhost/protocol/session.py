"""The protocol on one connection: frames in, frames and work out. Pure: time is an argument.

Turns follow each other on a connection, each with a request id of its own. A client goes on
sending for a moment after its turn has ended; such audio is dropped, and the client sends it again
with the next turn if it was not acknowledged.
"""

from collections import deque
from collections.abc import Generator, Iterator, Mapping
from dataclasses import replace
from itertools import count

from voice2mqtt.core.audio import RATE_HZ, SAMPLE_BYTES, VoiceActivity
from voice2mqtt.core.wave_format import WaveFormat
from voice2mqtt.nlu.grammar.table import Json
from voice2mqtt.speechhost.engine import Transcript
from voice2mqtt.speechhost.jobs import Prepare, Warn, Work
from voice2mqtt.speechhost.protocol.audio_format import Converter, is_header, read_header
from voice2mqtt.speechhost.protocol.frames import (
    AudioMessage,
    TextMessage,
    read_binary,
    read_text,
    write_text,
)
from voice2mqtt.speechhost.protocol.refusals import (
    UnsupportedRequestError,
    language_fault,
    refuse_other_services,
)
from voice2mqtt.speechhost.protocol.request_options import RequestAddress, read_options
from voice2mqtt.speechhost.protocol.turn import Action, Send, Turn

Output = str | Work
"""A text frame to send, or work for the engine."""

_BYTES_PER_S = RATE_HZ * SAMPLE_BYTES
_STEPS_PER_S = 10
"""A message is taken in steps of 100 ms of audio, between which others are served."""


class Session:
    """The state of one connection."""

    def __init__(
        self,
        address: RequestAddress,
        voice: VoiceActivity,
        language: str = "en-US",
        languages: frozenset[str] = frozenset(),
        *,
        any_language: bool = False,
    ) -> None:
        """`address` is what the client asked for; `voice` is this connection's alone.

        `language` and `languages` are those of the engine; with `any_language`, clients that ask
        for others are answered all the same, with a warning.
        """
        self._address = address
        self._voice = voice
        self._language = language
        self._languages = languages
        self._any_language = any_language
        self._warned = False
        self._job_ids: Iterator[int] = count()
        self._turn: Turn | None = None
        self._request_id = ""
        self._finished: deque[str] = deque(maxlen=16)
        self._format = WaveFormat()
        self._converter = Converter(self._format)
        self._ticks_before = 0  # of this turn, in an earlier format of its audio
        self.taken_s = 0.0
        """Seconds of audio taken so far; other bytes count as if they were audio."""

    @property
    def wake_at_s(self) -> float | None:
        """When `tick` is due, if ever."""
        return self._turn.wake_at_s if self._turn else None

    @property
    def backlog_s(self) -> float:
        """Seconds of audio that wait for their transcription."""
        return self._turn.backlog_s if self._turn else 0.0

    @property
    def owes_answer(self) -> bool:
        """Whether the client waits for an answer; one in a long silence does not."""
        return self._turn is not None and self._turn.owes_answer

    @property
    def in_turn(self) -> bool:
        """Whether a turn has begun that has not ended."""
        return self._turn is not None

    def receive(self, frame: str | bytes, now_s: float) -> Iterator[list[Output]]:
        """Take a frame, in steps that are each done quickly; raise ProtocolError."""
        message = read_text(frame) if isinstance(frame, str) else read_binary(frame)
        other_bytes = len(frame)
        match message:
            case AudioMessage():
                other_bytes = yield from self._receive_audio(message, now_s)
            case TextMessage(path="speech.context", request_id=request_id, body=body):
                yield self._begin_turn(request_id, body) if request_id else []
            case TextMessage(path="audio.commit", request_id=self._request_id, commit_token=token):
                if self._turn and token:
                    yield self._to_outputs(self._turn.commit(token))
            case _:  # telemetry and the like
                pass
        self.taken_s += other_bytes / _BYTES_PER_S

    def tick(self, now_s: float) -> list[Output]:
        """Handle the time-outs that are due."""
        return self._to_outputs(self._turn.tick(now_s)) if self._turn else []

    def transcribed(self, job_id: int, result: Transcript | None) -> list[Output]:
        """Take the result of a job; None if the engine failed or had no time for it."""
        return self._to_outputs(self._turn.transcribed(job_id, result)) if self._turn else []

    def abandon(self) -> list[Output]:
        """Abandon the turn under way, if any, and its work."""
        return self._to_outputs(self._turn.abandon()) if self._turn else []

    def _begin_turn(self, request_id: str, context: Mapping[str, Json]) -> list[Output]:
        if request_id == self._request_id or request_id in self._finished:
            return []
        outputs = self.abandon()
        self._request_id = request_id
        refuse_other_services(context)
        options = read_options(self._address, context)
        fault = language_fault(options, self._language, self._languages)
        if fault and not self._any_language:
            raise UnsupportedRequestError(fault)
        if fault and not self._warned:
            self._warned = True
            outputs.append(Warn(fault=fault))
        self._turn = Turn(replace(options, warning=fault), self._voice, self._job_ids)
        self._converter, self._ticks_before = Converter(self._format), 0
        start: dict[str, Json] = {"context": {"serviceTag": request_id}}
        outputs.append(write_text("turn.start", request_id, start))
        if options.phrases:
            outputs.append(Prepare(phrases=options.phrases, left_out=options.phrases_left_out))
        return outputs

    def _receive_audio(
        self, message: AudioMessage, now_s: float
    ) -> Generator[list[Output], None, int]:
        """Pass audio to the turn; return how many bytes of it were dropped."""
        # A turn may begin with its audio, without a `speech.context`.
        yield self._begin_turn(message.request_id, {})
        if message.request_id != self._request_id:
            return len(message.payload)
        payload = message.payload
        if not payload and self._turn:
            yield self._to_outputs(self._turn.stream_ended(now_s))
        if is_header(payload):
            format_, payload = read_header(payload)
            if format_ != self._format:
                self._ticks_before += self._converter.ticks
                self._format, self._converter = format_, Converter(format_)
        step_bytes = self._format.frame_bytes * (self._format.rate_hz // _STEPS_PER_S)
        for start in range(0, len(payload), step_bytes):
            if self._turn is None:
                return len(payload) - start
            piece = self._converter.convert(payload[start : start + step_bytes])
            self.taken_s += len(piece) / _BYTES_PER_S
            received = self._ticks_before + self._converter.ticks
            yield self._to_outputs(self._turn.feed(piece, received, now_s))
        return 0

    def _to_outputs(self, actions: list[Action]) -> list[Output]:
        outputs: list[Output] = [
            write_text(action.path, self._request_id, action.body)
            if isinstance(action, Send)
            else action
            for action in actions
        ]
        if self._turn and self._turn.ended:
            self._turn = None
            self._voice.reset()
            self._finished.append(self._request_id)
        return outputs
