"""Python, packages, programs, processor, clock, disk and state folder."""

import os
import platform
import re
import shutil
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from voice2mqtt.service.checks.check_result import CheckResult, error, ok, skipped, warning

_FAST = {"x86_64": "avx2", "aarch64": "asimddp"}
"""The processor flag without which the Speech host answers late; Microsoft's container needs AVX2.
"""
_PROGRAMS = {"arecord": "alsa-utils", "aplay": "alsa-utils", "espeak-ng": "espeak-ng"}
"""Programs that are called, and the Debian packages they come in."""
_WRITTEN = time.mktime((2025, 1, 1, 0, 0, 0, 0, 0, 0))
"""A clock that shows an earlier time is wrong."""
_FULL_BYTES, _NEARLY_FULL_BYTES = 20_000_000, 300_000_000
"""Free space below which writing fails soon, and below which an upgrade fails. Set by hand."""
_ASKED_WITHIN_S = 10.0
"""How long a program may take to answer; set by hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """This machine; a test puts a folder and other values in its place."""

    root: Path = Path("/")
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    packages: Sequence[str] = field(default_factory=lambda: sys.path)
    """Where Python packages are looked for."""
    architecture: str = field(default_factory=platform.machine)
    pointer_bits: int = struct.calcsize("P") * 8
    now_s: float = field(default_factory=time.time)

    def program(self, name: str) -> str | None:
        """Return where the program of this name is."""
        return shutil.which(name, path=self.environ.get("PATH", os.defpath))

    def ask(self, name: str, *arguments: str) -> str | None:
        """Return what a program says on its standard output; None if it is not there or fails."""
        program = self.program(name)
        if program is None:
            return None
        try:
            done = subprocess.run(
                [program, *arguments],
                capture_output=True,
                text=True,
                errors="replace",
                check=True,
                timeout=_ASKED_WITHIN_S,
                env={**self.environ, "LC_ALL": "C"},
            )
        except (OSError, subprocess.SubprocessError):
            return None
        return done.stdout


def check_machine(machine: Machine) -> Iterator[CheckResult]:
    """Yield what there is to say of the machine itself, whatever the settings."""
    yield from _python(machine)
    yield _programs(machine)
    yield from _processor(machine)
    yield _clock(machine)


def check_disk(folder: Path, free_bytes: int | None = None) -> Iterator[CheckResult]:
    """Yield whether the state folder can be written, and whether its disk has room."""
    # Not Path.exists: the service's folder is a link that only the service may follow.
    there = next((p for p in (folder, *folder.parents) if os.access(p, os.F_OK)), folder)
    if not there.is_dir():
        yield error("state folder", f"{there} is a file", f"move it away: `mv {there} {there}.old`")
    elif not os.access(there, os.W_OK | os.X_OK):
        yield skipped("state folder", f"{folder} belongs to another user, such as the service's")
    elif unusable := sorted(folder.glob("*.unusable")):
        names = " ".join(str(path) for path in unusable)
        yield warning(
            "state folder",
            f"a file in {folder} was damaged and set aside, perhaps by a full disk or a power cut",
            f"what it kept began anew; `rm {names}` once you have seen it",
        )
    else:
        yield ok("state folder", f"{folder} can be written")
    free = shutil.disk_usage(there).free if free_bytes is None else free_bytes
    sentence = f"{free / 1e9:.1f} GB are free at {there}"
    cure = (
        "free some: `sudo apt clean`, `sudo journalctl --vacuum-size=100M`; `df -h` shows the use"
    )
    if free < _FULL_BYTES:
        yield error("disk", f"the disk of {there} is full", cure)
    elif free < _NEARLY_FULL_BYTES:
        yield warning("disk", f"only {free / 1e6:.0f} MB are free at {there}", cure)
    else:
        yield ok("disk", sentence)


def _python(machine: Machine) -> Iterator[CheckResult]:
    needed = _requirements(machine)
    missing = [str(each) for each in needed if _version(each.name, machine) is None]
    unfit = [
        f"{each.name} {version} (needs {each.specifier})"
        for each in needed
        if (version := _version(each.name, machine)) and version not in each.specifier
    ]
    install = f"`{sys.executable} -m pip install --upgrade 'voice2mqtt[host]'`, in a checkout "
    cure = f"{install}`script/setup`; of an installed service, `voice2mqtt install` again"
    if missing:
        yield error("Python", f"packages are missing: {', '.join(missing)}", cure)
    elif unfit:
        yield error("Python", f"packages of an unfit version: {', '.join(unfit)}", cure)
    else:
        told = f"{platform.python_version()}, and each of {len(needed)} packages in a fit version"
        yield ok("Python", told)


def _requirements(machine: Machine) -> list[Requirement]:
    """Return what the program needs here; of the extras, those of which something is there."""
    found = next(iter(metadata.distributions(name="voice2mqtt", path=list(machine.packages))), None)
    written = [Requirement(text) for text in (found.requires if found else None) or ()]
    needed = [each for each in written if each.marker is None or each.marker.evaluate()]
    for extra in ("host", "vosk", "clean", "wake"):
        parts = [
            each
            for each in written
            if each not in needed and each.marker and each.marker.evaluate({"extra": extra})
        ]
        if any(_version(each.name, machine) for each in parts):
            needed += parts
    return needed


def _version(name: str, machine: Machine) -> str | None:
    found = metadata.distributions(name=name, path=list(machine.packages))
    return next((each.version for each in found), None)


def _programs(machine: Machine) -> CheckResult:
    missing = [name for name in _PROGRAMS if machine.program(name) is None]
    if missing:
        packages = " ".join(sorted({_PROGRAMS[name] for name in missing}))
        return error(
            "programs",
            f"{' and '.join(missing)} {'are' if len(missing) > 1 else 'is'} not installed",
            f"`sudo apt install {packages}`",
        )
    return ok("programs", f"{', '.join(_PROGRAMS)} are installed")


def _processor(machine: Machine) -> Iterator[CheckResult]:
    name = machine.architecture
    if name not in _FAST or machine.pointer_bits < 64:
        bits = f"{machine.pointer_bits}-bit programs on " if machine.pointer_bits < 64 else ""
        yield error(
            "processor",
            f"this system runs {bits}{name}, for which the Azure Speech SDK does not exist",
            "install a 64-bit system (amd64 or arm64), such as Raspberry Pi OS (64-bit)",
        )
        return
    flag = _FAST[name]
    cpuinfo = machine.root / "proc/cpuinfo"
    text = cpuinfo.read_text(errors="replace") if cpuinfo.exists() else ""
    flags = re.search(r"(?m)^(?:flags|Features)\s*: (.*)$", text)
    if flags and flag not in flags[1].split():
        yield warning(
            "processor",
            f"{name} without {flag}: a Speech host on this machine answers late, and Microsoft's "
            "container may not start",
            "run the host on a newer machine and name it: `speech: {host: ws://ADDRESS:5000}`",
        )
    else:
        yield ok("processor", f"{name}, {machine.pointer_bits} bit{f', {flag}' if flags else ''}")


def _clock(machine: Machine) -> CheckResult:
    shown = time.strftime("%Y-%m-%d %H:%M %Z", time.localtime(machine.now_s))
    cure = (
        "`sudo timedatectl set-ntp true`, if need be after `sudo apt install systemd-timesyncd`; "
        "`timedatectl` shows whether it has found a server"
    )
    if machine.now_s < _WRITTEN:
        return error(
            "clock",
            f"it shows {shown}, so certificates are refused and hours (`between:`) do not fit",
            cure,
        )
    synchronized = machine.ask("timedatectl", "show", "--property=NTPSynchronized", "--value")
    if synchronized and synchronized.strip() == "no":
        return warning("clock", f"it shows {shown}, and nothing keeps it right", cure)
    return ok("clock", shown)
