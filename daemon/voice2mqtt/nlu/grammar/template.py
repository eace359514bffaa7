"""Parses what the owner writes under `say:` into a syntax tree; the only file that imports hassil.

Whether lists and rules exist is checked elsewhere (`word_graph.py`).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from hassil import expression as hassil
from hassil.parse_expression import parse_sentence
from hassil.parser import ParseError

from voice2mqtt.errors import SettingsError
from voice2mqtt.nlu.grammar.table import Place, RangeList, TextList


class TemplateError(SettingsError):
    """A template cannot be understood; `column` counts from 1 inside the template."""

    def __init__(
        self, problem: str, template: str, column: int = 1, place: Place | None = None
    ) -> None:
        """`place` is where the template stands, if that is known."""
        known = f"{place}: " if place else ""
        super().__init__(f"{known}{problem}, at column {column} of '{template}'")
        self.problem = problem
        self.template = template
        self.column = column

    def within(self, template: str, at: int) -> "TemplateError":
        """Return the error for the whole `template`, whose part begins at character `at`."""
        return type(self)(self.problem, template, self.column + at)


class TooManyWaysError(TemplateError):
    """A template stands for more sentences than can be compiled in time."""


@dataclass(frozen=True, slots=True)
class Text:
    """Letters and spaces as written; neighbours without a space between form one word."""

    text: str


@dataclass(frozen=True, slots=True)
class Sequence:
    """All of `items`, in this order."""

    items: tuple["TemplateNode", ...]


@dataclass(frozen=True, slots=True)
class Alternative:
    """One of `items`; an optional part has an empty last item."""

    items: tuple["TemplateNode", ...]


@dataclass(frozen=True, slots=True)
class Permutation:
    """All of `items`, in any order."""

    items: tuple["TemplateNode", ...]


@dataclass(frozen=True, slots=True)
class SlotReference:
    """A slot filled from a list of that name, or from a list or range on the spot."""

    slot: str
    source: str | RangeList | TextList


@dataclass(frozen=True, slots=True)
class RuleReference:
    """A reference to an expansion rule."""

    rule: str


TemplateNode = Text | Sequence | Alternative | Permutation | SlotReference | RuleReference


@lru_cache(maxsize=1024)
def parse(template: str) -> TemplateNode:
    """Parse `template`.

    Raises:
        TemplateError: with what is wrong and where.
    """
    items: list[TemplateNode] = []
    for part in split_parts(template):
        try:
            items += (_SPACE, _parsed(part.text))
        except TemplateError as error:
            raise error.within(template, part.at) from error
    return items[1] if len(items) == 2 else Sequence(tuple(items[1:]))


_SPACE = Text(" ")


@lru_cache(maxsize=4096)
def _parsed(part: str) -> TemplateNode:
    try:
        return _node(parse_sentence(part).expression, part)
    except (ParseError, AssertionError) as error:
        raise TemplateError("this is not a sentence template", part) from error


@dataclass(frozen=True, slots=True)
class Part:
    """What is between two spaces outside of brackets; it begins at character `at`, from 0."""

    text: str
    at: int


MAX_DEPTH = 40
"""Nested brackets; more are a mistake, and would exhaust Python's stack."""
_CLOSING = {"(": ")", "[": "]", "{": "}", "<": ">"}
_SEPARATORS = {"|": ";", ";": "|"}
_SIGN = re.compile(r"\\.|[()\[\]{}<>|;]|\s+", re.DOTALL)
"""A special character, or an escaped one as a whole."""
_SPECIAL = re.compile(r"[\\()\[\]{}<>|;:]")


