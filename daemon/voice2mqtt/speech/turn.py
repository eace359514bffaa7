"""One utterance in the SDK: audio in, events out, and when it is given up.

The blocking calls of the SDK may block for as long as a host likes. So a turn waits for the SDK's
events instead, with time limits, and its objects are released on a thread of their own: no call
stands between an utterance and the next.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from voice2mqtt import clock
from voice2mqtt.core.outcome import Canceled, Outcome
from voice2mqtt.core.ports import GiveUp
from voice2mqtt.speech import outcomes

log = logging.getLogger(__name__)

STOP_WITHIN_S = "SPEECH-StopRecognitionTimeoutInSeconds"
"""The SDK's property for how long a stopping recogniser waits for the host's last messages."""

UNCONNECTED_S = 1.5
"""A host without a connection for this long counts as unreachable.

After a break the SDK reconnects within 0.3 s, up to four times. Shortly after it has given up a
connection that hung, one new connection in ten is never opened.
"""
_SETTLED_WITHIN_S = 1.0
"""How long a stop waits for a connection that is being made. One that hangs is stopped safely."""
_STOP_WITHIN_S = 0.5
"""How long `abandon` waits for the SDK to let go. Set by hand."""
_CLOCK_SET_S = 5.0
"""A change of the wall clock by more during a turn: the SDK may send no more audio, wait for ever,
or take what the host made of the beginning for the whole. Set by hand."""
_ANSWERS_WITHIN_S = 1.0
"""How long a turn is waited for whose clock was set after its audio, before it is tried again. Set
by hand."""
_POLL_S = 0.05
"""How often a turn that waits for its answer checks whether to give up."""

UNREACHABLE = Canceled(
    reason="Error", code="ConnectionFailure", details="no connection to the host, or it broke off"
)


class TurnEvents:
    """The SDK's callbacks of a turn, on its threads, and what they have told so far.

    It has no reference to the recogniser: in a cycle that and its connection to the host would
    live until the garbage collector runs.
    """

    def __init__(self, on_interim: Callable[[str], None], *, continuous: bool) -> None:
        self._on_interim = on_interim
        self._continuous = continuous
        self.parts: list[Outcome] = []
        self.started = threading.Event()
        self.ended = threading.Event()
        self.settled = threading.Event()
        """The SDK has connected, or has failed to: before that it may crash when it is stopped."""
        self.connected = False
        self.broken_at_s: float | None = None
        """When the connection was lost, if no result has come since."""

    def begin(self, _event: object) -> None:
        """The session has begun."""
        self.started.set()

    def end(self, _event: object) -> None:
        """Nothing follows."""
        self.ended.set()

    def connect(self, _event: object) -> None:
        """There is a connection to the host."""
        self.connected = True
        self.settled.set()

    def disconnect(self, _event: object) -> None:
        """There is none any more."""
        self.connected = False
        self.broken_at_s = clock.now_s()
        self.settled.set()

    def interim(self, event: Any) -> None:
        """The host sent an interim hypothesis."""
        try:
            self._on_interim(event.result.text)
        except Exception:  # nothing of ours may unwind into the SDK's thread
            log.exception("the interim hypothesis %r was dropped", event.result.text)

    def part(self, event: Any) -> None:
        """The host has answered, for the whole utterance or for a part of it."""
        self.parts.append(_guarded(outcomes.of_result, event.result))
        self.broken_at_s = None
        if not self._continuous:
            self.ended.set()

    def cancel(self, event: Any) -> None:
        """The SDK has cancelled, or has reached the end of the stream."""
        outcome = _guarded(outcomes.of_cancellation, event.cancellation_details)
        if not isinstance(outcome, Canceled) or outcome.reason != "EndOfStream":
            self.parts.append(outcome)
        self.settled.set()
        self.ended.set()


class SdkTurn:
    """One attempt to recognise one utterance; another attempt is another turn."""

    def __init__(
        self,
        stream: Any,
        recognizer: Any,
        connection: Any,
        on_interim: Callable[[str], None],
        *,
        continuous: bool,
    ) -> None:
        """Start recognising; the SDK's objects belong to this turn alone.

        Raises:
            RuntimeError: the SDK failed.
        """
        self._stream = stream
        self._recognizer = recognizer
        self._connection = connection
        self._continuous = continuous
        self._dead = False
        self._begun_at_s = clock.now_s()
        self._wall_offset_s = _wall_offset_s()
        self._clock_was_set = False
        self._events = events = TurnEvents(on_interim, continuous=continuous)
        connection.connected.connect(events.connect)
        connection.disconnected.connect(events.disconnect)
        recognizer.recognizing.connect(events.interim)
        recognizer.session_started.connect(events.begin)
        recognizer.recognized.connect(events.part)
        recognizer.canceled.connect(events.cancel)
        if continuous:
            recognizer.session_stopped.connect(events.end)
            self._future = recognizer.start_continuous_recognition_async()
        else:
            self._future = recognizer.recognize_once_async()

    def write(self, frame: bytes) -> None:
        """Pass on audio; begin a further single shot if the host has ended the last one."""
        events = self._events
        self._was_clock_set()
        if events.ended.is_set() and not self._dead:
            # After a cancellation the recogniser is unusable: the rest of the audio is dropped.
            self._dead = self._continuous or any(isinstance(p, Canceled) for p in events.parts)
            if not self._dead:
                self._future.get()
                events.ended.clear()
                self._future = self._recognizer.recognize_once_async()
        if not self._dead:
            self._stream.write(frame)

    def finish(self, timeout_s: float, give_up: GiveUp) -> Outcome:
        """End the audio and return the outcome of all of it.

        It is given up after `timeout_s`, when `give_up` gives a reason, or without a host.
        """
        if self._was_clock_set():
            return UNREACHABLE
        # Closing a stream before its session has begun costs half a second inside the SDK.
        self._events.started.wait(1.0)
        self._stream.close()
        written_at_s = clock.now_s()
        while not self._events.ended.wait(_POLL_S):
            waited_s = clock.now_s() - written_at_s
            clock_was_set = self._was_clock_set()
            if self.is_unreachable or (clock_was_set and waited_s > _ANSWERS_WITHIN_S):
                return UNREACHABLE
            if why := give_up():
                return _given_up("ServiceTimeout", f"no answer after {waited_s:.1f} s; {why}")
            if waited_s > timeout_s:
                if not self._events.connected:
                    return UNREACHABLE
                return _given_up("ServiceTimeout", f"no answer within {waited_s:.0f} s")
        outcome = outcomes.join(self._events.parts)
        # The SDK counts the step of the clock as time in which the host was silent.
        is_fault = isinstance(outcome, Canceled) and self._was_clock_set()
        return UNREACHABLE if is_fault else outcome

    @property
    def is_unreachable(self) -> bool:
        """Whether no answer can come any more: no connection, or it was lost after an answer.

        After a break behind the last audio the SDK reconnects and has nothing left to send.
        """
        events = self._events
        broken_at_s = events.broken_at_s
        if self._dead or (events.connected and (broken_at_s is None or not events.parts)):
            return False
        return clock.now_s() - max(self._begun_at_s, broken_at_s or 0.0) > UNCONNECTED_S

    def _was_clock_set(self) -> bool:
        """Return whether the wall clock was set in this turn, even if it was set back since."""
        self._clock_was_set |= abs(_wall_offset_s() - self._wall_offset_s) > _CLOCK_SET_S
        return self._clock_was_set

    def interrupt(self) -> None:
        """Tell the SDK to stop; returns before it does. Any thread may call it."""
        if (recognizer := self._recognizer) is not None:
            self._events.settled.wait(_SETTLED_WITHIN_S)
            # A `get` of the turn's own future that is pending returns by itself.
            interrupt(recognizer)

    def abandon(self) -> None:
        """Release a recognition that may never end by itself."""
        # A connection opened while the SDK gives up one that hangs may hang too; so wait a little.
        self.release().join(_STOP_WITHIN_S)

    def release(self) -> threading.Thread:
        """Release the SDK's objects, on a thread of their own since the SDK may take its time."""
        args = self._events, self._recognizer, self._connection, self._future, self._stream
        self._recognizer = self._future = self._connection = self._stream = None
        thread = threading.Thread(target=_release, args=args, name="sdk-release", daemon=True)
        thread.start()
        return thread


