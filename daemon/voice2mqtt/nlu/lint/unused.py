"""Lists and rules that no row uses, directly or through other rules."""

from collections.abc import Iterable, Iterator

from voice2mqtt.nlu.grammar.table import CommandTable, Place, TextList
from voice2mqtt.nlu.grammar.template import (
    Node,
    RuleReference,
    SlotReference,
    TemplateError,
    parse,
)
from voice2mqtt.nlu.lint.finding import Finding


def unused(table: CommandTable) -> Iterator[Finding]:
    """Yield each list and rule of `table` that no row uses."""
    left = {("list", name) for name in table.lists} | {("rule", name) for name in table.rules}
    for row in table.rows:
        for template in (*row.say, *row.also_heard_as):
            # Parsing ten thousand templates takes seconds; few of them name something new.
            if any(name in template for _, name in left):
                left -= _references(table, [template])
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
        for node in _nodes(waiting.pop()):
            match node:
                case RuleReference(rule=name):
                    reference, further = ("rule", name), [table.rules.get(name, "")]
                case SlotReference(source=str(name)):
                    source = table.lists.get(name)
                    values = source.values if isinstance(source, TextList) else ()
                    reference, further = ("list", name), [value.spoken for value in values]
                case _:
                    continue
            if reference not in found:
                found.add(reference)
                waiting += further
    return found


def _nodes(template: str) -> Iterator[Node]:
    try:
        waiting = [parse(template)]
    except TemplateError:
        return
    while waiting:
        node = waiting.pop()
        yield node
        items: Iterable[Node] = getattr(node, "items", ())
        waiting.extend(items)