def split_parts(template: str) -> tuple[Part, ...]:
    """Split `template` at the spaces outside of brackets; in sequence, the parts are the template.

    Parts are compiled once: ten thousand sentences have some hundred different ones. A template
    with `|` or `;` outside of brackets is one part.

    Raises:
        TemplateError: with the column of a mistake, which hassil does not tell.
    """
    if not template.strip():
        raise TemplateError("the sentence is empty", template)
    open_at: list[tuple[str, int]] = []
    separators = [""]
    spaces: list[tuple[int, int]] = []
    for found in _SIGN.finditer(template):
        sign, column = found[0], found.start() + 1
        if sign in _CLOSING:
            open_at.append((sign, column))
            if len(open_at) > MAX_DEPTH:
                problem = f"more than {MAX_DEPTH} brackets inside of each other; use fewer"
                raise TemplateError(problem, template, column)
            separators.append("")
        elif sign in _CLOSING.values():
            _close(sign, column, open_at, template)
            separators.pop()
        elif sign in _SEPARATORS:
            if separators[-1] == _SEPARATORS[sign]:
                problem = "'|' and ';' side by side; put one of them in brackets"
                raise TemplateError(problem, template, column)
            separators[-1] = sign
        elif sign.isspace() and not open_at:
            spaces.append(found.span())
    if open_at:
        sign, column = open_at[-1]
        raise TemplateError(f"'{sign}' is never closed", template, column)
    if separators[0]:
        return (Part(template, 0),)
    begins = (0, *(end for _, end in spaces))
    ends = (*(start for start, _ in spaces), len(template))
    return tuple(
        Part(template[begin:end], begin)
        for begin, end in zip(begins, ends, strict=True)
        if begin < end
    )


def _close(sign: str, column: int, open_at: list[tuple[str, int]], template: str) -> None:
    if not open_at or _CLOSING[open_at[-1][0]] != sign:
        raise TemplateError(f"'{sign}' closes nothing", template, column)
    opening, opened = open_at.pop()
    inside = template[opened : column - 1]
    # "dish[ ]washer" may be one word or two.
    if not inside.strip() and not (inside and opening == "["):
        raise TemplateError(f"nothing between '{opening}' and '{sign}'", template, opened)


def is_plain(text: str) -> bool:
    """Return whether `text` has no special characters, so that it stands for itself."""
    return not _SPECIAL.search(text)


def slot_references(node: TemplateNode, rules: Mapping[str, str]) -> Iterator[SlotReference]:
    """Yield the slots of `node`, those of its rules too; no rule may contain itself."""
    match node:
        case SlotReference():
            yield node
        case RuleReference(rule=rule):
            yield from slot_references(parse(rules[rule]), rules)
        case Sequence(items=items) | Alternative(items=items) | Permutation(items=items):
            for item in items:
                yield from slot_references(item, rules)


def _node(expression: hassil.Expression, template: str) -> TemplateNode:
    match expression:
        case hassil.TextChunk():
            return Text(expression.original_text)
        case hassil.ListReference():
            return _slot(expression, template)
        case hassil.RuleReference():
            return RuleReference(expression.rule_name.strip())
    assert isinstance(expression, hassil.Group)
    items = tuple(_node(item, template) for item in expression.items)
    match expression:
        case hassil.Alternative():
            return Alternative(items)
        case hassil.Permutation():
            return Permutation(items)
    return items[0] if len(items) == 1 else Sequence(items)


def _slot(reference: hassil.ListReference, template: str) -> SlotReference:
    limits = reference.get_inline_range()
    if limits:
        lowest, highest, step = limits
        if lowest > highest or step < 1:
            problem = "a range goes upwards: {lowest..highest,step:name}"
            raise TemplateError(problem, template, _column(template, reference.list_name))
        return SlotReference(
            reference.slot_name, RangeList(lowest=lowest, highest=highest, step=step)
        )
    if ".." in reference.list_name:
        problem = "a range needs a name and whole numbers: {0..100:name}"
        raise TemplateError(problem, template, _column(template, reference.list_name))
    return SlotReference(reference.slot_name.strip(), reference.list_name.strip())


def _column(template: str, name: str) -> int:
    found = re.search(r"[{<]\s*" + re.escape(name), template)
    return found.start() + 1 if found else 1