def _release(
    events: TurnEvents, recognizer: Any, connection: Any, future: Any, _stream: Any
) -> None:
    """Stop, and drop the last references to all these objects."""
    events.settled.wait(_SETTLED_WITHIN_S)
    # At the end of the process no callback may come any more.
    for signal in (
        *(recognizer.recognizing, recognizer.recognized, recognizer.canceled),
        *(recognizer.session_started, recognizer.session_stopped),
        *(connection.connected, connection.disconnected),
    ):
        signal.disconnect_all()
    with contextlib.suppress(RuntimeError):
        # Unless it is awaited, the SDK keeps the turn with all its audio, 0.2 MB, for ever.
        if stopped := interrupt(recognizer):
            stopped.get()
    with contextlib.suppress(RuntimeError):
        future.get()


def interrupt(recognizer: Any) -> Any:
    """Tell an SDK recogniser to stop at once; return the SDK's future of that. Any thread."""
    with contextlib.suppress(RuntimeError):
        # Do not wait for the host's last messages.
        recognizer.properties.set_property_by_name(STOP_WITHIN_S, "0")
        return recognizer.stop_continuous_recognition_async()
    return None


def _guarded(read: Callable[[Any], Outcome], told: Any) -> Outcome:
    """Return `read(told)`; an exception becomes a cancellation, so that the turn still ends."""
    try:
        return read(told)
    except Exception as error:  # nothing of ours may unwind into the SDK's thread
        log.exception("what the SDK told could not be read")
        return Canceled(reason="Error", code=type(error).__name__, details=str(error))


def _wall_offset_s() -> float:
    """Return by how much the wall clock is ahead of ours; it changes when that is set."""
    return time.time() - clock.now_s()


def _given_up(code: str, details: str) -> Canceled:
    return Canceled(reason="Error", code=code, details=details)
