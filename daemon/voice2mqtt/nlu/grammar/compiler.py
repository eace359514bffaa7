"""Compiles the command table to one deterministic automaton.

Each row's templates become a graph of words (`word_graph.py`), which the subset construction (Rabin
and Scott 1959) makes deterministic. A second subset construction joins all rows: a state of the
union is a set of row states, one of each row that is still possible.
"""

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType

from voice2mqtt.errors import SettingsError
from voice2mqtt.languages.language import language_named
from voice2mqtt.nlu.grammar.automaton import Automaton
from voice2mqtt.nlu.grammar.table import CommandTable, Row, SlotList, TextList
from voice2mqtt.nlu.grammar.template import TemplateError, TooManyWaysError, is_plain
from voice2mqtt.nlu.grammar.word_graph import EPSILON, SpokenValues, WordGraph
from voice2mqtt.nlu.text.normaliser import Normaliser, normaliser

MAX_ROW_STEPS = 200_000
"""Nodes visited to make one row deterministic: a fraction of a second.

Rows that people write take some hundred. Optional parts multiply when the same words follow them:
`[(a|b)]` twenty times before an `a` would be a million states.
"""
MAX_TABLE_STEPS = 10_000_000
"""The same for all rows of a table; ten thousand rows take less than a million."""
MAX_TABLE_WORDS = 50_000
"""Different words of a table; espeak-ng takes 0.7 ms to pronounce one."""
_MAX_REPORTED = 3
"""Rows with too many states after which compilation stops, since each takes its time."""

EMPTY_AUTOMATON = Automaton((), array("l", [0, 0]), array("l"), array("l"), {})
"""Accepts nothing."""
_NO_RULES: Mapping[str, str] = MappingProxyType({})


def compile_table(table: CommandTable) -> Automaton:
    """Compile `table`; the automaton accepts with the index of the row.

    Raises:
        TableError: with every template that cannot be compiled.
    """
    compiler = _Compiler(normaliser(table.language), table.lists, table.rules)
    automaton = compiler.automaton((*row.say, *row.also_heard_as) for row in table.rows)
    keys = (tuple(compiler.normaliser.keys(words)) for words in table.skip_words)
    skipped = frozenset(filter(None, keys))
    return replace(_checked(automaton, compiler, table), skipped=skipped)


def compile_expected(table: CommandTable, wake_phrases: Sequence[str] = ()) -> Automaton:
    """Compile everything that may be said to the daemon, for a recogniser to listen for.

    It accepts a row with its index; the indices after the rows are yes, no and "never mind", which
    answer a question, and a wake phrase alone. A wake phrase before a sentence is optional: the
    recogniser cannot tell when it is needed. So are words to skip, before a sentence and after it.

    Raises:
        TableError: with every template that cannot be compiled.
    """
    language = language_named(table.language)
    compiler = _Compiler(normaliser(table.language), table.lists, table.rules)
    wakes = [escape(phrase) for phrase in wake_phrases if compiler.normaliser.tokens(phrase)]
    rows = [(*row.say, *row.also_heard_as) for row in table.rows]
    answers = [(language.yes,), (language.no,), (language.cancel,)]
    skipped = "|".join(map(escape, table.skip_words))
    around = [f"({skipped})", f"({skipped}) ({skipped})"] if skipped else []
    openings = [*wakes, *around, *(f"{wake} {said}" for wake in wakes for said in around)]
    automaton = compiler.automaton([*rows, *answers, wakes], openings, around)
    return _checked(automaton, compiler, table)


def _checked(automaton: Automaton, compiler: "_Compiler", table: CommandTable) -> Automaton:
    if compiler.faults:
        raise TableError(
            tuple(_with_place(error, table.rows[row]) for row, error in compiler.faults)
        )
    count = len(automaton.words())
    if count > MAX_TABLE_WORDS:
        raise TableError([_too_many_words(table, count)])
    return automaton


def _too_many_words(table: CommandTable, count: int) -> TemplateError:
    lists = {name: each for name, each in table.lists.items() if isinstance(each, TextList)}
    name = max(lists, key=lambda name: len(lists[name].values), default="")
    problem = (
        f"the table has {count} different words, {MAX_TABLE_WORDS} are the most; shorten its lists"
    )
    return TemplateError(problem, f"{{{name}}}", 1, lists[name].place if name else None)


def _with_place(error: TemplateError, row: Row) -> TemplateError:
    """Return `error` with the place of its template in the file, if it is known."""
    templates = (*row.say, *row.also_heard_as)
    index = templates.index(error.template) if error.template in templates else 0
    place = row.places[index] if index < len(row.places) else None
    return type(error)(error.problem, error.template or row.name, error.column, place)


def compile_phrases(phrases: Sequence[str], language: str = "en") -> Automaton:
    """Compile plain sentences (no templates); accepts with the index of the phrase."""
    return compile_templates([[escape(phrase)] for phrase in phrases], language)


