"""Reports each utterance while it is processed: activity, hypotheses, stages, delivery.

Events are reported to journal and broker when something is decided; this is for who looks on now.
"""

from collections.abc import Callable

from voice2mqtt import clock
from voice2mqtt.core.audio import Utterance
from voice2mqtt.core.event import Event, wordless
from voice2mqtt.service.process_utterance import ProcessedUtterance


class LiveReport:
    """Gives `watch` small events, from any thread; it must return at once and never raise."""

    def __init__(
        self, watch: Callable[[Event], None] = lambda _event: None, *, log_text: bool = True
    ) -> None:
        """`log_text` tells whether the words that were said are shown."""
        self._watch = watch
        self._log_text = log_text
        self._closed_s = self._recognised_s = 0.0

    def activity(self, activity: str) -> None:
        """Show what the node is doing, as it is published."""
        self._watch({"event": "activity", "activity": activity})

    def interim(self, text: str) -> None:
        """Show a hypothesis, on a thread of the recogniser."""
        if self._log_text:
            self._watch({"event": "interim", "text": text})

    def event(self, event: Event) -> None:
        """Show an event that is also published."""
        self._watch(event if self._log_text else wordless(event))

    def gate_closed(self) -> None:
        """Note that the endpointer has found the end of the utterance."""
        self._closed_s = clock.now_s()

    def recognised(self) -> None:
        """Note that the recogniser has answered."""
        self._recognised_s = clock.now_s()

    def decided(self, processed: ProcessedUtterance, utterance: Utterance) -> None:
        """Show how long each stage took, counted from the end of speech."""
        if processed.latency_ms is None or not utterance.speech_ended_at_s:
            return
        ended_s = utterance.speech_ended_at_s
        closed_ms = max(0.0, self._closed_s - ended_s) * 1000
        recognised_ms = max(closed_ms, (self._recognised_s - ended_s) * 1000)
        self._watch(
            {
                "event": "stages",
                "id": processed.id,
                "endpoint_ms": round(closed_ms, 1),
                "recognise_ms": round(recognised_ms - closed_ms, 1),
                "decide_ms": round(max(0.0, processed.latency_ms - recognised_ms), 1),
                "loudness_db": round(utterance.loudness_db, 1),
            }
        )

    def delivery(self, event_id: str, row: str) -> Callable[[str], None]:
        """Return what shows, when it is called, that a command was delivered; or why it was not."""
        began_s = clock.now_s()

        def done(reason: str) -> None:
            self._watch(
                {
                    "event": "delivered",
                    "id": event_id,
                    "row": row,
                    "reason": reason if self._log_text else "",
                    "done": not reason,
                    "after_ms": round((clock.now_s() - began_s) * 1000, 1),
                }
            )

        return done
