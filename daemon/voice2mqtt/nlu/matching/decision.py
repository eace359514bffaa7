"""From the n-best list to a verdict: what was meant, what may have been meant, or no command.

Nothing here knows about time, wake phrases or consent.

The surest hypothesis that is a command wins, if the confidences of all that mean the same add up to
enough. A hypothesis with less than half the confidence of the best one counts for nothing word for
word; by sound, unlikely hypotheses are searched too, since what was said is often among them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain

from voice2mqtt.core.decision import Reason
from voice2mqtt.core.outcome import Hypothesis
from voice2mqtt.nlu.grammar.automaton import Automaton
from voice2mqtt.nlu.grammar.messages import messages
from voice2mqtt.nlu.grammar.table import CommandTable
from voice2mqtt.nlu.matching.candidate import (
    Candidate,
    Meaning,
    Meant,
    PhoneticSearch,
    Unclear,
    Unknown,
    Verdict,
    first_of_each_sentence,
    joined,
    options_of,
)
from voice2mqtt.nlu.matching.compound import MAX_COMMANDS, commands, splits, splits_number
from voice2mqtt.nlu.matching.contradiction import Contradictions, are_known
from voice2mqtt.nlu.matching.exact import ExactMatcher
from voice2mqtt.nlu.matching.explain import explain_misfit, explain_rest
from voice2mqtt.nlu.matching.respelling import Respellings
from voice2mqtt.nlu.matching.weights import WEIGHTS, Confidence
from voice2mqtt.nlu.text.normaliser import normaliser

MIN_CREDIBLE_SHARE = 0.5
"""Share of the highest confidence below which a hypothesis counts for nothing."""
_COMPLETE_MASS = 0.9
"""Least sum of the confidences of a host that decodes by the table: beside the commands there is
only its unconstrained hypothesis. With less, the hypotheses are a few of the many spellings of the
same by a host without a table."""
_ROUNDING = 0.02
"""Of the sum of a host's confidences"""
_TIE = 0.0001
"""Difference of two distances that counts as none."""
_MAX_NAMED = 3
"""Nearest rows that a reason names."""
_MAX_NAMED_DISTANCE = 0.8
"""A row this far is not even named: free text took nearly all that was heard."""
_MAX_COMPOUND_HYPOTHESES = 3
"""Hypotheses of which a part is searched by sound."""


