"""The Speech host's own recogniser: Moonshine tiny, with or without a grammar.

With a grammar, the audio is decoded as a sentence of it and openly, in one pass. Where the outcome
is doubtful this is done again with more beams, and once more with the noise suppressed; the scores
of both are averaged. If more was heard openly than the command, both look at the foreground alone.
The n-best list holds the meanings of the grammar and the open hypothesis in one distribution (see
`scoring.py`). Where the open hypothesis is likelier than all commands together it is as good as
alone in the answer, since the grammar has already had its chance.
"""

import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from voice2mqtt.core.audio import RATE_HZ
from voice2mqtt.nlu.grammar.automaton import Automaton
from voice2mqtt.nlu.matching.compound import joint_automaton
from voice2mqtt.speechhost.decoding import alignment, scoring
from voice2mqtt.speechhost.decoding.beam_search import BeamSearch, DecodingPass
from voice2mqtt.speechhost.decoding.dictation import dictate, is_speech, open_nbest
from voice2mqtt.speechhost.decoding.foreground import foreground
from voice2mqtt.speechhost.decoding.grammar_answer import (
    MIN_GRAMMAR_PROBABILITY,
    GrammarAnswer,
    SaidMeaning,
)
from voice2mqtt.speechhost.decoding.lexical import lexical
from voice2mqtt.speechhost.decoding.moonshine import (
    Encoding,
    Floats,
    Moonshine,
    Prior,
    model_folder,
)
from voice2mqtt.speechhost.decoding.phrase_bias import PhraseBias
from voice2mqtt.speechhost.decoding.scoring import (
    OpenHypothesis,
    Posterior,
    ScoredMeaning,
    Sentence,
)
from voice2mqtt.speechhost.decoding.spectral_gate import gated
from voice2mqtt.speechhost.decoding.token_grammar import TokenGrammar
from voice2mqtt.speechhost.decoding.tokenizer import Tokenizer, read_tokenizer
from voice2mqtt.speechhost.engine import EngineGrammar, NBestEntry, Transcript, never

_TRAILING_SILENCE = np.zeros(int(0.3 * RATE_HZ), np.float32)
"""Appended to all audio: a sentence that is cut off right behind its last word is heard worse."""
_LANGUAGE = "en"
_MAX_NBEST = 5
_MAX_GRAMMARS = 64
_MAX_ARCS = 150_000
"""Kept ready for clients that each bring a phrase list; so many arcs take about 50 MB."""
_MAX_MEANINGS = 8
_WITHIN_NATS = 8.0
"""Meanings further behind the best are not weighed."""
_NARROW_BEAMS = 4
"""Enough for most of what is said; the answer then comes after two thirds of the time."""
_BEAMS = 8
"""With 16, one more of 188 commands was right, and 4 more of 208 that are none were acted on."""
_SURE_CONFIDENCE = 0.95
"""Below, the audio is decoded again with `_BEAMS`, and once more with its noise suppressed: of 188
commands 183 are right with that and 177 without."""
_MORE_SAID = 0.1
"""By which share what is heard openly is longer than the command where others talk around it."""
_HOPELESS_PROBABILITY = 0.05
"""Where a sentence of the grammar is less likely, that would not change it."""
_CACHE_SIZE = 20_000
"""Sentences whose meanings are kept, for each grammar."""


