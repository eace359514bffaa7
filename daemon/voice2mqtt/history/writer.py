"""Writes the history on a thread of its own: nobody waits for the disk.

A history that cannot be written stops nothing: that is logged once, until it works again.
"""

import json
import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from voice2mqtt.history import database
from voice2mqtt.history.entry import HistoryEntry

DAY_S = 86_400.0
MOST_WAITING = 100
"""Entries not written yet; each may hold an utterance of half a megabyte. Set by hand."""
MOST_ENTRIES = 200_000
"""The newest are kept; about 150 MB. Set by hand."""
MOST_RECORDING_BYTES = 500_000_000
"""Of all recordings; beyond that the oldest go. Four hours of speech; set by hand."""
_PRUNE_EVERY_S = 3600.0
"""Between two removals of what is too old; set by hand."""
_CLOSE_WITHIN_S = 1.0
"""How long what waits may take to be written at the end; set by hand."""

_ADD_TO_PERIOD = """
INSERT INTO period VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET
    count = count + 1,
    level_sum = level_sum + excluded.level_sum, levels = levels + excluded.levels,
    noise_sum = noise_sum + excluded.noise_sum, noises = noises + excluded.noises,
    audio_s = audio_s + excluded.audio_s
"""

_ADD_TO_LATENCY = """
INSERT INTO latency VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET count = count + 1
"""

Make = Callable[[], Sequence[HistoryEntry]]

log = logging.getLogger(__name__)


