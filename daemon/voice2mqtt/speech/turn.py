"""One utterance on its way through the SDK: what is written, what is told, when it is given up.

The SDK's calls that wait can wait for as long as a host likes. None of them stands between an
utterance and the next: what a turn waits for are the SDK's events, and the objects of a turn
are let go on a thread of their own.
"""

import contextlib
import logging
import threading
from collections.abc import Callable
from typing import Any

from voice2mqtt import clock
from voice2mqtt.core.outcome import Canceled, Outcome
from voice2mqtt.core.ports import GiveUp
from voice2mqtt.speech import outcomes

log = logging.getLogger(__name__)

STOP_WITHIN_S = "SPEECH-StopRecognitionTimeoutInSeconds"
"""The SDK's property for how long it waits for a host's last words when it is to stop."""

UNCONNECTED_S = 1.5
"""A host that is not connected for so long is away; or the SDK, which opens one connection in ten
never if it has just given up another one that hung.

After a break the SDK connects anew within 0.3 s, up to four times.
"""
_STOP_WITHIN_S = 0.5
_LOOK_EVERY_S = 0.05

AWAY = Canceled(
    reason="Error", code="ConnectionFailure", details="no connection to the host, or it broke off"
)


class News:
    """What the SDK tells of a turn, on its threads.

    It knows nothing of the recogniser, which would otherwise hold itself, and its connection to
    the host, until the garbage is collected.
    """

    def __init__(self, on_interim: Callable[[str], None], *, continuous: bool) -> None:
        self._on_interim = on_interim
        self._continuous = continuous
        self.parts: list[Outcome] = []
        self.started = threading.Event()
        self.ended = threading.Event()
        self.connected = False
        self.broken_at_s: float | None = None
        """When a connection was lost after which nothing was told any more."""

    def begin(self, _event: object) -> None:
        """The session has begun."""
        self.started.set()

    def end(self, _event: object) -> None:
        """Nothing follows."""
        self.ended.set()

    def connect(self, _event: object) -> None:
        """There is a connection to the host."""
        self.connected = True

    def disconnect(self, _event: object) -> None:
        """There is none any more."""
        self.connected = False
        self.broken_at_s = clock.now_s()

    def interim(self, event: Any) -> None:
        """The host guesses."""
        try:
            self._on_interim(event.result.text)
        except Exception:  # nothing of ours may unwind into the SDK's thread
            log.exception("the interim hypothesis %r was dropped", event.result.text)

    def part(self, event: Any) -> None:
        """The host has answered: with all that was said, or with a part of it."""
        self.parts.append(_guarded(outcomes.of_result, event.result))
        self.broken_at_s = None
        if not self._continuous:
            self.ended.set()

    def cancel(self, event: Any) -> None:
        """The SDK has given up, or has come to the end of the stream."""
        outcome = _guarded(outcomes.of_cancellation, event.cancellation_details)
        if not isinstance(outcome, Canceled) or outcome.reason != "EndOfStream":
            self.parts.append(outcome)
        self.ended.set()


