"""Files and programs, as an installation deals with them."""

import shutil
import subprocess
from pathlib import Path

from voice2mqtt.errors import UnavailableError


def call(*command: str) -> None:
    """Run `command` to its end.

    Raises:
        UnavailableError: it is not installed, or failed; the text has what it said.
    """
    try:
        done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    except FileNotFoundError:
        raise UnavailableError(f"{command[0]} is not installed; install it first") from None
    if done.returncode:
        said = done.stderr.strip() or f"exit status {done.returncode}"
        raise UnavailableError(f"`{' '.join(command)}` failed: {said}")


def write(path: Path, text: str, mode: int) -> None:
    """Write `text` to a file, which nobody else can read before it has its `mode`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)


def private_folder(path: Path) -> None:
    """Make a folder, if need be, that nobody else may look into."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o700)


def link(place: Path, target: Path) -> None:
    """Put a link to `target` at `place`."""
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    place.symlink_to(target)


def delete(path: Path) -> None:
    """Delete a file or a folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
