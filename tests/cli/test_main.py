"""The command line loads what a command needs, and no more."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from voice2mqtt.cli.main import main
from voice2mqtt.errors import ExitStatus

HEAVY = ("azure", "hassil", "numpy", "onnxruntime", "rich", "yaml")
ASKING = f"""
import sys
from voice2mqtt.cli.main import main
try:
    main(["--version"])
except SystemExit as exit:
    print(exit.code, sorted({{*{HEAVY!r}}} & {{*sys.modules}}))
"""


def test_the_version_is_told_without_loading_a_library() -> None:
    asked = subprocess.run(
        [sys.executable, "-c", ASKING], capture_output=True, text=True, check=True, timeout=60
    )
    version, *loaded = asked.stdout.splitlines()
    assert version.startswith("voice2mqtt ")
    assert loaded == ["0 []"]


@pytest.mark.parametrize("locale", [{"LC_ALL": "POSIX"}, {"PYTHONIOENCODING": "latin-1"}], ids=str)
def test_what_is_printed_is_printed_in_any_locale(locale: dict[str, str], tmp_path: Path) -> None:
    table = tmp_path / "commands.yaml"
    table.write_text("commands: [{say: küche ☃ an, topic: a, payload: b}]\n", encoding="utf-8")
    (tmp_path / "voice2mqtt.yaml").write_text("{}\n")
    done = subprocess.run(
        [sys.executable, "-m", "voice2mqtt", "table", "--settings", "voice2mqtt.yaml"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONUTF8": "0"} | locale,
        capture_output=True,
        check=False,
    )
    assert done.returncode == ExitStatus.OK, done.stderr
    signs = "küche ☃ an".encode() if "LC_ALL" in locale else b"k\xfcche ? an"
    assert signs in done.stdout


@pytest.mark.parametrize(
    ("command", "status", "doctor"),
    [
        (["say", "--settings", "none.yaml", "hi"], ExitStatus.CONFIG, False),
        (["setup", "node", "--yes", "--settings", "/dev/null/x"], ExitStatus.NO_INPUT, False),
        (["devices", "--listen", "none", "--seconds", "0.1"], ExitStatus.UNAVAILABLE, True),
    ],
    ids=str,
)
def test_every_error_points_to_the_page_on_trouble(
    command: list[str], status: ExitStatus, *, doctor: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command) == status
    told = capsys.readouterr().err
    (page,) = re.findall(r"Symptoms, causes and cures: (\S+)", told)
    assert Path(page).read_text(encoding="utf-8").startswith("# Trouble")
    assert ("doctor` looks for the cause" in told) == doctor


def test_a_32_bit_system_is_told_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.maxsize", (1 << 31) - 1)
    assert main(["run"]) == ExitStatus.UNAVAILABLE
    assert "this system is a 32-bit one" in capsys.readouterr().err
