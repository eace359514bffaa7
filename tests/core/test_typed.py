"""Values fit the declared types, or are refused with their place and without being quoted."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, TypedDict

import pytest

from voice2mqtt.core.typed import Declared, typed


def _positive(number: int) -> int:
    if number <= 0:
        raise ValueError("expected more than 0")
    return number


@dataclass(frozen=True, kw_only=True)
class _Inner:
    size: Annotated[int, _positive]


@dataclass(frozen=True, kw_only=True)
class _Outer:
    name: str
    inner: _Inner | None = None
    words: Mapping[str, float] = field(default_factory=dict)


class _Answer(TypedDict, total=False):
    Text: str | None
    Inner: tuple[_Inner, ...]


@pytest.mark.parametrize(
    ("declared", "value", "meant"),
    [
        (bool, True, True),
        (int, 5, 5),
        (float, 5, 5),
        (str, "a", "a"),
        (str | None, None, None),
        (str | None, "a", "a"),
        (tuple[str, ...], ["a", "b"], ("a", "b")),
        (tuple[str, int], ["a", 1], ("a", 1)),
        (Mapping[float, int], {"14": 10}, {14.0: 10}),
        (_Outer, {"name": "n"}, _Outer(name="n")),
        (_Outer, {"name": "n", "inner": {"size": 2}, "words": {"half": 0.5}},
         _Outer(name="n", inner=_Inner(size=2), words={"half": 0.5})),
        (_Answer, {"Text": "a", "Inner": [{"size": 1}], "Other": 3},
         {"Text": "a", "Inner": (_Inner(size=1),)}),
    ],
)  # fmt: skip
def test_a_value_becomes_what_is_declared(declared: Declared, value: object, meant: object) -> None:
    assert typed(declared, value) == meant


@pytest.mark.parametrize(
    ("declared", "value", "told"),
    [
        (bool, 1, "expected true or false"),
        (int, True, "expected a whole number"),
        (float, float, "expected a number"),
        (str, 5, "expected a text"),
        (tuple[str, ...], "ab", "expected a list"),
        (_Outer, 5, "expected keys"),
        (tuple[str, ...], ["a", 5], "1: expected a text"),
        (Mapping[str, tuple[str, str]], {"a": ["b"]}, "a: expected 2 values, found 1"),
        (_Outer, {"nam": "n"}, "nam: there is no such key"),
        (_Outer, {"inner": None}, "name: it is missing"),
        (_Outer, {"name": "n", "inner": {"size": 0}}, "inner.size: expected more than 0"),
        (_Outer, {"name": "n", "words": {"half": "x"}}, "words.half: expected a number"),
        (_Answer, {"Inner": [{"size": 1}, {"size": "x"}]}, "Inner.1.size: expected a whole number"),
    ],
)
def test_what_does_not_fit_is_told_with_its_place(
    declared: Declared, value: object, told: str
) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(told)}$"):
        typed(declared, value)
