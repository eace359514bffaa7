"""Detects that files have changed since they were read."""

from pathlib import Path

FileVersion = tuple[int, int, int] | None
"""Modification time in ns, size in bytes and inode; None if there is no file."""

_SURELY_GONE = 2
"""Looks at which a file is missing. At one, an editor may be between removing the old file and
renaming the new one."""


def file_version(path: Path) -> FileVersion:
    """Return what changes when the file at `path` is written."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


class FileChanges:
    """Add a file before it is read, so that no change of it is missed."""

    def __init__(self) -> None:
        self._seen: dict[Path, FileVersion] = {}
        self._missed: dict[Path, int] = {}
        """At how many looks in a row each was missing."""

    def __str__(self) -> str:
        return ", ".join(map(str, self._seen))

    def add(self, path: Path) -> None:
        """Notice the changes of `path` from now on."""
        self._seen[path] = file_version(path)
        self._missed[path] = 0 if self._seen[path] else _SURELY_GONE

    def any_new(self) -> bool:
        """Return whether a file has changed since the last call, or is missing for the second."""
        return True in [self._is_new(path) for path in self._seen]

    def _is_new(self, path: Path) -> bool:
        before, now = self._seen[path], file_version(path)
        self._seen[path] = now
        self._missed[path] = 0 if now else self._missed[path] + 1
        return self._missed[path] == _SURELY_GONE or now not in (None, before)
