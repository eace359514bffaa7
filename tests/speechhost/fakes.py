"""Fakes at the host's own ports: engine and model that say what they are told, and a voice."""

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from voice2mqtt.core.audio import RATE_HZ, SAMPLE_BYTES
from voice2mqtt.core.resampler import Samples
from voice2mqtt.languages.language import primary_of
from voice2mqtt.speechhost.decoding.dictation import Dictated
from voice2mqtt.speechhost.decoding.whisper.speech import (
    Vocabulary,
    WhisperDictation,
)
from voice2mqtt.speechhost.engine import EngineGrammar, NBestEntry, TimedWord, Transcript, never


def tone(duration_ms: int, rate_hz: int = RATE_HZ) -> bytes:
    """What `LoudnessActivity` takes for speech."""
    at = np.arange(duration_ms * rate_hz // 1000) / rate_hz
    return (8000 * np.sin(2 * np.pi * 440 * at)).astype("<i2").tobytes()


def silence(duration_ms: int, rate_hz: int = RATE_HZ) -> bytes:
    return bytes(duration_ms * rate_hz // 1000 * SAMPLE_BYTES)


def entry(text: str, confidence: float = 0.9) -> NBestEntry:
    return NBestEntry(
        text=text, lexical=re.sub(r"[.?!](?!\S)", "", text).lower(), confidence=confidence
    )


def with_times(said: NBestEntry) -> NBestEntry:
    """A word each 200 ms, of which it takes 150, from 300 ms on."""
    spans = re.finditer(r"\S+", said.text)
    words = tuple(
        TimedWord(
            word=word,
            begin_s=0.3 + 0.2 * n,
            end_s=0.45 + 0.2 * n,
            confidence=0.8,
            character=span.start(),
        )
        for n, (word, span) in enumerate(zip(said.lexical.split(), spans, strict=True))
    )
    return replace(said, words=words)


class LoudnessActivity:
    """Whatever is loud is speech."""

    frame_bytes = 1024

    def probability(self, frame: bytes) -> float:
        return 1.0 if np.abs(np.frombuffer(frame, "<i2")).max() > 500 else 0.0

    def reset(self) -> None:
        pass


class ScriptedEngine:
    """Says `text` of anything loud, and remembers how it was asked."""

    def __init__(self, *texts: str, language: str = "en-US") -> None:
        self.language = language
        self.languages = frozenset({primary_of(language)})
        self.nbest = tuple(entry(text, 0.9 / 10**n) for n, text in enumerate(texts))
        self.asked: list[tuple[int, EngineGrammar | None]] = []
        self.asked_languages: list[tuple[str, ...]] = []
        self.prepared: list[EngineGrammar] = []
        self.gate = threading.Event()
        self.gate.set()
        """Cleared, transcriptions wait until it is set again."""

    def prepare(self, grammar: EngineGrammar) -> None:
        self.prepared.append(grammar)

    def transcribe(
        self,
        pcm: bytes,
        grammar: EngineGrammar | None,
        abandoned: Callable[[], bool] = never,
        languages: Sequence[str] = (),
        *,
        timed: bool = False,
    ) -> Transcript:
        self.asked.append((len(pcm), grammar))
        self.asked_languages.append(tuple(languages))
        while not self.gate.wait(0.005):
            if abandoned():
                return Transcript()
        if abandoned():
            return Transcript()
        loud = np.abs(np.frombuffer(pcm, "<i2")).max(initial=0) > 500
        nbest = tuple(map(with_times, self.nbest)) if timed else self.nbest
        return Transcript(nbest=nbest if loud else (), language=self.language)


class ScriptedSpeech:
    """What `ScriptedWhisper` made of some audio."""

    def __init__(self, script: "ScriptedWhisper", *, loud: bool) -> None:
        self._script = script
        self._loud = loud

    def language(self, candidates: Sequence[str]) -> str:
        return next(code for code in candidates if code == self._script.spoken)

    def dictate(self, language: str, vocabulary: Vocabulary | None = None) -> WhisperDictation:
        self._script.dictated_in.append(language)
        if not self._loud:
            return WhisperDictation((Dictated(text="you", log_probability=-9.0, tokens=3),), 0.9)
        heard = self._script.heard if vocabulary is None else self._script.among_words
        return WhisperDictation(heard, self._script.no_speech_probability)

    def score(self, language: str, text: str) -> Sequence[float]:
        """All that speaks against a text is in one of its words."""
        others = len(text.split()) - 1
        if not self._loud:
            return [-8.0] * (others + 1)
        self._script.scored.append((language, text))
        is_heard = any(text in one.text for one in self._script.heard)
        return [self._script.scores.get(text, -1.0 if is_heard else -30.0), *[0.0] * others]


class ScriptedWhisper:
    """A model that hears `texts`, and scores sentences as `scores` say.

    Where it may use the words of a table alone, it hears `among_words`.
    """

    languages = frozenset({"de", "en", "fr", "no"})

    def __init__(
        self,
        *texts: str,
        scores: Mapping[str, float] | None = None,
        spoken: str = "en",
        no_speech_probability: float = 0.0,
        among_words: Sequence[str] = (),
    ) -> None:
        self.heard, self.among_words = (
            tuple(
                Dictated(text=text, log_probability=-0.5 - 2.0 * n, tokens=8)
                for n, text in enumerate(hypotheses)
            )
            for hypotheses in (texts, among_words)
        )
        self.scores = dict(scores or {})
        self.spoken = spoken
        self.no_speech_probability = no_speech_probability
        self.dictated_in: list[str] = []
        self.scored: list[tuple[str, str]] = []
        self.vocabularies: list[frozenset[str]] = []

    def vocabulary(self, words: Sequence[str]) -> Vocabulary:
        self.vocabularies.append(frozenset(words))
        return ()

    def encode(self, samples: Samples) -> ScriptedSpeech:
        return ScriptedSpeech(self, loud=bool(np.abs(samples).max(initial=0) > 0.015))
