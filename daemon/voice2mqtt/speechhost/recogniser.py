"""The Speech host's own recogniser: Moonshine tiny, with or without a grammar.

With one, the audio is decoded as a sentence of the grammar and in the open at once. If the
outcome is not beyond doubt, a second look is taken at the audio with its noise turned down, and
both are weighed. If a sentence of the grammar was said, the readings are the meanings it may
have; else they are what open decoding heard. It knows nothing of sockets and protocols.
"""

import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from voice2mqtt.speechhost import scoring
from voice2mqtt.speechhost.beam import BeamSearch, Look
from voice2mqtt.speechhost.dictation import Dictated, dictate, is_speech
from voice2mqtt.speechhost.engine import Grammar, Reading, Transcript, never
from voice2mqtt.speechhost.moonshine import Floats, Moonshine, model_folder
from voice2mqtt.speechhost.prior import Prior
from voice2mqtt.speechhost.scoring import Heard, Sentence
from voice2mqtt.speechhost.spectral_gate import gated
from voice2mqtt.speechhost.spellings import LANGUAGE, lexical
from voice2mqtt.speechhost.token_grammar import TokenGrammar
from voice2mqtt.speechhost.tokens import Vocabulary, read_vocabulary
from voice2mqtt.understanding.automaton import Automaton
from voice2mqtt.understanding.match import Matcher
from voice2mqtt.understanding.normalise import normaliser

_MOST_READINGS = 5
_MOST_GRAMMARS = 8
"""Kept ready; clients that each bring a phrase list share these."""
_MOST_MEANINGS = 8
_WITHIN_NATS = 8.0
"""Meanings further behind the best are not weighed."""
_BEYOND_DOUBT = 0.97
_HOPELESS = 0.05
"""Between these a second look may change the outcome."""


class MoonshineEngine:
    """Audio to text, offline. Loading takes about a second; one may serve many clients."""

    def __init__(self, threads: int = 1) -> None:
        """Load and warm up; raises UnavailableError when the model is not installed."""
        folder = model_folder()
        self._vocabulary = read_vocabulary(folder / "tokenizer.bin")
        self._model = Moonshine(folder, threads)
        self._prior = Prior(self._model)
        self._commands: OrderedDict[Automaton, _Commands] = OrderedDict()
        self._lock = threading.Lock()
        self.transcribe(bytes(32_000), None)

    def transcribe(
        self, pcm: bytes, grammar: Grammar | None, abandoned: Callable[[], bool] = never
    ) -> Transcript:
        """See `Engine`."""
        samples = np.frombuffer(pcm, np.dtype("<i2")).astype(np.float32) / np.float32(32_768)
        if grammar is None:
            encoding = self._model.encode(samples)
            readings = _open(dictate(self._model, self._vocabulary, encoding, abandoned))
        else:
            readings = self._of(grammar.automaton).readings(samples, abandoned)
        if abandoned() or not is_speech(readings[0].text):
            return Transcript()
        return Transcript(readings=tuple(readings))

    def _of(self, automaton: Automaton) -> "_Commands":
        """Return what decodes by `automaton`, the one used longest ago making room."""
        with self._lock:
            if automaton not in self._commands:
                self._commands[automaton] = _Commands(
                    self._model, self._vocabulary, self._prior, automaton
                )
                if len(self._commands) > _MOST_GRAMMARS:
                    self._commands.popitem(last=False)
            self._commands.move_to_end(automaton)
            return self._commands[automaton]


class _Commands:
    """Recognition of the sentences of one grammar."""

    def __init__(
        self, model: Moonshine, vocabulary: Vocabulary, prior: Prior, automaton: Automaton
    ) -> None:
        self._model = model
        self._vocabulary = vocabulary
        self._prior = prior
        self._search = BeamSearch(model, vocabulary, TokenGrammar(automaton, vocabulary))
        self._matcher = Matcher(automaton, normaliser(LANGUAGE))

    def readings(self, samples: Floats, abandoned: Callable[[], bool]) -> list[Reading]:
        """Return the commands that may have been said, else what open decoding heard."""
        looks = [self._search.decode(self._model.encode(samples), abandoned)]
        heard, said = self._weigh(looks)
        surest = said * scoring.shares(heard)[0] if heard else 0.0
        if said > _HOPELESS and surest < _BEYOND_DOUBT and not abandoned():
            looks.append(self._search.decode(self._model.encode(gated(samples)), abandoned))
            heard, said = self._weigh(looks)
        if said < scoring.LEAST_SAID:
            return _open(looks[0].dictated)
        readings = [
            _reading(one.meaning.best.text, said * share)
            for one, share in zip(heard, scoring.shares(heard), strict=True)
        ]
        otherwise = looks[0].dictated.text
        if not self._matcher.parses(otherwise):
            readings.insert(_MOST_READINGS, _reading(otherwise, 1 - said))
        return readings[: _MOST_READINGS + 1]

    def _weigh(self, looks: Sequence[Look]) -> tuple[list[Heard], float]:
        """Return the likeliest meanings, best first, and how sure it is that one was said."""
        sentences = [sentence for look in looks for sentence in self._sentences(look)]
        meanings = scoring.by_meaning(sentences, most=_MOST_MEANINGS, within_nats=_WITHIN_NATS)
        if not meanings:
            return [], 0.0
        strings = [meaning.best.tokens for meaning in meanings]
        likely = np.mean([look.log_probabilities(strings) for look in looks], axis=0)
        priors = self._prior.log_probabilities(strings)
        heard = [
            Heard(meaning=meaning, log_probability=float(log_probability), prior=prior)
            for meaning, log_probability, prior in zip(meanings, likely, priors, strict=True)
        ]
        heard.sort(key=lambda one: -one.score)
        open_nats = float(np.mean([look.dictated.log_probability for look in looks]))
        return heard, scoring.said(heard[0], open_nats)

    def _sentences(self, look: Look) -> Iterator[Sentence]:
        """Yield the sentences of `look`, but for those with a number that is out of range."""
        for tokens, log_probability in look.hypotheses.items():
            text = self._vocabulary.decode(tokens)
            for parse in self._matcher.parses(text)[:1]:
                yield Sentence(
                    tokens=tokens,
                    text=text,
                    meaning=(parse.row, tuple(sorted(parse.slots.items()))),
                    log_probability=log_probability,
                )


def _open(dictated: Dictated) -> list[Reading]:
    return [_reading(dictated.text, math.exp(dictated.log_probability / dictated.tokens))]


def _reading(text: str, confidence: float) -> Reading:
    return Reading(text=text, lexical=lexical(text), confidence=confidence)
