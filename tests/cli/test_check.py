from pathlib import Path

import pytest

from voice2mqtt.cli.main import main
from voice2mqtt.errors import ExitStatus
from voice2mqtt.settings.search import CHECKOUT


def _house(folder: Path, settings: str, table: str) -> Path:
    (folder / "commands.yaml").write_text(table)
    path = folder / "voice2mqtt.yaml"
    path.write_text(settings)
    return path


def test_the_shipped_files_are_right_and_do_what_their_tests_say(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["check", "--strict", "--settings", str(CHECKOUT)]) == ExitStatus.OK
    told = capsys.readouterr().out.splitlines()
    assert told[0] == f"{CHECKOUT}: ok"
    assert told[1].startswith(f"{CHECKOUT.parent}/commands.yaml: ok, ")


def test_faults_of_the_table_are_told_and_end_with_78(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = _house(tmp_path, "node: hall\n", "commands:\n- {say: hi, topic: a/#, payload: on}\n")
    assert main(["check", "--settings", str(path)]) == ExitStatus.CONFIG
    assert capsys.readouterr().out == (
        f"{path}: ok\n"
        f"{tmp_path}/commands.yaml:2:20: a topic to publish to cannot have a #; name one topic; "
        "several messages stand under publish\n"
        "    - {say: hi, topic: a/#, payload: on}\n"
        "                       ^\n"
        f'{tmp_path}/commands.yaml:2:34: expected text, found yes/no; put it in quotes: "on"\n'
        "    - {say: hi, topic: a/#, payload: on}\n"
        "                                     ^\n"
        "2 problems, 0 warnings.\n"
    )  # fmt: skip


def test_a_table_of_its_own_is_checked_even_when_the_settings_are_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = _house(tmp_path, "nod: hall\n", "commands: []\n")
    table = str(tmp_path / "commands.yaml")
    assert main(["check", "--settings", str(path), table]) == ExitStatus.CONFIG
    told = capsys.readouterr().out
    assert "unknown key nod; did you mean node?" in told
    assert "there are no commands; write at least one" in told
    assert told.endswith("2 problems, 0 warnings.\n")


def test_a_test_of_the_table_that_fails_is_told_with_what_is_published_instead(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = _house(
        tmp_path,
        "",
        "commands:\n- {say: good night, topic: home/all, payload: NIGHT}\n"
        "tests:\n- {hear: Good night!, publish: home/all = DAY}\n"
        "- {hear: good morning, publish: home/all = DAY}\n",
    )
    path.write_text("node: hall\n")
    assert main(["check", "--settings", str(path)]) == ExitStatus.CONFIG
    told = capsys.readouterr().out.splitlines()
    assert told[2] == (
        f"{tmp_path}/commands.yaml:4:3: 'Good night!' should publish home/all = DAY, but publishes "
        "home/all = NIGHT (good night: word for word)"
    )
    assert told[3].startswith(
        f"{tmp_path}/commands.yaml:5:3: 'good morning' should publish home/all = DAY, but "
        "publishes nothing"
    )
    assert told[4] == "2 problems, 0 warnings."


def test_tests_leave_wake_phrases_hours_and_consent_aside(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = _house(
        tmp_path,
        "listening: {wake_phrase: computer}\n",
        "commands:\n- {say: open the door, topic: door, payload: OPEN, confirm: Really?, "
        'between: "23:00-23:01", days: sun, cooldown_s: 60}\n'
        "tests:\n- {hear: open the door, publish: door = OPEN}\n"
        "- {hear: open the door, publish: door = OPEN}\n",
    )
    assert main(["check", "--settings", str(path)]) == ExitStatus.OK
    assert "ok, 1 command, 0 lists, 2 tests" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("mode", "strict", "status"),
    [
        pytest.param(0o644, [], ExitStatus.OK, id="a-warning-is-only-told"),
        pytest.param(0o644, ["--strict"], ExitStatus.CONFIG, id="unless-strict"),
        pytest.param(0o600, ["--strict"], ExitStatus.OK, id="a-shut-file-is-fine"),
    ],
)
def test_a_secret_that_everybody_can_read_is_warned_of(
    mode: int,
    strict: list[str],
    status: ExitStatus,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = _house(
        tmp_path,
        "mqtt: {username: v, password_file: p}\n",
        "commands: [{say: hi, topic: a, payload: b}]\n",
    )
    (tmp_path / "p").write_text("secret")
    (tmp_path / "p").chmod(mode)
    assert main(["check", *strict, "--settings", str(path)]) == status
    warned = (
        f"{tmp_path}/p: warning: every user can read this secret; chmod 600 it"
        in capsys.readouterr().out
    )
    assert warned == bool(mode & 0o004)
