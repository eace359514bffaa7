"""Home Assistant's custom sentences as a command table.

What Home Assistant knows and a file does not say (its areas, entities and built-in rules) is
named in the notes, and so is everything that has no counterpart here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from voice2mqtt.settings import nodes
from voice2mqtt.settings.faults import Faults
from voice2mqtt.settings.nodes import Entry, MappingNode, Node, ScalarNode, SequenceNode
from voice2mqtt.settings.writer import block, inline
from voice2mqtt.understanding import templates
from voice2mqtt.understanding.sentences import Sentences
from voice2mqtt.understanding.table import Json
from voice2mqtt.understanding.templates import TemplateError

_FILE_KEYS = ("language", "intents", "lists", "expansion_rules", "conversation")
_DATA_KEYS = ("sentences", "slots", "lists", "expansion_rules")
_STUB: list[Json] = ["one", "two"]


@dataclass(frozen=True, slots=True)
class _Block:
    intent: str
    sentences: tuple[str, ...]
    slots: Mapping[str, Json]


@dataclass
class CustomSentences:
    """Gathers files, then writes one table."""

    topic: str = "home/intent/{intent}"
    """Where the intents go; `{intent}` is the name of each."""
    notes: list[str] = field(default_factory=list)
    """What was left out or must be completed, as sentences."""

    def __post_init__(self) -> None:
        self._language = ""
        self._blocks: list[_Block] = []
        self._lists: dict[str, Json] = {}
        self._rules: dict[str, Json] = {}

    def add(self, document: Node, faults: Faults) -> None:
        """Add a file; what is wrong with its form is noted in `faults`."""
        if not isinstance(document, MappingNode):
            nodes.unexpected(document, "intents, lists or expansion_rules", faults)
            return
        self._add_shared(document, faults)
        for entry in document.entries:
            if entry.key not in _FILE_KEYS:
                self._note(f"{entry.place}: {entry.key} has no counterpart")
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
                self._add_block(intent.key, intent.value, {}, faults)

    def table(self) -> str:
        """Return the table as YAML; completes the notes."""
        rows = list(self._rows())
        head: dict[str, Json] = {"language": self._language} if self._language else {}
        parts: list[str] = [block(head)] if head else []
        if self._lists:
            parts.append("lists:\n" + block(self._lists, 2))
        if self._rules:
            parts.append("rules:\n" + block(self._rules, 2))
        parts.append("commands:\n" + "\n".join(map(_row, rows)))
        return "\n".join(parts)

    def _rows(self) -> Iterator[dict[str, Json]]:
        names: dict[str, int] = {}
        for found in self._blocks:
            slots: dict[str, Json] = dict(found.slots)
            say: list[Json] = [
                sentence
                for sentence in found.sentences
                if self._is_sayable(sentence, found.intent, slots)
            ]
            if not say:
                continue
            names[found.intent] = names.get(found.intent, 0) + 1
            again = f" {names[found.intent]}" if names[found.intent] > 1 else ""
            yield {
                "name": f"{found.intent}{again}",
                "say": say,
                "topic": self.topic.replace("{intent}", found.intent),
                "payload": slots,
            }

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
        self, node: templates.Node, under_way: tuple[str, ...]
    ) -> Iterator[templates.SlotReference]:
        match node:
            case templates.SlotReference():
                yield node
            case templates.RuleReference(rule=rule):
                if rule in under_way:
                    raise KeyError(rule)
                yield from self._references(
                    templates.parse(str(self._rules[rule])), (*under_way, rule)
                )
            case templates.Text():
                return
            case _:
                for item in node.items:
                    yield from self._references(item, under_way)

    def _add_shared(self, node: MappingNode, faults: Faults) -> None:
        for entry in _below(node, "lists", faults):
            described = self._list(entry, faults)
            if described is not None:
                self._keep(self._lists, entry, described)
        for entry in _below(node, "expansion_rules", faults):
            if isinstance(entry.value, ScalarNode):
                self._keep(self._rules, entry, entry.value.written)
            else:
                nodes.unexpected(entry.value, "text", faults)

    def _add_data(self, intent: str, node: Node, faults: Faults) -> None:
        if not isinstance(node, MappingNode):
            nodes.unexpected(node, "sentences", faults)
            return
        self._add_shared(node, faults)
        for entry in node.entries:
            if entry.key not in _DATA_KEYS:
                self._note(f"{entry.place}: {intent}: {entry.key} has no counterpart")
        sentences = node.get("sentences")
        if sentences is None:
            faults.add(node.place, "'sentences' is missing", "it is what is said")
            return
        slots = {
            entry.key: nodes.json(entry.value, faults) for entry in _below(node, "slots", faults)
        }
        self._add_block(intent, sentences, slots, faults)

    def _add_block(
        self, intent: str, sentences: Node, slots: Mapping[str, Json], faults: Faults
    ) -> None:
        said = tuple(template.written for template in nodes.texts(sentences, faults))
        self._blocks.append(_Block(intent, said, slots))

    def _list(self, entry: Entry, faults: Faults) -> Json:
        described = entry.value
        if not isinstance(described, MappingNode):
            nodes.unexpected(described, "values, a range or a wildcard", faults)
            return None
        values, limits = described.get("values"), described.get("range")
        if isinstance(values, SequenceNode):
            found = (self._value(item, faults) for item in values.items)
            return [value for value in found if value is not None]
        if isinstance(limits, MappingNode):
            kept = (e for e in limits.entries if e.key not in ("digits", "words", "words_language"))
            return {"range": {e.key: nodes.json(e.value, faults) for e in kept}}
        return {"wildcard": True}

    def _value(self, node: Node, faults: Faults) -> Json:
        if isinstance(node, ScalarNode):
            return _value(node.written, None)
        spoken = node.get("in") if isinstance(node, MappingNode) else None
        if not isinstance(node, MappingNode) or not isinstance(spoken, ScalarNode):
            nodes.unexpected(node, "a text or {in: …, out: …}", faults)
            return None
        for entry in node.entries:
            if entry.key not in ("in", "out"):
                self._note(f"{entry.place}: {entry.key} of a list's value has no counterpart")
        out = node.get("out")
        return _value(spoken.written, out if isinstance(out, ScalarNode) else None)

    def _keep(self, kept: dict[str, Json], entry: Entry, value: Json) -> None:
        if kept.setdefault(entry.key, value) != value:
            self._note(f"{entry.place}: {entry.key} was described before; the first is kept")

    def _note(self, sentence: str) -> None:
        if sentence not in self.notes:
            self.notes.append(sentence)


def _below(node: MappingNode, key: str, faults: Faults) -> tuple[Entry, ...]:
    value = node.get(key)
    return tuple(nodes.entries(value, f"names below {key}", faults)) if value else ()


def _value(spoken: str, out: ScalarNode | None) -> Json:
    if out is not None:
        number = isinstance(out.value, int | float) and not isinstance(out.value, bool)
        return {"in": spoken, "out": out.value if number else out.written}
    if not set("()[]{}<>|;") & set(spoken):
        return spoken
    try:
        return {"in": spoken, "out": Sentences(spoken, {}, {})[0]}
    except (TemplateError, KeyError):
        return {"in": spoken, "out": spoken}


def _row(row: dict[str, Json]) -> str:
    say = row["say"]
    assert isinstance(say, list)
    said = f" {inline(say[0])}\n" if len(say) == 1 else "\n" + block(say, 6)
    return (
        f"  - name: {inline(row['name'])}\n    say:{said}"
        f"    topic: {inline(row['topic'])}\n    payload: {inline(row['payload'])}\n"
    )
