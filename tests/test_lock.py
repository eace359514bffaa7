"""requirements.lock pins what pyproject.toml asks for, with hashes."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

CHECKOUT = Path(__file__).parents[1]
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
PINS = re.split(r"\n(?=\S)", (CHECKOUT / "requirements.lock").read_text())


def _asked_for() -> list[Requirement]:
    listed = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["host"]
    return [Requirement(text) for text in listed]


@pytest.mark.parametrize("requirement", _asked_for(), ids=str)
def test_a_pin_is_within_what_is_asked_for(requirement: Requirement) -> None:
    pinned = [Requirement(pin.split("\\")[0].strip()) for pin in PINS]
    named = [p for p in pinned if canonicalize_name(p.name) == canonicalize_name(requirement.name)]
    assert named, "run script/lock"
    for pin in named:
        version = str(pin.specifier).removeprefix("==")
        assert requirement.specifier.contains(version), "run script/lock"


def test_every_pin_has_a_hash() -> None:
    assert len(PINS) > 20
    assert [pin for pin in PINS if "--hash=sha256:" not in pin] == []
