"""Plain values, as JSON and TOML hold them, checked against declared types.

For what programs and translators write; `settings/yaml/schema.py` reads what owners write, with
every fault in its place.
"""

import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, get_args, get_origin, get_type_hints

Declared = Any
"""A type: a dataclass, which has no other keys, a TypedDict, which ignores others, and what they
consist of. `Annotated` names a check, which returns the value or raises ValueError."""
TypedValue = Any
"""A value of the declared type."""

_NAMES = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}


def typed(declared: Declared, value: object, at: str = "") -> TypedValue:
    """Return `value` as the type `declared`; lists become tuples.

    Raises:
        ValueError: It is not of the type; the message begins with the place, such as "hours.noon",
            below `at`. It does not quote the value.
    """
    origin: object = get_origin(declared)
    inner = get_args(declared)
    if origin is typing.Annotated:
        return _checked(inner[1], typed(inner[0], value, at), at)
    if origin in (typing.Union, types.UnionType):
        return None if value is None else typed(inner[0], value, at)
    if origin is tuple and isinstance(value, list):
        wanted = inner[:1] * len(value) if inner[-1] is ... else inner
        if len(wanted) != len(value):
            raise ValueError(f"{at}: expected {len(wanted)} values, found {len(value)}")
        return tuple(typed(wanted[n], item, _below(at, str(n))) for n, item in enumerate(value))
    if origin is Mapping and isinstance(value, dict):
        # Keys are texts in TOML and JSON, whatever they mean.
        return {inner[0](key): typed(inner[1], v, _below(at, key)) for key, v in value.items()}
    if isinstance(value, dict) and (is_dataclass(declared) or typing.is_typeddict(declared)):
        return _with_keys(declared, value, at)
    if type(value) is declared or (declared is float and type(value) is int):
        return value
    expected = _NAMES.get(declared, "a list" if origin is tuple else "keys")
    raise ValueError(f"{at}: expected {expected}" if at else f"expected {expected}")


def _with_keys(declared: Declared, value: Mapping[str, object], at: str) -> TypedValue:
    wanted = get_type_hints(declared, include_extras=True)
    known = {k: typed(wanted[k], v, _below(at, k)) for k, v in value.items() if k in wanted}
    if typing.is_typeddict(declared):
        return known
    for key in value.keys() - wanted.keys():
        raise ValueError(f"{_below(at, key)}: there is no such key")
    for field in fields(declared):
        is_needed = field.default is MISSING and field.default_factory is MISSING
        if is_needed and field.name not in known:
            raise ValueError(f"{_below(at, field.name)}: it is missing")
    return declared(**known)


def _checked(check: Callable[[TypedValue], TypedValue], value: TypedValue, at: str) -> TypedValue:
    try:
        return check(value)
    except ValueError as error:
        raise ValueError(f"{at}: {error}") from error


def _below(at: str, key: str) -> str:
    return f"{at}.{key}" if at else key
