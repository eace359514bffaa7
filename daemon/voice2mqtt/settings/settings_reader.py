"""`voice2mqtt.yaml` to `Settings`: pydantic's errors become readable faults with their place."""

import json as json_text
from typing import get_args, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from voice2mqtt.settings.model import Settings
from voice2mqtt.settings.values import Section
from voice2mqtt.settings.yaml import nodes
from voice2mqtt.settings.yaml.faults import Faults, did_you_mean
from voice2mqtt.settings.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

_EXPECTED = {
    "string_type": "text",
    "path_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a text or a list of texts",
    "model_type": "a section with keys",
    "model_attributes_type": "a section with keys",
}

_LIMITS = {
    "greater_than": ("gt", "must be more than"),
    "greater_than_equal": ("ge", "must be at least"),
    "less_than": ("lt", "must be less than"),
    "less_than_equal": ("le", "must be at most"),
}


def read_settings(document: Node, faults: Faults) -> Settings:
    """Return the settings that `document` describes.

    Raises:
        FaultsError: Lists everything that is wrong.
    """
    try:
        # From JSON, strict pydantic accepts a list for a tuple and a text for a path.
        settings = Settings.model_validate_json(json_text.dumps(_plain(document, Settings)))
    except ValidationError as error:
        for details in error.errors():
            _note(details, document, faults)
        faults.raise_any()
        raise
    faults.raise_any()
    return settings


def _plain(node: Node, section: type[Section] | None = None) -> object:
    """Return `node` as plain values; a section whose keys are all commented out is left out."""
    match node:
        case MappingNode(entries=entries):
            inner = {entry.key: section_at(section, entry.key) for entry in entries}
            return {
                entry.key: _plain(entry.value, inner[entry.key])
                for entry in entries
                if inner[entry.key] is None or not _is_nothing(entry.value)
            }
        case SequenceNode(items=items):
            return [_plain(item, section) for item in items]
        case ScalarNode(value=value):
            return value


def section_at(section: type[Section] | None, key: str) -> type[Section] | None:
    """Return the section that `key` of `section` holds, once or in a list; None for a setting."""
    field = section.model_fields.get(key) if section else None
    kind = field.annotation if field else None
    if get_origin(kind) is tuple:
        kind = get_args(kind)[0]
    return kind if isinstance(kind, type) and issubclass(kind, Section) else None


def _is_nothing(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.value is None


def _note(details: ErrorDetails, document: Node, faults: Faults) -> None:
    kind, context = details["type"], details.get("ctx", {})
    node, known = _find(details["loc"], document)
    if kind == "extra_forbidden":
        assert isinstance(node, MappingNode)
        entry = node.entry(str(details["loc"][-1]))
        assert entry is not None
        nodes.note_unknown_key(entry, known, faults)
    elif kind in _EXPECTED:
        hint = nodes.text_hint(node) if _EXPECTED[kind] == "text" else nodes.unquote_hint(node)
        nodes.unexpected(node, _EXPECTED[kind], faults, hint)
    elif kind in _LIMITS:
        limit, words = _LIMITS[kind]
        faults.add(node.place, f"the number {words} {context[limit]:g}, found {_written(node)}")
    elif kind == "literal_error":
        choices = str(context["expected"]).replace("'", "")
        hint = nodes.text_hint(node) or did_you_mean(_written(node), choices.split(" or "))
        nodes.unexpected(node, choices, faults, hint)
    elif kind == "string_too_short":
        faults.add(node.place, "the text is empty", "write something, or leave the key out")
    elif kind == "value_error":
        problem, _, hint = str(context["error"]).partition("; ")
        faults.add(node.place, problem, hint)
    else:
        faults.add(node.place, details["msg"])


def _find(location: tuple[int | str, ...], document: Node) -> tuple[Node, tuple[str, ...]]:
    """Return the node at `location`, or its last existing parent, and the keys known there."""
    node = document
    section: type[Section] = Settings
    for step in location:
        if isinstance(node, MappingNode):
            value = node.get(str(step))
            if value is None or str(step) not in section.model_fields:
                break
            node = value
            section = section_at(section, str(step)) or section
        elif isinstance(node, SequenceNode) and isinstance(step, int):
            node = node.items[step]
    return node, tuple(section.model_fields)


def _written(node: Node) -> str:
    return node.written if isinstance(node, ScalarNode) else nodes.describe(node)
