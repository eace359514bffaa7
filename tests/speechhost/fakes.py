"""Fakes at the host's own ports: an engine that says what it is told, a voice that is loudness."""

import re
import threading
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from voice2mqtt.core.audio import RATE_HZ, SAMPLE_BYTES
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
        self.nbest = tuple(entry(text, 0.9 / 10**n) for n, text in enumerate(texts))
        self.asked: list[tuple[int, EngineGrammar | None]] = []
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
        *,
        timed: bool = False,
    ) -> Transcript:
        self.asked.append((len(pcm), grammar))
        while not self.gate.wait(0.005):
            if abandoned():
                return Transcript()
        if abandoned():
            return Transcript()
        loud = np.abs(np.frombuffer(pcm, "<i2")).max(initial=0) > 500
        nbest = tuple(map(with_times, self.nbest)) if timed else self.nbest
        return Transcript(nbest=nbest if loud else (), language=self.language)
