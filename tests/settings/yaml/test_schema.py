"""Nodes are read as the kinds say, and what is wrong has a sentence at its place."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest

from tests.settings.reading import document
from voice2mqtt.settings.yaml.faults import Faults, FaultsError
from voice2mqtt.settings.yaml.nodes import MappingNode, Node
from voice2mqtt.settings.yaml.schema import Schema, read, read_keys


def _even(number: int) -> int:
    if number % 2:
        raise ValueError(f"{number} is odd; add one")
    return number


def _half(number: int) -> int:
    return number // 2


@dataclass(frozen=True, kw_only=True)
class _Inner:
    size: int = 1


@dataclass(frozen=True, kw_only=True)
class _Section:
    inner: _Inner = _Inner()
    name: str | None = None
    lowest: int = 0
    highest: int = 9

    def __post_init__(self) -> None:
        if self.lowest > self.highest:
            raise ValueError("lowest is above highest; swap them")


def _node(written: str) -> Node:
    read_node = document(f"k: {written}\n")
    assert isinstance(read_node, MappingNode)
    return read_node.entries[0].value


def _told(kind: Schema, written: str) -> str:
    faults = Faults("x.yaml")
    assert read(kind, _node(written), faults) is None
    with pytest.raises(FaultsError) as caught:
        faults.raise_any()
    return caught.value.report


@pytest.mark.parametrize(
    ("kind", "written", "value"),
    [
        (bool, "off", False),
        (int, "5", 5),
        (float, "5", 5),
        (float, "0.5", 0.5),
        (str, "five", "five"),
        (Path, "a/b", Path("a/b")),
        (Literal["a", "b"], "b", "b"),
        (tuple[str, ...], "a", ("a",)),
        (tuple[int, ...], "[1, 2]", (1, 2)),
        (str | tuple[str, ...], "a", "a"),
        (str | tuple[str, ...], "[a]", ("a",)),
        (Annotated[int, _even, _half], "8", 4),
        (tuple[Annotated[int, _half], ...], "[8, 9]", (4, 4)),
        (_Section, "{inner: {size: 2}, name: n}", _Section(inner=_Inner(size=2), name="n")),
        (_Section, "{inner: , name: }", _Section()),
        (tuple[_Inner, ...], "[{size: 3}, {}]", (_Inner(size=3), _Inner())),
        (lambda node, _faults: node.written, "as it is", "as it is"),
    ],
)
def test_a_value_is_read_as_its_kind_says(kind: Schema, written: str, value: object) -> None:
    assert read(kind, _node(written), Faults("x.yaml")) == value


@pytest.mark.parametrize(
    ("kind", "written", "report"),
    [
        (int, "yes", "1:4: expected a whole number, found yes/no"),
        (int, "0.5", "1:4: expected a whole number, found 0.5"),
        (int, '"5"', "1:4: expected a whole number, found '5'; take the quotes off"),
        (str, "5", '1:4: expected text, found a number; put it in quotes: "5"'),
        (Literal["on", "off"], "on",
         '1:4: expected on or off, found yes/no; put it in quotes: "on"'),
        (Literal["left", "right"], "rihgt",
         "1:4: expected left or right, found 'rihgt'; did you mean right?"),
        (Literal["a", "b", "c"], "z", "1:4: expected a, b or c, found 'z'"),
        (tuple[int, ...], "[1, x]", "1:8: expected a whole number, found 'x'"),
        (Annotated[int, _even, _half], "7", "1:4: 7 is odd; add one"),
        (_Section, "{lowest: 5, highest: 2}", "1:4: lowest is above highest; swap them"),
        (_Section, "{lowest: 5, highest: x}", "1:25: expected a whole number, found 'x'"),
        (_Section, "{inner: {size: x}}", "1:19: expected a whole number, found 'x'"),
        (_Section, "{highest: -1, lowst: 0}", "1:18: unknown key lowst; did you mean lowest?"),
        (_Inner, "7", "1:4: expected a section with keys, found a number; known here: size"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_once_at_its_place(kind: Schema, written: str, report: str) -> None:
    assert _told(kind, written) == f"x.yaml:{report}"


def test_keys_that_are_wrong_or_missing_do_not_hide_the_right_ones() -> None:
    kinds: Mapping[str, Any] = {"a": int, "b": str, "c": bool}
    faults = Faults("x.yaml")
    found = read_keys(_node("{a: 1, b: 2, d: 3}"), kinds, "a thing", faults, {"c": "it must be"})
    assert found == {"a": 1}
    with pytest.raises(FaultsError) as caught:
        faults.raise_any()
    assert caught.value.report.split("\n") == [
        "x.yaml:1:4: 'c' is missing; it must be",
        'x.yaml:1:14: expected text, found a number; put it in quotes: "2"',
        "x.yaml:1:17: unknown key d; known here: a, b, c",
    ]
