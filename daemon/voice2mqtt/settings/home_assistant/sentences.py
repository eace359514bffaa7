"""Convert Home Assistant's custom sentences to a command table.

Notes name what only Home Assistant knows (areas, entities, built-in rules) and what has no
counterpart in a table.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from voice2mqtt.nlu.grammar import template as templates
from voice2mqtt.nlu.grammar.compiler import escape
from voice2mqtt.nlu.grammar.table import Json
from voice2mqtt.nlu.grammar.template import TemplateError
from voice2mqtt.settings.home_assistant.lists import described_list
from voice2mqtt.settings.home_assistant.namespacing import Namespace
from voice2mqtt.settings.yaml import nodes
from voice2mqtt.settings.yaml.faults import Faults
from voice2mqtt.settings.yaml.nodes import (
    Entry,
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
)
from voice2mqtt.settings.yaml.writer import block, inline

_FILE_KEYS = ("language", "intents", "lists", "expansion_rules", "conversation", "skip_words")
_DATA_KEYS = ("sentences", "slots", "lists", "expansion_rules")
_CONTEXT_KEYS = ("requires_context", "excludes_context")
_STUB: list[Json] = ["one", "two"]


@dataclass(frozen=True, slots=True)
class _Block:
    intent: str
    sentences: tuple[str, ...]
    slots: Mapping[str, Json]
    lists: Mapping[str, Json]
    """Local to the block; they shadow the shared ones."""
    rules: Mapping[str, Json]


@dataclass
class CustomSentences:
    """Collects files and writes one table."""

    topic: str = "home/intent/{intent}"
    """Where the intents go; `{intent}` is the name of each."""
    notes: list[str] = field(default_factory=list)
    """Sentences about what was left out or must be completed."""

    def __post_init__(self) -> None:
        self._language = ""
        self._blocks: list[_Block] = []
        self._lists: dict[str, Json] = {}
        self._rules: dict[str, Json] = {}
        self._skipped: dict[str, None] = {}
        """Words that may be said around a sentence."""
        self._skip_rule = ""
        """The name of the rule of them"""
        self._left_out: dict[str, str] = {}
        """Sentences of the table that it cannot take, each with the reason"""

    def add(self, document: Node, faults: Faults) -> None:
        """Add a file; what is wrong with its form is noted in `faults`."""
        if not isinstance(document, MappingNode):
            nodes.unexpected(document, "intents, lists or expansion_rules", faults)
            return
        self._add_lists_and_rules(document, self._lists, self._rules, faults)
        for entry in document.entries:
            if entry.key not in _FILE_KEYS:
                self._note(f"{entry.place}: {entry.key} has no counterpart")
            elif entry.key == "skip_words":
                self._skipped.update(dict.fromkeys(_said(entry.value, faults)))
                self._note(f"{entry.place}: skip_words may be said around a sentence, not inside")
        language = document.get("language")
        if isinstance(language, ScalarNode):
            self._language = self._language or language.written
        for intent in _below(document, "intents", faults):
            data = intent.value.get("data") if isinstance(intent.value, MappingNode) else None
            for item in nodes.items(data, "a list of data", faults) if data else ():
                self._add_data(intent.key, item, faults)
        conversation = document.get("conversation")
        if isinstance(conversation, MappingNode):
            for intent in _below(conversation, "intents", faults):
                said = _said(intent.value, faults)
                self._blocks.append(_Block(intent.key, said, {}, {}, {}))

    def table(self) -> str:
        """Return the table as YAML; completes the notes."""
        # Home Assistant prefers a sentence's own words to free text, a table the earlier row.
        rows = sorted(self._rows(), key=self._has_free_text)
        self._drop_unresolved_rules()
        head: dict[str, Json] = {"language": self._language} if self._language else {}
        parts: list[str] = [block(head)] if head else []
        if self._lists:
            parts.append("lists:\n" + block(self._lists, 2))
        if self._rules:
            parts.append("rules:\n" + block(self._rules, 2))
        parts.append("commands:\n" + "\n".join(map(_row, rows)))
        return "\n".join(parts)

    def leave_out(self, sentences: Mapping[str, str]) -> bool:
        """Leave out `sentences` of the table, each for a reason; return whether any is new."""
        new = {said: why for said, why in sentences.items() if said not in self._left_out}
        self._left_out |= new
        for sentence, why in new.items():
            self._note(f"'{sentence}' is left out: {why}")
        return bool(new)

    def _rows(self) -> Iterator[dict[str, Json]]:
        names: dict[str, int] = {}
        around = self._words_around()
        for found in self._blocks:
            spoken: dict[str, Json] = {}
            own = Namespace(found.lists, found.rules, self._lists, self._rules)
            say: list[Json] = [
                _between(around, sentence)
                for sentence in map(own.rewritten, found.sentences)
                if self._is_sayable(sentence, found.intent, spoken)
            ]
            say = [sentence for sentence in say if sentence not in self._left_out]
            if not say:
                continue
            names[found.intent] = names.get(found.intent, 0) + 1
            again = f" {names[found.intent]}" if names[found.intent] > 1 else ""
            # What is said beats what the block fixes.
            fixed = {slot: value for slot, value in found.slots.items() if slot in spoken}
            yield {
                "name": f"{found.intent}{again}",
                "say": say,
                "topic": self.topic.replace("{intent}", found.intent),
                "payload": {**found.slots, **spoken},
                **({"defaults": fixed} if fixed else {}),
            }

    def _has_free_text(self, row: dict[str, Json]) -> bool:
        said = row["say"]
        assert isinstance(said, list)
        references = (r for each in said for r in self._references(templates.parse(str(each)), ()))
        return any(
            isinstance(described := self._lists.get(str(reference.source)), dict)
            and "wildcard" in described
            for reference in references
        )

    def _words_around(self) -> str:
        """Add a rule of the words that may be said around a sentence; return its reference."""
        if not self._skipped:
            return ""
        if not self._skip_rule:
            self._skip_rule = "skip_words"
            while self._skip_rule in self._rules:
                self._skip_rule += "_"
            words = f"[{'|'.join(map(escape, self._skipped))}]"
            # "Could you please" are two.
            self._rules[self._skip_rule] = f"{words} {words}"
        return f"<{self._skip_rule}>"

    def _drop_unresolved_rules(self) -> None:
        """Remove rules that cannot be resolved; the remaining sentences do not use them."""
        unresolved: dict[str, str] = {}
        for name, template in self._rules.items():
            try:
                references = list(self._references(templates.parse(str(template)), (name,)))
            except TemplateError as error:
                problem = error.problem
            except KeyError as error:
                problem = f"there is no rule {error.args[0]}, or it contains itself"
            else:
                sources = (r.source for r in references if isinstance(r.source, str))
                missing = next((source for source in sources if source not in self._lists), "")
                problem = f"there is no list {missing}" if missing else ""
            if problem:
                unresolved[name] = problem
        for name, problem in unresolved.items():
            del self._rules[name]
            self._note(f"the rule {name} is left out: {problem}, and no sentence uses it")

    def _is_sayable(self, sentence: str, intent: str, slots: dict[str, Json]) -> bool:
        try:
            references = list(self._references(templates.parse(sentence), ()))
        except TemplateError as error:
            self._note(f"{intent}: '{sentence}' is left out: {error.problem}")
            return False
        except KeyError as error:
            self._note(
                f"{intent}: '{sentence}' is left out: the rule {error.args[0]} is built into Home "
                "Assistant, or contains itself; write it under rules:"
            )
            return False
        for reference in references:
            if isinstance(reference.source, str) and reference.source not in self._lists:
                self._lists[reference.source] = _STUB
                self._note(
                    f"the list {reference.source} is filled by Home Assistant from what it knows; "
                    "write its words under lists:"
                )
            slots.setdefault(reference.slot, f"{{{reference.slot}}}")
        return True

    def _references(
        self, node: templates.Node, visiting: tuple[str, ...]
    ) -> Iterator[templates.SlotReference]:
        match node:
            case templates.SlotReference():
                yield node
            case templates.RuleReference(rule=rule):
                if rule in visiting:
                    raise KeyError(rule)
                yield from self._references(
                    templates.parse(str(self._rules[rule])), (*visiting, rule)
                )
            case templates.Text():
                return
            case _:
                for item in node.items:
                    yield from self._references(item, visiting)

    def _add_lists_and_rules(
        self, node: MappingNode, lists: dict[str, Json], rules: dict[str, Json], faults: Faults
    ) -> None:
        for entry in _below(node, "lists", faults):
            described = described_list(entry, faults, self._note)
            if described is not None:
                self._keep(lists, entry, described)
        for entry in _below(node, "expansion_rules", faults):
            if isinstance(entry.value, ScalarNode):
                self._keep(rules, entry, entry.value.written)
            else:
                nodes.unexpected(entry.value, "text", faults)

    def _add_data(self, intent: str, node: Node, faults: Faults) -> None:
        if not isinstance(node, MappingNode):
            nodes.unexpected(node, "sentences", faults)
            return
        lists: dict[str, Json] = {}
        rules: dict[str, Json] = {}
        self._add_lists_and_rules(node, lists, rules, faults)
        for entry in node.entries:
            if entry.key in _CONTEXT_KEYS:
                self._note(
                    f"{entry.place}: {intent}: {entry.key} is not looked at; "
                    "the row acts whatever the context is"
                )
            elif entry.key not in _DATA_KEYS:
                self._note(f"{entry.place}: {intent}: {entry.key} has no counterpart")
        sentences = nodes.required(node, "sentences", "it is what is said", faults)
        if sentences is None:
            return
        slots = {
            entry.key: nodes.json(entry.value, faults) for entry in _below(node, "slots", faults)
        }
        said = _said(sentences, faults)
        self._blocks.append(_Block(intent, said, slots, lists, rules))

    def _keep(self, kept: dict[str, Json], entry: Entry, value: Json) -> None:
        if kept.setdefault(entry.key, value) != value:
            self._note(f"{entry.place}: {entry.key} was described before; the first is kept")

    def _note(self, sentence: str) -> None:
        if sentence not in self.notes:
            self.notes.append(sentence)


def _below(node: MappingNode, key: str, faults: Faults) -> tuple[Entry, ...]:
    value = node.get(key)
    return tuple(nodes.entries(value, f"names below {key}", faults)) if value else ()


def _said(sentences: Node, faults: Faults) -> tuple[str, ...]:
    if isinstance(sentences, SequenceNode) and not sentences.items:
        return ()
    return tuple(template.written for template in nodes.texts(sentences, faults))


def _between(around: str, sentence: str) -> str:
    """Return `sentence` with `around` before and behind it, if that is anything."""
    if not around:
        return sentence
    if isinstance(templates.parse(sentence), templates.Alternative | templates.Permutation):
        sentence = f"({sentence})"
    return f"{around} {sentence} {around}"


def _row(row: dict[str, Json]) -> str:
    say = row["say"]
    assert isinstance(say, list)
    said = f" {inline(say[0])}\n" if len(say) == 1 else "\n" + block(say, 6)
    return (
        f"  - name: {inline(row['name'])}\n    say:{said}"
        f"    topic: {inline(row['topic'])}\n    payload: {inline(row['payload'])}\n"
        + (f"    defaults: {inline(row['defaults'])}\n" if "defaults" in row else "")
    )
