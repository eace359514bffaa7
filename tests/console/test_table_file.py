"""The table is edited as a file: checked first, never over another's change, undone in a step."""

import stat
from pathlib import Path

import pytest

from voice2mqtt.console.table_file import ChangedMeanwhileError, TableFile, version_of
from voice2mqtt.errors import SettingsError
from voice2mqtt.nlu.grammar.table import CommandTable

GOOD = """# My own words.
commands:
  - {say: good night, topic: home/night, payload: "ON"}
"""
BETTER = GOOD + '  - {say: good morning, topic: home/night, payload: "OFF"}\n'
BAD = GOOD + "  - {say: good (morning, topic: home/night, payload: x}\n  - {sya: x}\n"


def _file(folder: Path, failures: tuple[str, ...] = ()) -> TableFile:
    path = folder / "commands.yaml"
    path.write_text(GOOD)
    path.chmod(0o640)

    def run_tests(table: CommandTable) -> tuple[str, ...]:
        assert table.rows
        return failures

    return TableFile(path, "en", run_tests)


def test_a_good_table_is_written_with_its_mode_and_undone(tmp_path: Path) -> None:
    file = _file(tmp_path)
    assert file.save(BETTER, version_of(GOOD)) == []
    assert file.path.read_text() == BETTER
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o640
    assert [path.name for path in tmp_path.iterdir()] == ["commands.yaml"]
    assert file.can_undo
    file.undo()
    assert file.path.read_text() == GOOD
    with pytest.raises(SettingsError, match="nothing to undo"):
        file.undo()


def test_a_bad_table_is_not_written_and_each_fault_has_its_place(tmp_path: Path) -> None:
    file = _file(tmp_path)
    problems = file.save(BAD, version_of(GOOD))
    assert [problem["line"] for problem in problems if problem["fault"]] == [4, 5, 5]
    assert "did you mean say?" in str(problems)
    assert file.path.read_text() == GOOD
    assert not file.can_undo


def test_what_somebody_else_wrote_is_not_replaced(tmp_path: Path) -> None:
    file = _file(tmp_path)
    file.path.write_text(BETTER)
    with pytest.raises(ChangedMeanwhileError, match="somebody else"):
        file.save(GOOD, version_of(GOOD))
    assert file.path.read_text() == BETTER


def test_failing_tests_and_warnings_do_not_hinder(tmp_path: Path) -> None:
    path = tmp_path / "commands.yaml"
    file = _file(tmp_path, (f"{path}:3:5: 'good night' should publish nothing",))
    again = GOOD + '  - {name: again, say: good night, topic: home/all, payload: "ON"}\n'
    problems = file.check(again)
    assert [problem["fault"] for problem in problems] == [False] * len(problems)
    assert problems[0]["line"] == 3
    assert problems[0]["problem"] == "'good night' should publish nothing"
    assert len(problems) > 1


def test_a_file_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    file = _file(tmp_path)
    before = file.text()
    file.path.unlink()
    with pytest.raises(SettingsError):
        file.save(BETTER, version_of(before))


def test_a_template_that_cannot_be_compiled_has_its_line(tmp_path: Path) -> None:
    text = "rules: {a: <b>, b: <a>}\ncommands:\n  - {say: x <a>, topic: t, payload: p}\n"
    problems = _file(tmp_path).check(text)
    assert [problem["fault"] for problem in problems] == [True] * len(problems)
    assert {problem["line"] for problem in problems} <= {1, 3}
