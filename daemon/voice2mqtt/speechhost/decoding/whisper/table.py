"""Which sentences of a table Whisper may have heard, and how likely each is.

Candidates are found in two ways: what sounds like that which was heard openly, and what is heard
with the words of the table as the only ones: where the model drifts into words that nobody says
at home, or into another language, that brings it back. Each candidate is then scored by the model
as if it had been said (forced decoding), which tells "an" from "aus" where phonemes leave it open.
The n-best list holds these meanings and the open hypothesis in one distribution. That any sentence
of the table was said has the log-odds of `weights.Forced`; among sentences, the model's own
probabilities decide.
"""

import math
import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from voice2mqtt.core.ports import Pronouncer
from voice2mqtt.languages.language import language_named
from voice2mqtt.nlu.matching.phonetic.search import PhoneticMatcher
from voice2mqtt.nlu.matching.weights import WEIGHTS, Forced
from voice2mqtt.nlu.text.normaliser import normaliser
from voice2mqtt.speechhost.decoding.dictation import Dictated, is_speech
from voice2mqtt.speechhost.decoding.grammar_answer import (
    MIN_GRAMMAR_PROBABILITY,
    GrammarAnswer,
    SaidMeaning,
)
from voice2mqtt.speechhost.decoding.lexical import lexical
from voice2mqtt.speechhost.decoding.scoring import (
    MAX_BEHIND_NATS,
    MAX_EVIDENCE_NATS,
    MIN_DOUBT_NATS,
)
from voice2mqtt.speechhost.decoding.verbaliser import written_words
from voice2mqtt.speechhost.decoding.whisper.speech import (
    EncodedSpeech,
    Silence,
    WhisperModel,
    each_once,
)
from voice2mqtt.speechhost.engine import EngineGrammar, NBestEntry

_SEARCHED = 3
"""Hypotheses, for what sounds like them."""
_MAX_DISTANCE = 0.6
_FAR = 0.9
"""The distance of what sounds like nothing that was heard openly."""
_ONLY_IN_VOCABULARY = 0.2
"""Added to the distance of what was heard among the table's words alone."""
_MAX_PROPOSALS = 8
_MARKS = " .,!?\u2026\u3002"
"""At the end of a sentence"""
_WORD_FOR_WORD_PROBABILITY = 0.97
"""That the table was said, where the likeliest open hypothesis is a sentence of it."""


@dataclass(slots=True)
class _Proposal:
    """A meaning that may have been said."""

    distance: float = _FAR
    """Of its nearest sentence from what was heard."""
    texts: dict[str, None] = field(default_factory=dict)
    """How it may be written; the first as the table says it."""
    best: str = ""
    """The likeliest of these ..."""
    scores: Sequence[float] = ()
    """... and its tokens'."""

    @property
    def score(self) -> float:
        """The log-probability of the likeliest of its texts."""
        return sum(self.scores)

    def add(self, distance: float, texts: Iterable[str]) -> None:
        """Take note that `texts` say it, `distance` away from what was heard."""
        self.distance = min(self.distance, distance)
        self.texts |= dict.fromkeys(texts)


