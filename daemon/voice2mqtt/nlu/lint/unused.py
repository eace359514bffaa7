"""Lists and rules that no row uses, directly or through other rules."""

import re
from collections.abc import Iterable, Iterator

from voice2mqtt.nlu.grammar.table import CommandTable, Place, TextList
from voice2mqtt.nlu.lint.finding import Finding

_REFERENCE = re.compile(r"\\.|\{\s*(?P<list>[^{}:]+?)\s*[:}]|<\s*(?P<rule>[^<>]+?)\s*>")
"""`{list}`, `{list:slot}` or `<rule>`; an escaped character is none of them."""


def unused(table: CommandTable) -> Iterator[Finding]:
    """Yield each list and rule of `table` that no row uses."""
    left = {("list", name) for name in table.lists} | {("rule", name) for name in table.rules}
    rows = [row for said in (table, *table.translations.values()) for row in said.rows]
    left -= _references(table, [t for row in rows for t in (*row.say, *row.also_heard_as)])
    of_rules = _references(table, table.rules.values())
    for kind, written, names in (
        ("list", "{%s}", {name: source.place for name, source in table.lists.items()}),
        ("rule", "<%s>", {name: table.rule_places.get(name, Place()) for name in table.rules}),
    ):
        for name, place in names.items():
            if (kind, name) not in left:
                continue
            by = " but by rules that no row uses" if (kind, name) in of_rules else ""
            yield Finding(
                place=place,
                problem=f"the {kind} {name} is never used{by}",
                cure=f"write {written % name} in a sentence, or remove the {kind}",
            )


def _references(table: CommandTable, templates: Iterable[str]) -> set[tuple[str, str]]:
    """Return (list or rule, name) of all that `templates` use, directly or not."""
    found: set[tuple[str, str]] = set()
    waiting = list(templates)
    while waiting:
        for reference in _REFERENCE.finditer(waiting.pop()):
            kind, name = reference.lastgroup, reference[reference.lastgroup or 0]
            if kind is None or (kind, name) in found:
                continue
            found.add((kind, name))
            if kind == "rule":
                waiting.append(table.rules.get(name, ""))
            elif isinstance(source := table.lists.get(name), TextList):
                waiting += [value.spoken for value in source.values]
    return found
