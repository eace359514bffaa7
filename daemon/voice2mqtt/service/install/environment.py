"""The Python environment of an installation, built beside the one in use and put in its place.

It deals with pip. Nothing of ours comes from a package index: from a checkout the checkout is
installed, else the program that runs is packed into a wheel again, whoever installed it.
"""

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Sequence
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from voice2mqtt import __version__
from voice2mqtt.errors import UnavailableError
from voice2mqtt.service.install.files import call, delete, write
from voice2mqtt.service.install.layout import Layout
from voice2mqtt.service.install.unused_files import delete_unused_files
from voice2mqtt.settings.search import ROOT, is_checkout, shipped

EXTRAS = ("clean", "metrics", "vosk", "wake", "whisper")
"""What can be added to an installation; each has its pins in `systemd/extras/`."""
_NEEDED = ("pyproject.toml", "README.md", "LICENSE", "requirements.lock", "daemon", "config",
           "docs", "systemd")  # fmt: skip
"""What a checkout's wheel is made of."""
_CHOSEN = "extras"
"""The file in the environment that has the extras in it, one a line."""
_COMPILING = ("gcc", "pkg-config")
"""Programs that build systemd-python, which is published as source alone."""
_OF_THE_INSTALLER = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}


def this_program() -> str:
    """Return what is installed if nothing else is named, in words."""
    return str(ROOT) if is_checkout() else f"this voice2mqtt {__version__}"


def extras_of(prefix: Path, added: Iterable[str] = ()) -> list[str]:
    """Return the extras of the environment at `prefix`, which need not exist, with `added`."""
    chosen = prefix / _CHOSEN
    kept = chosen.read_text().split() if chosen.exists() else []
    return [extra for extra in EXTRAS if extra in {*kept, *added}]


def build_environment(layout: Layout, source: str | None, extras: Sequence[str]) -> None:
    """Install `source`, by default this program, with `extras` into the environment of `layout`.

    Raises:
        UnavailableError: that is not possible; the environment that is in use stays.
    """
    prefix = layout.at(layout.prefix)
    new, old = prefix.with_name(prefix.name + ".new"), prefix.with_name(prefix.name + ".old")
    delete(new)
    new.parent.mkdir(parents=True, exist_ok=True)
    locks = [
        shipped("requirements.lock"),
        *(shipped("systemd/extras") / f"{e}.lock" for e in extras),
    ]
    call(interpreter(), "-m", "venv", "--without-pip", str(new))
    with TemporaryDirectory(prefix="voice2mqtt-") as folder:
        pip = (_python_with_pip(Path(folder)), "-m", "pip", "--quiet",
               "--disable-pip-version-check", "--python", str(new / "bin" / "python"),
               "install")  # fmt: skip
        _install(*pip, "--require-hashes", *(f"--requirement={lock}" for lock in locks))
        call(*pip, "--no-deps", source or str(_own_source(Path(folder))))
    delete_unused_files(new)
    write(new / _CHOSEN, "".join(f"{extra}\n" for extra in extras), 0o644)
    # pip's scripts name the folder they were made in; write ours with the final one.
    for script in (new / "bin").iterdir():
        if not script.name.startswith("python"):
            script.unlink()
    program = f'#!/bin/sh\nexec {layout.prefix}/bin/python -m voice2mqtt "$@"\n'
    write(new / "bin" / "voice2mqtt", program, 0o755)
    # A running daemon keeps its open files; only between the two renames there is no program.
    delete(old)
    if prefix.exists():
        prefix.rename(old)
    new.rename(prefix)
    delete(old)


def _install(*command: str) -> None:
    try:
        call(*command)
    except UnavailableError as error:
        lacking = [program for program in _COMPILING if not shutil.which(program)]
        if not lacking:
            raise
        raise UnavailableError(
            f"{' and '.join(lacking)}: not installed, and a package has to be built with it; run "
            "`sudo apt install gcc pkg-config python3-dev libsystemd-dev`, then this again"
        ) from error


def interpreter() -> str:
    """Return the Python for the environment: the system's, if it is new enough.

    A service with ProtectHome= cannot use one in a home folder.
    """
    own = "/usr/bin/python3"
    newest_enough = "import sys; sys.exit(sys.version_info < (3, 11))"
    if Path(own).exists() and not subprocess.call([own, "-c", newest_enough]):
        return own
    return _base_interpreter()


def _base_interpreter() -> str:
    return str(getattr(sys, "_base_executable", sys.executable))


def _python_with_pip(folder: Path) -> str:
    """Return a Python that has pip: ours, else one in `folder`, for uv makes environments without.

    Raises:
        UnavailableError: there is none.
    """
    if find_spec("pip"):
        return sys.executable
    for python in dict.fromkeys((interpreter(), _base_interpreter())):
        made = subprocess.run(
            [python, "-m", "venv", str(folder / "pip")], capture_output=True, check=False
        )
        if made.returncode == 0:
            return str(folder / "pip" / "bin" / "python")
    raise UnavailableError("there is no pip here; run `sudo apt install python3-venv` first")


def _own_source(folder: Path) -> Path:
    """Return what pip is to install for this program, made in `folder`."""
    if not is_checkout():
        return _repacked(metadata.distribution("voice2mqtt"), folder)
    # Not in the checkout itself: a build leaves files behind, which may be root's.
    copy = folder / "checkout"
    copy.mkdir()
    for name in _NEEDED:
        if (ROOT / name).is_dir():
            unwanted = shutil.ignore_patterns("__pycache__", "*.egg-info", "secrets")
            shutil.copytree(ROOT / name, copy / name, ignore=unwanted)
        else:
            shutil.copy(ROOT / name, copy / name)
    return copy


def _repacked(installed: metadata.Distribution, folder: Path) -> Path:
    """Return a wheel in `folder` of what is installed."""
    name = f"{installed.name}-{installed.version}"
    wheel = folder / f"{name}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w", strict_timestamps=False) as packed:
        for file in installed.files or ():
            parts = file.parts
            if "share" in parts:
                # From the folder of the environment, a few levels above the packages.
                inside = Path(f"{name}.data", "data", *parts[parts.index("share") :])
            elif parts[0] == ".." or "__pycache__" in parts or parts[-1] in _OF_THE_INSTALLER:
                continue
            else:
                inside = Path(*parts)
            packed.write(str(file.locate()), inside)
        record = "".join(f"{path},,\n" for path in packed.namelist())
        packed.writestr(f"{name}.dist-info/RECORD", record)
    return wheel