class WhisperTable:
    """The sentences of one grammar."""

    def __init__(
        self,
        grammar: EngineGrammar,
        code: str,
        model: WhisperModel,
        silence: Silence,
        pronouncer: Pronouncer,
    ) -> None:
        """`code` is the model's for the language of `grammar`."""
        self._grammar = grammar
        self._code = code
        words = normaliser(grammar.language)
        self._answer = GrammarAnswer(grammar, grammar.language)
        self._phonetic = PhoneticMatcher(grammar.automaton, words, pronouncer)
        percent = "|".join(language_named(grammar.language).symbols.get("%", ()))
        self._percent = percent and re.compile(rf"(?<=\d) (?:{percent})(?!\w)")
        spelt = dict.fromkeys(written_words(grammar.automaton, grammar.language))
        self._vocabulary = model.vocabulary(tuple(spelt)) if grammar.forced else None
        self._silence = silence
        self._lock = threading.Lock()

    def nbest(
        self,
        heard: Sequence[Dictated],
        open_scores: Sequence[float],
        open_entries: list[NBestEntry],
        speech: EncodedSpeech,
    ) -> list[NBestEntry]:
        """Return the commands that may have been said, and the open hypothesis.

        `open_scores` are those of the first of `heard`.
        Where none of a client's phrases was said, the `open_entries`; so too if these are none.
        """
        proposals = self._proposals(heard, speech)
        open_text = heard[0].text
        probability = self._weigh(proposals, (open_text, open_scores), speech) if proposals else 0.0
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

    def _proposals(
        self, heard: Sequence[Dictated], speech: EncodedSpeech
    ) -> dict[SaidMeaning, _Proposal]:
        """Return what was heard word for word, and what sounds like it, nearest first."""
        found: dict[SaidMeaning, _Proposal] = {}
        self._propose(found, heard, heard[0].text)
        if self._vocabulary is not None and not self._answer.meaning(heard[0].text):
            dictated = speech.dictate(self._code, self._vocabulary)
            among = [one for one in each_once(dictated.hypotheses) if is_speech(one.text)]
            self._propose(found, among, heard[0].text, _ONLY_IN_VOCABULARY)
        nearest = sorted(found.items(), key=lambda item: item[1].distance)
        return dict(nearest[:_MAX_PROPOSALS])

    def _propose(
        self,
        found: dict[SaidMeaning, _Proposal],
        heard: Sequence[Dictated],
        like: str,
        added: float = 0.0,
    ) -> None:
        """Add to `found` what `heard` says or sounds like, `added` farther than it is.

        What is said with the words of the table alone has no free text.
        """
        for one in heard:
            if (meaning := self._answer.meaning(one.text)) and not (
                added and self._answer.has_free_text(one.text)
            ):
                found.setdefault(meaning, _Proposal()).add(added, [one.text])
        for one in heard[:_SEARCHED]:
            with self._lock:
                near = self._phonetic.find(one.text, _MAX_DISTANCE, _MAX_PROPOSALS)
            for match in near:
                meaning = self._answer.meaning(match.sentence)
                if meaning and not (added and match.free_text):
                    written = self._written(match.sentence, like)
                    found.setdefault(meaning, _Proposal()).add(match.distance + added, written)

    def _weigh(
        self,
        proposals: dict[SaidMeaning, _Proposal],
        openly: tuple[str, Sequence[float]],
        speech: EncodedSpeech,
    ) -> float:
        """Set the scores of `proposals`; return the probability that one of them was said."""
        open_text, _ = openly
        texts = {text for proposal in proposals.values() for text in proposal.texts} - {open_text}
        scores = dict([openly, *((text, speech.score(self._code, text)) for text in texts)])
        for proposal in proposals.values():
            proposal.best = max(proposal.texts, key=lambda text: sum(scores[text]))
            proposal.scores = scores[proposal.best]
        best = max(proposals.values(), key=lambda proposal: proposal.score)
        if open_text in best.texts:
            return _WORD_FOR_WORD_PROBABILITY
        terms = self._terms(best, openly)
        if best.distance and self._answer.contradicts([open_text], next(iter(best.texts))):
            terms = replace(terms, contradicted=1.0)
        return terms.probability(WEIGHTS.forced)

    def _terms(self, best: _Proposal, openly: tuple[str, Sequence[float]]) -> Forced:
        """Return what tells whether `best` was said, or something else."""
        open_text, open_scores = openly
        silent = self._silence.score(self._code, best.best)
        behind = min(MAX_BEHIND_NATS, max(0.0, sum(open_scores) - best.score))
        return Forced(
            behind=behind / (MIN_DOUBT_NATS - sum(open_scores) / len(open_scores)),
            distance=min(_FAR, best.distance),
            least_evidence=min(
                min(MAX_EVIDENCE_NATS, ours - before)
                for ours, before in zip(best.scores, silent, strict=True)
            ),
            shorter=max(0, _letters(open_text) - _letters(best.best)) / _letters(open_text),
        )

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


def _letters(text: str) -> int:
    return max(1, sum(map(str.isalnum, text)))
