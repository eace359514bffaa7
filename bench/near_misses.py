"""Near misses: sentences of a table with one value that the table then does not have."""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from voice2mqtt.nlu.grammar.compiler import compile_table
from voice2mqtt.nlu.grammar.enumerate import sentences
from voice2mqtt.nlu.grammar.table import CommandTable, TextList
from voice2mqtt.nlu.matching.exact import ExactMatcher
from voice2mqtt.nlu.text.normaliser import normaliser

_DRAWN = 40
"""Sentences of each row of which the near misses are chosen."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A value that is taken out of a list, as it is spoken."""

    list: str
    value: str


def near_misses(table: CommandTable, per_value: int) -> Iterator[tuple[str, Missing]]:
    """Yield sentences that use a value, each with the value; the same each time."""
    for name, source in table.lists.items():
        if not isinstance(source, TextList) or len(source.values) < 2:
            continue
        slot = re.compile(rf"{{{name}[}}:]")
        rows = tuple(row for row in table.rows if any(slot.search(say) for say in row.say))
        for value in source.values:
            missing = Missing(name, value.spoken)
            alone = {**table.lists, name: replace(source, values=(value,))}
            drawn = sentences(replace(table, rows=rows, lists=alone), _DRAWN)
            said = [text for _, _, texts in drawn for text in texts]
            random.Random(value.spoken).shuffle(said)
            matcher = ExactMatcher(
                compile_table(without(table, missing)), normaliser(table.language)
            )
            unknown = [text for text in said if not matcher.parses(text)]
            for text in unknown[:per_value]:
                yield text, missing


def without(table: CommandTable, missing: Missing) -> CommandTable:
    """Return `table` without a value."""
    source = table.lists[missing.list]
    assert isinstance(source, TextList)
    kept = tuple(value for value in source.values if value.spoken != missing.value)
    return replace(table, lists={**table.lists, missing.list: replace(source, values=kept)})
