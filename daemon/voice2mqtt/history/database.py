"""The file of the history: an SQLite database that survives a kill, and is replaced if corrupt.

Write-ahead logging lets readers in other processes read while the daemon writes, and keeps what
was committed when the process dies.
"""

import logging
import math
import os
import sqlite3
import stat
from pathlib import Path

from voice2mqtt.errors import InputError

NAME = "history.db"
VERSION = 1
"""`PRAGMA user_version` of the tables below."""
_CACHE_KIB = 256
"""Of pages: what is written is seldom read again, and the usual 2 MB fill within hours."""
PERIOD_S = 900
"""What the sums in `period` and `latency` are for: the smallest step of all time zones."""
LATENCY_STEP_MS = 10
"""Latencies are counted in steps of this: finer than anybody sees in a plot."""
_BUSY_MS = 5000
"""How long the file may be locked by another program; set by hand."""
_CORRUPT = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_TABLES = """
CREATE TABLE IF NOT EXISTS entry (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    at_s REAL NOT NULL,
    kind TEXT NOT NULL,
    refusal TEXT NOT NULL,
    row TEXT NOT NULL,
    text TEXT NOT NULL,
    sound TEXT NOT NULL,
    latency_ms REAL,
    level_dbfs REAL,
    noise_dbfs REAL,
    audio_s REAL,
    event TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS entry_time ON entry (at_s);
CREATE INDEX IF NOT EXISTS entry_sound ON entry (sound, at_s) WHERE sound != '';
CREATE INDEX IF NOT EXISTS entry_id ON entry (id);
CREATE TABLE IF NOT EXISTS recording (
    id TEXT PRIMARY KEY,
    at_s REAL NOT NULL,
    sound TEXT NOT NULL,
    wav BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS recording_sound ON recording (sound, at_s);
CREATE TABLE IF NOT EXISTS period (
    begin_s INTEGER NOT NULL,
    kind TEXT NOT NULL,
    refusal TEXT NOT NULL,
    count INTEGER NOT NULL,
    level_sum REAL NOT NULL,
    levels INTEGER NOT NULL,
    noise_sum REAL NOT NULL,
    noises INTEGER NOT NULL,
    audio_s REAL NOT NULL,
    PRIMARY KEY (begin_s, kind, refusal)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS latency (
    begin_s INTEGER NOT NULL,
    about_ms INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (begin_s, about_ms)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS resolution (
    sound TEXT PRIMARY KEY,
    at_s REAL NOT NULL,
    resolution TEXT NOT NULL,
    hidden_until_s REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS edit (
    number INTEGER PRIMARY KEY,
    at_s REAL NOT NULL,
    sound TEXT NOT NULL,
    what TEXT NOT NULL,
    file TEXT,
    before TEXT,
    after TEXT
);
"""


class UnusableError(Exception):
    """What is in the place of the database is none of ours."""


log = logging.getLogger(__name__)


def open_to_write(path: Path) -> sqlite3.Connection:
    """Return the database at `path`, made if it is missing; one that is corrupt is set aside.

    Raises:
        OSError: the file cannot be made, or not be set aside.
        sqlite3.Error: it cannot be written.
    """
    try:
        return _checked(open_to_edit(path))
    except (sqlite3.DatabaseError, UnusableError) as error:
        if not is_corrupt(path, error):
            raise
        set_aside(path, str(error))
    return open_to_edit(path)


def open_to_edit(path: Path) -> sqlite3.Connection:
    """Return the database at `path`, made if it is missing; not checked for faults.

    Raises:
        OSError: the file cannot be made.
        sqlite3.Error: it cannot be opened, or is none.
        UnusableError: what is there is no file, or of another version.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and not stat.S_ISREG(path.stat().st_mode):
        raise UnusableError("it is no file")
    # SQLite gives its other files the mode of this one.
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
    database = sqlite3.connect(path, timeout=_BUSY_MS / 1000, isolation_level=None)
    try:
        database.row_factory = sqlite3.Row
        _prepare(database)
    except BaseException:
        database.close()
        raise
    return database


def open_to_read(path: Path) -> sqlite3.Connection | None:
    """Return the database at `path`, read only; None if nothing was ever kept.

    Raises:
        InputError: it is there and cannot be read.
    """
    if not path.exists():
        return None
    try:
        try:
            database, version = _opened(path, "ro")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_READONLY:
                raise
            # The writer was killed in a transaction; only a connection that may write can recover.
            database, version = _opened(path, "rw")
    except sqlite3.Error as error:
        raise unreadable(path, error) from error
    # The writer sets the version last.
    if version == VERSION:
        return database
    database.close()
    return None


def _opened(path: Path, mode: str) -> tuple[sqlite3.Connection, int]:
    """Return the database and its version."""
    database = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}", uri=True, timeout=_BUSY_MS / 1000
    )
    database.row_factory = sqlite3.Row
    try:
        return database, database.execute("PRAGMA user_version").fetchone()[0]
    except BaseException:
        database.close()
        raise


def unreadable(path: Path, error: sqlite3.Error) -> InputError:
    """Return what to tell a person about `error`."""
    return InputError(
        f"{path}: the history cannot be read ({error}); read it as the user that voice2mqtt runs "
        "as, or as root"
    )


def is_corrupt(path: Path, error: Exception) -> bool:
    """Return whether `error` says that the file at `path` is no database that could be used."""
    if isinstance(error, UnusableError):
        return True
    code = getattr(error, "sqlite_errorcode", -1) & 0xFF
    # A damaged header can call a file read-only that is not.
    is_writable = os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
    return code in _CORRUPT or (code == sqlite3.SQLITE_READONLY and is_writable)


def set_aside(path: Path, why: str) -> None:
    """Rename the database, with a line in the log; the next one begins empty.

    Raises:
        OSError: it cannot be renamed.
    """
    aside = _aside(path)
    path.replace(aside)
    for suffix in ("-wal", "-shm"):
        # Left where it is, it would be taken for that of the new file.
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    log.warning("%s cannot be used (%s); it was set aside as %s", path, why, aside.name)


def remove(path: Path) -> None:
    """Remove the database, and what was set aside of it, if there is any."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    remove_aside(path)


def remove_aside(path: Path, until_s: float = math.inf) -> None:
    """Remove what was set aside of the database, if nobody has written to it since `until_s`.

    What was said can still be read in it.
    """
    aside = _aside(path)
    if aside.is_file() and aside.stat().st_mtime < until_s:
        aside.unlink()


def _aside(path: Path) -> Path:
    return path.with_suffix(".unusable")


def _checked(database: sqlite3.Connection) -> sqlite3.Connection:
    try:
        fault = database.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        fault = str(error)
    if fault != "ok":
        database.close()
        raise UnusableError(fault)
    return database


def _prepare(database: sqlite3.Connection) -> None:
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if version not in (0, VERSION):
        raise UnusableError(f"it is of version {version}, this voice2mqtt writes {VERSION}")
    database.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    # What is deleted is overwritten, and its space given back.
    database.execute("PRAGMA auto_vacuum = INCREMENTAL")
    database.execute("PRAGMA secure_delete = ON")
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    database.executescript(f"BEGIN; {_TABLES} PRAGMA user_version = {VERSION}; COMMIT;")
