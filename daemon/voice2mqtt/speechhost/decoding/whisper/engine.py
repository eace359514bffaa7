"""A recogniser of many languages: Whisper, one model for clients of several languages.

What was said is first decoded openly. With a table of commands, the model then says what its
sentences are worth (`table.py`).

A client is heard in the language that it names; a table holds for clients in its own language.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from weakref import WeakKeyDictionary

import numpy as np

from voice2mqtt.core.ports import Pronouncer
from voice2mqtt.nlu.grammar.automaton import Automaton
from voice2mqtt.speechhost.decoding.dictation import is_speech, open_nbest
from voice2mqtt.speechhost.decoding.lexical import lexical
from voice2mqtt.speechhost.decoding.whisper.speech import (
    EncodedSpeech,
    Silence,
    WhisperModel,
    words_heard,
)
from voice2mqtt.speechhost.decoding.whisper.table import WhisperTable
from voice2mqtt.speechhost.engine import EngineGrammar, Transcript, never

UNTOLD_LANGUAGE = "en-us"
"""What the Speech SDK asks for where its user names no language, whatever the case."""
_CODES = {"nb": "no"}
"""Languages that Whisper calls by another name."""


class WhisperEngine:
    """Audio to text in any language that the model knows."""

    def __init__(
        self, model: WhisperModel, language: str, pronouncer: Callable[[str], Pronouncer]
    ) -> None:
        """`language` is that of clients that name none; `pronouncer` gives that of a language."""
        self._model = model
        self.language = language
        self.languages = model.languages
        self._silence = Silence(model)
        self._pronouncer = pronouncer
        self._tables: WeakKeyDictionary[Automaton, WhisperTable] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def prepare(self, grammar: EngineGrammar) -> None:
        """See `Engine`."""
        self._table(grammar)

    def transcribe(
        self,
        pcm: bytes,
        grammar: EngineGrammar | None,
        abandoned: Callable[[], bool] = never,
        languages: Sequence[str] = (),
        *,
        timed: bool = False,  # noqa: ARG002 - it does not tell when a word was said
    ) -> Transcript:
        """See `Engine`."""
        samples = np.frombuffer(pcm, np.dtype("<i2")).astype(np.float32) / np.float32(32_768)
        speech = self._model.encode(samples)
        spoken = self._spoken_language(speech, languages, grammar)
        if abandoned():
            return Transcript(language=spoken)
        code = _code(spoken)
        dictation = speech.dictate(code)
        heard = words_heard(dictation)
        scores = speech.score(code, heard[0].text) if heard else ()
        if not heard or not self._silence.has_said(code, heard[0].text, scores):
            return Transcript(language=spoken)
        # A sentence over and over is a command only, or else noise.
        is_open = is_speech(dictation.hypotheses[0].text)
        found = open_nbest(heard, lambda text: lexical(text, spoken)) if is_open else []
        # What is told of them is for engines of one language; here it is identified.
        nbest = [replace(one, understood=1.0) for one in found]
        if not abandoned() and grammar and _helps(grammar, code):
            nbest = self._table(grammar).nbest(heard, scores, nbest, speech)
        return Transcript(nbest=() if abandoned() else tuple(nbest), language=spoken)

    def _spoken_language(
        self, speech: EncodedSpeech, languages: Sequence[str], grammar: EngineGrammar | None
    ) -> str:
        """Return the tag of the language that the client speaks."""
        known = [tag for tag in languages if _code(tag) in self._model.languages]
        if not known or [tag.lower() for tag in languages] == [UNTOLD_LANGUAGE]:
            return grammar.language if grammar else self.language
        codes = list(dict.fromkeys(map(_code, known)))
        code = speech.language(codes) if len(codes) > 1 else codes[0]
        return next(tag for tag in known if _code(tag) == code)

    def _table(self, grammar: EngineGrammar) -> WhisperTable:
        with self._lock:
            table = self._tables.get(grammar.automaton)
        # Made outside the lock, so that others do not wait for a table that is not theirs.
        language = grammar.language
        made = table or WhisperTable(
            grammar, _code(language), self._model, self._silence, self._pronouncer(language)
        )
        with self._lock:
            return self._tables.setdefault(grammar.automaton, made)


def _helps(grammar: EngineGrammar, code: str) -> bool:
    """Return whether what `grammar` says may be said in the language of `code`."""
    return _code(grammar.language) == code and (grammar.forced or grammar.weight > 0)


def _code(tag: str) -> str:
    """Return Whisper's code of the language of `tag`."""
    base = tag.replace("_", "-").split("-", maxsplit=1)[0].lower()
    return _CODES.get(base, base)
