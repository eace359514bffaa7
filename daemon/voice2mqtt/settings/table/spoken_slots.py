"""Which slots a template fills in every sentence, and which only in some."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce

from voice2mqtt.nlu.grammar import template as templates
from voice2mqtt.nlu.grammar.table import Place
from voice2mqtt.nlu.grammar.template import TemplateError
from voice2mqtt.settings.yaml.faults import Faults, did_you_mean
from voice2mqtt.settings.yaml.nodes import ScalarNode, character_place


@dataclass(frozen=True, slots=True)
class SpokenSlots:
    """The slots that the sentences of a template fill."""

    always: frozenset[str] = frozenset()
    """Slots that every sentence fills."""
    ever: frozenset[str] = frozenset()
    """Slots that at least one sentence fills."""
    may_be_empty: bool = True
    """Whether one of the sentences has no words."""

    def then(self, other: "SpokenSlots") -> "SpokenSlots":
        """Return the slots of both in sequence."""
        return SpokenSlots(
            self.always | other.always,
            self.ever | other.ever,
            self.may_be_empty and other.may_be_empty,
        )

    def either(self, other: "SpokenSlots") -> "SpokenSlots":
        """Return the slots of an alternative of the two."""
        return SpokenSlots(
            self.always & other.always,
            self.ever | other.ever,
            self.may_be_empty or other.may_be_empty,
        )


class TableGrammar:
    """Resolves templates against the lists and rules of the table, and reports faults."""

    def __init__(
        self, lists: Collection[str], rules: Mapping[str, ScalarNode], faults: Faults
    ) -> None:
        self._lists = lists
        self._rules = rules
        self._faults = faults
        self._known: dict[str, SpokenSlots] = {}
        self._visiting: list[str] = []
        for name in rules:
            self._rule(name)

    def sentence(self, template: ScalarNode) -> SpokenSlots | None:
        """Return the slots of a sentence, which may not be empty."""
        spoken = self._template(template)
        if spoken is not None and spoken.may_be_empty:
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
            self._faults.add(character_place(node, error.column, self._faults), error.problem)
            return None

    def _rule(self, name: str) -> SpokenSlots:
        if name not in self._known:
            self._visiting.append(name)
            self._known[name] = self._template(self._rules[name]) or SpokenSlots(may_be_empty=False)
            self._visiting.pop()
        return self._known[name]

    def _node(self, part: templates.TemplateNode, node: ScalarNode) -> SpokenSlots:
        match part:
            case templates.Text(text=text):
                return SpokenSlots(may_be_empty=not text.strip())
            case templates.SlotReference(slot=slot, source=source):
                if isinstance(source, str):
                    self._find_list(source, node)
                return SpokenSlots(frozenset({slot}), frozenset({slot}), may_be_empty=False)
            case templates.RuleReference(rule=rule):
                return self._find_rule(rule, node)
            case templates.Alternative(items=items):
                return reduce(SpokenSlots.either, self._all(items, node))
            case templates.Sequence(items=items) | templates.Permutation(items=items):
                return reduce(SpokenSlots.then, self._all(items, node), SpokenSlots())

    def _all(self, items: Iterable[templates.TemplateNode], node: ScalarNode) -> list[SpokenSlots]:
        return [self._node(item, node) for item in items]

    def _find_list(self, name: str, node: ScalarNode) -> None:
        if name not in self._lists:
            hint = did_you_mean(name, tuple(self._lists)) or "write it under lists:"
            self._faults.add(self._reference(node, name), f"there is no list {name}", hint)

    def _find_rule(self, name: str, node: ScalarNode) -> SpokenSlots:
        if name in self._visiting:
            self._faults.add(
                self._reference(node, name), f"the rule {name} contains itself", "a rule must end"
            )
        elif name in self._rules:
            return self._rule(name)
        else:
            hint = did_you_mean(name, tuple(self._rules)) or "write it under rules:"
            self._faults.add(self._reference(node, name), f"there is no rule {name}", hint)
        return SpokenSlots(may_be_empty=False)

    def _reference(self, node: ScalarNode, name: str) -> Place:
        found = re.search(r"[{<]\s*" + re.escape(name), node.written)
        return character_place(node, found.start() + 1, self._faults) if found else node.place
