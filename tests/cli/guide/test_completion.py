"""What is printed is tried by the shell itself."""

import subprocess

import pytest

from voice2mqtt.cli.guide.completion import SHELLS
from voice2mqtt.cli.main import COMMANDS, main
from voice2mqtt.errors import ExitStatus


@pytest.mark.parametrize("shell", SHELLS)
def test_each_command_is_completed(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == ExitStatus.OK
    told = capsys.readouterr().out
    assert [name for name in COMMANDS if name not in told] == []


def test_bash_completes_a_command_and_an_option(capsys: pytest.CaptureFixture[str]) -> None:
    main(["completion", "bash"])
    script = capsys.readouterr().out
    for typed, completed in ((["doc"], "doctor"), (["doctor", "--no"], "--no-microphone")):
        words = " ".join(["voice2mqtt", *typed])
        asked = (
            f"{script}\nCOMP_WORDS=({words}); COMP_CWORD={len(typed)}\n"
            f"_shtab_voice2mqtt voice2mqtt {typed[-1]}\necho ${{COMPREPLY[*]}}"
        )
        done = subprocess.run(
            ["bash", "-c", asked], capture_output=True, text=True, check=True, timeout=30
        )
        assert done.stdout.split() == [completed]