class MoonshineEngine:
    """Audio to text, offline; one may serve many clients."""

    language = "en-US"
    languages = frozenset({"en"})

    def __init__(self, threads: int = 1) -> None:
        """Load and warm up; raises UnavailableError when the model is not installed."""
        folder = model_folder()
        self._tokenizer = read_tokenizer(folder / "tokenizer.bin")
        self._model = Moonshine(folder, threads)
        self._prior = Prior(self._model)
        self._decoders: OrderedDict[Automaton, _GrammarDecoder] = OrderedDict()
        self._lock = threading.Lock()
        self.transcribe(bytes(32_000), None)

    def prepare(self, grammar: EngineGrammar) -> None:
        """See `Engine`."""
        self._decoder(grammar).prepare()

    def transcribe(
        self,
        pcm: bytes,
        grammar: EngineGrammar | None,
        abandoned: Callable[[], bool] = never,
        languages: Sequence[str] = (),  # noqa: ARG002 - it knows one
        *,
        timed: bool = False,
    ) -> Transcript:
        """See `Engine`."""
        samples = _samples(pcm)
        encoding = self._model.encode(samples)
        if grammar is None:
            nbest = open_nbest(dictate(self._model, self._tokenizer, encoding, abandoned), lexical)
        else:
            weight = None if grammar.forced else grammar.weight
            nbest = self._decoder(grammar).nbest(samples, encoding, abandoned, weight)
        if timed:
            nbest = alignment.timed(
                nbest, samples, encoding, self._model, self._tokenizer, abandoned
            )
        nbest = [] if abandoned() else nbest
        return Transcript(nbest=tuple(nbest), language=self.language)

    def posterior(self, pcm: bytes, grammar: EngineGrammar) -> Posterior:
        """Return what decides whether `pcm` is a sentence of `grammar`, with all its terms."""
        samples = _samples(pcm)
        return self._decoder(grammar).posterior(samples, self._model.encode(samples), never)

    def text(self, tokens: tuple[int, ...]) -> str:
        """Return the text of a sentence of a posterior."""
        return self._tokenizer.decode(tokens)

    def _decoder(self, grammar: EngineGrammar) -> "_GrammarDecoder":
        """Return the decoder of `grammar`; the least recently used ones are dropped."""
        automaton = grammar.automaton
        with self._lock:
            found = self._decoders.get(automaton)
        # Made outside the lock, so that others do not wait for a grammar that is not theirs; that
        # two threads may make the same one is the lesser evil.
        made = found or _GrammarDecoder(self._model, self._tokenizer, self._prior, grammar)
        with self._lock:
            decoder = self._decoders.setdefault(automaton, made)
            self._decoders.move_to_end(automaton)
            while len(self._decoders) > 1 and (
                len(self._decoders) > _MAX_GRAMMARS
                or sum(len(kept.targets) for kept in self._decoders) > _MAX_ARCS
            ):
                self._decoders.popitem(last=False)
            return decoder


