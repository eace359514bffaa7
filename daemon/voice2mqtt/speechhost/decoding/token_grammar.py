"""The compiled grammar as an automaton of the model's tokens: which tokens may follow which.

The word automaton has a nested automaton for each list (a recursive transition network: Woods,
1970), so a position in it is a state and the positions to return to. At each boundary between two
words a trie of token strings holds every spelling of every word that may come next; the end of a
spelling leads on to the next boundary. A word may be hyphenated to the one before ("12-ounce") or
be followed by a comma or full stop; the sentence may end in ". ? !", or go on with a conjunction
("and") and a second sentence.

Several spellings may share a beginning, so a `State` is a set of trie nodes closed under epsilon
arcs: the textbook subset construction, done lazily, since most of the automaton is never visited.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

import numpy as np
import numpy.typing as npt

from voice2mqtt.nlu.grammar.automaton import START, Automaton, Choice, Number, Wildcard, Word
from voice2mqtt.speechhost.decoding.tokenizer import Tokenizer
from voice2mqtt.speechhost.decoding.verbaliser import (
    DIGITS,
    fraction_spellings,
    is_singular,
    letters_spelling,
    number_spellings,
    one_spelling,
    part_spellings,
    word_spellings,
)

_PAUSE_MARKS = (",", ".")
"""What the model writes after a word when the speaker pauses."""
_FINAL_MARKS = (".", "?", "!")
_MANY_ARCS = 50
"""Boundaries with at least so many words or numbers to follow are built beforehand. Set by hand."""
_MAX_DIGITS = 6


@dataclass(frozen=True, slots=True)
class _Position:
    """A position between two words: a state, and where to go on after a nested automaton."""

    automaton: Automaton
    state: int
    return_to: _Position | None = None
    is_second: bool = False
    """Whether it is in the second of two sentences."""

    def may_end(self) -> bool:
        """Return whether the sentence may end here."""
        if not self.automaton.accepts(self.state):
            return False
        return self.return_to is None or self.return_to.may_end()

    def arcs(self, unit_of: str = "") -> Iterator[tuple[Word | Number | Wildcard, _Position]]:
        """Yield what may be said next and where that leads; only values of the slot `unit_of`."""
        for index, target in self.automaton.arcs(self.state):
            label = self.automaton.labels[index]
            if unit_of and not (isinstance(label, Choice) and label.slot == unit_of):
                continue
            position = _Position(self.automaton, target, self.return_to, self.is_second)
            if isinstance(label, Choice):
                yield from _Position(label.spoken, START, position, self.is_second).arcs()
            else:
                yield label, position
        if self.return_to is not None and self.automaton.accepts(self.state) and not unit_of:
            yield from self.return_to.arcs()


@dataclass(frozen=True, slots=True)
class _Boundary:
    """A position, and how the next word is written there."""

    position: _Position
    joined: bool = False
    """Whether the next word is written without a space before it."""
    after_word: bool = True
    """Whether a hyphen or a mark may stand here: not at the start, nor after a comma."""
    after_mark: bool = False
    """Whether a comma or a full stop stands before it."""
    duration: str = ""
    """If the number of a duration stands before it, the slot of it."""
    needs_unit: bool = False
    """Whether the unit of that number must follow. The "ten" of "one hour ten" follows at once:
    after a pause, any noise would make such a number."""
    plural: bool = False
    """Whether that number is not one."""

    def forbids(self, label: Word | Number | Wildcard) -> bool:
        """Return whether no sentence ends with `label` here.

        There is "a 90-second timer" and "a 90 second timer", but none "for 90-second".
        """
        singular = self.plural and isinstance(label, Word) and is_singular(label)
        return bool(self.duration) and (self.joined or singular)


@dataclass(slots=True, eq=False)
class _Node:
    """A node of a trie of spellings."""

    arcs: dict[int, _Node] = field(default_factory=dict)
    word_ends: list[_Boundary] = field(default_factory=list)
    """Boundaries behind the spellings that end here."""
    is_end: bool = False
    epsilon: list[_Node] = field(default_factory=list)
    """Nodes that are reached from here without a token."""
    wildcard: _Boundary | None = None
    """If set, any token may follow; it stays here or goes on at this boundary."""
    starts_second: bool = False
    """Whether the first token of a second sentence leads here."""


@dataclass(slots=True, eq=False)
class State:
    """A state of the token automaton."""

    nodes: tuple[_Node, ...]
    is_end: bool
    """Whether the sentence may end here."""
    wildcard: bool
    """Whether any token may follow."""
    tokens: npt.NDArray[np.int64]
    """Tokens that may follow, unless `wildcard`; sorted."""
    second_starts: frozenset[int]
    """Those of them that can only begin a second sentence."""


class TokenGrammar:
    """An automaton of tokens, built while it is walked; any thread may walk it."""

    def __init__(
        self, automaton: Automaton, tokenizer: Tokenizer, conjunction: Automaton | None = None
    ) -> None:
        """With a `conjunction` between them, two sentences may be said."""
        self._automaton = automaton
        self._tokenizer = tokenizer
        second = _Position(automaton, START, is_second=True)
        self._conjunction = _Position(conjunction, START, second) if conjunction else None
        self._pause_marks = [tokenizer.number(mark) for mark in _PAUSE_MARKS]
        self._final_marks = [tokenizer.number(mark) for mark in _FINAL_MARKS]
        self._hyphen = tokenizer.number("-")
        self._tries: dict[_Boundary, _Node] = {}
        self._states: dict[frozenset[_Node], State] = {}
        self._next: dict[tuple[State, int], State] = {}
        start = _Boundary(_Position(automaton, START), after_word=False)
        self.start = self._state([self._trie(start)])

    def prepare(self) -> None:
        """Build beforehand the tries that take long: those of many words or numbers."""
        automaton = self._automaton
        for state in range(len(automaton.offsets) - 1):
            labels = [automaton.labels[index] for index, _ in automaton.arcs(state)]
            numbers = (label for label in labels if isinstance(label, Number))
            if len(labels) + sum(len(number_spellings(number)) for number in numbers) >= _MANY_ARCS:
                position = _Position(automaton, state)
                self._trie(_Boundary(position))
                self._trie(_Boundary(position, joined=True))
                self._trie(_Boundary(position, after_word=False))

    def follow(self, state: State, token: int) -> State:
        """Return the state after `token`, one of those that may follow `state`."""
        found = self._next.get((state, token))
        if found is None:
            nodes = [node.arcs[token] for node in state.nodes if token in node.arcs]
            for node in state.nodes:
                if node.wildcard is not None:
                    nodes += [node, self._trie(node.wildcard)]
            found = self._next[state, token] = self._state(nodes)
        return found

    def _state(self, nodes: Sequence[_Node]) -> State:
        """Return the state of the epsilon closure of `nodes`."""
        closure: dict[_Node, None] = {}
        waiting = list(nodes)
        while waiting:
            node = waiting.pop()
            if node not in closure:
                closure[node] = None
                waiting += [*node.epsilon, *(self._trie(end) for end in node.word_ends)]
        key = frozenset(closure)
        if key not in self._states:
            self._states[key] = State(
                nodes=tuple(closure),
                is_end=any(node.is_end for node in closure),
                wildcard=any(node.wildcard is not None for node in closure),
                tokens=np.array(sorted({t for node in closure for t in node.arcs}), np.int64),
                second_starts=frozenset(
                    token
                    for node in closure
                    for token, child in node.arcs.items()
                    if child.starts_second
                    and all(n.arcs.get(token, child).starts_second for n in closure)
                ),
            )
        return self._states[key]

    def _trie(self, boundary: _Boundary) -> _Node:
        if boundary not in self._tries:
            root, here = _Node(), boundary.position
            for label, position in here.arcs(boundary.duration if boundary.needs_unit else ""):
                if boundary.forbids(label) and position.may_end():
                    continue
                starts_second = position.is_second and not here.is_second
                # Free text that begins a second sentence would take anything behind an "and".
                if not (starts_second and isinstance(label, Wildcard)):
                    self._add_label(root, boundary, label, position, starts_second=starts_second)
            if boundary.after_word and not boundary.joined and not boundary.needs_unit:
                self._add_conjunction(root, here)
                self._add_punctuation(root, boundary)
            # Stored only when complete, since several threads may walk one grammar.
            self._tries[boundary] = root
        return self._tries[boundary]

    def _add_conjunction(self, root: _Node, position: _Position) -> None:
        """Add the words that lead on to a second sentence.

        As written inside a sentence only: other spellings would crowd out what ends the first.
        """
        if self._conjunction and not position.is_second and position.may_end():
            for label, after in self._conjunction.arcs():
                if isinstance(label, Word):
                    self._add_spelling(root, (label.surface,), _Boundary(after))

    def _add_punctuation(self, root: _Node, boundary: _Boundary) -> None:
        position, slot = boundary.position, boundary.duration
        joined = _Boundary(position, joined=True, duration=slot, needs_unit=bool(slot))
        pause = _Node(word_ends=[_Boundary(position, after_word=False, after_mark=True)])
        root.arcs[self._hyphen] = _Node(word_ends=[joined])
        for mark in self._pause_marks:
            root.arcs[mark] = pause
        if position.may_end():
            root.is_end = True
            for mark in self._final_marks:
                after = root.arcs.setdefault(mark, _Node())
                after.is_end = True

    def _add_label(
        self,
        root: _Node,
        boundary: _Boundary,
        label: Word | Number | Wildcard,
        position: _Position,
        *,
        starts_second: bool,
    ) -> None:
        """Add all spellings of `label`, which leads from `boundary` to `position`."""
        known = set(root.arcs)
        end = _Boundary(position)
        match label:
            case Word():
                for spelling in word_spellings(label):
                    self._add_spelling(root, (spelling,), end, joined=boundary.joined)
                if len(label.key) == 1:
                    self._add_letters(root, label.key, position)
                if label.key == "%" and boundary.after_word:
                    self._add_percent_sign(root, position)
            case Number():
                slot = label.slot if label.total else ""
                paused = bool(slot) and boundary.after_mark
                end = _Boundary(position, duration=slot, needs_unit=paused)
                self._add_number(root, label, end, joined=boundary.joined)
                self._add_article(root, label, position)
            case Wildcard():
                root.epsilon.append(_Node(wildcard=end))
        if starts_second:
            first = [root.arcs[token] for token in root.arcs.keys() - known]
            for node in chain(first, *(inner.arcs.values() for inner in root.epsilon)):
                node.starts_second = True

    def _add_spelling(
        self, root: _Node, words: Sequence[str], end: _Boundary, *, joined: bool = False
    ) -> _Node:
        """Add a path of the tokens of `words` from `root` to `end`; return its last node."""
        node = root
        for index, word in enumerate(words):
            begins_word = index > 0 or not joined
            for token in self._tokenizer.encode(word, begins_word=begins_word):
                node = node.arcs.setdefault(token, _Node())
        if end not in node.word_ends:
            node.word_ends.append(end)
        return node

    def _add_letters(self, root: _Node, letters: str, position: _Position) -> None:
        """Add single letters said in a row, which are written as one word: TV."""
        for label, after in position.arcs():
            if isinstance(label, Word) and len(label.key) == 1 and not label.key.isdigit():
                spelling = letters_spelling(letters + label.key)
                self._add_spelling(root, (spelling,), _Boundary(after))
                self._add_letters(root, letters + label.key, after)

    def _add_percent_sign(self, root: _Node, position: _Position) -> None:
        """Add the sign that follows a number without a space."""
        self._add_spelling(root, ("%",), _Boundary(position), joined=True)
        if position.may_end():
            root.arcs[self._tokenizer.number("%.")] = _Node(is_end=True)

    def _add_number(self, root: _Node, number: Number, end: _Boundary, *, joined: bool) -> None:
        spellings = number_spellings(number)
        parts = self._parts(number, end.position)
        several = replace(end, plural=True)
        one = number_spellings(replace(number, lowest=1, highest=1))
        for words in spellings:
            end_of = end if words in one else several
            self._add_spelling(root, words, end_of, joined=joined).epsilon.append(parts)
        for words in fraction_spellings(number):
            self._add_spelling(root, words, end, joined=joined)
        if not spellings or number.decimals:
            root.epsilon.append(self._any_digits(number, several))

    def _add_article(self, root: _Node, number: Number, position: _Position) -> None:
        """Add a unit with its article: "an hour", "an hour and a half"."""
        for unit, after in position.arcs():
            if isinstance(unit, Word) and (words := one_spelling(number, unit)):
                for part in ((), *part_spellings(number)):
                    self._add_spelling(root, (*words, *part), _Boundary(after))

    def _parts(self, number: Number, position: _Position) -> _Node:
        """Return a trie of what adds a part to `number`: "and a half", "hours and a half".

        As with decimals, the range is checked when the sentence is parsed.
        """
        root = _Node()
        for part in part_spellings(number):
            self._add_spelling(root, part, _Boundary(position))
            for unit, after in position.arcs():
                if isinstance(unit, Word):
                    self._add_spelling(root, (unit.surface, *part), _Boundary(after))
        return root

    def _any_digits(self, number: Number, end: _Boundary) -> _Node:
        """Return a trie of any digits; the range is checked when the sentence is parsed."""
        tokens = [self._tokenizer.encode(digit)[-1] for digit in DIGITS]
        longest = max(len(str(abs(number.lowest))), len(str(abs(number.highest))))
        tenths = _Node(arcs=dict.fromkeys(tokens, _Node(word_ends=[end])))
        node = _Node(word_ends=[end])
        for _ in range(min(longest, _MAX_DIGITS)):
            if number.decimals and node.word_ends:
                node.arcs[self._tokenizer.number(".")] = tenths
            node = _Node(arcs=dict.fromkeys(tokens, node), word_ends=[end])
        node.word_ends = []
        for token in reversed(self._tokenizer.encode("0")[:-1]):
            node = _Node(arcs={token: node})
        return node
