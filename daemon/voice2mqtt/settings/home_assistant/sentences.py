"""Convert Home Assistant's custom sentences to a command table.

Notes name what only Home Assistant knows (areas, entities, built-in rules) and what has no
counterpart in a table.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from voice2mqtt.nlu.grammar import template as templates
from voice2mqtt.nlu.grammar.table import Json
from voice2mqtt.nlu.grammar.template import TemplateError
from voice2mqtt.settings.home_assistant.home import LISTS, known_values
from voice2mqtt.settings.home_assistant.lists import (
    Context,
    described_list,
    has_contexts,
    in_context,
)
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

_FILE_KEYS = (
    *("language", "intents", "lists", "expansion_rules", "conversation", "skip_words"),
    *LISTS,
)
_CONTEXT_KEYS = ("requires_context", "excludes_context")
_DATA_KEYS = ("sentences", "slots", "lists", "expansion_rules", *_CONTEXT_KEYS)
_DEVICE = "name"
"""The slot of a device's name"""
_MAX_NAMED = 3
"""Domains that the name of a list has"""
_STUB: list[Json] = ["one", "two"]


@dataclass(frozen=True, slots=True)
class _Block:
    intent: str
    sentences: tuple[str, ...]
    slots: Mapping[str, Json]
    lists: Mapping[str, Json]
    """Local to the block; they shadow the shared ones."""
    rules: Mapping[str, Json]
    requires: Context
    excludes: Context


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
        self._known: dict[str, Json] = {}
        """Lists whose values have a context, by which each block takes some of them"""
        self._rules: dict[str, Json] = {}
        self._skipped: dict[str, None] = {}
        """Words that may be said anywhere"""
        self._told: set[str] = set()
        self._left_out: dict[str, str] = {}
        """Sentences of the table that it cannot take, each with the reason"""

    def add(self, document: Node, faults: Faults) -> None:
        """Add a file; what is wrong with its form is noted in `faults`."""
        if not isinstance(document, MappingNode):
            nodes.unexpected(document, "intents, lists or expansion_rules", faults)
            return
        language = document.get("language")
        if isinstance(language, ScalarNode):
            self._language = self._language or language.written
        self._add_lists_and_rules(document, self._lists, self._rules, faults)
        for entry in document.entries:
            if entry.key not in _FILE_KEYS:
                self._note_key(entry)
            elif entry.key == "skip_words":
                self._skipped.update(
                    dict.fromkeys(filter(templates.is_plain, _said(entry.value, faults)))
                )
            elif entry.key in LISTS and (known := known_values(entry.key, entry.value, faults)):
                self._keep_list(LISTS[entry.key], known, entry)
        for intent in _below(document, "intents", faults):
            data = intent.value.get("data") if isinstance(intent.value, MappingNode) else None
            for item in nodes.items(data, "a list of data", faults) if data else ():
                self._add_data(intent.key, item, faults)
        conversation = document.get("conversation")
        if isinstance(conversation, MappingNode):
            for intent in _below(conversation, "intents", faults):
                said = _said(intent.value, faults)
                self._blocks.append(_Block(intent.key, said, {}, {}, {}, {}, {}))

    def table(self) -> str:
        """Return the table as YAML; completes the notes."""
        rows = sorted(self._rows(), key=self._precedence)
        self._drop_unresolved_rules()
        self._note_unknown_contexts()
        head: dict[str, Json] = {"language": self._language} if self._language else {}
        if self._skipped:
            head["skip_words"] = list(self._skipped)
        parts: list[str] = [block(head)] if head else []
        lists: dict[str, Json] = {
            name: values for name, values in self._lists.items() if values is not None
        }
        if lists:
            parts.append("lists:\n" + block(lists, 2))
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
        for found in self._blocks:
            spoken: dict[str, Json] = {}
            own = self._namespace(found)
            say: list[Json] = [
                sentence
                for sentence in map(own.rewritten, found.sentences)
                if sentence not in self._left_out
                and self._is_sayable(sentence, found.intent, spoken)
            ]
            if not say:
                continue
            names[found.intent] = names.get(found.intent, 0) + 1
            again = f" {names[found.intent]}" if names[found.intent] > 1 else ""
            # A slot that is spoken overrides the value that the block gives it.
            fixed = {slot: value for slot, value in found.slots.items() if slot in spoken}
            yield {
                "name": f"{found.intent}{again}",
                "say": say,
                "topic": self.topic.replace("{intent}", found.intent),
                "payload": {**found.slots, **spoken},
                **({"defaults": fixed} if fixed else {}),
            }

    def _precedence(self, row: dict[str, Json]) -> tuple[bool, bool, int]:
        """Return where the row stands among others.

        Home Assistant prefers a device by its whole name, then a sentence's own words to free text
        and to slots; a table the earlier row.
        """
        said = row["say"]
        assert isinstance(said, list)
        roots = [templates.parse(str(each)) for each in said]
        references = [reference for root in roots for reference in self._references(root, ())]
        has_free_text = any(
            isinstance(described := self._lists.get(str(reference.source)), dict)
            and "wildcard" in described
            for reference in references
        )
        slots = len({reference.slot for reference in references})
        return not all(self._names_device(root) for root in roots), has_free_text, slots

    def _names_device(self, node: templates.TemplateNode) -> bool:
        """Return whether every sentence of `node` names a device."""
        match node:
            case templates.SlotReference(slot=slot, source=source):
                described = self._lists.get(source) if isinstance(source, str) else None
                return slot == _DEVICE and isinstance(described, list)
            case templates.RuleReference(rule=rule):
                return self._names_device(templates.parse(str(self._rules[rule])))
            case templates.Alternative(items=items):
                return all(map(self._names_device, items))
            case templates.Sequence(items=items) | templates.Permutation(items=items):
                return any(map(self._names_device, items))
        return False

    def _namespace(self, block: _Block) -> Namespace:
        """Return the names of `block`: of what is known, it takes what fits its context."""
        fitting = {
            name: in_context(known, block.requires, block.excludes)
            for name, known in self._known.items()
        }
        wanted = [str(value) for values in block.requires.values() for value in values]
        part = "_".join(wanted) if 0 < len(wanted) <= _MAX_NAMED else "some"
        new_names = {
            name: name if fitting[name] == in_context(known, {}, {}) else f"{name}_{part}"
            for name, known in self._known.items()
        }
        lists = {**fitting, **block.lists}
        return Namespace(lists, block.rules, self._lists, self._rules, new_names)

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
            if not any(problem == f"there is no list {known}" for known in self._known):
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
        nobody = next((r for r in references if self._lists.get(str(r.source), "") is None), None)
        if nobody:
            self._note(f"{intent}: {{{nobody.slot}}} has no value that fits; some are left out")
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
        self, node: templates.TemplateNode, visiting: tuple[str, ...]
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
            described = described_list(entry, self._language, faults, self._note)
            if described is None:
                continue
            if lists is self._lists:
                self._keep_list(entry.key, described, entry)
            else:
                self._keep(lists, entry, in_context(described, {}, {}))
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
            if entry.key not in _DATA_KEYS:
                self._note_key(entry)
        sentences = nodes.required(node, "sentences", "it is what is said", faults)
        if sentences is None:
            return
        slots = {
            entry.key: nodes.json(entry.value, faults) for entry in _below(node, "slots", faults)
        }
        said = _said(sentences, faults)
        requires, excludes = (_context(node, key, faults) for key in _CONTEXT_KEYS)
        self._blocks.append(_Block(intent, said, slots, lists, rules, requires, excludes))

    def _keep_list(self, name: str, described: Json, entry: Entry) -> None:
        kept = self._known if has_contexts(described) else self._lists
        if kept is self._lists and name in self._known:
            kept = self._known
        if kept.setdefault(name, described) != described:
            self._note(f"{entry.place}: {name} was described before; the first is kept")

    def _note_unknown_contexts(self) -> None:
        told = {
            key
            for values in self._known.values()
            for value in (values if isinstance(values, list) else ())
            if isinstance(value, dict) and isinstance(context := value.get("context"), dict)
            for key in context
        }
        for found in self._blocks:
            for key in (*found.requires, *found.excludes):
                if key not in told:
                    self._note(
                        f"the context {key} is not looked at: what requires or excludes it acts "
                        "whatever it is"
                    )

    def _note_key(self, entry: Entry) -> None:
        """Note once that a key has no counterpart."""
        if entry.key not in self._told:
            self._told.add(entry.key)
            self._note(f"{entry.place}: {entry.key} has no counterpart, here and elsewhere")

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


def _context(node: MappingNode, key: str, faults: Faults) -> Context:
    """Return what `requires_context` or `excludes_context` names."""
    found: dict[str, list[Json]] = {}
    for entry in _below(node, key, faults):
        value: Node | None = entry.value
        if isinstance(value, MappingNode):
            value = value.get("value")
        items = value.items if isinstance(value, SequenceNode) else (value,) if value else ()
        found[entry.key] = [nodes.json(item, faults) for item in items]
    return found


def _row(row: dict[str, Json]) -> str:
    say = row["say"]
    assert isinstance(say, list)
    said = f" {inline(say[0])}\n" if len(say) == 1 else "\n" + block(say, 6)
    return (
        f"  - name: {inline(row['name'])}\n    say:{said}"
        f"    topic: {inline(row['topic'])}\n    payload: {inline(row['payload'])}\n"
        + (f"    defaults: {inline(row['defaults'])}\n" if "defaults" in row else "")
    )
