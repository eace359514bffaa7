"""What Whisper makes of some audio: the port to the model, and its hypotheses without loops."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Protocol

import numpy as np

from voice2mqtt.core.audio import RATE_HZ
from voice2mqtt.core.resampler import Samples
from voice2mqtt.speechhost.decoding.dictation import Dictated, is_speech, plain

_MAX_NO_SPEECH = 0.6
_SURE_NATS_PER_TOKEN = -1.0
"""Whisper's own rule: what is probably no speech, and has no sure words either, is none."""
_MIN_EVIDENCE_NATS = 4.0
"""What the model makes up in noise has -1 to 3 (fans, rain, music), what people say mostly 7 and
more."""
_SILENCE_S = 5.0
_MAX_KEPT = 10_000
"""Texts of which it is kept how likely they are in silence."""

Vocabulary = Sequence[int]
"""The tokens of the model that are not of some words."""


@dataclass(frozen=True, slots=True)
class WhisperDictation:
    """What Whisper heard without a grammar."""

    hypotheses: tuple[Dictated, ...]
    """Likeliest first."""
    no_speech_probability: float


class EncodedSpeech(Protocol):
    """Some audio, as the model has encoded it. Languages are the model's codes: "de"."""

    def language(self, candidates: Sequence[str]) -> str:
        """Return in which of `candidates`, which the model knows, was most likely spoken."""
        ...

    def dictate(self, language: str, vocabulary: Vocabulary | None = None) -> WhisperDictation:
        """Decode without a grammar; with a `vocabulary`, into its words alone."""
        ...

    def score(self, language: str, text: str) -> Sequence[float]:
        """Return the log-probability of each token of `text`, as if it had been said."""
        ...


class WhisperModel(Protocol):
    """The model, as the engine needs it. Thread-safe."""

    @property
    def languages(self) -> frozenset[str]:
        """The codes of those that it knows."""
        ...

    def vocabulary(self, words: Sequence[str]) -> Vocabulary:
        """Return what `EncodedSpeech.dictate` needs to hear `words` alone, and marks."""
        ...

    def encode(self, samples: Samples) -> EncodedSpeech:
        """Encode `samples` (16 kHz, -1 to 1)."""
        ...


class Silence:
    """What the model writes of its own where nobody speaks."""

    def __init__(self, model: WhisperModel) -> None:
        """Encode some silence, for `model`."""
        silence = model.encode(np.zeros(round(_SILENCE_S * RATE_HZ), np.float32))
        self.score = lru_cache(_MAX_KEPT)(silence.score)
        """See `EncodedSpeech`"""

    def has_said(self, language: str, text: str, scores: Sequence[float]) -> bool:
        """Return whether `text`, with `scores` in some audio, is much likelier there than here."""
        return sum(scores) - sum(self.score(language, text)) > _MIN_EVIDENCE_NATS


def words_heard(dictation: WhisperDictation) -> list[Dictated]:
    """Return the hypotheses that are words, each text once; none if nobody spoke."""
    heard = each_once(dictation.hypotheses)
    best = heard[0]
    sure = best.log_probability / best.tokens > _SURE_NATS_PER_TOKEN
    if not is_speech(best.text) or (dictation.no_speech_probability > _MAX_NO_SPEECH and not sure):
        return []
    return [one for one in heard if is_speech(one.text)]


def each_once(hypotheses: Iterable[Dictated]) -> list[Dictated]:
    """Return `hypotheses`, each text once and as it was said once."""
    heard: dict[str, Dictated] = {}
    for one in map(_said_once, hypotheses):
        same = heard.get(one.text)
        both = np.logaddexp(one.log_probability, same.log_probability) if same else 0.0
        heard[one.text] = replace(same, log_probability=float(both)) if same else one
    return list(heard.values())


def _said_once(heard: Dictated) -> Dictated:
    """Return `heard` as said once, where it is the same words again and again.

    The model repeats a short command until the end of its window, which may cut the last word. A
    single word is left alone: people say "stop, stop" and "five five five".
    """
    written = heard.text.split()
    words = list(map(plain, written))
    for length in range(1, len(words) // 2 + 1):
        *again, last = words[length:]
        if again == words[: len(again)] and words[len(again)].startswith(last):
            if length == 1:
                return heard
            tokens = math.ceil(heard.tokens * length / len(words))
            return replace(heard, text=" ".join(written[:length]), tokens=tokens)
    return heard
