"""script/setup on a machine that lacks everything, with an apt-get that tells what it would do."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SETUP = Path(__file__).parents[1] / "script" / "setup"

APT_GET = """#!/bin/sh
echo "$*" >>"$FOLDER/asked"
case "$*" in *--simulate*) cat "$FOLDER/plan" ;; esac
"""


class Machine:
    """A checkout with script/setup alone, and programs that note how they are called."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "script").mkdir()
        shutil.copy(SETUP, folder / "script" / "setup")
        self._program("apt-get", APT_GET)
        self._program("apt-cache", "#!/bin/sh\necho 'Depends: libtdb1 (>= 1.2), adduser'\n")
        self._program("dpkg-query", "#!/bin/sh\nexit 1\n")
        self.architecture("amd64")
        self._program("id", "#!/bin/sh\necho 0\n")
        # Whatever would follow, Python's packages, is not for this test.
        self._program("python3", "#!/bin/sh\nexit 1\n")

    def would(self, plan: str) -> None:
        """Let Debian's simulation tell `plan`."""
        (self._folder / "plan").write_text(plan)

    def architecture(self, name: str) -> None:
        """Let Debian be one for processors of that name."""
        self._program("dpkg", f"#!/bin/sh\necho {name}\n")

    def set_up(self, purpose: str) -> subprocess.CompletedProcess[str]:
        """Run `script/setup PURPOSE`."""
        path = f"{self._folder}/bin:/usr/bin:/bin"
        return subprocess.run(
            [str(self._folder / "script" / "setup"), purpose],
            env={**os.environ, "PATH": path, "FOLDER": str(self._folder)},
            capture_output=True, text=True, check=False, timeout=30,
        )  # fmt: skip

    def asked(self, what: str) -> list[str]:
        """Return the calls of apt-get with `what` in them."""
        calls = self._folder / "asked"
        if not calls.exists():
            return []
        return [call for call in calls.read_text().splitlines() if what in call]

    def _program(self, name: str, text: str) -> None:
        program = self._folder / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(text)
        program.chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


PURPOSES = ("", "demo", "check", "test")


@pytest.mark.parametrize("purpose", PURPOSES)
def test_what_would_remove_a_package_is_not_done(purpose: str, machine: Machine) -> None:
    machine.would("Remv pipewire-audio [1.4]\nRemv pipewire-alsa [1.4]\nInst alsa-utils (1.2)\n")
    done = machine.set_up(purpose)
    assert done.returncode == 1
    assert "Debian would remove pipewire-audio pipewire-alsa; nothing was changed" in done.stderr
    assert machine.asked("satisfy") == machine.asked("--simulate")


@pytest.mark.parametrize("purpose", PURPOSES)
def test_packages_that_bring_a_service_or_drive_out_another_are_not_installed(
    purpose: str, machine: Machine
) -> None:
    machine.would("Inst alsa-utils (1.2)\n")
    machine.set_up(purpose)
    (call,) = [call for call in machine.asked("satisfy") if "--simulate" not in call]
    assert "--no-remove" in call
    assert not {"pulseaudio", "mosquitto", "systemd-sysv"} & set(call.split())


def test_the_program_and_the_demo_need_nothing_of_the_tests(machine: Machine) -> None:
    machine.would("")
    for purpose in ("", "demo", "check"):
        machine.set_up(purpose)
    asked = {word for call in machine.asked("satisfy") for word in call.split()}
    assert "espeak-ng" in asked
    assert not {"nodejs", "npm", "flite", "sox", "pulseaudio-utils"} & asked


def test_a_32_bit_system_is_told_before_anything_is_done(machine: Machine) -> None:
    machine.architecture("armhf")
    done = machine.set_up("demo")
    assert done.returncode == 1
    assert "this system is armhf, for which the Azure Speech SDK does not exist" in done.stderr
    assert machine.asked("") == []
