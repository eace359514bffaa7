"""The Speech host's own recogniser: open dictation with Moonshine tiny.

It knows nothing of sockets and protocols.
"""

import math
import re
from collections.abc import Callable

import numpy as np

from voice2mqtt.speechhost.dictation import dictate
from voice2mqtt.speechhost.engine import Grammar, Reading, Transcript, never
from voice2mqtt.speechhost.moonshine import Moonshine, model_folder
from voice2mqtt.speechhost.tokens import read_vocabulary

_NOT_LETTERS = re.compile(r"[^\w' ]+")


class MoonshineEngine:
    """Audio to text, offline. Loading takes about a second; one may serve many clients."""

    def __init__(self, threads: int = 1) -> None:
        """Load and warm up; raises UnavailableError when the model is not installed."""
        folder = model_folder()
        self._vocabulary = read_vocabulary(folder / "tokenizer.bin")
        self._model = Moonshine(folder, threads)
        self.transcribe(bytes(32_000), None)

    def transcribe(
        self,
        pcm: bytes,
        grammar: Grammar | None,  # noqa: ARG002 - decoding by it is not written yet
        abandoned: Callable[[], bool] = never,
    ) -> Transcript:
        """See `Engine`."""
        samples = np.frombuffer(pcm, np.dtype("<i2")).astype(np.float32) / np.float32(32_768)
        encoding = self._model.encode(samples)
        dictated = dictate(self._model, self._vocabulary, encoding, abandoned)
        if abandoned() or not dictated.is_speech:
            return Transcript()
        confidence = math.exp(dictated.log_probability / dictated.tokens)
        lexical = " ".join(_NOT_LETTERS.sub(" ", dictated.text).lower().split())
        return Transcript(
            readings=(Reading(text=dictated.text, lexical=lexical, confidence=confidence),)
        )
