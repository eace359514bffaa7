"""A recogniser of many languages: Whisper, one model for clients of several languages.

What was said is first decoded openly. With a table of commands, those of its sentences that sound
most like it are then scored by the model, as if they had been said (forced decoding): it hears
"an" from "aus" where phonemes leave it open. The n-best list holds these meanings and the open
hypothesis in one distribution. That any sentence of the table was said has the log odds

    3.4 - 0.17 * behind - 6.8 * distance

where `behind` is by how many nats the best sentence is less likely than the open hypothesis, and
`distance` the phonetic one. Among sentences, the model's own probabilities decide. The weights were
fitted on synthetic commands in five languages, half of them in noise, on the same with what was
said taken out of the table, and on talk.

A client is heard in the language that it names; a table holds for clients in its own language.
"""

import math
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol
from weakref import WeakKeyDictionary

import numpy as np

from voice2mqtt.core.ports import Pronouncer
from voice2mqtt.core.resampler import Samples
from voice2mqtt.languages.language import language_named
from voice2mqtt.nlu.grammar.automaton import Automaton
from voice2mqtt.nlu.matching.phonetic.search import PhoneticMatcher
from voice2mqtt.nlu.matching.weights import WEIGHTS
from voice2mqtt.nlu.text.normaliser import normaliser
from voice2mqtt.speechhost.decoding.dictation import Dictated, is_speech, open_nbest, plain
from voice2mqtt.speechhost.decoding.grammar_answer import (
    MIN_GRAMMAR_PROBABILITY,
    GrammarAnswer,
    SaidMeaning,
)
from voice2mqtt.speechhost.decoding.lexical import lexical
from voice2mqtt.speechhost.engine import EngineGrammar, NBestEntry, Transcript, never

UNTOLD_LANGUAGE = "en-us"
"""What the Speech SDK asks for where its user names no language, whatever the case."""
_CODES = {"nb": "no"}
"""Languages that Whisper calls by another name."""
_MAX_NO_SPEECH = 0.6
_SURE_NATS_PER_TOKEN = -1.0
"""Whisper's own rule: what is probably no speech, and has no sure words either, is none."""
_SEARCHED = 3
"""Hypotheses, for what sounds like them."""
_MAX_DISTANCE = 0.6
_MAX_PROPOSALS = 8
_MARKS = " .,!?\u2026\u3002"
"""At the end of a sentence"""
_INTERCEPT = 3.4
_BEHIND_WEIGHT = 0.17
_MAX_BEHIND_NATS = 25.0
_DISTANCE_WEIGHT = 6.8


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

    def dictate(self, language: str) -> WhisperDictation:
        """Decode without a grammar."""
        ...

    def score(self, language: str, texts: Sequence[str]) -> list[float]:
        """Return the log-probability of each of `texts`, as if it had been said."""
        ...


class WhisperModel(Protocol):
    """The model, as the engine needs it. Thread-safe."""

    @property
    def languages(self) -> frozenset[str]:
        """The codes of those that it knows."""
        ...

    def encode(self, samples: Samples) -> EncodedSpeech:
        """Encode `samples` (16 kHz, -1 to 1)."""
        ...


class WhisperEngine:
    """Audio to text in any language that the model knows."""

    def __init__(
        self, model: WhisperModel, language: str, pronouncer: Callable[[str], Pronouncer]
    ) -> None:
        """`language` is that of clients that name none; `pronouncer` gives that of a language."""
        self._model = model
        self.language = language
        self.languages = model.languages
        self._pronouncer = pronouncer
        self._tables: WeakKeyDictionary[Automaton, _Table] = WeakKeyDictionary()
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
        heard = _words_heard(dictation)
        # A sentence over and over is a command only, or else noise.
        is_open = heard and is_speech(dictation.hypotheses[0].text)
        found = open_nbest(heard, lambda text: lexical(text, spoken)) if is_open else []
        # What is told of them is for engines of one language; here it is identified.
        nbest = [replace(one, understood=1.0) for one in found]
        if heard and not abandoned() and grammar and _helps(grammar, code):
            nbest = self._table(grammar).nbest(heard, nbest, partial(speech.score, code))
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

    def _table(self, grammar: EngineGrammar) -> "_Table":
        with self._lock:
            table = self._tables.get(grammar.automaton)
        # Made outside the lock, so that others do not wait for a table that is not theirs.
        made = table or _Table(grammar, self._pronouncer(grammar.language))
        with self._lock:
            return self._tables.setdefault(grammar.automaton, made)


@dataclass(slots=True)
class _Proposal:
    """A meaning that may have been said."""

    distance: float
    """Of its nearest sentence."""
    texts: dict[str, None] = field(default_factory=dict)
    """How it may be written; the first as the table says it."""
    score: float = -math.inf
    """Log-probability of the likeliest of these."""