class SdkTurn:
    """One utterance, once: another attempt is another turn."""

    def __init__(
        self,
        stream: Any,
        recognizer: Any,
        connection: Any,
        on_interim: Callable[[str], None],
        *,
        continuous: bool,
    ) -> None:
        """Begin to recognise what is written; the SDK's objects are this turn's alone.

        Raises:
            RuntimeError: the SDK is at its end.
        """
        self._stream = stream
        self._recognizer = recognizer
        self._connection = connection
        self._continuous = continuous
        self._dead = False
        self._begun_at_s = clock.now_s()
        self._news = news = News(on_interim, continuous=continuous)
        connection.connected.connect(news.connect)
        connection.disconnected.connect(news.disconnect)
        recognizer.recognizing.connect(news.interim)
        recognizer.session_started.connect(news.begin)
        recognizer.recognized.connect(news.part)
        recognizer.canceled.connect(news.cancel)
        if continuous:
            recognizer.session_stopped.connect(news.end)
            self._future = recognizer.start_continuous_recognition_async()
        else:
            self._future = recognizer.recognize_once_async()

    def write(self, frame: bytes) -> None:
        """Pass on audio; begin a further single shot if the host has ended the last one."""
        news = self._news
        if news.ended.is_set() and not self._dead:
            # A recogniser that canceled is dead: the rest of the audio has nowhere to go.
            self._dead = self._continuous or any(isinstance(p, Canceled) for p in news.parts)
            if not self._dead:
                self._future.get()
                news.ended.clear()
                self._future = self._recognizer.recognize_once_async()
        if not self._dead:
            self._stream.write(frame)

    def finish(self, timeout_s: float, give_up: GiveUp) -> Outcome:
        """End the audio and return what was made of all of it.

        It is given up after `timeout_s`, when `give_up` says why, or when there is no host.
        """
        # A stream that ends before its session began costs half a second inside the SDK.
        self._news.started.wait(1.0)
        self._stream.close()
        written_at_s = clock.now_s()
        while not self._news.ended.wait(_LOOK_EVERY_S):
            waited_s = clock.now_s() - written_at_s
            if self.is_away:
                return AWAY
            if waited_s > timeout_s:
                return _given_up("ServiceTimeout", f"no answer within {waited_s:.0f} s")
            if why := give_up():
                return _given_up("ServiceTimeout", f"no answer after {waited_s:.1f} s; {why}")
        return outcomes.join(self._news.parts)

    @property
    def is_away(self) -> bool:
        """Whether an answer can come no more: no connection, or one lost behind an answer.

        After a break behind the last words the SDK connects anew and has nothing left to send.
        """
        news = self._news
        broken_at_s = news.broken_at_s
        if self._dead or (news.connected and (broken_at_s is None or not news.parts)):
            return False
        return clock.now_s() - max(self._begun_at_s, broken_at_s or 0.0) > UNCONNECTED_S

    def interrupt(self) -> None:
        """Have the SDK end at once; returns before it does. Any thread may call it."""
        if (recognizer := self._recognizer) is not None:
            interrupt(recognizer)

    def abandon(self) -> None:
        """Let go of a recognition that may never end by itself."""
        # A connection that is opened while the SDK gives up another, which hangs, may hang too.
        self.let_go().join(_STOP_WITHIN_S)

    def let_go(self) -> threading.Thread:
        """Release the SDK's objects, on a thread of their own since the SDK may take its time."""
        args = self._recognizer, self._connection, self._future, self._stream
        self._recognizer = self._future = self._connection = self._stream = None
        thread = threading.Thread(target=_release, args=args, name="sdk-release", daemon=True)
        thread.start()
        return thread


def _release(recognizer: Any, connection: Any, future: Any, _stream: Any) -> None:
    """Let go of all this at the end of the call; nobody else may hold it."""
    # When the process ends there must be nobody to be told.
    for signal in (
        *(recognizer.recognizing, recognizer.recognized, recognizer.canceled),
        *(recognizer.session_started, recognizer.session_stopped),
        *(connection.connected, connection.disconnected),
    ):
        signal.disconnect_all()
    interrupt(recognizer)
    with contextlib.suppress(RuntimeError):
        future.get()


def interrupt(recognizer: Any) -> None:
    """End at once what an SDK recogniser is about. Any thread may call it."""
    with contextlib.suppress(RuntimeError):
        # What the host did not say until now is not waited for.
        recognizer.properties.set_property_by_name(STOP_WITHIN_S, "0")
        # Not awaited: a pending `get` returns by itself.
        recognizer.stop_continuous_recognition_async()


def _guarded(read: Callable[[Any], Outcome], told: Any) -> Outcome:
    """Return what `read` makes of `told`; a fault of ours becomes the turn's end, not its loss."""
    try:
        return read(told)
    except Exception as error:  # nothing of ours may unwind into the SDK's thread
        log.exception("what the SDK told could not be read")
        return Canceled(reason="Error", code=type(error).__name__, details=str(error))


def _given_up(code: str, details: str) -> Canceled:
    return Canceled(reason="Error", code=code, details=details)
