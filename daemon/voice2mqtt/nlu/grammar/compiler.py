"""The command table compiled to one automaton.

Each row's templates become a graph of words (`word_graph.py`), the graph an automaton without free
arcs, and all rows together one automaton: states are shared only where rows really begin alike;
where a single row is left, its own states are used as they are. Knows nothing of matching.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from voice2mqtt.core.decision import SlotValue
from voice2mqtt.errors import SettingsError
from voice2mqtt.languages.language import language_named
from voice2mqtt.nlu.grammar.automaton import Automaton, Choice, Label
from voice2mqtt.nlu.grammar.table import CommandTable, Row, SlotList, TextList
from voice2mqtt.nlu.grammar.template import TemplateError, TooManyWaysError, is_plain
from voice2mqtt.nlu.grammar.word_graph import FREE, Choose, Labels, WordGraph
from voice2mqtt.nlu.text.normaliser import Normaliser, normaliser

MOST_STEPS = 200_000
"""Nodes looked at to make the states of one row; a fraction of a second.

Rows that people write take some hundred. What may be left out multiplies when the same words come
after it: twenty times `[(a|b)]` before an `a` would be a million states.
"""
MOST_STEPS_OF_ALL = 10_000_000
"""The same for all rows of a table together; ten thousand rows take less than a million."""
MOST_WORDS = 50_000
"""Different words of a table; to learn how one sounds takes espeak-ng 0.7 ms."""
_MOST_TOLD = 3
"""Rows with too many states, after which no more are tried: each takes its time."""

NOTHING = Automaton((), array("l", [0, 0]), array("l"), array("l"), {})
"""Accepts nothing."""
_NOTHING: Mapping[str, str] = MappingProxyType({})


def compile_table(table: CommandTable) -> Automaton:
    """Compile `table`; the automaton accepts with the index of the row.

    Raises:
        TableError: with every template that cannot be compiled.
    """
    compiler = _Compiler(normaliser(table.language), table.lists, table.rules)
    automaton = compiler.automaton((*row.say, *row.also_heard_as) for row in table.rows)
    return _faultless(automaton, compiler, table)


def compile_expected(table: CommandTable, wake_phrases: Sequence[str] = ()) -> Automaton:
    """Compile all that may be said to the house: what a recogniser is to listen for.

    It accepts a row with its index. Beyond the rows stand yes, no and "never mind", which answer
    a question, and a wake phrase by itself. What is said may begin with a wake phrase or not:
    when it must, is not for the ear to tell.

    Raises:
        TableError: with every template that cannot be compiled.
    """
    language = language_named(table.language)
    compiler = _Compiler(normaliser(table.language), table.lists, table.rules)
    wakes = [escape(phrase) for phrase in wake_phrases if compiler.normaliser.tokens(phrase)]
    rows = [(*row.say, *row.also_heard_as) for row in table.rows]
    answers = [(language.yes,), (language.no,), (language.cancel,)]
    automaton = compiler.automaton([*rows, *answers, wakes], wakes)
    return _faultless(automaton, compiler, table)


def _faultless(automaton: Automaton, compiler: "_Compiler", table: CommandTable) -> Automaton:
    if compiler.faults:
        raise TableError(tuple(_placed(error, table.rows[row]) for row, error in compiler.faults))
    count = len(automaton.words())
    if count > MOST_WORDS:
        raise TableError([_too_many_words(table, count)])
    return automaton


def _too_many_words(table: CommandTable, count: int) -> TemplateError:
    lists = {name: each for name, each in table.lists.items() if isinstance(each, TextList)}
    name = max(lists, key=lambda name: len(lists[name].values), default="")
    problem = f"the table has {count} different words, {MOST_WORDS} are the most; shorten its lists"
    return TemplateError(problem, f"{{{name}}}", 1, lists[name].place if name else None)


def _placed(error: TemplateError, row: Row) -> TemplateError:
    """Return `error` with the place of its template in `row`, as far as it is known."""
    templates = (*row.say, *row.also_heard_as)
    index = templates.index(error.template) if error.template in templates else 0
    place = row.places[index] if index < len(row.places) else None
    return type(error)(error.problem, error.template or row.name, error.column, place)


def compile_phrases(phrases: Sequence[str], language: str = "en") -> Automaton:
    """Compile plain sentences (no templates); accepts with the index of the phrase."""
    return compile_templates([[escape(phrase)] for phrase in phrases], language)


def compile_templates(groups: Sequence[Sequence[str]], language: str = "en") -> Automaton:
    """Compile groups of templates without lists and rules; accepts with the index of the group."""
    return _Compiler(normaliser(language), None, _NOTHING).automaton(groups)


def escape(text: str) -> str:
    """Return the template that says just `text`."""
    return "".join(f"\\{sign}" if sign in "()[]{}<>|;\\" else sign for sign in text)


class TableError(SettingsError):
    """Templates of a table cannot be compiled."""

    def __init__(self, faults: Sequence[TemplateError]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = tuple(faults)


@dataclass
class _Compiler:
    normaliser: Normaliser
    lists: Mapping[str, SlotList] | None
    rules: Mapping[str, str]
    spoken: dict[tuple[str, str, str], tuple[Automaton, tuple[SlotValue, ...]]] = field(
        default_factory=dict
    )
    faults: list[tuple[int, TemplateError]] = field(default_factory=list)
    """With the index of their group; with any of them the automaton is of no use."""

    def automaton(self, groups: Iterable[Iterable[str]], openings: Sequence[str] = ()) -> Automaton:
        """Compile groups of templates; each accepts with its own index.

        One of `openings` may be said before any of them.
        """
        graph = WordGraph(
            normaliser=self.normaliser, lists=self.lists, rules=self.rules, choice=self._choice
        )
        union = _Union(graph.labels)
        for index, templates in enumerate(groups):
            if sum(isinstance(fault, TooManyWaysError) for _, fault in self.faults) >= _MOST_TOLD:
                break
            graph.arcs.clear()
            start, end = graph.node(), graph.node()
            opened = self._opened(graph, start, openings)
            longest = ""
            for template in templates:
                longest = max(longest, template, key=len)
                try:
                    graph.add(template, opened, end)
                except TemplateError as error:
                    self.faults.append((index, error))
            try:
                union.add(index, graph.arcs, start, end)
            except _TooManyError:
                problem = "this can be said in too many ways; write it as several sentences"
                self.faults.append((index, TooManyWaysError(problem, longest)))
        try:
            return union.automaton()
        except _TooManyError as error:
            problem = "this and other rows that begin alike can be said in too many ways"
            self.faults.append((error.row, TooManyWaysError(problem, "")))
            return NOTHING

    def _opened(self, graph: WordGraph, start: int, openings: Sequence[str]) -> int:
        """Return the node after any of `openings`, which may be left out, from `start`."""
        if not openings:
            return start
        opened = graph.node()
        graph.arcs[start].append((FREE, opened))
        for opening in openings:
            graph.add(opening, start, opened)
        return opened

    def _choice(self, wanted: Choose, labels: Labels) -> int:
        key = (wanted.list_name, wanted.before, wanted.after)
        if key not in self.spoken:
            source = self.lists[wanted.list_name] if self.lists else None
            assert isinstance(source, TextList)
            inner = _Compiler(self.normaliser, None, self.rules)
            around = bool(wanted.before or wanted.after)
            templates = [
                f"{escape(wanted.before)}({value.spoken}){escape(wanted.after)}"
                if around or not is_plain(value.spoken)
                else value.spoken
                for value in source.values
            ]
            spoken = inner.automaton([template] for template in templates)
            self.spoken[key] = spoken, tuple(value.out for value in source.values)
            for value, fault in inner.faults:
                problem = f"in list {{{wanted.list_name}}}: {fault.problem}"
                raise TemplateError(problem, source.values[value].spoken)
        spoken, values = self.spoken[key]
        return labels.number(Choice(wanted.slot, spoken, values), wanted)


class _TooManyError(Exception):
    """A row has more states than there is time for."""

    def __init__(self, row: int) -> None:
        super().__init__(row)
        self.row = row


class _Union:
    """Rows' own states, and the states in which several rows are still possible."""

    def __init__(self, labels: Labels) -> None:
        self._labels = labels
        self._offsets = array("l", [0])
        self._arc_labels = array("l")
        self._targets = array("l")
        self._accepting: dict[int, tuple[int, ...]] = {}
        self._starts: list[int] = []
        self._rows: list[int] = []
        self._steps = 0

    def add(self, row: int, arcs: list[list[tuple[int, int]]], start: int, end: int) -> None:
        """Add the states of `row`, given as a graph with free arcs.

        Raises:
            _TooManyError: it has too many.
        """
        first = len(self._offsets) - 1
        known = {(closed := _closed(arcs, (start,))): first}
        waiting = [closed]
        most = min(self._steps + MOST_STEPS, MOST_STEPS_OF_ALL)
        for nodes in waiting:
            self._steps += len(nodes)
            if self._steps > most:
                raise _TooManyError(row)
            leaving: dict[int, list[int]] = {}
            for node in nodes:
                for label, target in arcs[node]:
                    if label != FREE:
                        leaving.setdefault(label, []).append(target)
            if end in nodes:
                self._accepting[known[nodes]] = (row,)
            for label, targets in leaving.items():
                then = _closed(arcs, targets)
                if then not in known:
                    known[then] = first + len(known)
                    waiting.append(then)
                self._arc_labels.append(label)
                self._targets.append(known[then])
            self._offsets.append(len(self._targets))
        self._starts.append(first)
        self._rows.append(row)

    def automaton(self) -> Automaton:
        """Return all rows as one automaton.

        Raises:
            _TooManyError: several rows together have too many states; one of them is named.
        """
        offsets, arc_labels, targets = array("l", [0]), array("l"), array("l")
        accepting: dict[int, tuple[int, ...]] = {}
        known = {(root := tuple(self._starts)): 0}
        waiting = [root]
        for state, members in enumerate(waiting):
            self._steps += len(members)
            if self._steps > MOST_STEPS_OF_ALL:
                raise _TooManyError(self._rows[bisect_right(self._starts, members[0]) - 1])
            rows = tuple(row for member in members for row in self._accepting.get(member, ()))
            if rows:
                accepting[state] = rows
            for label, target in self._leaving(members):
                if target not in known:
                    known[target] = len(known)
                    waiting.append(target)
                arc_labels.append(label)
                targets.append(known[target])
            offsets.append(len(targets))
        labels: tuple[Label, ...] = tuple(self._labels.all)
        return Automaton(labels, offsets, arc_labels, targets, accepting)

    def _leaving(self, members: tuple[int, ...]) -> Iterable[tuple[int, tuple[int, ...]]]:
        if len(members) == 1:
            low, high = self._offsets[members[0]], self._offsets[members[0] + 1]
            return [(self._arc_labels[a], (self._targets[a],)) for a in range(low, high)]
        leaving: dict[int, list[int]] = {}
        for member in members:
            for arc in range(self._offsets[member], self._offsets[member + 1]):
                leaving.setdefault(self._arc_labels[arc], []).append(self._targets[arc])
        return [(label, tuple(dict.fromkeys(t))) for label, t in leaving.items()]


def _closed(arcs: list[list[tuple[int, int]]], nodes: Iterable[int]) -> tuple[int, ...]:
    """Return `nodes` and all that free arcs lead to, in the order of the template."""
    closed: dict[int, None] = {}
    stack = list(nodes)[::-1]
    while stack:
        node = stack.pop()
        if node not in closed:
            closed[node] = None
            stack += [target for label, target in reversed(arcs[node]) if label == FREE]
    return tuple(closed)
