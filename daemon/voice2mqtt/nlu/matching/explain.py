"""How far a refused sentence fits the table, and what the table expects there.

Looks at the spots that the exact matcher reached, so the work depends on the sentence and not on
the number of rows. Free text fits everything; what it swallowed does not count as fitting.
"""

from heapq import heappop, heappush

from voice2mqtt.nlu.grammar.automaton import START, Automaton, Label, Number, Word
from voice2mqtt.nlu.grammar.messages import spoken_form
from voice2mqtt.nlu.matching.exact import LatticeState, Walk, has_parts, meaning

_MOST_NAMED = 4
"""Words and slots with which it could go on."""
_MOST_STATES = 8
_MOST_ARCS = 64
_PARTS = {2: " of halves", 10: " of tenths"}
_MOST_BEFORE = 6
"""Words that are quoted of what fits."""


def explain_misfit(walk: Walk) -> str:
    """Return what kept the words of `walk` from being a row, as a person would say it."""
    tokens = walk.readings.tokens
    if not tokens:
        return "there are no words in it"
    reached = _reached(walk)
    best = max(reached, key=lambda spot: (reached[spot], spot[0]))
    misfit = _misfit(walk, reached, reached[best])
    if misfit:
        return misfit
    position = best[0]
    if position == 0:
        return f"no row begins with '{tokens[0].surface}'"
    ends = [s for (p, s), fit in reached.items() if (fit, p) == (reached[best], position)]
    before = " ".join(token.surface for token in tokens[:position][-_MOST_BEFORE:])
    expected = _expected(walk.steps.automaton, ends[:_MOST_STATES])
    if position == len(tokens):
        return f"after '{before}' {expected}, but nothing more was heard"
    return f"after '{before}' {expected}, but '{tokens[position].surface}' was heard"


def _reached(walk: Walk) -> dict[LatticeState, int]:
    """Return how many words fit on the best way to each spot between two words."""
    end = walk.readings.end
    fit: dict[LatticeState, int] = {}
    waiting = [((0, 0), 0, (0, START))]
    while waiting:
        # By place, so that all ways to a spot are known when it is its turn. Inside a word that
        # is read as several, a place is the word's own and how deep inside it.
        place, misses, spot = heappop(waiting)
        if spot in fit:
            continue
        fit[spot] = place[0] - misses
        for then, _, free in walk.ways[spot]:
            after = (then[0], 0) if then[0] <= end else (place[0], place[1] + 1)
            heappush(waiting, (after, misses + free, then))
    return {spot: words for spot, words in fit.items() if spot[0] <= end}


def _misfit(walk: Walk, reached: dict[LatticeState, int], most: int) -> str:
    """Return why the number that goes farther than all that fits is not taken; "" for none."""
    found: dict[str, None] = {}
    for (position, state), fit in reached.items():
        said = max(
            ((r.end, r.number) for r in walk.readings.starts[position] if r.number is not None),
            default=None,
        )
        if said is None or fit + said[0] - position <= most:
            continue
        for _, number, _ in walk.steps.slots(state)[:_MOST_ARCS]:
            label = walk.steps.automaton.labels[number]
            if isinstance(label, Number) and meaning(label, said[1]) is None:
                found[_why_not(label, said[1])] = None
    return " and ".join(list(found)[:2])


def _why_not(label: Number, said: float) -> str:
    spoken = f"{spoken_form(said)} is not"
    if not label.lowest <= said <= label.highest:
        return f"{spoken} between {label.lowest} and {label.highest} {{{label.slot}}}"
    if not has_parts(label, said):
        of_what = _PARTS[label.parts] if label.decimals else ""
        return f"{spoken} a whole number{of_what} {{{label.slot}}}"
    return f"{spoken} one of {label.lowest}, {label.lowest + label.step} … {{{label.slot}}}"


def _expected(automaton: Automaton, states: list[int]) -> str:
    """Return how the sentence may go on in one of `states`."""
    ends = any(automaton.accepts(state) for state in states)
    labels = [
        automaton.labels[number]
        for state in states
        for number, _ in automaton.arcs(state)[:_MOST_ARCS]
    ]
    # What fills a slot says more than a word that may be left out.
    labels.sort(key=lambda label: isinstance(label, Word))
    names = list(dict.fromkeys(map(_named, labels)))
    further = ["something else"] * (len(names) > _MOST_NAMED)
    goes_on = f"goes on with {_listed([*names[:_MOST_NAMED], *further])}"
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