def compile_templates(groups: Sequence[Sequence[str]], language: str = "en") -> Automaton:
    """Compile groups of templates without lists and rules; accepts with the index of the group."""
    return _Compiler(normaliser(language), None, _NO_RULES).automaton(groups)


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
    spoken: dict[tuple[str | TextList, str, str], SpokenValues] = field(default_factory=dict)
    faults: list[tuple[int, TemplateError]] = field(default_factory=list)
    """With the index of their group; after a fault the automaton must not be used."""

    def automaton(
        self,
        groups: Iterable[Iterable[str]],
        openings: Sequence[str] = (),
        closings: Sequence[str] = (),
    ) -> Automaton:
        """Compile groups of templates; each accepts with its index.

        One of the templates `openings` may be said before any of them, one of `closings` after it.
        """
        graph = WordGraph(
            normaliser=self.normaliser, lists=self.lists, rules=self.rules, values=self._values
        )
        rows, union = _empty(), _empty()
        starts: dict[int, int] = {}
        steps = 0
        for index, templates in enumerate(groups):
            too_large = sum(isinstance(fault, TooManyWaysError) for _, fault in self.faults)
            if too_large >= _MAX_REPORTED:
                break
            graph.arcs.clear()
            start, end = graph.node(), graph.node()
            opened = graph.node() if openings else start
            closed = graph.node() if closings else end
            _add_optional(graph, openings, start, opened)
            _add_optional(graph, closings, closed, end)
            for template in (group := tuple(templates)):
                try:
                    graph.add(template, opened, closed)
                except TemplateError as error:
                    self.faults.append((index, error))
            first = len(rows.offsets) - 1
            most = min(MAX_ROW_STEPS, MAX_TABLE_STEPS - steps)
            try:
                closure = partial(_epsilon_closure, graph.arcs)
                states = _deterministic(graph.arcs.__getitem__, closure, [start], most, rows)
            except _TooManyStatesError:
                problem = "this can be said in too many ways; write it as several sentences"
                longest = max(group, key=len, default="")
                self.faults.append((index, TooManyWaysError(problem, longest)))
                continue
            starts[first] = index
            rows.accepting.update((s, (index,)) for nodes, s in states.items() if end in nodes)
            steps += sum(map(len, states))
        try:
            states = _deterministic(rows.arcs, _distinct, starts, MAX_TABLE_STEPS - steps, union)
        except _TooManyStatesError as error:
            problem = "this and other rows that begin alike can be said in too many ways"
            row = starts[max(start for start in starts if start <= error.node)]
            self.faults.append((row, TooManyWaysError(problem, "")))
            return EMPTY_AUTOMATON
        for members, state in states.items():
            if accepted := tuple(row for member in members for row in rows.accepts(member)):
                union.accepting[state] = accepted
        return replace(union, labels=tuple(graph.labels))

    def _values(self, name: str | TextList, prefix: str, suffix: str) -> SpokenValues:
        key = (name, prefix, suffix)
        if key not in self.spoken:
            source = self.lists[name] if self.lists and isinstance(name, str) else name
            assert isinstance(source, TextList)
            inner = _Compiler(self.normaliser, None, self.rules)
            templates = [
                f"{escape(prefix)}({value.spoken}){escape(suffix)}"
                if prefix or suffix or not is_plain(value.spoken)
                else value.spoken
                for value in source.values
            ]
            spoken = inner.automaton([template] for template in templates)
            # Kept although it may have faults, so that each is reported once.
            self.spoken[key] = spoken, tuple(value.out for value in source.values)
            for value, fault in inner.faults:
                problem = f"in list {{{name}}}: {fault.problem}"
                raise TemplateError(problem, source.values[value].spoken)
        return self.spoken[key]


def _add_optional(graph: WordGraph, templates: Sequence[str], start: int, end: int) -> None:
    """Add `templates` from `start` to `end`, and an arc that says none of them."""
    if templates:
        graph.arcs[start].append((EPSILON, end))
    for template in templates:
        graph.add(template, start, end)


def _empty() -> Automaton:
    """Return an automaton without states, to add some."""
    return Automaton((), array("l", [0]), array("l"), array("l"), {})


class _TooManyStatesError(Exception):
    """There are more states than can be built in time; `node` is in one of them."""

    def __init__(self, node: int) -> None:
        super().__init__(node)
        self.node = node


def _deterministic(
    arcs: Callable[[int], Iterable[tuple[int, int]]],
    closure: Callable[[Iterable[int]], tuple[int, ...]],
    starts: Iterable[int],
    at_most: int,
    into: Automaton,
) -> dict[tuple[int, ...], int]:
    """Add states to `into` by the subset construction; return them by the nodes they stand for.

    `arcs` returns (label number, target) of each arc of a node.

    Raises:
        _TooManyStatesError: they stand for more than `at_most` nodes together.
    """
    first = len(into.offsets) - 1
    states = {(start := closure(starts)): first}
    queue = [start]
    steps = 0
    for nodes in queue:
        steps += len(nodes)
        if steps > at_most:
            raise _TooManyStatesError(nodes[0])
        targets: dict[int, list[int]] = {}
        for node in nodes:
            for label, target in arcs(node):
                if label != EPSILON:
                    targets.setdefault(label, []).append(target)
        for label, reached in targets.items():
            then = closure(reached)
            if then not in states:
                states[then] = first + len(states)
                queue.append(then)
            into.arc_labels.append(label)
            into.targets.append(states[then])
        into.offsets.append(len(into.targets))
    return states


def _distinct(nodes: Iterable[int]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(nodes))


def _epsilon_closure(arcs: list[list[tuple[int, int]]], nodes: Iterable[int]) -> tuple[int, ...]:
    """Return the epsilon closure of `nodes`, in the order of the template."""
    closure: dict[int, None] = {}
    stack = list(nodes)[::-1]
    while stack:
        node = stack.pop()
        if node not in closure:
            closure[node] = None
            for label, target in reversed(arcs[node]):
                if label == EPSILON:
                    stack.append(target)
    return tuple(closure)