class _GrammarDecoder:
    """Recognition of the sentences of one grammar."""

    def __init__(
        self, model: Moonshine, tokenizer: Tokenizer, prior: Prior, grammar: EngineGrammar
    ) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._prior = prior
        # Phrases are said one at a time.
        conjunction = joint_automaton(_LANGUAGE) if grammar.forced else None
        self._tokens = tokens = TokenGrammar(grammar.automaton, tokenizer, conjunction)
        self._narrow_search = BeamSearch(model, tokenizer, tokens, _NARROW_BEAMS)
        self._search = BeamSearch(model, tokenizer, tokens, _BEAMS)
        self._meanings: dict[tuple[int, ...], SaidMeaning | None] = {}
        self._answer = GrammarAnswer(grammar, _LANGUAGE)

    def prepare(self) -> None:
        """Build beforehand what takes long."""
        self._tokens.prepare()

    def nbest(
        self,
        samples: Floats,
        encoding: Encoding,
        abandoned: Callable[[], bool],
        weight: float | None,
    ) -> list[NBestEntry]:
        """Return the commands that may have been said, and the open hypothesis.

        `encoding` is that of `samples`. Empty if nobody spoke. With a `weight`, the sentences are
        phrases of a client's list: where none was said, the entries are those of open decoding,
        biased by the phrases so much.
        """
        posterior = self.posterior(samples, encoding, abandoned)
        is_command = posterior.grammar_probability >= MIN_GRAMMAR_PROBABILITY
        if weight is not None and not is_command:
            bias = PhraseBias(self._tokens, self._tokenizer, weight) if weight else None
            return open_nbest(
                dictate(self._model, self._tokenizer, encoding, abandoned, bias), lexical
            )
        entries = self._answer.nbest(*self._entries(posterior))
        open_text = posterior.open_hypothesis.text
        said = (entries[0].text, open_text) if is_command else (open_text,)
        return entries if is_speech(*said) else []

    def _entries(self, posterior: Posterior) -> tuple[list[NBestEntry], NBestEntry]:
        """Return the commands, likeliest first, and the open hypothesis."""
        likely = zip(posterior.meanings[:_MAX_NBEST], posterior.confidences(), strict=False)
        proposed = [
            NBestEntry(
                text=(text := self._tokenizer.decode(tokens)),
                lexical=lexical(text),
                confidence=confidence,
                token_score=one.log_probability / len(tokens),
            )
            for one, (tokens, confidence) in likely
        ]
        openly = posterior.open_hypothesis
        return proposed, NBestEntry(
            text=openly.text,
            lexical=lexical(openly.text),
            confidence=1 - posterior.grammar_probability,
            token_score=openly.per_token,
            understood=math.exp(openly.per_token),
        )

    def posterior(
        self, samples: Floats, encoding: Encoding, abandoned: Callable[[], bool]
    ) -> Posterior:
        """Return how likely each meaning of the grammar is, and that any of them was said."""
        posterior = self._weigh([self._narrow_search.decode(encoding, abandoned)])
        if posterior.best_confidence >= _SURE_CONFIDENCE or abandoned():
            return posterior
        if posterior.terms and posterior.terms.shorter > _MORE_SAID:
            near = foreground(samples[: -len(_TRAILING_SILENCE)])
            if len(near) + len(_TRAILING_SILENCE) < len(samples):
                samples = _ended(near)
                encoding = self._model.encode(samples)
        passes = [self._search.decode(encoding, abandoned)]
        posterior = self._weigh(passes)
        is_possible = posterior.uncontradicted_probability > _HOPELESS_PROBABILITY
        if posterior.best_confidence >= _SURE_CONFIDENCE or not is_possible or abandoned():
            return posterior
        quiet = self._model.encode(gated(samples))
        return self._weigh([*passes, self._search.decode(quiet, abandoned)])

    def _weigh(self, passes: Sequence[DecodingPass]) -> Posterior:
        sentences = [sentence for one in passes for sentence in self._sentences(one)]
        meanings = scoring.by_meaning(
            sentences, max_meanings=_MAX_MEANINGS, within_nats=_WITHIN_NATS
        )
        strings = [meaning.best.tokens for meaning in meanings]
        by_meaning = zip(*(one.token_scores(strings) for one in passes), strict=True)
        priors = self._prior.log_probabilities(strings)
        dictated = [one.dictated for one in passes]
        posterior = Posterior.of(
            [
                ScoredMeaning(
                    meaning=meaning,
                    log_probabilities=_mean([scores.log_probabilities for scores in of_passes]),
                    gaps=_mean([scores.gaps for scores in of_passes]),
                    prior=prior,
                    letters=self._letters(meaning.best.tokens),
                )
                for meaning, of_passes, prior in zip(meanings, by_meaning, priors, strict=True)
            ],
            OpenHypothesis(
                text=dictated[0].text,
                log_probability=float(np.mean([d.log_probability for d in dictated])),
                per_token=float(np.mean([d.token_score for d in dictated])),
                letters=float(np.mean([len(lexical(d.text)) for d in dictated])),
            ),
        )
        if posterior.meanings:
            said = self._tokenizer.decode(posterior.meanings[0].meaning.best.tokens)
            if self._answer.contradicts([heard.text for heard in dictated], said):
                return posterior.contradicted()
        return posterior

    def _letters(self, tokens: tuple[int, ...]) -> int:
        return len(lexical(self._tokenizer.decode(tokens)))

    def _sentences(self, decoding_pass: DecodingPass) -> Iterator[Sentence]:
        """Yield the hypotheses that can matter and have a meaning."""
        rough_scores = decoding_pass.rough_scores()
        min_score = max(rough_scores.values(), default=0.0) - _WITHIN_NATS
        for tokens, scores in decoding_pass.hypotheses.items():
            if rough_scores[tokens] < min_score or (meaning := self._meaning(tokens)) is None:
                continue
            second_length = scores.second_length if len(meaning) > 1 else 0
            yield Sentence(tokens, meaning, scores.log_probability, second_length)

    def _meaning(self, tokens: tuple[int, ...]) -> SaidMeaning | None:
        """Return what a sentence of the grammar means, from a cache."""
        cache = self._meanings
        if tokens not in cache:
            # A new one, not cleared: another thread may be about to read from this.
            cache = {} if len(cache) > _CACHE_SIZE else cache
            cache[tokens] = self._answer.meaning(self._tokenizer.decode(tokens))
            self._meanings = cache
        return cache[tokens]


def _samples(pcm: bytes) -> Floats:
    speech = np.frombuffer(pcm, np.dtype("<i2")).astype(np.float32) / np.float32(32_768)
    return _ended(speech)


def _ended(speech: Floats) -> Floats:
    return np.concatenate([speech, _TRAILING_SILENCE])


def _mean(of_passes: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
    return tuple(sum(values) / len(of_passes) for values in zip(*of_passes, strict=True))
