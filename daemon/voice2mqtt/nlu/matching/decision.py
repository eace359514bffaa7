"""Words to meaning, over the whole n-best list: what was meant, what it might have been, or not.

Knows the table and what sounds alike; knows nothing of time, wake phrases or consent.

How confidences are read. A host like ours sends a distribution: its confidences sum to at most
1, and hypotheses that mean the same add up. Then a meaning is clear when it holds most of the
belief and no other meaning comes near. Other hosts send a score for each hypothesis by itself
(0.9, 0.85, ...), which says only how to rank them: there the first that is a command wins.
Either way, what the host believes less than half as much as something else counts for nothing,
word for word; by sound, the readings it hardly believes are heard too: what was said is often
among them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TypeGuard

from voice2mqtt.core.outcome import Hypothesis
from voice2mqtt.nlu.grammar.automaton import Automaton
from voice2mqtt.nlu.grammar.messages import messages
from voice2mqtt.nlu.grammar.table import CommandTable
from voice2mqtt.nlu.matching.candidate import Candidate, PhoneticSearch
from voice2mqtt.nlu.matching.compound import MOST_COMMANDS, commands, cuts
from voice2mqtt.nlu.matching.contradiction import Contradictions, are_known
from voice2mqtt.nlu.matching.exact import ExactMatcher
from voice2mqtt.nlu.matching.explain import explain_misfit
from voice2mqtt.nlu.matching.respelling import Respellings
from voice2mqtt.nlu.text.normaliser import normaliser

SURE = 0.65
"""Belief that makes a meaning clear; of what our host believes so far, one in fifty is wrong."""
BELIEVABLE = 0.5
"""Share of the host's greatest belief, below which a hypothesis counts for nothing."""
RIVAL = 0.4
"""Share of the best meaning's belief from which on another one casts doubt."""
NUMBER_RIVAL = 0.002
"""The same for a number that sounds like a part of the best one, such as eight beside eighteen:
hosts are sure of the wrong one of these far more often than they say."""
_ACCOUNTED = 0.9
"""Belief that the readings of a host that decodes by the table add up to, at least: beside the
commands there is only what it heard openly. With less, they are a few of the many ways in which a
host without a table heard the same."""
_TIE = 0.0001
"""Difference of distance that tells nothing."""
_ROUNDING = 0.02
_OUTSIDE = 0.5
"""Share of the strictness for what a host heard instead of the table that it listened for: it
has weighed already, by the audio, what by its text sounds like a command."""
_NOWHERE_NEAR = 0.8
"""Distance from which on a row is not even named: free text took nearly all that was heard."""
_MOST_BREATHS = 3
"""Hypotheses of which halves are laid against the table by sound."""

