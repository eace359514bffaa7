"""What is printed and returned; what is found is tested in `tests/service/checks`."""

import json
from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

import pytest

from voice2mqtt.cli.main import main
from voice2mqtt.errors import ExitStatus
from voice2mqtt.service.checks.check_result import (
    CheckResult,
    Severity,
    error,
    ok,
    skipped,
    warning,
)
from voice2mqtt.service.checks.doctor import Doctor

FINE = ok("Python", "3.11")
LEFT = skipped("service", "systemd does not run here")
WARN = warning("clock", "it is [late]", "`sudo timedatectl set-ntp true`")
BAD = error("broker", "nobody listens there", "start one")


@pytest.mark.parametrize(
    ("found", "status"),
    [
        pytest.param([FINE, LEFT], ExitStatus.OK, id="all-well"),
        pytest.param([FINE, WARN], ExitStatus.FAILED, id="warning"),
        pytest.param([WARN, BAD, FINE], ExitStatus.UNAVAILABLE, id="error"),
    ],
)
def test_the_worst_result_is_the_exit_status(
    found: Sequence[CheckResult], status: ExitStatus, capsys: pytest.CaptureFixture[str]
) -> None:
    with patch.object(Doctor, "results", lambda _self: iter(found)):
        assert main(["doctor", "--json"]) == status
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert [Severity(line["severity"]) for line in lines] == [each.severity for each in found]
        assert main(["doctor"]) == status
    told = capsys.readouterr().out
    assert all(each.sentence in told and each.cure in told for each in found)


def test_a_real_one_names_the_settings_to_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "voice2mqtt.yaml"
    path.write_text("microphone: {device: no_such}\nspeech: {host: 'ws://127.0.0.1:9'}\n")
    (tmp_path / "commands.yaml").write_text("commands: [{say: hi, topic: a, payload: b}]\n")
    status = main(["doctor", "--json", "--no-microphone", "--settings", str(path)])
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert status == ExitStatus.UNAVAILABLE
    (host,) = (each for each in found if each["check"] == "Speech host")
    assert host["cure"].startswith(f"start one: `voice2mqtt host --settings {path}`")


@pytest.mark.parametrize("seconds", ["-1", "nan", "inf", "ten", "1e99"])
def test_a_time_that_is_none_is_refused(seconds: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=str(int(ExitStatus.USAGE))):
        main(["doctor", "--seconds", seconds])
    assert "is not a number of seconds, such as 5" in capsys.readouterr().err
