"""Makes entries of the history from what was heard and decided, off the loop's thread."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest

from voice2mqtt.audio.signal.level import SILENT_DB, decibels, power
from voice2mqtt.core.audio import RATE_HZ, SAMPLE_BYTES, as_wav
from voice2mqtt.core.decision import Ask, Decision, Fire
from voice2mqtt.core.event import Event, wordless
from voice2mqtt.core.outcome import SILENCE, Canceled, Heard, NoMatch, Outcome
from voice2mqtt.history.entry import REVIEWED, HistoryEntry, Refusal
from voice2mqtt.history.writer import HistoryWriter
from voice2mqtt.nlu.dialogue.policy import CONSENT_NEEDED, NOT_ADDRESSED
from voice2mqtt.nlu.text.normaliser import normaliser
from voice2mqtt.pronunciation.pronouncer import pronouncer
from voice2mqtt.service.process_utterance import ProcessedUtterance

_BLOCK_BYTES = RATE_HZ // 50 * SAMPLE_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryKeeper:
    """Gives the writer what it is to keep. Any thread may call it."""

    writer: HistoryWriter
    language: str
    """Such as `en-US`; of sentences of which the host does not tell it."""
    with_words: bool
    """Whether what was said may be kept."""
    with_audio: bool
    """Whether recordings of what was refused or asked are kept."""

    def keep(self, processed: ProcessedUtterance, events: Sequence[Event]) -> None:
        """Keep `events`, which tell of `processed`; returns at once."""
        self.writer.add(lambda: self._entries(processed, events))

    def _entries(
        self, processed: ProcessedUtterance, events: Sequence[Event]
    ) -> list[HistoryEntry]:
        utterance = processed.utterance
        pcm = b"".join(utterance.frames()) if utterance else b""
        level_dbfs = utterance.loudness_db if utterance else None
        return [
            self._entry(event, decision, processed.outcome, level_dbfs, pcm)
            for event, decision in zip_longest(events, processed.decisions[: len(events)])
        ]

    def _entry(
        self,
        event: Event,
        decision: Decision | None,
        outcome: Outcome,
        level_dbfs: float | None,
        pcm: bytes,
    ) -> HistoryEntry:
        held_back = event["event"] == "held_back"
        refusal = Refusal.HELD_BACK if held_back else refusal_of(decision, outcome)
        reviewed = self.with_words and refusal in REVIEWED
        kept = event if self.with_words else wordless(event)
        if self.with_words and isinstance(outcome, Heard):
            kept = kept | {"hypotheses": _hypotheses(outcome)}
        return HistoryEntry(
            event=kept,
            at_s=datetime.fromisoformat(str(event["at"])).timestamp(),
            refusal=refusal,
            sound=self._sound(event) if reviewed else "",
            level_dbfs=level_dbfs if level_dbfs is not None and level_dbfs > SILENT_DB else None,
            noise_dbfs=_noise_dbfs(pcm) if pcm else None,
            audio_s=len(pcm) / (RATE_HZ * SAMPLE_BYTES) if pcm else None,
            wav=as_wav(pcm) if pcm and reviewed and self.with_audio else b"",
        )

    def _sound(self, event: Event) -> str:
        return sound_of(str(event["text"]), str(event.get("language") or self.language))


def sound_of(text: str, language: str) -> str:
    """Return the phonemes of `text`, without gaps between words.

    It starts espeak-ng each time, since few sentences are refused and its process is large.
    """
    words = normaliser(language.split("-", maxsplit=1)[0])
    spoken = [token.surface for token in words.tokens(text)]
    return "".join("".join(sounds) for sounds in pronouncer(language).pronounce(spoken))


def refusal_of(decision: Decision | None, outcome: Outcome) -> Refusal:
    """Return why `decision`, or `outcome` if there was nothing to decide, does nothing."""
    match decision:
        case Fire():
            return Refusal.NONE
        case Ask(row=row, reason=reason):
            asks_always = not row or reason.text.endswith(CONSENT_NEEDED)
            return Refusal.CONSENT if asks_always else Refusal.UNCLEAR
    match outcome:
        case NoMatch(reason=name):
            return Refusal.SILENCE if name == SILENCE else Refusal.NO_WORDS
        case Canceled():
            return Refusal.CANCELED
    if decision and decision.reason.text == NOT_ADDRESSED:
        return Refusal.NO_WAKE_PHRASE
    return Refusal.NOT_ALLOWED if decision and decision.row else Refusal.NOT_IN_TABLE


def _hypotheses(heard: Heard) -> list[dict[str, object]]:
    return [
        {
            "text": hypothesis.text,
            "confidence": hypothesis.confidence,
            "lexical": hypothesis.lexical,
            "outside": hypothesis.outside,
        }
        for hypothesis in heard.hypotheses
    ]


def _noise_dbfs(pcm: bytes) -> float:
    blocks = range(0, len(pcm), _BLOCK_BYTES)
    powers = sorted(power(pcm[at : at + _BLOCK_BYTES]) for at in blocks)
    return decibels(powers[len(powers) // 10])
