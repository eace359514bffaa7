"""Rows that match nearly everything: free text with at most one word that must be said."""

from collections.abc import Iterator
from math import inf

from voice2mqtt.nlu.grammar.table import CommandTable, WildcardList
from voice2mqtt.nlu.grammar.template import (
    Alternative,
    RuleReference,
    SlotReference,
    TemplateError,
    TemplateNode,
    Text,
    parse,
)
from voice2mqtt.nlu.lint.finding import Finding, place_of

_Fewest = tuple[float, float]
"""The fewest words in a sentence without free text, and in one with it"""


def overgeneral(table: CommandTable) -> Iterator[Finding]:
    """Yield each row with a template that matches nearly everything."""
    if not any(isinstance(source, WildcardList) for source in table.lists.values()):
        return
    for row in table.rows:
        for index, template in enumerate((*row.say, *row.also_heard_as)):
            try:
                _, words = _fewest(parse(template), table)
            except TemplateError:
                continue
            if words == 0:
                problem = "this row takes every sentence that is heard for a command"
                cure = "add a word that must be said"
            elif words == 1 and not row.confirm:
                problem = f"'{template}' needs only one word beside its free text"
                cure = "add another that must be said, or give the row a confirm:"
            else:
                continue
            yield Finding(place=place_of(row, index), problem=problem, cure=cure)
            break


def _fewest(node: TemplateNode, table: CommandTable) -> _Fewest:
    match node:
        case Text(text=text):
            return len(text.split()), inf
        case SlotReference(source=source):
            is_free = isinstance(source, str) and isinstance(table.lists.get(source), WildcardList)
            return (inf, 0) if is_free else (1, inf)
        case RuleReference(rule=rule):
            return _fewest(parse(table.rules[rule]), table)
        case Alternative(items=items):
            fewest = [_fewest(item, table) for item in items]
            return min(plain for plain, _ in fewest), min(free for _, free in fewest)
    plain, free = 0.0, inf
    for item in node.items:
        more, further = _fewest(item, table)
        plain, free = plain + more, min(plain + further, free + more, free + further)
    return plain, free
