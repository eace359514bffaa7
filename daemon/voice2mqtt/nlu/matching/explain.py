"""How far a refused sentence fits the table, and what the table expects there.

Looks at the states that the exact matcher reached, so the work depends on the sentence and not on
the number of rows. Free text matches everything, so the words it takes do not count as matched.
"""

from collections.abc import Sequence
from heapq import heappop, heappush

from voice2mqtt.nlu.grammar.automaton import START, Automaton, Label, Number, Word
from voice2mqtt.nlu.grammar.messages import spoken_form
from voice2mqtt.nlu.matching.candidate import Candidate, Unknown
from voice2mqtt.nlu.matching.exact import Intersection, LatticeState
from voice2mqtt.nlu.matching.odds import Weighed

_MAX_NAMED = 4
"""Words and slots that a reason names."""
_MAX_NAMED_DISTANCE = 0.8
"""A row this far is not even named: free text took nearly all that was heard."""
_NAMED_SHARE = 0.005
"""A smaller share would read 0 %."""
_MAX_STATES = 8
_MAX_ARCS = 64
_PARTS = {2: " of halves", 10: " of tenths"}
_MAX_QUOTED = 6
"""Words of what matched that a reason quotes."""


def explain_misfit(found: Intersection) -> str:
    """Return why the sentence matches no row, in words for a person."""
    tokens = found.lattice.tokens
    if not tokens:
        return "there are no words in it"
    matched = _matched_words(found)
    best = max(matched, key=lambda state: (matched[state], state[0]))
    refused = _refused_number(found, matched, matched[best])
    if refused:
        return refused
    position = best[0]
    if position == 0:
        return f"no row begins with '{tokens[0].surface}'"
    ends = [s for (p, s), count in matched.items() if (count, p) == (matched[best], position)]
    before = " ".join(token.surface for token in tokens[:position][-_MAX_QUOTED:])
    expected = _expected(found.arcs.automaton, ends[:_MAX_STATES])
    if position == len(tokens):
        return f"after '{before}' {expected}, but nothing more was heard"
    return f"after '{before}' {expected}, but '{tokens[position].surface}' was heard"


def explain_rest(best: Weighed, weighed: Sequence[Weighed]) -> str:
    """Return what speaks for it that something else than `best` was said."""
    if best.near and not best.share:
        return f"{best.strictness:.2f} away: '{best.near.heard}', taken literally"
    others = [one for one in weighed if one is not best and one.share]
    rest = max(0.0, 1 - best.share - sum(one.share for one in others))
    if not others and rest < _NAMED_SHARE:
        return "nothing else was heard"
    shares = [f"'{one.meaning[0].sentence}' {one.share:.0%}" for one in others[:1]]
    return f"of the host's confidence {', '.join([*shares, f'no command {rest:.0%}'])}"


def explain_too_far(near: Sequence[Candidate], strictness: float) -> Unknown:
    """Return the refusal of what sounds like none of `near`, likeliest first."""
    nearest = _nameable(near)
    far = [one.distance for one in nearest if one.distance > strictness]
    why = "no row says this"
    if far:
        why = f"the nearest row is {far[0]:.2f} away, {strictness:.2f} is allowed"
    literal = f"{strictness:.2f} away: '{near[0].heard}', taken literally"
    return Unknown(why=why, nearest=nearest, something_else=literal)


def nearest_of(best: Weighed, weighed: Sequence[Weighed]) -> tuple[Candidate, ...]:
    """Return what sounds alike: `best`, then the others, nearest first."""
    others = _nameable([one.near for one in weighed if one.near and one is not best])
    return (best.near, *others) if best.near else others


def _nameable(near: Sequence[Candidate]) -> tuple[Candidate, ...]:
    named = (one for one in near if one.distance < _MAX_NAMED_DISTANCE)
    return tuple(sorted(named, key=lambda one: one.distance))


def _matched_words(found: Intersection) -> dict[LatticeState, int]:
    """Return how many words match on the best path to each state between two words."""
    end = found.lattice.end
    matched: dict[LatticeState, int] = {}
    heap = [((0, 0), 0, (0, START))]
    while heap:
        # In order of position, so that all paths to a state are known when it is popped. Inside a
        # word that is read as several, the position is that of the word and the depth in it.
        position, free_words, state = heappop(heap)
        if state in matched:
            continue
        matched[state] = position[0] - free_words
        for target, _, taken in found.transitions[state]:
            after = (target[0], 0) if target[0] <= end else (position[0], position[1] + 1)
            heappush(heap, (after, free_words + taken, target))
    return {state: words for state, words in matched.items() if state[0] <= end}


def _refused_number(found: Intersection, matched: dict[LatticeState, int], most: int) -> str:
    """Return why a number that would reach farther than `most` matched words is refused, or ""."""
    reasons: dict[str, None] = {}
    for (position, state), words in matched.items():
        arcs = [arc for arc in found.lattice.arcs[position] if arc.end <= found.lattice.end]
        said = max(((a.end, a.number) for a in arcs if a.number is not None), default=None)
        if said is None or words + said[0] - position <= most:
            continue
        for _, number, _ in found.arcs.slots(state)[:_MAX_ARCS]:
            label = found.arcs.automaton.labels[number]
            if isinstance(label, Number) and label.meaning(said[1]) is None:
                reasons[_why_not(label, said[1])] = None
    return " and ".join(list(reasons)[:2])


def _why_not(label: Number, said: float) -> str:
    spoken = f"{spoken_form(said)} is not"
    if not label.lowest <= said <= label.highest:
        return f"{spoken} between {label.lowest} and {label.highest} {{{label.slot}}}"
    if not label.has_parts(said):
        of_what = _PARTS[label.parts] if label.decimals else ""
        return f"{spoken} a whole number{of_what} {{{label.slot}}}"
    return f"{spoken} one of {label.lowest}, {label.lowest + label.step} … {{{label.slot}}}"


def _expected(automaton: Automaton, states: list[int]) -> str:
    """Return how the sentence may go on from one of `states`."""
    ends = any(automaton.accepts(state) for state in states)
    labels = [
        automaton.labels[number]
        for state in states
        for number, _ in automaton.arcs(state)[:_MAX_ARCS]
    ]
    # Slots first: they tell more than a word that may be optional.
    labels.sort(key=lambda label: isinstance(label, Word))
    names = list(dict.fromkeys(map(_named, labels)))
    further = ["something else"] * (len(names) > _MAX_NAMED)
    goes_on = f"goes on with {_listed([*names[:_MAX_NAMED], *further])}"
    if ends:
        return f"the sentence ends or {goes_on}" if names else "the sentence ends"
    return f"it {goes_on}"


def _named(label: Label) -> str:
    match label:
        case Word():
            return f"'{label.surface}'"
        case Number():
            return f"{{{label.slot}}} ({label.lowest} to {label.highest})"
    return f"{{{label.slot}}}"


def _listed(names: list[str]) -> str:
    return " or ".join([*filter(None, [", ".join(names[:-1])]), names[-1]]) if names else ""
