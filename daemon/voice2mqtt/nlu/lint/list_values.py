"""Values of lists that cannot be told apart, or that a topic or JSON does not take as meant."""

from collections.abc import Iterator
from itertools import islice

from voice2mqtt.core.decision import SlotValue
from voice2mqtt.nlu.grammar.enumerate import Sentences
from voice2mqtt.nlu.grammar.messages import SLOT
from voice2mqtt.nlu.grammar.table import CommandTable, Row, TextList
from voice2mqtt.nlu.grammar.template import parse, slot_references
from voice2mqtt.nlu.lint.finding import Finding, place_of
from voice2mqtt.nlu.lint.number_text import number_meant
from voice2mqtt.nlu.text.normaliser import normaliser

_MAX_TRIED = 50
"""Ways to say one value that are compared with those of the others."""
_NOT_IN_TOPICS = "+#"


def list_values(table: CommandTable) -> Iterator[Finding]:
    """Yield what is wrong with the values of the lists of `table`."""
    for name, source in table.lists.items():
        if isinstance(source, TextList):
            yield from _said_twice(name, source, table)
            yield from _number_texts(name, source)
    for row in table.rows:
        yield from _no_topic(row, table)


def _said_twice(name: str, source: TextList, table: CommandTable) -> Iterator[Finding]:
    normalise = normaliser(table.language).normalise
    known: dict[str, int] = {}
    told: set[tuple[int, int]] = set()
    for number, value in enumerate(source.values):
        ways = Sentences(value.spoken, table.lists, table.rules)
        for text in islice(map(ways.__getitem__, range(ways.count)), _MAX_TRIED):
            first = known.setdefault(normalise(text), number)
            if first == number or (first, number) in told:
                continue
            told.add((first, number))
            one, other = source.values[first].out, value.out
            if one != other or source.values[first].spoken == value.spoken:
                meant = (
                    f'"{one}" is meant' if one == other else f'"{one}" is meant, never "{other}"'
                )
                yield Finding(
                    place=source.place,
                    problem=f'the list {name} has "{text}" twice; {meant}',
                    cure="keep one of the two",
                )


def _number_texts(name: str, source: TextList) -> Iterator[Finding]:
    for value in source.values:
        number = number_meant(value.out)
        if number:
            yield Finding(
                place=source.place,
                problem=f"{value.out} in the list {name} is a text, no number",
                cure=f"write {number}",
            )


def _no_topic(row: Row, table: CommandTable) -> Iterator[Finding]:
    """Yield the values with signs that are taken out of the topic that they fill."""
    topics = [publish.topic for publish in row.publish]
    for topic in [*topics, row.expect.topic] if row.expect else topics:
        for slot in SLOT.finditer(topic):
            values = dict.fromkeys(_values(row, slot[1], table))
            for value in values:
                if _is_cut(value, at_start=slot.start() == 0):
                    yield Finding(
                        place=place_of(row),
                        problem=f'"{value}" loses its {_sign(value)} in the topic {topic}',
                        cure="give the value another out:",
                    )


def _is_cut(value: SlotValue, *, at_start: bool) -> bool:
    return isinstance(value, str) and (bool(_sign(value)) or (at_start and value[:1] == "$"))


def _sign(value: SlotValue) -> str:
    text = str(value)
    return next((sign for sign in text if sign in _NOT_IN_TOPICS), text[:1] * (text[:1] == "$"))


def _values(row: Row, slot: str, table: CommandTable) -> Iterator[SlotValue]:
    """Yield what may fill `slot` of `row`, as far as it is known."""
    if slot in row.defaults:
        yield row.defaults[slot]
    for template in (*row.say, *row.also_heard_as):
        for reference in slot_references(parse(template), table.rules):
            source = reference.source
            values = table.lists.get(source) if isinstance(source, str) else None
            if reference.slot == slot and isinstance(values, TextList):
                yield from (value.out for value in values.values)