class _Table:
    """The sentences of one grammar."""

    def __init__(self, grammar: EngineGrammar, pronouncer: Pronouncer) -> None:
        self._grammar = grammar
        words = normaliser(grammar.language)
        self._answer = GrammarAnswer(grammar, grammar.language)
        self._phonetic = PhoneticMatcher(grammar.automaton, words, pronouncer)
        percent = "|".join(language_named(grammar.language).symbols.get("%", ()))
        self._percent = percent and re.compile(rf"(?<=\d) (?:{percent})(?!\w)")
        self._lock = threading.Lock()

    def nbest(
        self,
        heard: Sequence[Dictated],
        open_entries: list[NBestEntry],
        score: Callable[[Sequence[str]], Sequence[float]],
    ) -> list[NBestEntry]:
        """Return the commands that may have been said, and the open hypothesis.

        Where none of a client's phrases was said, the `open_entries`; so too if these are none.
        """
        proposals = self._proposals(heard)
        open_text = heard[0].text
        probability = self._weigh(proposals, open_text, score) if proposals else 0.0
        if probability < MIN_GRAMMAR_PROBABILITY and not (self._grammar.forced and open_entries):
            return open_entries
        best = max((p.score for p in proposals.values()), default=0.0)
        shares = {m: math.exp(p.score - best) for m, p in proposals.items()}
        total = sum(shares.values())
        entries = [
            self._entry(next(iter(proposals[meaning].texts)), probability * share / total)
            for meaning, share in sorted(shares.items(), key=lambda one: -one[1])
        ]
        return self._answer.nbest(entries, self._entry(open_text, 1 - probability))

    def _proposals(self, heard: Sequence[Dictated]) -> dict[SaidMeaning, _Proposal]:
        """Return what was heard word for word, and what sounds like it, nearest first."""
        found: dict[SaidMeaning, _Proposal] = {}
        for one in heard:
            if meaning := self._answer.meaning(one.text):
                found.setdefault(meaning, _Proposal(0.0)).texts[one.text] = None
        for one in heard[:_SEARCHED]:
            with self._lock:
                near = self._phonetic.find(one.text, _MAX_DISTANCE, _MAX_PROPOSALS)
            for match in near:
                if meaning := self._answer.meaning(match.sentence):
                    proposal = found.setdefault(meaning, _Proposal(match.distance))
                    proposal.distance = min(proposal.distance, match.distance)
                    written = self._written(match.sentence, heard[0].text)
                    proposal.texts |= dict.fromkeys(written)
        nearest = sorted(found.items(), key=lambda item: item[1].distance)
        return dict(nearest[:_MAX_PROPOSALS])

    def _weigh(
        self,
        proposals: dict[SaidMeaning, _Proposal],
        open_text: str,
        score: Callable[[Sequence[str]], Sequence[float]],
    ) -> float:
        """Set the scores of `proposals`; return the probability that one of them was said."""
        texts = list(dict.fromkeys(t for p in proposals.values() for t in p.texts))
        scores = dict(zip([*texts, open_text], score([*texts, open_text]), strict=True))
        for proposal in proposals.values():
            proposal.score = max(scores[text] for text in proposal.texts)
        best = max(proposals.values(), key=lambda proposal: proposal.score)
        behind = min(_MAX_BEHIND_NATS, max(0.0, scores[open_text] - best.score))
        odds = _INTERCEPT - _BEHIND_WEIGHT * behind - _DISTANCE_WEIGHT * best.distance
        probability = 1 / (1 + math.exp(-odds))
        if best.distance and self._answer.contradicts([open_text], next(iter(best.texts))):
            return min(probability, WEIGHTS.confidence.contradicted)
        return probability

    def _written(self, sentence: str, like: str) -> Iterator[str]:
        """Yield `sentence` as the model may write it: with capital and mark where `like` has."""
        first = sentence[:1] if like[:1].islower() else sentence[:1].upper()
        written = f"{first}{sentence[1:]}{like[len(like.rstrip(_MARKS)) :]}"
        yield written
        if self._percent:
            yield self._percent.sub("%", written)

    def _entry(self, text: str, confidence: float) -> NBestEntry:
        return NBestEntry(
            text=text, lexical=lexical(text, self._grammar.language), confidence=confidence
        )


def _helps(grammar: EngineGrammar, code: str) -> bool:
    """Return whether what `grammar` says may be said in the language of `code`."""
    return _code(grammar.language) == code and (grammar.forced or grammar.weight > 0)


def _words_heard(dictation: WhisperDictation) -> list[Dictated]:
    """Return the hypotheses that are words, each text once; none if nobody spoke."""
    heard: dict[str, Dictated] = {}
    for one in map(_said_once, dictation.hypotheses):
        same = heard.get(one.text)
        both = np.logaddexp(one.log_probability, same.log_probability) if same else 0.0
        heard[one.text] = replace(same, log_probability=float(both)) if same else one
    best = next(iter(heard.values()))
    sure = best.log_probability / best.tokens > _SURE_NATS_PER_TOKEN
    if not is_speech(best.text) or (dictation.no_speech_probability > _MAX_NO_SPEECH and not sure):
        return []
    return [one for one in heard.values() if is_speech(one.text)]


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


def _code(tag: str) -> str:
    """Return Whisper's code of the language of `tag`."""
    base = tag.replace("_", "-").split("-", maxsplit=1)[0].lower()
    return _CODES.get(base, base)
