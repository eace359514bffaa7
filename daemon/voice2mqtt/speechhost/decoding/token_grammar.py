"""The compiled grammar as the model sees it: which tokens may follow which.

The word automaton is unrolled, as far as decoding asks for it, into an automaton of tokens: at a
*site* (a place between two words) begins a tree of all spellings of all words that may follow,
each ending at further sites. Words may also be hyphenated to the one before ("12-ounce"), be
followed by a comma or a full stop, and the sentence may end in ". ? !", or go on with a joint
("and") and a second sentence. Equal beginnings are followed at once: a `State` is a set of tree
nodes, and what follows it is worked out once.

It knows nothing of sound, nor of what a sentence means.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
import numpy.typing as npt

from voice2mqtt.nlu.grammar.automaton import START, Automaton, Choice, Number, Wildcard, Word
from voice2mqtt.speechhost.decoding.tokenizer import Tokenizer
from voice2mqtt.speechhost.decoding.verbaliser import (
    letters_spelling,
    number_spellings,
    one_spelling,
    word_spellings,
)

_MARKS = (",", ".")
"""Marks the model may set after a word when the speaker pauses."""
_FINAL_MARKS = (".", "?", "!")
_MANY_WORDS = 50
_MOST_DIGITS = 6
_DIGITS = tuple("0123456789")


@dataclass(frozen=True, slots=True)
class _Place:
    """A place between two words: a state of an automaton, and what follows the slot it fills."""

    automaton: Automaton
    state: int
    after: _Place | None = None
    is_second: bool = False
    """Whether it is in the second of two sentences."""

    def ends(self) -> bool:
        """Whether the sentence may end here."""
        if not self.automaton.accepts(self.state):
            return False
        return self.after is None or self.after.ends()

    def following(self) -> Iterator[tuple[Word | Number | Wildcard, _Place]]:
        """Yield what may be said next and where that leads."""
        for index, target in self.automaton.arcs(self.state):
            label = self.automaton.labels[index]
            after = _Place(self.automaton, target, self.after, self.is_second)
            if isinstance(label, Choice):
                yield from _Place(label.spoken, START, after, self.is_second).following()
            else:
                yield label, after
        if self.after is not None and self.automaton.accepts(self.state):
            yield from self.after.following()


@dataclass(frozen=True, slots=True)
class _Site:
    """A place, and whether the next word is written on without a space."""

    place: _Place
    joined: bool = False
    begun: bool = True
    """False at the start of the sentence, where there is nothing to join or to close."""


@dataclass(slots=True, eq=False)
class _Node:
    """A node of the tree of spellings."""

    arcs: dict[int, _Node] = field(default_factory=dict)
    leads: list[_Site] = field(default_factory=list)
    """Sites at which a spelling ends here."""
    is_end: bool = False
    beside: list[_Node] = field(default_factory=list)
    """Nodes at which one is too, once here."""
    wild: _Site | None = None
    """Any token may follow, staying here or going on there."""
    opens: bool = False
    """Whether the first token of a second sentence leads here."""


@dataclass(slots=True, eq=False)
class State:
    """Somewhere in the grammar."""

    nodes: tuple[_Node, ...]
    is_end: bool
    """Whether the sentence may end here."""
    wild: bool
    """Whether any token may follow."""
    tokens: npt.NDArray[np.int64]
    """Tokens that may follow, unless `wild`."""
    opening: frozenset[int]
    """Those of them that begin a second sentence."""


class TokenGrammar:
    """An automaton of tokens, unrolled while it is walked."""

    def __init__(
        self, automaton: Automaton, vocabulary: Tokenizer, joint: Automaton | None = None
    ) -> None:
        """With `joint` between them, two sentences may be said."""
        self._automaton = automaton
        self._vocabulary = vocabulary
        second = _Place(automaton, START, is_second=True)
        self._joint = _Place(joint, START, after=second) if joint else None
        self._marks = [vocabulary.number(mark) for mark in _MARKS]
        self._final_marks = [vocabulary.number(mark) for mark in _FINAL_MARKS]
        self._hyphen = vocabulary.number("-")
        self._trees: dict[_Site, _Node] = {}
        self._states: dict[frozenset[_Node], State] = {}
        self._next: dict[tuple[State, int], State] = {}
        self.start = self._state([self._tree(_Site(_Place(automaton, START), begun=False))])

    def prepare(self) -> None:
        """Unroll beforehand what takes long: where many words may follow."""
        automaton = self._automaton
        for state in range(len(automaton.offsets) - 1):
            if len(automaton.arcs(state)) >= _MANY_WORDS:
                place = _Place(automaton, state)
                for site in (
                    _Site(place),
                    _Site(place, joined=True),
                    _Site(place, begun=False),
                ):
                    self._tree(site)

    def follow(self, state: State, token: int) -> State:
        """Return the state after `token`, one of those that may follow `state`."""
        found = self._next.get((state, token))
        if found is None:
            nodes = [node.arcs[token] for node in state.nodes if token in node.arcs]
            for node in state.nodes:
                if node.wild is not None:
                    nodes += [node, self._tree(node.wild)]
            found = self._next[state, token] = self._state(nodes)
        return found

    def _state(self, nodes: Sequence[_Node]) -> State:
        closed: dict[_Node, None] = {}
        waiting = list(nodes)
        while waiting:
            node = waiting.pop()
            if node not in closed:
                closed[node] = None
                waiting += [*node.beside, *(self._tree(site) for site in node.leads)]
        key = frozenset(closed)
        if key not in self._states:
            self._states[key] = State(
                nodes=tuple(closed),
                is_end=any(node.is_end for node in closed),
                wild=any(node.wild is not None for node in closed),
                tokens=np.array(sorted({t for node in closed for t in node.arcs}), np.int64),
                opening=frozenset(
                    token
                    for node in closed
                    for token, child in node.arcs.items()
                    if child.opens and all(n.arcs.get(token, child).opens for n in closed)
                ),
            )
        return self._states[key]

    def _tree(self, site: _Site) -> _Node:
        if site not in self._trees:
            root = _Node()
            for label, place in site.place.following():
                opens = place.is_second and not site.place.is_second
                # Free text that begins a second sentence would take anything behind an "and".
                if not (opens and isinstance(label, Wildcard)):
                    self._grow(root, site, label, place, opens=opens)
            if site.begun and not site.joined:
                self._join(root, site.place)
                self._punctuate(root, site.place)
            # Kept once it is whole, since several threads may walk one grammar.
            self._trees[site] = root
        return self._trees[site]

    def _join(self, root: _Node, place: _Place) -> None:
        """Lay what leads on to a second sentence.

        As written inside a sentence only: other spellings would crowd out what ends the first.
        """
        if self._joint and not place.is_second and place.ends():
            for label, after in self._joint.following():
                if isinstance(label, Word):
                    self._lay(root, (label.surface,), _Site(after))

    def _punctuate(self, root: _Node, place: _Place) -> None:
        pause = _Node(leads=[_Site(place, begun=False)])
        root.arcs[self._hyphen] = _Node(leads=[_Site(place, joined=True)])
        for mark in self._marks:
            root.arcs[mark] = pause
        if place.ends():
            root.is_end = True
            for mark in self._final_marks:
                after = root.arcs.setdefault(mark, _Node())
                after.is_end = True

    def _grow(
        self,
        root: _Node,
        site: _Site,
        label: Word | Number | Wildcard,
        place: _Place,
        *,
        opens: bool = False,
    ) -> None:
        known = set(root.arcs)
        to = _Site(place)
        match label:
            case Word():
                for spelling in word_spellings(label):
                    self._lay(root, (spelling,), to, joined=site.joined)
                if len(label.key) == 1:
                    self._lay_letters(root, label.key, place)
                if label.key in ("percent", "%") and site.begun:
                    self._lay_percent(root, place)
            case Number():
                self._lay_number(root, label, to, joined=site.joined)
                self._lay_one(root, label, place)
            case Wildcard():
                root.beside.append(_Node(wild=to))
        if opens:
            first = [root.arcs[token] for token in root.arcs.keys() - known]
            for node in chain(first, *(beside.arcs.values() for beside in root.beside)):
                node.opens = True

    def _lay(self, root: _Node, words: Sequence[str], to: _Site, *, joined: bool = False) -> None:
        """Lay `words` from `root`, so that they end at `to`."""
        node = root
        for position, word in enumerate(words):
            joins = joined and position == 0
            for token in self._vocabulary.encode(word, begins_word=not joins):
                node = node.arcs.setdefault(token, _Node())
        if to not in node.leads:
            node.leads.append(to)

    def _lay_letters(self, root: _Node, said: str, place: _Place) -> None:
        """Lay single letters said in a row, which are written as one word."""
        for label, after in place.following():
            if isinstance(label, Word) and len(label.key) == 1 and not label.key.isdigit():
                self._lay(root, (letters_spelling(said + label.key),), _Site(after))
                self._lay_letters(root, said + label.key, after)

    def _lay_percent(self, root: _Node, place: _Place) -> None:
        """Lay the sign that follows a number without a space."""
        self._lay(root, ("%",), _Site(place), joined=True)
        if place.ends():
            root.arcs[self._vocabulary.number("%.")] = _Node(is_end=True)

    def _lay_number(self, root: _Node, number: Number, to: _Site, *, joined: bool) -> None:
        spellings = number_spellings(number)
        for words in spellings:
            self._lay(root, words, to, joined=joined)
        if not spellings or number.decimals:
            root.beside.append(self._digits(number, to))

    def _lay_one(self, root: _Node, number: Number, place: _Place) -> None:
        """Lay a unit with its article: "an hour"."""
        for unit, after in place.following():
            if isinstance(unit, Word) and (words := one_spelling(number, unit)):
                self._lay(root, words, _Site(after))

    def _digits(self, number: Number, to: _Site) -> _Node:
        """Return a tree of any digits; whether they are in range is for the reader to tell."""
        tokens = [self._vocabulary.encode(digit)[-1] for digit in _DIGITS]
        most = max(len(str(abs(number.lowest))), len(str(abs(number.highest))))
        tenths = _Node(arcs=dict.fromkeys(tokens, _Node(leads=[to])))
        node = _Node(leads=[to])
        for _ in range(min(most, _MOST_DIGITS)):
            if number.decimals and node.leads:
                node.arcs[self._vocabulary.number(".")] = tenths
            node = _Node(arcs=dict.fromkeys(tokens, node), leads=[to])
        node.leads = []
        for token in reversed(self._vocabulary.encode("0")[:-1]):
            node = _Node(arcs={token: node})
        return node
