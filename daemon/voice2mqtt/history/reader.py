"""Reads the history: entries, sounds that were not carried out, and sums for plots.

Each call opens the database for itself, so that any thread and any process may read while the
daemon writes. Sums are kept beside the entries: plots of 100,000 take less than 200 ms.
"""

import json
import math
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path

from voice2mqtt.history import database
from voice2mqtt.history.entry import HistoryEntry, Refusal

PERCENTILES = (50, 95, 99)
"""Of the latency, that are plotted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedSound:
    """Sentences that sound the same, were not carried out, and await a resolution."""

    sound: str
    """As phonemes; identifies it."""
    count: int
    first_at_s: float
    last_at_s: float
    """Seconds since 1970."""
    last: HistoryEntry
    """The last one: with its words, reason and nearest rows."""
    recorded: str
    """The utterance of the last recording that is kept, for `HistoryReader.recording`; or ""."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Sums of the entries from `begin_s` on, for a plot."""

    begin_s: float
    """Seconds since 1970."""
    kinds: Mapping[str, int] = field(default_factory=dict)
    """How many events of each kind."""
    refusals: Mapping[str, int] = field(default_factory=dict)
    """How many of each `Refusal`, by its value."""
    latency_ms: Mapping[int, float] = field(default_factory=dict)
    """Of commands that were spoken, by percentile (`PERCENTILES`), to `LATENCY_STEP_MS`."""
    level_dbfs: float | None = None
    """Mean level of speech."""
    noise_dbfs: float | None = None
    """Mean of what was quietest in each utterance."""
    audio_s: float = 0.0
    """Audio that went to the host."""


