"""How a row would have to be written to accept what was heard in place of one of its sentences.

Heard "turn on the kitten light" for "turn on the kitchen light", the slot {room} is heard as
"kitten": the list's value gets another word, and the row stays as it is. Heard "turn on the kitchen
lied", the row gets `also_heard_as: turn {switch} the {room} lied`, which holds for every room.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from voice2mqtt.core.decision import SlotValue
from voice2mqtt.core.ports import Pronouncer
from voice2mqtt.errors import UserFacingError
from voice2mqtt.nlu.grammar.automaton import START, Automaton
from voice2mqtt.nlu.grammar.compiler import escape
from voice2mqtt.nlu.grammar.table import CommandTable, RangeList, Row, TextList, WildcardList
from voice2mqtt.nlu.grammar.template import SlotReference, parse, slot_references
from voice2mqtt.nlu.matching.exact import ExactMatcher, Intersection, LatticeState
from voice2mqtt.nlu.matching.phonetic.alignment import alignment_view
from voice2mqtt.nlu.text.normaliser import Normaliser


class NoAliasError(UserFacingError):
    """What was heard cannot be another way to say the sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWord:
    """A further way to say one value of a list."""

    list_name: str
    value: int
    """Its position in the list."""
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """What the table has to be given, so that a row accepts what was heard."""

    row: int
    sentence: str
    """The sentence that was meant."""
    template: str
    """For `also_heard_as`; "" if the row's own templates do."""
    words: tuple[NewWord, ...]


@dataclass(frozen=True, slots=True)
class _Span:
    """Words `begin` to `end` of a sentence, and the slot that they fill."""

    begin: int
    end: int
    slot: str = ""
    value: SlotValue = ""


class AliasFinder:
    """Finds aliases for one table. Not thread-safe, as its pronouncer is not."""

    def __init__(
        self,
        table: CommandTable,
        automaton: Automaton,
        normaliser: Normaliser,
        pronouncer: Pronouncer,
    ) -> None:
        self._table = table
        self._matcher = ExactMatcher(automaton, normaliser)
        self._normaliser = normaliser
        self._pronouncer = pronouncer

    def alias(self, heard: str, sentence: str) -> Alias:
        """Return how `heard` is accepted for `sentence`, which is one of the table's.

        Raises:
            NoAliasError: there is no such sentence, or `heard` has other values than words can
                stand for: a number was misheard.
        """
        found = self._matcher.intersect(sentence)
        parses = self._matcher.parses(sentence)
        if found is None or not parses:
            raise NoAliasError(f"'{sentence}' is no sentence of the table")
        number = parses[0].row
        row = self._table.rows[number]
        words: list[NewWord] = []
        parts: list[str] = []
        changed = False
        for span, said, heard_part in self._aligned(heard, sentence, _spans(found, number)):
            same = self._keys(said) == self._keys(heard_part)
            if not span.slot:
                changed |= not same
                parts.append(escape(heard_part))
                continue
            reference = _reference(row, span.slot, self._table)
            parts.append(_written(reference))
            if not same:
                words += self._new_words(reference, span, heard_part)
        template = " ".join(filter(None, parts)) if changed else ""
        return Alias(row=number, sentence=sentence, template=template, words=tuple(words))

    def _keys(self, words: str) -> list[str]:
        return self._normaliser.keys(self._normaliser.in_digits(words))

    def _aligned(
        self, heard: str, sentence: str, spans: Sequence[_Span]
    ) -> Iterator[tuple[_Span, str, str]]:
        """Yield each span with its words and those heard for them.

        Where sounds run over the edge of a slot, the slot takes them.
        """
        matches = alignment_view(heard, sentence, self._normaliser, self._pronouncer)
        said: list[str] = []
        other: list[str] = []
        groups: list[list[_Span]] = []
        position = 0
        for match in matches:
            begin, position = position, position + len(match.said.split())
            touched = [s for s in spans if s.begin < position and begin < s.end]
            joins = bool(groups) and (not touched or touched[0] in groups[-1])
            if joins and (touched or not match.said):
                groups[-1] += [span for span in touched if span not in groups[-1]]
                said[-1] += f" {match.said}"
                other[-1] += f" {match.heard}"
            else:
                groups.append(touched)
                said.append(match.said)
                other.append(match.heard)
        for touched, words, heard_words in zip(groups, said, other, strict=True):
            slots = [span for span in touched if span.slot]
            if len(slots) > 1:
                raise NoAliasError(
                    f"'{heard_words.strip()}' was heard for {' and '.join(s.slot for s in slots)} "
                    "together; say them apart"
                )
            span = slots[0] if slots else _Span(0, 0)
            yield span, " ".join(words.split()), " ".join(heard_words.split())

    def _new_words(self, reference: SlotReference, span: _Span, heard: str) -> list[NewWord]:
        source = reference.source
        values = self._table.lists[source] if isinstance(source, str) else source
        if isinstance(values, WildcardList):
            return []
        if not isinstance(values, TextList) or not isinstance(source, str):
            raise NoAliasError(
                f"the number {span.value} was heard as '{heard}', and an alias stands for no number"
            )
        if not heard:
            raise NoAliasError(f"nothing was heard of {{{span.slot}}}")
        meant = [n for n, value in enumerate(values.values) if value.out == span.value]
        return [NewWord(list_name=source, value=meant[0], words=heard)]


def _spans(found: Intersection, row: int) -> list[_Span]:
    """Return the words and slots of the first path of `row`, from left to right."""
    path: list[_Span] = []
    dead: set[LatticeState] = set()

    def walk(state: LatticeState, word: int) -> bool:
        if state[0] == found.lattice.end and row in found.arcs.automaton.accepts(state[1]):
            return True
        if state in dead:
            return False
        for target, fill, _ in found.transitions[state]:
            # Inside a word that is read as several, the next word is still the same.
            end = target[0] if target[0] <= found.lattice.end else word
            path.append(_Span(word, end, *fill) if fill else _Span(word, end))
            if walk(target, end):
                return True
            path.pop()
        dead.add(state)
        return False

    walk((0, START), 0)
    return path


def _reference(row: Row, slot: str, table: CommandTable) -> SlotReference:
    """Return how `row` refers to the list of `slot`."""
    for template in (*row.say, *row.also_heard_as):
        for reference in slot_references(parse(template), table.rules):
            if reference.slot == slot:
                return reference
    raise AssertionError(slot)


def _written(reference: SlotReference) -> str:
    """Return the template of a slot."""
    source = reference.source
    if isinstance(source, RangeList):
        step = f",{source.step}" if source.step != 1 else ""
        return f"{{{source.lowest}..{source.highest}{step}:{reference.slot}}}"
    return f"{{{source}}}" if source == reference.slot else f"{{{source}:{reference.slot}}}"
