"""`voice2mqtt.yaml` as `Settings`: the model's complaints, put in a person's words and place."""

import json as json_text

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from voice2mqtt.settings import nodes
from voice2mqtt.settings.faults import Faults, did_you_mean
from voice2mqtt.settings.model import Section, Settings
from voice2mqtt.settings.nodes import MappingNode, Node, ScalarNode, SequenceNode

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
        FaultsError: Something in it is wrong; all of it is told.
    """
    if isinstance(document, MappingNode):
        document = _without_empty_sections(document)
    try:
        # JSON is the form in which strict pydantic takes a list for a tuple and a text for a path.
        settings = Settings.model_validate_json(json_text.dumps(_plain(document)))
    except ValidationError as error:
        for details in error.errors():
            _note(details, document, faults)
        faults.raise_any()
        raise
    faults.raise_any()
    return settings


def _without_empty_sections(document: MappingNode) -> MappingNode:
    """Leave out sections of which every key is a comment."""
    return MappingNode(
        place=document.place,
        entries=tuple(
            entry
            for entry in document.entries
            if entry.key not in sections()
            or not (isinstance(entry.value, ScalarNode) and entry.value.value is None)
        ),
    )


def sections() -> dict[str, type[Section]]:
    """Return the sections of the settings, by their key."""
    return {
        key: field.annotation
        for key, field in Settings.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section)
    }


def _plain(node: Node) -> object:
    match node:
        case MappingNode(entries=entries):
            return {entry.key: _plain(entry.value) for entry in entries}
        case SequenceNode(items=items):
            return [_plain(item) for item in items]
        case ScalarNode(value=value):
            return value


def _note(details: ErrorDetails, document: Node, faults: Faults) -> None:
    kind, context = details["type"], details.get("ctx", {})
    node, known = _find(details["loc"], document)
    if kind == "extra_forbidden":
        assert isinstance(node, MappingNode)
        entry = node.entry(str(details["loc"][-1]))
        assert entry is not None
        nodes.note_unknown_key(entry, known, faults)
    elif kind in _EXPECTED:
        cure = nodes.text_cure(node) if _EXPECTED[kind] == "text" else nodes.plain_cure(node)
        nodes.unexpected(node, _EXPECTED[kind], faults, cure)
    elif kind in _LIMITS:
        limit, words = _LIMITS[kind]
        faults.add(node.place, f"the number {words} {context[limit]:g}, found {_written(node)}")
    elif kind == "literal_error":
        choices = str(context["expected"]).replace("'", "")
        cure = nodes.text_cure(node) or did_you_mean(_written(node), choices.split(" or "))
        nodes.unexpected(node, choices, faults, cure)
    elif kind == "string_too_short":
        faults.add(node.place, "the text is empty", "write something, or leave the key out")
    elif kind == "value_error":
        problem, _, cure = str(context["error"]).partition("; ")
        faults.add(node.place, problem, cure)
    else:
        faults.add(node.place, details["msg"])


def _find(location: tuple[int | str, ...], document: Node) -> tuple[Node, tuple[str, ...]]:
    """Return the node at `location`, or the last one on the way to it, and the keys known there."""
    node, model = document, Settings
    known: type[Section] = model
    for step in location:
        if isinstance(node, MappingNode):
            value = node.get(str(step))
            annotation = known.model_fields.get(str(step))
            if value is None or annotation is None:
                break
            node = value
            if isinstance(annotation.annotation, type) and issubclass(
                annotation.annotation, Section
            ):
                known = annotation.annotation
        elif isinstance(node, SequenceNode) and isinstance(step, int):
            node = node.items[step]
    return node, tuple(known.model_fields)


def _written(node: Node) -> str:
    return node.written if isinstance(node, ScalarNode) else nodes.told(node)