class Decider:
    """Decides by one table what was meant."""

    def __init__(
        self,
        table: CommandTable,
        automaton: Automaton,
        phonetic: PhoneticSearch | None,
        *,
        strictness: float,
        margin: float,
        thresholds: Confidence = WEIGHTS.confidence,
        contradictions: Contradictions | None = None,
    ) -> None:
        """`thresholds` and `contradictions` are those in use, unless a bench tries others."""
        self.table = table
        self._thresholds = thresholds
        self._phonetic = phonetic
        self._strictness = strictness
        self._margin = margin
        self._contradictions = contradictions or Contradictions(
            table.language, automaton.words(), self._sound_the_same, automaton.skipped
        )
        self._may_act_by_sound = are_known(table.language)
        self.matcher = ExactMatcher(automaton, normaliser(table.language))
        self._respellings = Respellings(table.language, automaton)

    def decide(self, hypotheses: Sequence[Hypothesis], rows: frozenset[int]) -> Verdict:
        """Return what `hypotheses` (best first) mean, among `rows`."""
        verdict = self._word_for_word(hypotheses, rows, min_confidence(hypotheses))
        if isinstance(verdict, Unclear) and len(verdict.options) == 1:
            verdict = self._corroborated(verdict, hypotheses, rows)
        if verdict is None:
            verdict = self._by_sound(searchable(list(map(self.matcher.bare, hypotheses))), rows)
            if isinstance(verdict, Unknown) and self._phonetic and self._phonetic.gave_up:
                why = f"{verdict.why}, though not all that is near was searched"
                verdict = replace(verdict, why=why)
        if isinstance(verdict, Unknown):
            compound = self._compound_by_sound(credible(hypotheses), rows)
            text = hypotheses[0].text if hypotheses else ""
            verdict = compound or self._explained(verdict, text)
        is_open = len(options_of(verdict)) < 2
        return self._respelled(verdict, hypotheses, rows) if is_open else verdict

    def reason(self, verdict: Verdict) -> Reason:
        """Return why `verdict` is so, with the nearest rows."""
        rows, near = self.table.rows, verdict.nearest[:_MAX_NAMED]
        nearest = tuple(one.told(rows[one.row].name, WEIGHTS.sound) for one in near)
        return Reason(text=verdict.why, nearest=nearest, something_else=verdict.something_else)

    def _word_for_word(
        self, hypotheses: Sequence[Hypothesis], rows: frozenset[int], min_confidence: float
    ) -> Verdict | None:
        ranked = self._ranked(hypotheses, rows)
        likely = [(meaning, share) for meaning, share in ranked if share >= min_confidence]
        if not likely:
            return None
        rest = explain_rest(ranked) if len(hypotheses) > 1 else "nothing else was heard"
        verdict = replace(_clearest(likely, self._thresholds), something_else=rest)
        other = self._doubtful_number(verdict, ranked) if isinstance(verdict, Meant) else None
        if isinstance(verdict, Meant) and other:
            why = "the host heard another number too, which sounds much alike"
            options = verdict.meaning, other
            return Unclear(options=options, why=why, something_else=verdict.something_else)
        return verdict

    def _ranked(
        self, hypotheses: Sequence[Hypothesis], rows: frozenset[int]
    ) -> list[tuple[Meaning, float]]:
        """Return what is said word for word, surest first, each meaning with its confidence."""
        ranked: list[tuple[Meaning, float]] = []
        for hypothesis in sorted(hypotheses, key=lambda one: -_confidence(one)):
            forms = (hypothesis.text, hypothesis.lexical)
            meanings = (self._meanings(form, rows, MAX_COMMANDS) for form in forms)
            meaning = next(chain.from_iterable(meanings), None)
            if meaning is None:
                continue
            posterior = _confidence(hypothesis)
            for place, (known, before) in enumerate(ranked):
                if self._same(known, meaning):
                    ranked[place] = known, before + posterior
                    break
            else:
                ranked.append((meaning, posterior))
        return ranked

    def _doubtful_number(
        self, verdict: Meant, ranked: Sequence[tuple[Meaning, float]]
    ) -> Meaning | None:
        """Return the likeliest meaning that differs only in a number that sounds much alike."""
        best = next(posterior for meaning, posterior in ranked if meaning == verdict.meaning)
        alike = self._thresholds.number_rival, self._respellings.are_alike
        teens = self._thresholds.ten_rival, self._respellings.is_teen_of
        rivals = [
            (posterior, meaning)
            for meaning, posterior in ranked
            for least, are_confused in (alike, teens)
            if meaning != verdict.meaning
            and posterior >= least * best
            and are_confused(verdict.meaning, meaning)
        ]
        return max(rivals, key=lambda rival: rival[0])[1] if rivals else None

    def _corroborated(
        self, unsure: Unclear, hypotheses: Sequence[Hypothesis], rows: frozenset[int]
    ) -> Verdict:
        """Return what was meant if the other hypotheses sound like it too, else `unsure`.

        A host without a grammar spreads its confidence over spellings of one sentence.
        """
        meaning = unsure.options[0]
        others = [
            other
            for other in hypotheses
            if not any(self._same(meaning, m) for m in self._meanings(other.text, rows, 1))
        ]
        if not others:
            return Meant(meaning=meaning, why="word for word", something_else=unsure.something_else)
        heard = self._by_sound(others if is_complete(hypotheses) else hypotheses, rows)
        if isinstance(heard, Meant) and self._same(heard.meaning, meaning):
            why = "word for word, and the other readings sound like it"
            return Meant(meaning=meaning, why=why, something_else=unsure.something_else)
        return unsure

    def _respelled(
        self, verdict: Verdict, hypotheses: Sequence[Hypothesis], rows: frozenset[int]
    ) -> Verdict:
        """Return `verdict`, or a question where the same sound is a command with another number.

        Not where the host gave the other command nearly none.
        """
        meant = options_of(verdict)
        texts = {command.heard for meaning in meant for command in meaning}
        considered = [h for h in hypotheses if h.text in texts or h in credible(hypotheses)]
        for hypothesis in considered:
            for respelling in self._respellings.of(hypothesis.lexical or hypothesis.text):
                other = next(self._meanings(respelling.text, rows, MAX_COMMANDS), None)
                alike = (self._same, self._respellings.differ_in_text)
                if other is None or any(same(other, m) for m in meant for same in alike):
                    continue
                free = self.matcher.free_words
                if meant and free(respelling.text) > free(meant[0][0].heard):
                    continue
                ranked = self._ranked(hypotheses, rows)
                best = max((posterior for _, posterior in ranked), default=0.0)
                least = self._thresholds.number_rival * best
                if any(self._same(other, m) and p < least for m, p in ranked):
                    continue
                if meant and len(other) == len(meant[0]) == 1:
                    # The question is about the number; the rest is said in the same words.
                    words = normaliser(self.table.language)
                    said = words.in_digits(meant[0][0].sentence)
                    sentence = self._respellings.applied_to(said, respelling)
                    meant = ((replace(meant[0][0], sentence=said),),)
                    other = (replace(other[0], sentence=sentence),)
                why = f"'{respelling.text}' would sound the same"
                return Unclear(
                    options=(*meant, other),
                    why=why,
                    nearest=verdict.nearest,
                    something_else=verdict.something_else,
                )
        return verdict

    def _meanings(self, text: str, rows: frozenset[int], most: int) -> Iterator[Meaning]:
        """Yield what `text` says word for word: one row, or several in one utterance."""
        for utterance in commands(self.matcher, text, self.table.language, rows, most):
            yield tuple(
                Candidate(row=parse.row, slots=parse.slots, sentence=said, heard=said)
                for said, parse in utterance
            )

    def _by_sound(self, hypotheses: Sequence[Hypothesis], rows: frozenset[int]) -> Verdict:
        found = self._phonetic.search(hypotheses) if self._phonetic else ()
        found = first_of_each_sentence((c for c in found if c.row in rows), self.matcher.normalise)
        unfinished = {text: self.matcher.unfinished(text) for text in {c.heard for c in found}}
        ranked = tuple(c for c in found if c.row not in unfinished[c.heard])
        if not ranked:
            return Unknown(why="no row says this")
        surest = hypotheses[0].text
        against = [self._contradictions.in_any((c.heard, surest), c.sentence) for c in ranked]
        why = f"'{against[0]}' tells it from '{ranked[0].sentence}'"
        ranked = tuple(c for c, word in zip(ranked, against, strict=True) if word is None)
        if not ranked:
            return Unknown(why=why, something_else=f"0.00 away: '{surest}', taken literally")
        best, strictness = ranked[0], self._strictness_of(ranked[0])
        opposite = self._contradictions.left_open(best, (c for c in found if c.row in rows))
        literal = f"{strictness:.2f} away: '{best.heard}', taken literally"
        doubt = "" if self._may_act_by_sound else "no opposites are known in this language"
        if any(hypothesis.outside and hypothesis.text == best.heard for hypothesis in hypotheses):
            # It has compared the audio with the table already.
            doubt = "the host, which knows the table, heard no command"
        verdict = self._nearest(ranked, opposite, strictness, doubt)
        return replace(verdict, something_else=literal)

    def _nearest(
        self,
        ranked: Sequence[Candidate],
        opposite: Candidate | None,
        strictness: float,
        doubt: str,
    ) -> Verdict:
        """Return whether the best of `ranked` is near enough, and ahead of all others.

        With a `doubt`, it is only asked about.
        """
        best = ranked[0]
        near = sorted(ranked, key=lambda candidate: candidate.distance)
        nearest = tuple(candidate for candidate in near if candidate.distance < _MAX_NAMED_DISTANCE)
        if best.distance > strictness:
            far = [candidate.distance for candidate in nearest if candidate.distance > strictness]
            why = "no row says this"
            if far:
                why = f"the nearest row is {far[0]:.2f} away, {strictness:.2f} is allowed"
            return Unknown(why=why, nearest=nearest)
        nearest = (best, *(candidate for candidate in nearest if candidate is not best))
        rivals = [rival for rival in ranked[1:] if not self._same((best,), (rival,))]
        rival = opposite or min(rivals, key=lambda candidate: candidate.distance, default=None)
        ahead = rival.distance - best.distance if rival else self._margin
        if rival and (
            abs(ahead) < _TIE or best.distance + max(0.0, self._margin - ahead) > strictness
        ):
            why = f"two rows sound alike; only {ahead:.2f} lies between them"
            return Unclear(options=((best,), (rival,)), why=why, nearest=nearest)
        why = f"sounds alike, {best.distance:.2f} away"
        if doubt:
            return Unclear(options=((best,),), why=f"{why}, and {doubt}", nearest=nearest)
        return Meant(meaning=(best,), why=why, nearest=nearest)

    def _compound_by_sound(
        self, hypotheses: Sequence[Hypothesis], rows: frozenset[int]
    ) -> Verdict | None:
        """Return what several commands mean of which one is not word for word but sounds alike.

        None if no part of the utterance is a command word for word.
        """
        failed: Unknown | None = None
        for hypothesis in hypotheses[:_MAX_COMPOUND_HYPOTHESES]:
            for parts in splits(hypothesis.text, self.table.language):
                known = [next(self._meanings(p, rows, MAX_COMMANDS - 1), None) for p in parts]
                if known.count(None) != 1 or splits_number(
                    hypothesis.text, parts[0], self.table.language
                ):
                    continue
                text = parts[known.index(None)].strip()
                part = self._by_sound([replace(hypothesis, text=text, lexical="")], rows)
                why = f"word for word, and '{text}' {part.why}"
                match part:
                    case Meant():
                        return replace(part, meaning=joined(known, part.meaning), why=why)
                    case Unclear(options=(option,)):
                        return replace(part, options=(joined(known, option),), why=why)
                if failed is None:
                    failed = self._explained(part, text)
                    why = f"the rest is a command, but not '{text}': {failed.why}"
                    failed = replace(failed, why=why)
        return failed

    def _explained(self, verdict: Unclear | Unknown, text: str) -> Unknown:
        """Return the refusal of `text`: how far it matches and what the table expects there."""
        found = self.matcher.intersect(text) if isinstance(verdict, Unknown) else None
        parts = [verdict.why, *([explain_misfit(found)] if found else ())]
        if self.matcher.unfinished(text):
            parts[1:] = ["free text was left out: the rest is a row's own words"]
        literal = verdict.something_else or f"'{text}', taken literally"
        return Unknown(why="; ".join(parts), nearest=verdict.nearest, something_else=literal)

    def _sound_the_same(self, one: str, other: str) -> bool:
        return self._phonetic is not None and self._phonetic.distance(one, other) == 0

    def _strictness_of(self, candidate: Candidate) -> float:
        strictness = self.table.rows[candidate.row].strictness
        return self._strictness if strictness is None else strictness

    def _same(self, one: Meaning, other: Meaning) -> bool:
        """Return whether both have the same effect, be it by different rows."""
        return len(one) == len(other) and all(
            a.has_same_meaning(b) or self._effect(a) == self._effect(b)
            for a, b in zip(one, other, strict=True)
        )

    def _effect(self, candidate: Candidate) -> tuple[object, ...]:
        row = self.table.rows[candidate.row]
        sent = tuple(replace(m, expires_s=0.0) for m in messages(row, candidate.slots))
        return sent, row.confirm, row.between, row.days


