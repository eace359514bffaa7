"""What the templates of a table say: which slots they fill always, and which only sometimes."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce

from voice2mqtt.nlu.grammar import template as templates
from voice2mqtt.nlu.grammar.table import Place
from voice2mqtt.nlu.grammar.template import TemplateError
from voice2mqtt.settings.yaml.faults import Faults, did_you_mean
from voice2mqtt.settings.yaml.nodes import ScalarNode, letter


@dataclass(frozen=True, slots=True)
class SpokenSlots:
    """What is known of every sentence of a template."""

    always: frozenset[str] = frozenset()
    """Slots that are filled whichever way it is said."""
    ever: frozenset[str] = frozenset()
    silent: bool = True
    """Whether it can be said without a word."""

    def then(self, other: "SpokenSlots") -> "SpokenSlots":
        """Return what is known when both are said."""
        return SpokenSlots(
            self.always | other.always, self.ever | other.ever, self.silent and other.silent
        )

    def either(self, other: "SpokenSlots") -> "SpokenSlots":
        """Return what is known when one of them is said."""
        return SpokenSlots(
            self.always & other.always, self.ever | other.ever, self.silent or other.silent
        )


class TableGrammar:
    """Reads templates against the lists and rules that there are, and notes what is wrong."""

    def __init__(
        self, lists: Collection[str], rules: Mapping[str, ScalarNode], faults: Faults
    ) -> None:
        self._lists = lists
        self._rules = rules
        self._faults = faults
        self._known: dict[str, SpokenSlots] = {}
        self._under_way: list[str] = []
        for name in rules:
            self._rule(name)

    def sentence(self, template: ScalarNode) -> SpokenSlots | None:
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

    def _template(self, node: ScalarNode) -> SpokenSlots | None:
        try:
            return self._node(templates.parse(node.written), node)
        except TemplateError as error:
            self._faults.add(letter(node, error.column, self._faults), error.problem)
            return None

    def _rule(self, name: str) -> SpokenSlots:
        if name not in self._known:
            self._under_way.append(name)
            self._known[name] = self._template(self._rules[name]) or SpokenSlots(silent=False)
            self._under_way.pop()
        return self._known[name]

    def _node(self, part: templates.Node, node: ScalarNode) -> SpokenSlots:
        match part:
            case templates.Text(text=text):
                return SpokenSlots(silent=not text.strip())
            case templates.SlotReference(slot=slot, source=source):
                if isinstance(source, str):
                    self._find_list(source, node)
                return SpokenSlots(frozenset({slot}), frozenset({slot}), silent=False)
            case templates.RuleReference(rule=rule):
                return self._find_rule(rule, node)
            case templates.Alternative(items=items):
                return reduce(SpokenSlots.either, self._all(items, node))
            case templates.Sequence(items=items) | templates.Permutation(items=items):
                return reduce(SpokenSlots.then, self._all(items, node), SpokenSlots())

    def _all(self, items: Iterable[templates.Node], node: ScalarNode) -> list[SpokenSlots]:
        return [self._node(item, node) for item in items]

    def _find_list(self, name: str, node: ScalarNode) -> None:
        if name not in self._lists:
            cure = did_you_mean(name, tuple(self._lists)) or "write it under lists:"
            self._faults.add(self._reference(node, name), f"there is no list {name}", cure)

    def _find_rule(self, name: str, node: ScalarNode) -> SpokenSlots:
        if name in self._under_way:
            self._faults.add(
                self._reference(node, name), f"the rule {name} contains itself", "a rule must end"
            )
        elif name in self._rules:
            return self._rule(name)
        else:
            cure = did_you_mean(name, tuple(self._rules)) or "write it under rules:"
            self._faults.add(self._reference(node, name), f"there is no rule {name}", cure)
        return SpokenSlots(silent=False)

    def _reference(self, node: ScalarNode, name: str) -> Place:
        found = re.search(r"[{<]\s*" + re.escape(name), node.written)
        return letter(node, found.start() + 1, self._faults) if found else node.place
