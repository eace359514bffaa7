"""The state of this node, for `<base>/<node>/state` and the service manager's status line."""

from collections import Counter
from collections.abc import Iterable

from voice2mqtt import __version__
from voice2mqtt.audio.signal.condition import MicrophoneState
from voice2mqtt.core.decision import Fire, Refuse
from voice2mqtt.core.event import Event
from voice2mqtt.core.outcome import Canceled, Heard, NoMatch
from voice2mqtt.history.entry import Refusal
from voice2mqtt.service.history_keeper import refusal_of
from voice2mqtt.service.process_utterance import ProcessedUtterance
from voice2mqtt.service.recognition.usage import UNMETERED, TotalUsage
from voice2mqtt.service.store import Store

_MUTE, _COUNTERS = "mute", "counters"
_COUNTED = ("heard", "commands", "unmatched", "no_match", "canceled")
_NO_REFUSALS = (Refusal.NONE, Refusal.CONSENT, Refusal.SILENCE)


class NodeState:
    """Facts and counters; not locked."""

    def __init__(self, usage: TotalUsage = UNMETERED, store: Store | None = None) -> None:
        """`usage` counts the audio that is sent.

        Whether the node is muted is kept in `store`, so that a restart does not unmute it; and
        the counters, so that nobody takes a restart for days without a sentence.
        """
        self.usage = usage
        self._store = store
        self._muted = store is not None and store.read(_MUTE) == {"muted": True}
        self.microphone: MicrophoneState | None = None
        self.host_fault: str | None = None
        """Why the Speech host cannot be used, "" if it can, None while nobody has tried."""
        self.broker_up = False
        self.limit_reached = False
        kept = store.read(_COUNTERS) if store else None
        self._counters = _kept(kept, "counters", _COUNTED)
        self._refused = _kept(kept, "refused", [refusal.value for refusal in Refusal])

    def note(self, processed: ProcessedUtterance) -> None:
        """Count the outcome and the decisions."""
        match processed.outcome:
            case Heard():
                self._counters["heard"] += 1
            case NoMatch():
                self._counters["no_match"] += 1
            case Canceled():
                self._counters["canceled"] += 1
        for happened in processed.decisions or (None,):
            refusal = refusal_of(happened, processed.outcome)
            if refusal not in _NO_REFUSALS:
                self._refused[refusal.value] += 1
        for decision in processed.decisions:
            if isinstance(decision, Fire):
                self._counters["commands"] += 1
            elif isinstance(decision, Refuse):
                self._counters["unmatched"] += 1
        if self._store:
            self._store.write(_COUNTERS, self._counts())

    def _counts(self) -> dict[str, object]:
        counters = {name: self._counters[name] for name in _COUNTED}
        return {"counters": counters, "refused": dict(self._refused)}

    @property
    def muted(self) -> bool:
        """Whether no audio is sent and no command carried out."""
        return self._muted

    @muted.setter
    def muted(self, on: bool) -> None:
        if on != self._muted and self._store:
            self._store.write(_MUTE, {"muted": on}, to_disk=True)
        self._muted = on

    def may_send(self) -> bool:
        """Return whether audio may go to the host. Any thread may call it."""
        return not self.usage.exhausted and not self.muted

    @property
    def listening(self) -> bool:
        """Whether a command spoken now would be heard."""
        there = bool(self.microphone and self.microphone.listening)
        return there and not self.muted and not self.limit_reached

    def document(self) -> Event:
        """Return the state as JSON values."""
        microphone = self.microphone
        return {
            "listening": self.listening,
            "muted": self.muted,
            "microphone": bool(microphone and microphone.listening),
            "microphone_condition": microphone.condition.value if microphone else "starting",
            "microphone_reason": microphone.sentence if microphone else "",
            "host": self.host_fault == "",
            "host_reason": self.host_fault or "",
            "version": __version__,
            **self._counts(),
            "metered_s_today": round(self.usage.today_s, 1),
            "daily_limit_reached": self.limit_reached,
        }

    def sentence(self) -> str:
        """Return the state as a person would say it."""
        if self.muted:
            parts = ["muted"]
        elif self.listening and self.microphone:
            parts = [f"listening on {self.microphone.device}"]
        else:
            parts = [self.microphone.sentence if self.microphone else "opening the microphone"]
        if self.host_fault:
            parts.append(f"no recognition ({self.host_fault})")
        if self.limit_reached:
            parts.append("today's limit of audio is reached")
        if not self.broker_up:
            parts.append("broker reconnecting")
        return "; ".join(parts)


def _kept(document: object, part: str, names: Iterable[str]) -> Counter[str]:
    """Return what `part` of the stored `document` counts of `names`; nothing if it is damaged."""
    counts = document.get(part) if isinstance(document, dict) else None
    found = ((name, counts.get(name)) for name in names) if isinstance(counts, dict) else ()
    return Counter({name: count for name, count in found if type(count) is int and count > 0})
