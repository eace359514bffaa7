"""`voice2mqtt history` shows what is kept, as lines for a person or JSON for a program."""

import json
import time
from pathlib import Path

import pytest

from tests.history.entries import entry, refused
from tests.history.test_writer import write
from voice2mqtt.cli.main import main
from voice2mqtt.errors import ExitStatus
from voice2mqtt.history.database import NAME


def settings(folder: Path, keep_days: int = 30) -> list[str]:
    file = folder / "voice2mqtt.yaml"
    told = {"state_dir": str(folder), "history": {"keep_days": keep_days}}
    file.write_text(json.dumps(told))
    return ["--settings", str(file)]


def test_it_is_shown_oldest_first_and_by_what_was_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    now_s = time.time()
    old = entry(0, at_s=now_s - 7200, text="good night")
    write(tmp_path / NAME, [old, refused(1, "the kitten light", "kɪtn", now_s)])
    named = settings(tmp_path)
    assert main(["history", *named]) == ExitStatus.OK
    first, second = capsys.readouterr().out.splitlines()
    assert "heard “good night”" in first
    assert "heard “the kitten light” (row “light”): did nothing" in second
    assert main(["history", *named, "--refused", "--json"]) == ExitStatus.OK
    (line,) = capsys.readouterr().out.splitlines()
    shown = json.loads(line)
    assert (shown["text"], shown["refusal"]) == ("the kitten light", "not_in_table")
    main(["history", *named, "--since", "1h", "--limit", "5"])
    assert capsys.readouterr().out.splitlines() == [second]


def test_nothing_is_kept_is_no_error_and_switched_off_is_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["history", *settings(tmp_path)]) == ExitStatus.OK
    assert capsys.readouterr().out == ""
    assert main(["history", *settings(tmp_path, keep_days=0)]) == ExitStatus.FAILED
    assert "no history is kept" in capsys.readouterr().err


@pytest.mark.parametrize("when", ["yesterday-ish", "5", "7y"])
def test_a_time_that_is_none_is_told(when: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["history", "--since", when])
    assert ended.value.code == ExitStatus.USAGE
    assert "is no time" in capsys.readouterr().err


@pytest.mark.parametrize("when", ["today", "2026-11-29", "2026-11-29T10:00", "90m", "2w"])
def test_times_are_written_in_several_ways(when: str, tmp_path: Path) -> None:
    assert main(["history", *settings(tmp_path), "--since", when]) == ExitStatus.OK