Meaning = tuple[Candidate, ...]
"""The commands of one utterance, in the order they were said; nearly always one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """This was meant."""

    meaning: Meaning
    why: str
    nearest: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclear:
    """One of these was meant, likeliest first; only the speaker knows."""

    options: tuple[Meaning, ...]
    why: str
    nearest: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """No command."""

    why: str
    nearest: tuple[Candidate, ...] = ()


Verdict = Meant | Unclear | Unknown


def options_of(verdict: Verdict) -> tuple[Meaning, ...]:
    """Return what may have been meant, likeliest first."""
    match verdict:
        case Meant():
            return (verdict.meaning,)
        case Unclear():
            return verdict.options
    return ()


def is_word_for_word(verdict: Verdict) -> TypeGuard[Meant]:
    """Whether a command was said in its own words, and nothing was weighed by sound."""
    return isinstance(verdict, Meant) and not verdict.nearest


class Decider:
    """Understands sentences of one table."""

    def __init__(
        self,
        table: CommandTable,
        automaton: Automaton,
        nearest: PhoneticSearch | None,
        *,
        strictness: float,
        margin: float,
    ) -> None:
        self._table = table
        self._nearest = nearest
        self._strictness = strictness
        self._margin = margin
        self._contraries = Contradictions(table.language, automaton.words())
        self._may_act_by_sound = are_known(table.language)
        self.matcher = ExactMatcher(automaton, normaliser(table.language))
        self._respellings = Respellings(table.language, automaton)

    def understand(self, hypotheses: Sequence[Hypothesis], rows: frozenset[int]) -> Verdict:
        """Return what `hypotheses` (best first) mean, if it is among `rows`."""
        verdict = self._word_for_word(hypotheses, rows, _least(hypotheses))
        if isinstance(verdict, Unclear) and len(verdict.options) == 1:
            verdict = self._confirmed(verdict, hypotheses, rows)
        if verdict is None:
            verdict = self._by_sound(_audible(hypotheses), rows)
        if isinstance(verdict, Unknown):
            half = self._half_by_sound(believed(hypotheses), rows)
            text = hypotheses[0].text if hypotheses else ""
            verdict = half or self._explained(verdict, text)
        return (
            verdict if isinstance(verdict, Unclear) else self._respelled(verdict, hypotheses, rows)
        )

    def _word_for_word(
        self, hypotheses: Sequence[Hypothesis], rows: frozenset[int], least: float
    ) -> Verdict | None:
        ranked = self._ranked(hypotheses, rows)
        likely = [(meaning, belief) for meaning, belief in ranked if belief >= least]
        if not likely:
            return None
        if not _is_distribution(hypotheses):
            return Meant(meaning=likely[0][0], why="word for word")
        verdict = _clearest(likely)
        other = self._doubtful_number(verdict, ranked) if isinstance(verdict, Meant) else None
        if isinstance(verdict, Meant) and other:
            why = "the host heard another number too, which sounds much alike"
            return Unclear(options=(verdict.meaning, other), why=why)
        return verdict

    def _ranked(
        self, hypotheses: Sequence[Hypothesis], rows: frozenset[int]
    ) -> list[tuple[Meaning, float]]:
        """Return what is said word for word, each with the belief of the host in it."""
        ranked: list[tuple[Meaning, float]] = []
        summed = _is_distribution(hypotheses)
        for hypothesis in hypotheses:
            forms = (hypothesis.text, hypothesis.lexical)
            meanings = (self._meanings(form, rows, MOST_COMMANDS) for form in forms)
            meaning = next(chain.from_iterable(meanings), None)
            if meaning is None:
                continue
            belief = 1.0 if hypothesis.confidence is None else hypothesis.confidence
            for place, (known, before) in enumerate(ranked):
                if self._same(known, meaning):
                    ranked[place] = known, before + belief if summed else max(before, belief)
                    break
            else:
                ranked.append((meaning, belief))
        return ranked

    def _doubtful_number(
        self, verdict: Meant, ranked: Sequence[tuple[Meaning, float]]
    ) -> Meaning | None:
        """Return the likeliest meaning that differs in a number which sounds much alike."""
        best = next(belief for meaning, belief in ranked if meaning == verdict.meaning)
        rivals = [
            (belief, meaning)
            for meaning, belief in ranked
            if belief >= NUMBER_RIVAL * best
            and meaning != verdict.meaning
            and self._respellings.are_alike(verdict.meaning, meaning)
        ]
        return max(rivals, key=lambda rival: rival[0])[1] if rivals else None

    def _confirmed(
        self, unsure: Unclear, hypotheses: Sequence[Hypothesis], rows: frozenset[int]
    ) -> Verdict:
        """Return what was meant if the other readings sound like the only command, else `unsure`.

        A host without a grammar spreads its belief over spellings of one sentence.
        """
        meaning = unsure.options[0]
        others = [
            hypothesis
            for hypothesis in hypotheses
            if not any(self._same(meaning, m) for m in self._meanings(hypothesis.text, rows, 1))
        ]
        if not _is_accounted(hypotheses):
            others = list(hypotheses)
        heard = self._by_sound(others, rows) if others else None
        if heard is None or (isinstance(heard, Meant) and self._same(heard.meaning, meaning)):
            return Meant(meaning=meaning, why="word for word, and the other readings sound like it")
        return unsure

    def _respelled(
        self, verdict: Meant | Unknown, hypotheses: Sequence[Hypothesis], rows: frozenset[int]
    ) -> Verdict:
        """Return `verdict`, or a question where the same sound is a command with another number.

        A host that told how likely each of its readings is, and hardly believes the other one, has
        weighed that.
        """
        meant = options_of(verdict)
        texts = {command.heard for meaning in meant for command in meaning}
        heard = [h for h in hypotheses if h.text in texts or h in believed(hypotheses)]
        for hypothesis in heard:
            for respelling in self._respellings.of(hypothesis.lexical or hypothesis.text):
                other = next(self._meanings(respelling.text, rows, MOST_COMMANDS), None)
                if other is None or any(self._same(other, meaning) for meaning in meant):
                    continue
                weighed = self._ranked(hypotheses, rows) if _is_distribution(hypotheses) else ()
                best = max((belief for _, belief in weighed), default=0.0)
                if any(self._same(other, m) and b < NUMBER_RIVAL * best for m, b in weighed):
                    continue
                if meant and len(other) == len(meant[0]) == 1:
                    # Asked about is the number; the rest is said in the same words.
                    words = normaliser(self._table.language)
                    said = words.in_digits(meant[0][0].sentence)
                    sentence = self._respellings.retold(said, respelling)
                    meant = ((replace(meant[0][0], sentence=said),),)
                    other = (replace(other[0], sentence=sentence),)
                why = f"'{respelling.text}' would sound the same"
                return Unclear(options=(*meant, other), why=why, nearest=verdict.nearest)
        return verdict

    def _meanings(self, text: str, rows: frozenset[int], most: int) -> Iterator[Meaning]:
        """Yield what `text` says word for word: one row, else several in one breath."""
        for breath in commands(self.matcher, text, self._table.language, rows, most):
            yield tuple(
                Candidate(row=parse.row, slots=parse.slots, sentence=said, heard=said)
                for said, parse in breath
            )

    def _by_sound(self, hypotheses: Sequence[Hypothesis], rows: frozenset[int]) -> Verdict:
        found = self._nearest.search(hypotheses) if self._nearest else ()
        texts = dict.fromkeys(candidate.heard for candidate in found)
        unfinished = {text: self.matcher.unfinished(text) for text in texts}
        ranked = tuple(c for c in found if c.row in rows and c.row not in unfinished[c.heard])
        if not ranked:
            return Unknown(why="no row says this")
        surest = hypotheses[0].text
        contrary = [self._contraries.in_any((c.heard, surest), c.sentence) for c in ranked]
        ranked = tuple(c for c, word in zip(ranked, contrary, strict=True) if word is None)
        if not ranked:
            return Unknown(why=f"'{contrary[0]}' tells it from the nearest row")
        best, strictness = ranked[0], self._strictness_of(ranked[0])
        if any(hypothesis.outside and hypothesis.text == best.heard for hypothesis in hypotheses):
            strictness *= _OUTSIDE
        near = sorted(ranked, key=lambda candidate: candidate.distance)
        nearest = tuple(candidate for candidate in near if candidate.distance < _NOWHERE_NEAR)
        if best.distance > strictness:
            far = [candidate.distance for candidate in nearest if candidate.distance > strictness]
            why = "no row says this"
            if far:
                why = f"the nearest row is {far[0]:.2f} away, {strictness:.2f} is allowed"
            return Unknown(why=why, nearest=nearest)
        nearest = (best, *(candidate for candidate in nearest if candidate is not best))
        rivals = [rival for rival in ranked[1:] if not self._same((best,), (rival,))]
        rival = min(rivals, key=lambda candidate: candidate.distance, default=None)
        ahead = rival.distance - best.distance if rival else self._margin
        if rival and (
            abs(ahead) < _TIE or best.distance + max(0.0, self._margin - ahead) > strictness
        ):
            why = f"two rows sound alike; only {ahead:.2f} lies between them"
            return Unclear(options=((best,), (rival,)), why=why, nearest=nearest)
        why = f"sounds alike, {best.distance:.2f} away"
        if not self._may_act_by_sound:
            why += ", and no opposites are known in this language"
            return Unclear(options=((best,),), why=why, nearest=nearest)
        return Meant(meaning=(best,), why=why, nearest=nearest)

    def _half_by_sound(
        self, hypotheses: Sequence[Hypothesis], rows: frozenset[int]
    ) -> Verdict | None:
        """Return what a breath means of which one half is word for word, the other by sound.

        None if no half of it is a command.
        """
        failed: Unknown | None = None
        for hypothesis in hypotheses[:_MOST_BREATHS]:
            for cut in cuts(hypothesis.text, self._table.language):
                known = [next(self._meanings(h, rows, MOST_COMMANDS - 1), None) for h in cut]
                if known.count(None) != 1 or self._is_inside_number(hypothesis.text, cut[0]):
                    continue
                text = cut[known.index(None)].strip()
                half = self._by_sound([replace(hypothesis, text=text, lexical="")], rows)
                why = f"word for word, and '{text}' {half.why}"
                match half:
                    case Meant():
                        return replace(half, meaning=_filled(known, half.meaning), why=why)
                    case Unclear(options=(option,)):
                        return replace(half, options=(_filled(known, option),), why=why)
                if failed is None:
                    failed = self._explained(half, text)
                    why = f"the rest is a command, but not '{text}': {failed.why}"
                    failed = replace(failed, why=why)
        return failed

    def _is_inside_number(self, text: str, first: str) -> bool:
        """Whether `text`, cut behind `first`, is cut as in "one hundred" and "one"."""
        words = normaliser(self._table.language)
        readings, border = words.readings(text), len(words.tokens(first))
        before = chain.from_iterable(readings.starts[:border])
        return any(border < reading.end <= readings.end for reading in before)

    def _explained(self, verdict: Unclear | Unknown, text: str) -> Unknown:
        """Return the refusal of `text`, with how far it fits and what was explain_misfit."""
        walk = self.matcher.walk(text) if isinstance(verdict, Unknown) else None
        parts = [verdict.why, *([explain_misfit(walk)] if walk else ())]
        if self.matcher.unfinished(text):
            parts[1:] = ["free text was left out: the rest is a row's own words"]
        return Unknown(why="; ".join(parts), nearest=verdict.nearest)

    def _strictness_of(self, candidate: Candidate) -> float:
        strictness = self._table.rows[candidate.row].strictness
        return self._strictness if strictness is None else strictness

    def _same(self, one: Meaning, other: Meaning) -> bool:
        """Whether both come to the same, be it by different rows."""
        return len(one) == len(other) and all(
            a.means_as(b) or self._effect(a) == self._effect(b)
            for a, b in zip(one, other, strict=True)
        )

    def _effect(self, candidate: Candidate) -> tuple[object, ...]:
        row = self._table.rows[candidate.row]
        sent = tuple(replace(m, expires_s=0.0) for m in messages(row, candidate.slots))
        return sent, row.confirm, row.between, row.days


def _filled(known: Iterable[Meaning | None], meaning: Meaning) -> Meaning:
    """Return the commands of all of `known`, those of `meaning` in the place of None."""
    return tuple(chain.from_iterable(part or meaning for part in known))


def believed(hypotheses: Sequence[Hypothesis]) -> list[Hypothesis]:
    """Return those that the host believes at least half as much as its best."""
    least = _least(hypotheses)
    return [h for h in hypotheses if h.confidence is None or h.confidence >= least]


def _audible(hypotheses: Sequence[Hypothesis]) -> Sequence[Hypothesis]:
    """Return those in which a command may be found by its sound.

    Of a host that has weighed all that may have been said, those that it believes: that it gave
    "next" a twentieth, and "yes" the rest, says that "next" was not said.
    """
    return believed(hypotheses) if _is_accounted(hypotheses) else hypotheses


def _is_accounted(hypotheses: Sequence[Hypothesis]) -> bool:
    return sum(hypothesis.confidence or 0.0 for hypothesis in hypotheses) >= _ACCOUNTED


def _least(hypotheses: Sequence[Hypothesis]) -> float:
    return BELIEVABLE * max((h.confidence or 0.0 for h in hypotheses), default=0.0)


def _is_distribution(hypotheses: Sequence[Hypothesis]) -> bool:
    beliefs = [h.confidence for h in hypotheses if h.confidence is not None]
    return 1 < len(beliefs) == len(hypotheses) and 0 < sum(beliefs) <= 1 + _ROUNDING


def _clearest(ranked: list[tuple[Meaning, float]]) -> Verdict:
    ranked = sorted(ranked, key=lambda entry: -entry[1])
    meaning, belief = ranked[0]
    rivals = [other for other, held in ranked[1:] if held >= RIVAL * belief]
    if rivals:
        return Unclear(options=(meaning, rivals[0]), why="the host heard two commands alike")
    if belief < SURE:
        why = f"the host gives this only {belief:.0%}"
        return Unclear(options=(meaning,), why=why)
    return Meant(meaning=meaning, why="word for word")
