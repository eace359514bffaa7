"""The Speech host's own recogniser: Moonshine tiny, with or without a grammar.

With one, the audio is decoded as a sentence of the grammar and in the open at once. If the
outcome is not beyond doubt, a second look is taken at the audio with its noise turned down, and
both are weighed; if that leaves doubts, the search is widened. The readings are the meanings that
a sentence of the grammar may have and what open decoding heard instead, in one distribution: where
the latter is likelier than all commands together, that one reading is the answer, which leaves
little to be made of by its sound: the grammar was listened for. It knows nothing of sockets and
protocols.
"""

import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from voice2mqtt.core.audio import RATE_HZ
from voice2mqtt.core.decision import SlotValue
from voice2mqtt.nlu.grammar.automaton import Automaton
from voice2mqtt.nlu.matching.compound import commands, joint_automaton
from voice2mqtt.nlu.matching.contradiction import Contradictions
from voice2mqtt.nlu.matching.decision import MIN_CREDIBLE_SHARE
from voice2mqtt.nlu.matching.exact import ExactMatcher
from voice2mqtt.nlu.text.normaliser import normaliser
from voice2mqtt.speechhost.decoding import scoring
from voice2mqtt.speechhost.decoding.beam_search import BeamSearch, DecodingPass
from voice2mqtt.speechhost.decoding.dictation import Dictated, dictate, is_speech
from voice2mqtt.speechhost.decoding.lexical import lexical
from voice2mqtt.speechhost.decoding.moonshine import Floats, Moonshine, model_folder
from voice2mqtt.speechhost.decoding.phrase_bias import PhraseBias
from voice2mqtt.speechhost.decoding.prior import Prior
from voice2mqtt.speechhost.decoding.scoring import OpenHypothesis, ScoredMeaning, Sentence, Verdict
from voice2mqtt.speechhost.decoding.spectral_gate import gated
from voice2mqtt.speechhost.decoding.token_grammar import TokenGrammar
from voice2mqtt.speechhost.decoding.tokenizer import Tokenizer, read_tokenizer
from voice2mqtt.speechhost.engine import EngineGrammar, NBestEntry, Transcript, never

_SILENCE = np.zeros(int(0.3 * RATE_HZ), np.float32)
"""Follows all audio: a sentence that is cut off right behind its last word is heard worse."""
_LANGUAGE = "en"
_Meaning = tuple[tuple[int, tuple[tuple[str, SlotValue], ...]], ...]
"""Row and slots of each command."""
_MOST_READINGS = 5
_MOST_OPEN_READINGS = 10
_OPEN_POWER = 0.7
"""Of the probability of words without a grammar: the model is less sure of them than is right."""
_MOST_GRAMMARS = 64
_MOST_ARCS = 150_000
"""Kept ready for clients that each bring a phrase list; so many arcs take about 50 MB."""
_MOST_MEANINGS = 8
_WITHIN_NATS = 8.0
"""Meanings further behind the best are not weighed."""
_NARROW_BEAMS = 4
"""Enough for most of what is said; takes two thirds of the time that `_BEAMS` do."""
_BEAMS = 8
_WIDE_BEAMS = 16
_BEYOND_DOUBT = 0.95
"""Below, the search is repeated with more beams, and a second look is taken."""
_DOUBTFUL = 0.9
"""Below after that, the search is widened."""
_WIDE_AT_MOST_S = 10.0
"""Of audio; a wide search takes about 10 MB for each second of it."""
_HOPELESS = 0.05
"""Where it is less sure that any command was said, further looks would not change that."""
_REMEMBERED = 20_000


class MoonshineEngine:
    """Audio to text, offline; one may serve many clients."""

    def __init__(self, threads: int = 1) -> None:
        """Load and warm up; raises UnavailableError when the model is not installed."""
        folder = model_folder()
        self._vocabulary = read_tokenizer(folder / "tokenizer.bin")
        self._model = Moonshine(folder, threads)
        self._prior = Prior(self._model)
        self._commands: OrderedDict[Automaton, _Commands] = OrderedDict()
        self._lock = threading.Lock()
        self.transcribe(bytes(32_000), None)

    def prepare(self, grammar: EngineGrammar) -> None:
        """See `Engine`."""
        self._of(grammar).prepare()

    def transcribe(
        self, pcm: bytes, grammar: EngineGrammar | None, abandoned: Callable[[], bool] = never
    ) -> Transcript:
        """See `Engine`."""
        spoken = np.frombuffer(pcm, np.dtype("<i2")).astype(np.float32) / np.float32(32_768)
        samples = np.concatenate([spoken, _SILENCE])
        if grammar is None:
            encoding = self._model.encode(samples)
            readings = _open(dictate(self._model, self._vocabulary, encoding, abandoned))
        else:
            weight = None if grammar.forced else grammar.weight
            readings = self._of(grammar).readings(samples, abandoned, weight)
        return Transcript(readings=() if abandoned() else tuple(readings))

    def _of(self, grammar: EngineGrammar) -> "_Commands":
        """Return what decodes by `grammar`, the one used longest ago making room."""
        automaton = grammar.automaton
        with self._lock:
            found = self._commands.get(automaton)
        # Others do not wait for a grammar that is not theirs; that two threads may make the same
        # one is the lesser evil.
        made = found or _Commands(self._model, self._vocabulary, self._prior, grammar)
        with self._lock:
            commands = self._commands.setdefault(automaton, made)
            self._commands.move_to_end(automaton)
            while len(self._commands) > 1 and (
                len(self._commands) > _MOST_GRAMMARS
                or sum(len(kept.targets) for kept in self._commands) > _MOST_ARCS
            ):
                self._commands.popitem(last=False)
            return commands


