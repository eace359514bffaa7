"""What the templates of a table say: which slots they fill always, and which only sometimes."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce

from voice2mqtt.settings.faults import Faults, did_you_mean
from voice2mqtt.settings.nodes import ScalarNode, letter
from voice2mqtt.understanding import templates
from voice2mqtt.understanding.table import Place
from voice2mqtt.understanding.templates import TemplateError


@dataclass(frozen=True, slots=True)
class Spoken:
    """What is known of every sentence of a template."""

    always: frozenset[str] = frozenset()
    """Slots that are filled whichever way it is said."""
    ever: frozenset[str] = frozenset()
    silent: bool = True
    """Whether it can be said without a word."""

    def then(self, other: "Spoken") -> "Spoken":
        """Return what is known when both are said."""
        return Spoken(
            self.always | other.always, self.ever | other.ever, self.silent and other.silent
        )

    def either(self, other: "Spoken") -> "Spoken":
        """Return what is known when one of them is said."""
        return Spoken(
            self.always & other.always, self.ever | other.ever, self.silent or other.silent
        )


class Grammar:
    """Reads templates against the lists and rules that there are, and notes what is wrong."""

    def __init__(
        self, lists: Collection[str], rules: Mapping[str, ScalarNode], faults: Faults
    ) -> None:
        self._lists = lists
        self._rules = rules
        self._faults = faults
        self._known: dict[str, Spoken] = {}
        self._under_way: list[str] = []
        for name in rules:
            self._rule(name)

    def sentence(self, template: ScalarNode) -> Spoken | None:
        """Return what the sentence `template` says; it must say something."""
        spoken = self._template(template)
        if spoken is not None and spoken.silent:
            self._faults.add(
                template.place,
                "this is said already when nothing is said",
                "leave one word without [brackets]",
            )
        return spoken

    def value(self, template: ScalarNode) -> None:
        """Check the words of a list's value; they cannot hold slots."""
        spoken = self._template(template)
        if spoken is not None and spoken.ever:
            self._faults.add(
                template.place,
                f"a list's value cannot hold {{{min(spoken.ever)}}}",
                "write the words themselves",
            )

    def _template(self, node: ScalarNode) -> Spoken | None:
        try:
            return self._node(templates.parse(node.written), node)
        except TemplateError as error:
            self._faults.add(letter(node, error.column, self._faults), error.problem)
            return None

    def _rule(self, name: str) -> Spoken:
        if name not in self._known:
            self._under_way.append(name)
            self._known[name] = self._template(self._rules[name]) or Spoken(silent=False)
            self._under_way.pop()
        return self._known[name]

    def _node(self, part: templates.Node, node: ScalarNode) -> Spoken:
        match part:
            case templates.Text(text=text):
                return Spoken(silent=not text.strip())
            case templates.SlotReference(slot=slot, source=source):
                if isinstance(source, str):
                    self._find_list(source, node)
                return Spoken(frozenset({slot}), frozenset({slot}), silent=False)
            case templates.RuleReference(rule=rule):
                return self._find_rule(rule, node)
            case templates.Alternative(items=items):
                return reduce(Spoken.either, self._all(items, node))
            case templates.Sequence(items=items) | templates.Permutation(items=items):
                return reduce(Spoken.then, self._all(items, node), Spoken())

    def _all(self, items: Iterable[templates.Node], node: ScalarNode) -> list[Spoken]:
        return [self._node(item, node) for item in items]

    def _find_list(self, name: str, node: ScalarNode) -> None:
        if name not in self._lists:
            cure = did_you_mean(name, tuple(self._lists)) or "write it under lists:"
            self._faults.add(self._reference(node, name), f"there is no list {name}", cure)

    def _find_rule(self, name: str, node: ScalarNode) -> Spoken:
        if name in self._under_way:
            self._faults.add(
                self._reference(node, name), f"the rule {name} contains itself", "a rule must end"
            )
        elif name in self._rules:
            return self._rule(name)
        else:
            cure = did_you_mean(name, tuple(self._rules)) or "write it under rules:"
            self._faults.add(self._reference(node, name), f"there is no rule {name}", cure)
        return Spoken(silent=False)

    def _reference(self, node: ScalarNode, name: str) -> Place:
        found = re.search(r"[{<]\s*" + re.escape(name), node.written)
        return letter(node, found.start() + 1, self._faults) if found else node.place