def _clearest(ranked: Sequence[tuple[Meaning, float]], thresholds: Confidence) -> Verdict:
    """Return the first of `ranked`, or a question where it has too little confidence."""
    (meaning, posterior), *others = ranked
    # Two that are more than 1 together are rated each by itself, which only ranks them.
    rest = 1 + _ROUNDING - posterior
    rivals = [other for other, mass in others if thresholds.rival * posterior <= mass <= rest]
    if rivals:
        return Unclear(options=(meaning, rivals[0]), why="the host heard two commands alike")
    if posterior < thresholds.act:
        why = f"the host gives this only {posterior:.0%}"
        return Unclear(options=(meaning,), why=why)
    return Meant(meaning=meaning, why="word for word")


def _confidence(hypothesis: Hypothesis) -> float:
    """Return the confidence of `hypothesis`; a host that tells none is sure."""
    return 1.0 if hypothesis.confidence is None else hypothesis.confidence


def credible(hypotheses: Sequence[Hypothesis]) -> list[Hypothesis]:
    """Return those with at least half the confidence of the best one."""
    least = min_confidence(hypotheses)
    return [h for h in hypotheses if h.confidence is None or h.confidence >= least]


def searchable(hypotheses: Sequence[Hypothesis]) -> Sequence[Hypothesis]:
    """Return those in which a command may be found by sound.

    Of a host that decodes by the table only the credible ones: if it gives "next" 0.05 and "yes"
    the rest, "next" was not said.
    """
    return credible(hypotheses) if is_complete(hypotheses) else hypotheses


def is_complete(hypotheses: Sequence[Hypothesis]) -> bool:
    """Return whether the host has shared nearly all of its confidence among `hypotheses`."""
    return sum(hypothesis.confidence or 0.0 for hypothesis in hypotheses) >= _COMPLETE_MASS


def min_confidence(hypotheses: Sequence[Hypothesis]) -> float:
    """Return the least confidence with which a hypothesis counts word for word."""
    return MIN_CREDIBLE_SHARE * max((h.confidence or 0.0 for h in hypotheses), default=0.0)
