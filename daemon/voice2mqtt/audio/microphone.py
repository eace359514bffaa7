"""Utterances, in order, from any source of audio.

One thread captures all the time; utterances that begin while an earlier one is being recognised
are queued, complete. One that is interrupted (the device fails, audio is lost, the daemon was
stopped, the machine slept) is yielded too, marked as `cut`. Where a wake word is needed, only
utterances that it precedes are yielded.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator

from voice2mqtt import clock
from voice2mqtt.audio.segmenter import Segmenter
from voice2mqtt.audio.sources.arrival import Arrival
from voice2mqtt.audio.sources.source import BLOCK_BYTES, Source
from voice2mqtt.audio.utterance import LiveUtterance
from voice2mqtt.audio.wake_gate import WakeGate, WakeSettings
from voice2mqtt.core.audio import SAMPLE_BYTES, VoiceActivity
from voice2mqtt.core.heartbeat import UNWATCHED, Heartbeat
from voice2mqtt.settings.model import EndpointerSettings

MOST_WAITING = 100
"""Utterances that may be queued; beyond that the oldest is dropped. Set by hand."""

TOO_LATE_S = 2.0
"""Audio that arrives later than this is dropped. The pipe from arecord holds 2 s; what waits longer
before it is lost sooner or later."""

log = logging.getLogger(__name__)


class Microphone:
    """Listens to `source` from the first call of `utterances` on."""

    def __init__(
        self,
        source: Source,
        voice_activity: VoiceActivity,
        settings: EndpointerSettings,
        on_audio: Callable[[bytes], None] = lambda _block: None,
        heartbeat: Heartbeat = UNWATCHED,
        wake: WakeSettings | None = None,
    ) -> None:
        """Capture nothing yet.

        Every block is first given to `on_audio`, on the capture thread, which beats `heartbeat`.
        With `wake` an utterance needs a wake word.
        """
        self._on_audio = on_audio
        self._source = source
        self._heartbeat = heartbeat
        self._arrival = Arrival()
        self._behind = False
        self._wake_gate = WakeGate(wake, self._queue) if wake else None
        on_utterance = self._wake_gate.opened if self._wake_gate else self._queue
        self._segmenter = Segmenter(voice_activity, settings, on_utterance)
        self._waiting: deque[LiveUtterance] = deque()
        self._changed = threading.Condition()
        self._ended = False
        self._closed = False
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._listen, name="capture", daemon=True)

    def utterances(self) -> Iterator[LiveUtterance]:
        """Yield each utterance as soon as it begins; end with the source, or after `close`.

        Raises:
            InputError: The source failed for good.
        """
        self._thread.start()
        while (utterance := self._next()) is not None:
            yield utterance
        self._thread.join()
        if self._failure:
            raise self._failure

    def close(self) -> None:
        """Stop listening. What was already captured is still yielded. Any thread may call it."""
        self._closed = True
        self._source.close()
        with self._changed:
            self._changed.notify_all()

    def another_waits(self) -> bool:
        """Return whether a further utterance has begun. Any thread may call it."""
        return bool(self._waiting)

    @property
    def in_speech(self) -> bool:
        """Whether an utterance is under way at this moment. Any thread may read it."""
        return self._segmenter.is_open

    def suppress_for(self, for_s: float) -> None:
        """Begin no utterance in the next `for_s` seconds; one under way goes on."""
        self._segmenter.suppress_for(for_s)

    def keep_awake(self, until_s: float) -> None:
        """Take utterances without the wake word until then. Any thread may call it."""
        if self._wake_gate:
            self._wake_gate.keep_awake(until_s)

    def _next(self) -> LiveUtterance | None:
        with self._changed:
            while not self._waiting and not self._ended:
                self._changed.wait()
            self._changed.notify_all()
            return self._waiting.popleft() if self._waiting else None

    def _listen(self) -> None:
        try:
            if self._source.live:
                self._interrupt()
            for block in self._source.blocks():
                self._heartbeat.beat()
                self._on_audio(block)
                self._process(block)
            while self._segmenter.is_open and not self._closed:
                self._feed(bytes(BLOCK_BYTES), clock.now_s())
        except BaseException as failure:  # noqa: BLE001  handed to the reading thread
            self._failure = failure
        finally:
            self._heartbeat.pause()
            self._segmenter.interrupt()
            if self._wake_gate:
                self._wake_gate.close()
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def _process(self, block: bytes) -> None:
        if not block:
            self._interrupt()
            return
        now_s = clock.now_s()
        late_s = self._late_s(block, now_s) if self._source.live else 0.0
        if late_s <= TOO_LATE_S:
            self._feed(block, now_s - late_s)

    def _feed(self, block: bytes, captured_at_s: float) -> None:
        self._segmenter.feed(block, captured_at_s)
        if self._wake_gate:
            self._wake_gate.feed(block, self._segmenter.end_sample)

    def _late_s(self, block: bytes, now_s: float) -> float:
        """Return how late a live block arrives; interrupt if audio is missing before it."""
        late_s = self._arrival.late_s(len(block) // SAMPLE_BYTES, now_s)
        too_late = late_s > TOO_LATE_S
        if self._arrival.lost or (too_late and not self._behind):
            fault = f"it comes {late_s:.1f} s late" if too_late else "some of it did not come"
            log.warning("the microphone's audio is interrupted: %s", fault)
            self._break_off()
        self._behind = too_late
        return late_s

    def _interrupt(self) -> None:
        """Start afresh: what comes next is not contiguous with what was captured."""
        self._arrival = Arrival()
        self._break_off()

    def _break_off(self) -> None:
        self._segmenter.interrupt()
        if self._wake_gate:
            self._wake_gate.interrupt()

    def _queue(self, utterance: LiveUtterance) -> None:
        with self._changed:
            if not self._source.live:
                self._changed.wait_for(lambda: len(self._waiting) < MOST_WAITING or self._closed)
            elif len(self._waiting) == MOST_WAITING:
                self._waiting.popleft()
                log.warning("gave up the oldest of %d waiting utterances", MOST_WAITING)
            self._waiting.append(utterance)
            self._changed.notify_all()