class _Commands:
    """Recognition of the sentences of one grammar."""

    def __init__(
        self, model: Moonshine, vocabulary: Tokenizer, prior: Prior, wanted: EngineGrammar
    ) -> None:
        self._model = model
        self._vocabulary = vocabulary
        self._prior = prior
        # Phrases are said one at a time.
        joint = joint_automaton(_LANGUAGE) if wanted.forced else None
        self._grammar = grammar = TokenGrammar(wanted.automaton, vocabulary, joint)
        self._narrow_search = BeamSearch(model, vocabulary, grammar, _NARROW_BEAMS)
        self._search = BeamSearch(model, vocabulary, grammar, _BEAMS)
        self._wide_search = BeamSearch(model, vocabulary, grammar, _WIDE_BEAMS)
        self._meanings: dict[tuple[int, ...], _Meaning | None] = {}
        self._matcher = ExactMatcher(wanted.automaton, normaliser(_LANGUAGE))
        # Of the commands only: that a "no, thank you" could be said tells nothing of them.
        words = wanted.automaton.words(wanted.commands)
        self._contraries = Contradictions(_LANGUAGE, words)
        self._wanted = wanted

    def prepare(self) -> None:
        """Unroll beforehand what takes long."""
        self._grammar.prepare()

    def readings(
        self, samples: Floats, abandoned: Callable[[], bool], weight: float | None
    ) -> list[NBestEntry]:
        """Return the commands that may have been said, and what open decoding heard instead.

        There are none if nobody spoke. With a `weight`, they are only hints of that weight: where
        none was said, the readings are those of open decoding alone, to which they lend likelihood.
        """
        encoding = self._model.encode(samples)
        looks = [self._narrow_search.decode(encoding, abandoned)]
        verdict = self._weigh(looks)
        if verdict.surest < _BEYOND_DOUBT and not abandoned():
            looks = [self._search.decode(encoding, abandoned)]
            verdict = self._weigh(looks)
        if verdict.surest < _BEYOND_DOUBT and verdict.said > _HOPELESS and not abandoned():
            looks.append(self._search.decode(self._model.encode(gated(samples)), abandoned))
            verdict = self._weigh(looks)
        short = encoding.duration_s <= _WIDE_AT_MOST_S
        if verdict.surest < _DOUBTFUL and verdict.said > _HOPELESS and short and not abandoned():
            looks[0] = looks[0].with_more(self._wide_search.decode(encoding, abandoned))
            verdict = self._weigh(looks)
        if weight is not None and verdict.said < scoring.LEAST_SAID:
            hints = PhraseBias(self._grammar, self._vocabulary, weight) if weight else None
            return _open(dictate(self._model, self._vocabulary, encoding, abandoned, hints))
        likely = list(verdict.confidences())[:_MOST_READINGS]
        readings = [
            _reading(self._vocabulary.decode(tokens), confidence) for tokens, confidence in likely
        ]
        outside = verdict.said < scoring.LEAST_SAID
        text, forced = looks[0].dictated.text, self._wanted.forced
        otherwise = _reading(text, 1 - verdict.said, outside=outside and forced)
        if not (is_speech(text) if outside else is_speech(readings[0].text, openly=text)):
            return []
        if outside:
            # Less likely commands would only be found by their sound, which they always have.
            least = MIN_CREDIBLE_SHARE * otherwise.confidence
            return [otherwise, *(r for r in readings if r.confidence >= least)]
        if text and self._parsed(text) not in [self._meaning(tokens) for tokens, _ in likely]:
            readings.append(otherwise)
        return readings

    def _weigh(self, looks: Sequence[DecodingPass]) -> Verdict:
        sentences = [sentence for look in looks for sentence in self._sentences(look)]
        meanings = scoring.by_meaning(sentences, most=_MOST_MEANINGS, within_nats=_WITHIN_NATS)
        strings = [meaning.best.tokens for meaning in meanings]
        fits = zip(*(look.fits(strings) for look in looks), strict=True)
        priors = self._prior.log_probabilities(strings)
        openly = [look.dictated for look in looks]
        heard = [
            ScoredMeaning(
                meaning=meaning,
                likely=_mean([fit.likely for fit in of_looks]),
                behind=_mean([fit.behind for fit in of_looks]),
                prior=prior,
                letters=self._letters(meaning.best.tokens),
            )
            for meaning, of_looks, prior in zip(meanings, fits, priors, strict=True)
        ]
        verdict = Verdict.of(
            heard,
            OpenHypothesis(
                log_probability=float(np.mean([d.log_probability for d in openly])),
                per_token=float(np.mean([d.log_probability / d.tokens for d in openly])),
                letters=float(np.mean([len(lexical(d.text)) for d in openly])),
            ),
        )
        if verdict.heard and self._says_else(verdict.heard[0].meaning.best.tokens, openly):
            return verdict.doubted()
        return verdict

    def _says_else(self, tokens: tuple[int, ...], openly: Sequence[Dictated]) -> bool:
        """Whether all that was heard openly says something else than a sentence, and no command."""
        said = self._vocabulary.decode(tokens)
        unlike = self._contraries
        return all(
            (unlike.found(heard.text, said) or unlike.another_number(heard.text, said))
            and self._parsed(heard.text) is None
            for heard in openly
        )

    def _letters(self, tokens: tuple[int, ...]) -> int:
        return len(lexical(self._vocabulary.decode(tokens)))

    def _sentences(self, look: DecodingPass) -> Iterator[Sentence]:
        """Yield the sentences of `look` that can matter and have a meaning."""
        scores = look.rough_scores()
        least = max(scores.values(), default=0.0) - _WITHIN_NATS
        for tokens, fit in look.hypotheses.items():
            if scores[tokens] >= least and (meaning := self._meaning(tokens)) is not None:
                second = fit.second if len(meaning) > 1 else 0
                yield Sentence(tokens, meaning, fit.log_probability, second)

    def _meaning(self, tokens: tuple[int, ...]) -> _Meaning | None:
        """Return what a sentence of the grammar means; see `_parsed`."""
        known = self._meanings
        if tokens not in known:
            # A new one, not cleared: another thread may be about to read from this.
            known = {} if len(known) > _REMEMBERED else known
            known[tokens] = self._parsed(self._vocabulary.decode(tokens))
            self._meanings = known
        return known[tokens]

    def _parsed(self, text: str) -> _Meaning | None:
        """Return rows and slots of one command or two; None if it is neither.

        So it is when a number is out of range, when an answer follows an "and", and when the same
        is said twice: nobody does that, but models do.
        """
        most = 2 if self._wanted.forced else 1
        breath = next(commands(self._matcher, text, _LANGUAGE, most=most), ())
        meaning = tuple((p.row, tuple(sorted(p.slots.items()))) for _, p in breath)
        together = self._wanted.commands
        if len(meaning) > 1 and together is not None and any(row >= together for row, _ in meaning):
            return None
        return meaning if meaning and len(set(meaning)) == len(meaning) else None


def _open(heard: Sequence[Dictated]) -> list[NBestEntry]:
    """Return what was heard openly; the ways to write the same words are one reading.

    There are none if nobody spoke. Of words reported at some confidence that share is right:
    `bench/decoder.py` prints it.
    """
    texts: dict[str, str] = {}
    shares: dict[str, float] = {}
    for one in heard:
        words = lexical(one.text)
        texts.setdefault(words, one.text)
        shares[words] = shares.get(words, 0.0) + math.exp(one.log_probability)
    likely = {words: share**_OPEN_POWER for words, share in shares.items()}
    total = max(1.0, sum(likely.values()))
    best = sorted(likely, key=likely.__getitem__, reverse=True)
    if not is_speech(texts[best[0]]):
        return []
    best = [words for words in best if words][:_MOST_OPEN_READINGS]
    return [
        NBestEntry(text=texts[words], lexical=words, confidence=likely[words] / total)
        for words in best
    ]


def _mean(of_looks: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
    return tuple(sum(values) / len(of_looks) for values in zip(*of_looks, strict=True))


def _reading(text: str, confidence: float, *, outside: bool = False) -> NBestEntry:
    return NBestEntry(text=text, lexical=lexical(text), confidence=confidence, outside=outside)
