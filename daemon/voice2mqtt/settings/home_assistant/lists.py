"""Convert a list of Home Assistant's custom sentences to a list of a command table."""

import json as json_text
from collections.abc import Callable, Mapping, Sequence

from voice2mqtt.nlu.grammar.enumerate import Sentences
from voice2mqtt.nlu.grammar.table import Json
from voice2mqtt.nlu.grammar.template import TemplateError
from voice2mqtt.nlu.text.normaliser import normaliser
from voice2mqtt.settings.yaml import nodes
from voice2mqtt.settings.yaml.faults import Faults
from voice2mqtt.settings.yaml.nodes import Entry, MappingNode, Node, ScalarNode, SequenceNode

Context = Mapping[str, Sequence[Json]]
"""Key of a context to the values that are wanted; any, if there are none"""
_MAX_SPELT = 1_000
_SIGNS = frozenset("()[]{}<>|;")


def described_list(
    entry: Entry, language: str, faults: Faults, note: Callable[[str], None]
) -> Json:
    """Return the list as a table in `language` has it; None if malformed, as `faults` then has.

    Numbers are understood in words and in digits, whatever the list says, since it is for the
    recogniser to write them.
    """
    described = entry.value
    if not isinstance(described, MappingNode):
        nodes.unexpected(described, "values, a range or a wildcard", faults)
        return None
    values, limits = described.get("values"), described.get("range")
    if isinstance(values, SequenceNode):
        found = (_item(item, faults, note) for item in values.items)
        return [value for value in found if value is not None]
    if isinstance(limits, MappingNode):
        kept = (e for e in limits.entries if e.key not in ("digits", "words", "words_language"))
        known = {e.key: nodes.json(e.value, faults) for e in kept}
        spoken = limits.get("words_language")
        if isinstance(spoken, ScalarNode) and spoken.written != language:
            return _spelt(known, spoken.written) or {"range": known}
        return {"range": known}
    return {"wildcard": True}


def _spelt(limits: Mapping[str, Json], language: str) -> Json:
    """Return the values of a range with number words of `language`; None if they are too many."""
    lowest, highest, step = limits.get("from"), limits.get("to"), limits.get("step", 1)
    if not (isinstance(lowest, int) and isinstance(highest, int) and isinstance(step, int)):
        return None
    numbers = range(lowest, highest + 1, max(1, step))
    if len(numbers) > _MAX_SPELT or "multiplier" in limits:
        return None
    spell = normaliser(language).spell
    words = {n: "|".join((str(n), *map(" ".join, spell(n)))) for n in numbers}
    return [{"in": f"({said})", "out": number} for number, said in words.items()]


def _item(node: Node, faults: Faults, note: Callable[[str], None]) -> Json:
    if isinstance(node, ScalarNode):
        return _value(node.written, None, faults)
    spoken = node.get("in") if isinstance(node, MappingNode) else None
    if not isinstance(node, MappingNode) or not isinstance(spoken, ScalarNode):
        nodes.unexpected(node, "a text or {in: …, out: …}", faults)
        return None
    for entry in node.entries:
        if entry.key not in ("in", "out", "context", "metadata"):
            note(f"{entry.place}: {entry.key} of a list's value has no counterpart")
    context = node.get("context")
    value = _value(spoken.written, node.get("out"), faults)
    if not isinstance(context, MappingNode):
        return value
    known: Json = {each.key: nodes.json(each.value, faults) for each in context.entries}
    described = value if isinstance(value, dict) else {"in": value, "out": value}
    return {**described, "context": known}


def _value(spoken: str, out: Node | None, faults: Faults) -> Json:
    if isinstance(out, ScalarNode) and out.value is not None:
        is_word = isinstance(out.value, bool) and out.written.lower() not in ("true", "false")
        return {"in": spoken, "out": out.written if is_word else out.value}
    if out is not None and not isinstance(out, ScalarNode):
        return {"in": spoken, "out": json_text.dumps(nodes.json(out, faults), ensure_ascii=False)}
    return {"in": spoken, "out": meaning(spoken)} if _SIGNS & set(spoken) else spoken


def meaning(spoken: str) -> str:
    """Return what a value without `out` means: the first sentence of its template."""
    try:
        return Sentences(spoken, {}, {})[0] if _SIGNS & set(spoken) else spoken
    except (TemplateError, KeyError):
        return spoken


def in_context(described: Json, requires: Context, excludes: Context) -> Json:
    """Return the list without the values that do not fit, and without their contexts.

    A value of which nothing is known fits everywhere. None if no value fits.
    """
    if not isinstance(described, list):
        return described
    kept = [value for value in described if _fits(value, requires, excludes)]
    return [_bare(value) for value in kept] or None


def has_contexts(described: Json) -> bool:
    """Return whether a value of the list has a context."""
    values = described if isinstance(described, list) else ()
    return any(isinstance(value, dict) and "context" in value for value in values)


def _bare(value: Json) -> Json:
    if not isinstance(value, dict):
        return value
    spoken, out = value["in"], value.get("out")
    same = spoken == out and isinstance(spoken, str) and not _SIGNS & set(spoken)
    return spoken if same else {"in": spoken, "out": out}


def _fits(value: Json, requires: Context, excludes: Context) -> bool:
    context = value.get("context") if isinstance(value, dict) else None
    if not isinstance(context, dict):
        return True
    wanted = all(not any_of or context.get(key) in any_of for key, any_of in requires.items())
    return wanted and not any(context.get(key) in any_of for key, any_of in excludes.items())
