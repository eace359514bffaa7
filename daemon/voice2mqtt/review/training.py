"""Which sentences a household says to train, and what became of each. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from voice2mqtt.core.decision import Ask, Decision, Fire, SlotValue
from voice2mqtt.nlu.grammar.enumerate import ANYTHING, Sentences
from voice2mqtt.nlu.grammar.messages import spoken_form
from voice2mqtt.nlu.grammar.table import CommandTable
from voice2mqtt.nlu.matching.exact import ExactMatcher, Parse

_FREE = "xyzzy"
"""A word of no language; stands for free text until the slot's name does."""

_Feature = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A sentence to say, and what it means."""

    sentence: str
    row: str
    slots: Mapping[str, SlotValue]
    """Without free text, which may be anything."""

    @property
    def values(self) -> tuple[str, ...]:
        """Return what its slots are filled with, as `room = kitchen`."""
        return tuple(f"{slot} = {spoken_form(value)}" for slot, value in self.slots.items())


class Result(Enum):
    """What became of a sentence that was said."""

    RIGHT = "right"
    REFUSED = "refused"
    ASKED = "asked"
    WRONG = "wrong"
    """Another command, or another value, would have been carried out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A prompt that was said."""

    prompt: Prompt
    result: Result
    heard: str
    decisions: tuple[Decision, ...] = ()
    latency_ms: float | None = None
    """From the end of speech to the decision."""


@dataclass(slots=True)
class Tally:
    """How a row or a value fared."""

    results: dict[Result, int] = field(default_factory=lambda: dict.fromkeys(Result, 0))
    latencies_ms: list[float] = field(default_factory=list)

    def add(self, said: Said) -> None:
        """Count `said`."""
        self.results[said.result] += 1
        if said.latency_ms is not None and said.result is Result.RIGHT:
            self.latencies_ms.append(said.latency_ms)

    def latency_ms(self, percent: int) -> float | None:
        """Return a percentile (nearest rank) of what was right; None without any."""
        ordered = sorted(self.latencies_ms)
        return ordered[-(-len(ordered) * percent // 100) - 1] if ordered else None


def prompt_for(sentence: str, table: CommandTable, matcher: ExactMatcher) -> Prompt | None:
    """Return what `sentence` means by `table`; None if no row says it."""
    parses = matcher.parses(sentence)
    if not parses:
        return None
    row = table.rows[parses[0].row]
    # What free text took is in no list, and may be heard in many ways.
    slots = {slot: value for slot, value in parses[0].slots.items() if value != slot}
    return Prompt(sentence=sentence, row=row.name, slots=slots)


def prompts(
    table: CommandTable, matcher: ExactMatcher, rows: Sequence[str] = ()
) -> tuple[Prompt, ...]:
    """Return few sentences in which each row, list value and slot occurs at least once.

    With `rows`, only of the rows of these names. A row of which every sentence belongs to a row
    before it has none.
    """
    chosen: list[Prompt] = []
    done: set[_Feature] = set()
    for number, row in enumerate(table.rows):
        if rows and row.name not in rows:
            continue
        left = list(_candidates(number, table, matcher))
        while left:
            best = max(left, key=lambda candidate: len(candidate[1] - done))
            left.remove(best)
            if best[1] <= done:
                break
            done |= best[1]
            chosen.append(best[0])
    return tuple(chosen)


def judged(prompt: Prompt, decisions: Sequence[Decision]) -> Result:
    """Return what became of `prompt`, given the decisions on what was heard."""
    if any(isinstance(decision, Ask) for decision in decisions):
        return Result.ASKED
    fired = [decision for decision in decisions if isinstance(decision, Fire)]
    if not fired:
        return Result.REFUSED
    right = len(fired) == 1 and fired[0].row == prompt.row
    same = right and all(fired[0].slots.get(slot) == v for slot, v in prompt.slots.items())
    return Result.RIGHT if same else Result.WRONG


def tallies(all_said: Sequence[Said]) -> tuple[dict[str, Tally], dict[str, Tally]]:
    """Return how each row fared, and each value."""
    rows: dict[str, Tally] = {}
    values: dict[str, Tally] = {}
    for said in all_said:
        rows.setdefault(said.prompt.row, Tally()).add(said)
        for value in said.prompt.values:
            values.setdefault(value, Tally()).add(said)
    return rows, values


def _candidates(
    number: int, table: CommandTable, matcher: ExactMatcher
) -> Iterator[tuple[Prompt, frozenset[_Feature]]]:
    for template in table.rows[number].say:
        for covering in Sentences(template, table.lists, table.rules).cover():
            parses = matcher.parses(covering.replace(ANYTHING, _FREE))
            if not parses or parses[0].row != number:
                continue
            prompt = _prompt(covering, table, parses[0])
            row = prompt.row
            slots = {("slot", row, slot) for slot in parses[0].slots}
            values = {("value", value) for value in prompt.values}
            yield prompt, frozenset({("row", row), *slots, *values})


def _prompt(sentence: str, table: CommandTable, parse: Parse) -> Prompt:
    """Return the prompt; free text that is to be said is the name of its slot."""
    slots = dict(parse.slots)
    for slot in [slot for slot, value in slots.items() if value == _FREE]:
        sentence = sentence.replace(ANYTHING, slot, 1)
        del slots[slot]
    return Prompt(sentence=sentence, row=table.rows[parse.row].name, slots=slots)
