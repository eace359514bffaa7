"""From the n-best list to a verdict: what was meant, what may have been meant, or no command.

Nothing here knows about time, wake phrases or consent.

`odds.py` states how the evidence is weighed. What the surest hypothesis says word for word comes
first; the table is searched by sound only where that is not enough, since it takes ten times as
long. Unlikely hypotheses are searched too: what was said is often among them.
"""

import math
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
from voice2mqtt.nlu.matching.explain import (
    explain_misfit,
    explain_rest,
    explain_too_far,
    nearest_of,
)
from voice2mqtt.nlu.matching.odds import (
    Weighed,
    believed,
    credible,
    least_share,
    searchable,
    shares,
)
from voice2mqtt.nlu.matching.respelling import Respellings
from voice2mqtt.nlu.matching.weights import WEIGHTS, Thresholds
from voice2mqtt.nlu.text.normaliser import normaliser

_TIE_NATS = 0.02
"""Difference that counts as none."""
_MAX_NAMED = 3
"""Nearest rows that a reason names."""
_MAX_COMPOUND_HYPOTHESES = 3
"""Hypotheses of which a part is searched by sound."""
_NOTHING = Unknown(why="no row says this")


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
        thresholds: Thresholds = WEIGHTS.thresholds,
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
        said = self._said(hypotheses, rows)
        verdict = self._judged(said)
        if not isinstance(verdict, Meant) and len(options_of(verdict)) < 2:
            # Of what is credible it is evidence how it was heard openly, however unlikely that is.
            heard = hypotheses
            if any(one.is_credible for one in said):
                heard = [one for one in hypotheses if not one.within]
            bare = list(map(self.matcher.bare, searchable(heard, self._thresholds)))
            verdict = self._judged(*self._sounding(bare, rows, said))
            if isinstance(verdict, Unknown) and self._phonetic and self._phonetic.gave_up:
                why = f"{verdict.why}, though not all that is near was searched"
                verdict = replace(verdict, why=why)
        if isinstance(verdict, Unknown):
            compound = self._compound_by_sound(credible(hypotheses), rows)
            text = hypotheses[0].text if hypotheses else ""
            verdict = compound or self._explained(verdict, text)
        is_open = len(options_of(verdict)) < 2
        return self._respelled(verdict, said, hypotheses, rows) if is_open else verdict

    def reason(self, verdict: Verdict) -> Reason:
        """Return why `verdict` is so, with the nearest rows."""
        rows, near = self.table.rows, verdict.nearest[:_MAX_NAMED]
        nearest = tuple(one.told(rows[one.row].name, WEIGHTS.sound) for one in near)
        return Reason(text=verdict.why, nearest=nearest, something_else=verdict.something_else)

    def _said(self, hypotheses: Sequence[Hypothesis], rows: frozenset[int]) -> list[Weighed]:
        """Return what is said word for word, that of the surest hypothesis first."""
        said: list[Weighed] = []
        known = shares(hypotheses)
        surest = sorted(zip(known, hypotheses, strict=True), key=lambda one: -one[0])
        for share, hypothesis in surest:
            forms = (hypothesis.text, hypothesis.lexical)
            meanings = (self._meanings(form, rows, MAX_COMMANDS) for form in forms)
            meaning = next(chain.from_iterable(meanings), None)
            if meaning is None:
                continue
            for place, one in enumerate(said):
                if self._same(one.meaning, meaning):
                    said[place] = replace(one, share=one.share + share)
                    break
            else:
                said.append(Weighed(meaning=meaning, share=share))
        return believed(said, least_share(known, self._thresholds.credible))

    def _sounding(
        self,
        hypotheses: Sequence[Hypothesis],
        rows: frozenset[int],
        said: Sequence[Weighed] = (),
    ) -> tuple[list[Weighed], Unknown]:
        """Return `said` and what sounds alike, likeliest first; and the refusal of it."""
        found = self._phonetic.search(hypotheses) if self._phonetic and hypotheses else ()
        found = first_of_each_sentence((c for c in found if c.row in rows), self.matcher.normalise)
        unfinished = {text: self.matcher.unfinished(text) for text in {c.heard for c in found}}
        finished = [c for c in found if c.row not in unfinished[c.heard]]
        if not finished:
            return list(said), _NOTHING
        surest = hypotheses[0].text
        against = [self._contradictions.in_any((c.heard, surest), c.sentence) for c in finished]
        near = [c for c, word in zip(finished, against, strict=True) if word is None]
        if not near:
            why = f"'{against[0]}' tells it from '{finished[0].sentence}'"
            literal = f"0.00 away: '{surest}', taken literally"
            return list(said), Unknown(why=why, something_else=literal)
        strictness = self._strictness_of(near[0])
        opposite = self._contradictions.left_open(near[0], found)
        outside = {hypothesis.text for hypothesis in hypotheses if hypothesis.outside}
        weighed = list(said)
        for candidate in (near[0], *([opposite] if opposite else ()), *near[1:]):
            self._add_sound(weighed, candidate, candidate.heard in outside)
        return weighed, explain_too_far(near, strictness)

    def _add_sound(self, weighed: list[Weighed], candidate: Candidate, outside: bool) -> None:
        """Add to `weighed` that `candidate` sounds like what was heard.

        Args:
            weighed: what is known, likeliest first.
            candidate: what sounds alike.
            outside: whether a host that knows the table heard it and found no command.
        """
        doubt = "" if self._may_act_by_sound else "no opposites are known in this language"
        doubt = "the host, which knows the table, heard no command" if outside else doubt
        strictness = self._strictness_of(candidate)
        for place, known in enumerate(weighed):
            if self._same(known.meaning, (candidate,)):
                if not doubt and not known.near:
                    weighed[place] = replace(known, near=candidate, strictness=strictness)
                return
        one = Weighed(meaning=(candidate,), near=candidate, strictness=strictness, doubt=doubt)
        weighed.append(one)

    def _judged(self, weighed: Sequence[Weighed], unknown: Unknown | None = None) -> Verdict:
        """Return what the evidence says of `weighed`, likeliest first; else `unknown`."""
        best = next((one for one in weighed if one.near or one.is_credible), None)
        odds = best.odds(self._thresholds) if best else -math.inf
        if best is None or odds < self._thresholds.ask:
            return unknown or _NOTHING
        nearest = () if best.share else nearest_of(best, weighed)
        literal = explain_rest(best, weighed)
        if rival := self._rival(best, weighed):
            return Unclear(
                options=(best.meaning, rival.meaning),
                why=self._why_unclear(best, rival),
                nearest=nearest,
                something_else=literal,
            )
        why = best.why(self._thresholds)
        if best.doubt or odds < 0:
            return Unclear(
                options=(best.meaning,), why=why, nearest=nearest, something_else=literal
            )
        return Meant(meaning=best.meaning, why=why, nearest=nearest, something_else=literal)

    def _rival(self, best: Weighed, weighed: Sequence[Weighed]) -> Weighed | None:
        """Return the nearest other meaning, if what is missing of the margin is more than L."""
        odds, rivals = best.odds(self._thresholds), []
        for other in weighed:
            ahead = odds - other.odds(self._thresholds)
            missing = max(0.0, self._margin_nats(best, other) - ahead)
            if other is not best and (abs(ahead) < _TIE_NATS or max(0.0, odds) < missing):
                rivals.append((ahead, other))
        return min(rivals, key=lambda one: one[0])[1] if rivals else None

    def _margin_nats(self, best: Weighed, other: Weighed) -> float:
        """Return by how much `best` should be likelier than `other`."""
        if not best.share or not other.share:
            return self._thresholds.slope * self._margin
        return -math.log(self._rival_ratio(best, other))

    def _rival_ratio(self, best: Weighed, other: Weighed) -> float:
        """Return from which share on `other` casts doubt: numbers that sound alike soon do."""
        if self._respellings.are_alike(best.meaning, other.meaning):
            return self._thresholds.number_rival
        if self._respellings.is_teen_of(best.meaning, other.meaning):
            return self._thresholds.ten_rival
        return self._thresholds.rival

    def _why_unclear(self, best: Weighed, rival: Weighed) -> str:
        if best.near and rival.near and not best.share:
            ahead = rival.near.distance - best.near.distance
            return f"two rows sound alike; only {ahead:.2f} lies between them"
        if self._rival_ratio(best, rival) < self._thresholds.rival:
            return "the host heard another number too, which sounds much alike"
        return "the host heard two commands alike"

    def _respelled(
        self,
        verdict: Verdict,
        said: Sequence[Weighed],
        hypotheses: Sequence[Hypothesis],
        rows: frozenset[int],
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
                best = max((one.share for one in said), default=0.0)
                least = self._thresholds.number_rival * best
                if any(self._same(other, one.meaning) and one.share < least for one in said):
                    continue
                if meant and len(other) == len(meant[0]) == 1:
                    # The question is about the number; the rest is said in the same words.
                    words = normaliser(self.table.language)
                    written = words.in_digits(meant[0][0].sentence)
                    sentence = self._respellings.applied_to(written, respelling)
                    meant = ((replace(meant[0][0], sentence=written),),)
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
                heard = [replace(hypothesis, text=text, lexical="")]
                part = self._judged(*self._sounding(heard, rows))
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
