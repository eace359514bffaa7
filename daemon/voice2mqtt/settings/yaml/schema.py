"""Read nodes as the schemas say that are declared for them: settings and command table alike.

A schema is a type (`int`, `Literal["a", "b"]`, `tuple[str, ...]`, `Annotated[str, check]`, a frozen
dataclass whose fields are the keys of a mapping), or a function of a node and the faults. A check
returns the value, in its usual form, or raises ValueError with what is wrong and, after a
semicolon, what to do.
"""

import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from voice2mqtt.settings.yaml import nodes
from voice2mqtt.settings.yaml.faults import Faults
from voice2mqtt.settings.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

Schema = Any
"""See above; Python has no name for the type of an annotation."""
Value = Any
"""As its schema says."""


def read(schema: Schema, node: Node, faults: Faults) -> Value:
    """Return the value of `node` as `schema` wants it, or None if it is wrong and noted."""
    origin: object = get_origin(schema)
    inner = get_args(schema)
    if origin is typing.Annotated:
        value = read(inner[0], node, faults)
        for check in inner[1:]:
            value = None if value is None else _checked(check, value, node, faults)
        return value
    if origin is typing.Literal:
        return nodes.choice(node, inner, faults)
    if origin is tuple:
        items = node.items if isinstance(node, SequenceNode) else (node,)
        values = tuple(read(inner[0], item, faults) for item in items)
        return None if None in values else values
    if origin in (typing.Union, types.UnionType):
        # Something or nothing, or one or several.
        is_several = isinstance(node, SequenceNode) and get_origin(inner[1]) is tuple
        return read(inner[is_several], node, faults)
    if is_dataclass(schema):
        return _section(schema, node, faults)
    return _SCALARS.get(schema, schema)(node, faults)


def read_keys(
    node: Node,
    keys: Mapping[str, Schema],
    what: str,
    faults: Faults,
    needed: Mapping[str, str] = types.MappingProxyType({}),
) -> dict[str, Value]:
    """Return the value of each key that is written and right.

    `what` names the mapping in messages; `needed` says for each key that may not be missing why.
    """
    described = nodes.mapping(node, tuple(keys), what, faults)
    if described is None:
        return {}
    for key, reason in needed.items():
        nodes.required(described, key, reason, faults)
    known = (entry for entry in described.entries if entry.key in keys)
    values = {entry.key: read(keys[entry.key], entry.value, faults) for entry in known}
    return {key: value for key, value in values.items() if value is not None}


@lru_cache
def keys_of(section: type) -> Mapping[str, Schema]:
    """Return the keys of a section with their schemas."""
    return get_type_hints(section, include_extras=True)


def _section(section: Schema, node: Node, faults: Faults) -> Value:
    keys = keys_of(section)
    if isinstance(node, MappingNode):
        written = tuple(
            entry
            for entry in node.entries
            if not (_is_nothing(entry.value) and _may_be_nothing(keys.get(entry.key)))
        )
        node = MappingNode(place=node.place, entries=written)
    found = read_keys(node, keys, "a section", faults)
    if not isinstance(node, MappingNode) or len(found) < len(node.entries):
        return None
    return _checked(lambda values: section(**values), found, node, faults)


def _is_nothing(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.value is None


def _may_be_nothing(schema: Schema) -> bool:
    """Return whether nothing means the default: of a section, its keys may all be commented out."""
    return is_dataclass(schema) or type(None) in get_args(schema)


def _checked(check: Callable[[Value], Value], value: Value, node: Node, faults: Faults) -> Value:
    try:
        return check(value)
    except ValueError as error:
        problem, _, hint = str(error).partition("; ")
        faults.add(node.place, problem, hint)
        return None


def _path(node: Node, faults: Faults) -> Path | None:
    written = nodes.text(node, faults)
    return None if written is None else Path(written)


_SCALARS: Mapping[Schema, Callable[[Node, Faults], object]] = {
    bool: nodes.boolean,
    int: nodes.integer,
    float: nodes.number,
    str: nodes.text,
    Path: _path,
}