class HistoryWriter:
    """The only writer of entries; `add` may be called from any thread."""

    def __init__(
        self,
        path: Path,
        *,
        keep_days: float,
        keep_audio_days: float,
        on_kept: Callable[[], None] = lambda: None,
    ) -> None:
        """Write to the database at `path`; with `keep_days` of 0 nothing is kept, nor was.

        `on_kept` is called on the writer's thread once what was added can be read.
        """
        self._path = path
        self._keep_s = keep_days * DAY_S
        self._keep_audio_s = keep_audio_days * DAY_S
        self._on_kept = on_kept
        self._waiting: queue.Queue[Make | None] = queue.Queue(MOST_WAITING)
        self._thread = threading.Thread(target=self._run, name="history", daemon=True)
        self._database: sqlite3.Connection | None = None
        self._fault = ""

    def start(self) -> None:
        """Begin to write what was added, and remove what is older than it may be."""
        self._thread.start()

    def add(self, make: Make) -> None:
        """Keep the entries that `make` returns, which is called on the writer's thread."""
        if not self._keep_s:
            return
        try:
            self._waiting.put_nowait(make)
        except queue.Full:
            self._tell("the disk is too slow")

    def close(self) -> None:
        """Write what was added, as far as that goes within a second."""
        if self._thread.is_alive():
            try:
                self._waiting.put(None, timeout=_CLOSE_WITHIN_S)
            except queue.Full:
                return
            self._thread.join(_CLOSE_WITHIN_S)

    def _run(self) -> None:
        if not self._keep_s:
            self._attempt(lambda: database.remove(self._path))
            return
        self._attempt(self._prune)
        pruned_s = time.monotonic()
        while True:
            try:
                make = self._waiting.get(timeout=_PRUNE_EVERY_S)
            except queue.Empty:
                make = list
            if make is None:
                break
            self._attempt(lambda make=make: self._write(make()))  # type: ignore[misc]
            if time.monotonic() - pruned_s > _PRUNE_EVERY_S:
                self._attempt(self._prune)
                pruned_s = time.monotonic()
        self._disconnect()

    def _attempt(self, step: Callable[[], None]) -> None:
        try:
            step()
        except (sqlite3.Error, OSError, database.UnusableError) as error:
            self._disconnect()
            if database.is_corrupt(self._path, error):
                self._attempt_to_begin_anew(error)
            else:
                self._tell(str(error))
        except Exception:  # whatever it is, the next entry is written
            log.exception("a fault of voice2mqtt; an entry of the history is lost")
        else:
            self._fault = ""

    def _attempt_to_begin_anew(self, why: Exception) -> None:
        try:
            database.set_aside(self._path, str(why))
        except OSError as error:
            self._tell(f"{why}, and it cannot be set aside: {error.strerror}")

    def _tell(self, fault: str) -> None:
        if fault != self._fault:
            log.warning("%s: the history cannot be written (%s)", self._path, fault)
            self._fault = fault

    def _connected(self) -> sqlite3.Connection:
        if self._database is None:
            self._database = database.open_to_write(self._path)
        return self._database

    def _disconnect(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None

    def _write(self, entries: Sequence[HistoryEntry]) -> None:
        if not entries:
            return
        into = self._connected()
        into.execute("BEGIN IMMEDIATE")
        with into:
            into.executemany(
                "INSERT INTO entry VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                map(_values, entries),
            )
            into.executemany(
                "INSERT OR REPLACE INTO recording VALUES (?, ?, ?, ?)",
                [(entry.id, entry.at_s, entry.sound, entry.wav) for entry in entries if entry.wav],
            )
            into.executemany(_ADD_TO_PERIOD, map(_summands, entries))
            into.executemany(
                _ADD_TO_LATENCY,
                [
                    (_period_s(entry), _about_ms(entry.latency_ms))
                    for entry in entries
                    if entry.kind == "command" and entry.latency_ms is not None
                ],
            )
        self._on_kept()

    def _prune(self) -> None:
        now_s = time.time()
        database.remove_aside(self._path, now_s - self._keep_s)
        into = self._connected()
        into.execute("BEGIN IMMEDIATE")
        with into:
            kept_since_s = now_s - self._keep_s
            into.execute("DELETE FROM entry WHERE at_s < ?", (kept_since_s,))
            into.execute("DELETE FROM period WHERE begin_s < ?", (kept_since_s,))
            into.execute("DELETE FROM latency WHERE begin_s < ?", (kept_since_s,))
            into.execute("DELETE FROM edit WHERE at_s < ?", (kept_since_s,))
            into.execute(
                "DELETE FROM resolution WHERE at_s < ? AND sound NOT IN (SELECT sound FROM entry)",
                (kept_since_s,),
            )
            into.execute(
                "DELETE FROM recording WHERE at_s < ?",
                (now_s - min(self._keep_s, self._keep_audio_s),),
            )
            into.execute(
                "DELETE FROM entry WHERE number <= (SELECT MAX(number) FROM entry) - ?",
                (MOST_ENTRIES,),
            )
            into.execute(
                "DELETE FROM recording WHERE id IN (SELECT id FROM (SELECT id, SUM(LENGTH(wav))"
                " OVER (ORDER BY at_s DESC) AS bytes FROM recording) WHERE bytes > ?)",
                (MOST_RECORDING_BYTES,),
            )
        into.execute("PRAGMA incremental_vacuum")
        # Until then what was deleted is still in the log beside the file.
        into.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _values(entry: HistoryEntry) -> tuple[object, ...]:
    return (
        entry.id,
        entry.at_s,
        entry.kind,
        entry.refusal.value,
        entry.row,
        entry.text.encode(errors="replace").decode(),
        entry.sound,
        entry.latency_ms,
        entry.level_dbfs,
        entry.noise_dbfs,
        entry.audio_s,
        json.dumps(entry.event, ensure_ascii=True),
    )


def _summands(entry: HistoryEntry) -> tuple[object, ...]:
    """Return what `entry` adds to the sums of its period."""
    return (
        _period_s(entry),
        entry.kind,
        entry.refusal.value,
        entry.level_dbfs or 0.0,
        entry.level_dbfs is not None,
        entry.noise_dbfs or 0.0,
        entry.noise_dbfs is not None,
        entry.audio_s or 0.0,
    )


def _period_s(entry: HistoryEntry) -> int:
    return int(entry.at_s // database.PERIOD_S * database.PERIOD_S)


def _about_ms(latency_ms: float) -> int:
    return round(latency_ms / database.LATENCY_STEP_MS) * database.LATENCY_STEP_MS
