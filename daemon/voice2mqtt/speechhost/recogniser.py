"""The Speech host's own recogniser: Moonshine tiny, with or without a grammar.

With one, the audio is decoded as a sentence of the grammar and in the open at once. If a sentence
of it was said, its readings are the meanings it may have, each once; else they are what
open decoding heard. It knows nothing of sockets and protocols.
"""

import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence

import numpy as np

from voice2mqtt.speechhost import scoring
from voice2mqtt.speechhost.beam import BeamSearch, Hypothesis
from voice2mqtt.speechhost.dictation import Dictated, dictate, is_speech
from voice2mqtt.speechhost.engine import Grammar, Reading, Transcript, never
from voice2mqtt.speechhost.moonshine import Encoding, Moonshine, model_folder
from voice2mqtt.speechhost.scoring import Sentence
from voice2mqtt.speechhost.spellings import LANGUAGE, lexical
from voice2mqtt.speechhost.token_grammar import TokenGrammar
from voice2mqtt.speechhost.tokens import Vocabulary, read_vocabulary
from voice2mqtt.understanding.automaton import Automaton
from voice2mqtt.understanding.match import Matcher
from voice2mqtt.understanding.normalise import normaliser

_MOST_READINGS = 5
_MOST_GRAMMARS = 8
"""Kept ready; clients that each bring a phrase list share these."""


class MoonshineEngine:
    """Audio to text, offline. Loading takes about a second; one may serve many clients."""

    def __init__(self, threads: int = 1) -> None:
        """Load and warm up; raises UnavailableError when the model is not installed."""
        folder = model_folder()
        self._vocabulary = read_vocabulary(folder / "tokenizer.bin")
        self._model = Moonshine(folder, threads)
        self._commands: OrderedDict[Automaton, _Commands] = OrderedDict()
        self._lock = threading.Lock()
        self.transcribe(bytes(32_000), None)

    def transcribe(
        self, pcm: bytes, grammar: Grammar | None, abandoned: Callable[[], bool] = never
    ) -> Transcript:
        """See `Engine`."""
        samples = np.frombuffer(pcm, np.dtype("<i2")).astype(np.float32) / np.float32(32_768)
        encoding = self._model.encode(samples)
        readings: Sequence[Reading] = ()
        if grammar is None:
            dictated = dictate(self._model, self._vocabulary, encoding, abandoned)
        else:
            readings, dictated = self._of(grammar.automaton).readings(encoding, abandoned)
        readings = readings or _open(dictated)
        if abandoned() or not is_speech(readings[0].text):
            return Transcript()
        return Transcript(readings=tuple(readings))

    def _of(self, automaton: Automaton) -> "_Commands":
        """Return what decodes by `automaton`, the one used longest ago making room."""
        with self._lock:
            if automaton not in self._commands:
                self._commands[automaton] = _Commands(self._model, self._vocabulary, automaton)
                if len(self._commands) > _MOST_GRAMMARS:
                    self._commands.popitem(last=False)
            self._commands.move_to_end(automaton)
            return self._commands[automaton]


class _Commands:
    """Recognition of the sentences of one grammar."""

    def __init__(self, model: Moonshine, vocabulary: Vocabulary, automaton: Automaton) -> None:
        self._vocabulary = vocabulary
        self._search = BeamSearch(model, vocabulary, TokenGrammar(automaton, vocabulary))
        self._matcher = Matcher(automaton, normaliser(LANGUAGE))

    def readings(
        self, encoding: Encoding, abandoned: Callable[[], bool]
    ) -> tuple[list[Reading], Dictated]:
        """Return the commands that may have been said, if any, and what open decoding heard."""
        hypotheses, dictated = self._search.decode(encoding, abandoned)
        sentences = [s for hypothesis in hypotheses for s in self._sentence(hypothesis)]
        meanings = scoring.by_meaning(sentences)
        if not meanings or not scoring.was_said(meanings[0].best, dictated.log_probability):
            return [], dictated
        readings = [
            Reading(text=m.best.text, lexical=lexical(m.best.text), confidence=confidence)
            for m, confidence in zip(meanings, scoring.confidences(meanings), strict=True)
        ]
        return readings[:_MOST_READINGS], dictated

    def _sentence(self, hypothesis: Hypothesis) -> Sequence[Sentence]:
        """Return `hypothesis` with its meaning; nothing if a number in it is out of range."""
        text = self._vocabulary.decode(hypothesis.tokens)
        for parse in self._matcher.parses(text):
            return [
                Sentence(
                    text=text,
                    meaning=(parse.row, tuple(sorted(parse.slots.items()))),
                    log_probability=hypothesis.log_probability,
                    tokens=len(hypothesis.tokens),
                )
            ]
        return []


def _open(dictated: Dictated) -> Sequence[Reading]:
    confidence = math.exp(dictated.log_probability / dictated.tokens)
    return [Reading(text=dictated.text, lexical=lexical(dictated.text), confidence=confidence)]