class HistoryReader:
    """The history in the database at `path`; empty if there is none."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def entries(
        self, *, since_s: float = 0.0, refused: bool = False, limit: int = 100
    ) -> list[HistoryEntry]:
        """Return the newest entries, newest first.

        Args:
            since_s: not those from before this time, in seconds since 1970.
            refused: only those of which nothing was carried out.
            limit: how many at most.

        Raises:
            InputError: the history is there and cannot be read.
        """
        # Numbers rise with time, unless somebody has put the clock back.
        first = "(SELECT MIN(number) FROM entry WHERE at_s >= :since_s)"
        where = f"number >= {first} AND at_s >= :since_s"
        if refused:
            where += f" AND refusal NOT IN ('', '{Refusal.SILENCE.value}')"
        query = f"SELECT * FROM entry WHERE {where} ORDER BY number DESC LIMIT :limit"
        with self._rows(query, {"since_s": since_s, "limit": limit}) as rows:
            return [_entry(row) for row in rows]

    def recording(self, utterance_id: str) -> bytes:
        """Return the WAV of an utterance; b"" if none is kept.

        Raises:
            InputError: the history is there and cannot be read.
        """
        with self._rows("SELECT wav FROM recording WHERE id = ?", (utterance_id,)) as rows:
            return next((bytes(row["wav"]) for row in rows), b"")

    def refused_sounds(self, *, since_s: float = 0.0, limit: int = 100) -> list[RefusedSound]:
        """Return what was not carried out and has no resolution, the most frequent first.

        A sound that was made a command comes back if it is refused again later.

        Raises:
            InputError: the history is there and cannot be read.
        """
        with self._rows(_REFUSED, {"since_s": since_s, "limit": limit}) as rows:
            return [
                RefusedSound(
                    sound=row["sound"],
                    count=row["count"],
                    first_at_s=row["first_at_s"],
                    last_at_s=row["last_at_s"],
                    last=_entry(row),
                    recorded=row["recorded"] or "",
                )
                for row in rows
            ]

    def periods(self, begin_s: float, end_s: float, period_s: float) -> list[Period]:
        """Return the sums of each `period_s` from `begin_s` to `end_s`; those without are left out.

        All three count as multiples of `database.PERIOD_S`, a quarter of an hour.

        Raises:
            InputError: the history is there and cannot be read.
        """
        span = {"begin_s": begin_s, "end_s": end_s, "period_s": period_s}
        with self._rows(_LATENCIES, span) as rows:
            latencies: dict[int, list[tuple[float, int]]] = {}
            for number, about_ms, count in rows:
                latencies.setdefault(number, []).append((about_ms, count))
        with self._rows(_SUMS, span) as rows:
            groups: dict[int, list[sqlite3.Row]] = {}
            for row in rows:
                groups.setdefault(row["number"], []).append(row)
        return [
            _period(begin_s + number * period_s, group, latencies.get(number, ()))
            for number, group in groups.items()
        ]

    @contextmanager
    def _rows(
        self, query: str, values: Mapping[str, object] | Sequence[object]
    ) -> Iterator[Iterable[sqlite3.Row]]:
        opened = database.open_to_read(self._path)
        if opened is None:
            yield ()
            return
        try:
            yield opened.execute(query, values)
        except sqlite3.Error as error:
            raise database.unreadable(self._path, error) from error
        finally:
            opened.close()


def _entry(row: sqlite3.Row) -> HistoryEntry:
    return HistoryEntry(
        event=json.loads(row["event"]),
        at_s=row["at_s"],
        refusal=Refusal(row["refusal"]),
        sound=row["sound"],
        level_dbfs=row["level_dbfs"],
        noise_dbfs=row["noise_dbfs"],
        audio_s=row["audio_s"],
    )


def _period(
    begin_s: float, group: Sequence[sqlite3.Row], latencies: Sequence[tuple[float, int]]
) -> Period:
    kinds: dict[str, int] = {}
    refusals: dict[str, int] = {}
    for row in group:
        kinds[row["kind"]] = kinds.get(row["kind"], 0) + row["count"]
        if row["refusal"]:
            refusals[row["refusal"]] = refusals.get(row["refusal"], 0) + row["count"]
    return Period(
        begin_s=begin_s,
        kinds=kinds,
        refusals=refusals,
        latency_ms={
            percent: _nearest_rank(latencies, percent) for percent in PERCENTILES if latencies
        },
        level_dbfs=_mean(group, "level"),
        noise_dbfs=_mean(group, "noise"),
        audio_s=round(sum(row["audio_s"] for row in group), 3),
    )


def _mean(group: Sequence[sqlite3.Row], name: str) -> float | None:
    count = sum(row[f"{name}s"] for row in group)
    return sum(row[f"{name}_sum"] for row in group) / count if count else None


def _nearest_rank(counted: Sequence[tuple[float, int]], percent: int) -> float:
    """Return the value at `percent` of ascending values, each with how often it occurs."""
    rank = math.ceil(sum(count for _, count in counted) * percent / 100)
    passed = accumulate(count for _, count in counted)
    return next(value for (value, _), so_far in zip(counted, passed, strict=True) if so_far >= rank)


_SUMS = """
SELECT CAST((begin_s - :begin_s) / :period_s AS INTEGER) AS number, kind, refusal,
    SUM(count) AS count, SUM(level_sum) AS level_sum, SUM(levels) AS levels,
    SUM(noise_sum) AS noise_sum, SUM(noises) AS noises, SUM(audio_s) AS audio_s
FROM period WHERE begin_s >= :begin_s AND begin_s < :end_s
GROUP BY number, kind, refusal ORDER BY number
"""
_LATENCIES = """
SELECT CAST((begin_s - :begin_s) / :period_s AS INTEGER) AS number, about_ms, SUM(count)
FROM latency WHERE begin_s >= :begin_s AND begin_s < :end_s
GROUP BY number, about_ms ORDER BY number, about_ms
"""
_REFUSED = """
SELECT entry.*, counted.*,
    (SELECT id FROM recording WHERE recording.sound = counted.sound
        ORDER BY at_s DESC LIMIT 1) AS recorded
FROM (
    SELECT sound, COUNT(*) AS count, MIN(entry.at_s) AS first_at_s,
        MAX(entry.at_s) AS last_at_s, MAX(number) AS last_number
    FROM entry LEFT JOIN resolution USING (sound)
    WHERE sound != '' AND entry.at_s >= :since_s
        AND entry.at_s > COALESCE(resolution.hidden_until_s, 0)
    GROUP BY sound ORDER BY count DESC, last_at_s DESC LIMIT :limit
) AS counted JOIN entry ON entry.number = counted.last_number
ORDER BY count DESC, last_at_s DESC
"""
