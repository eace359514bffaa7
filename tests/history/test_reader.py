"""Lists and sums are right, and quick with a hundred thousand entries."""

import json
import math
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.history.entries import NOON_S, entry, refused
from voice2mqtt.errors import InputError
from voice2mqtt.history import writer as history_writer
from voice2mqtt.history.database import NAME, open_to_write
from voice2mqtt.history.entry import HistoryEntry, Refusal
from voice2mqtt.history.reader import HistoryReader

HOUR_S = 3600.0
WITHIN_S = 0.2


def history(folder: Path, *entries: HistoryEntry) -> HistoryReader:
    """Return a reader of `entries`, whatever their age."""
    database = open_to_write(folder / NAME)
    database.close()
    writer = history_writer.HistoryWriter(folder / NAME, keep_days=1, keep_audio_days=1)
    writer._write(entries)
    writer._disconnect()
    return HistoryReader(folder / NAME)


def test_there_may_be_no_history(tmp_path: Path) -> None:
    reader = HistoryReader(tmp_path / NAME)
    assert reader.entries() == []
    assert reader.refused_sounds() == []
    assert reader.periods(0, NOON_S, HOUR_S) == []
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_history_is_told(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("no database")
    with pytest.raises(InputError, match="cannot be read"):
        HistoryReader(tmp_path / NAME).entries()


def test_entries_come_newest_first_by_time_and_by_what_became_of_them(tmp_path: Path) -> None:
    silent = entry(3, kind="no_match", refusal=Refusal.SILENCE, at_s=NOON_S + 3)
    late = refused(2, "b", "b", NOON_S + 2)
    reader = history(tmp_path, entry(0), refused(1, "a", "a", NOON_S + 1), late, silent)

    def ids(found: list[HistoryEntry]) -> list[str]:
        return [entry.id for entry in found]

    assert ids(reader.entries(limit=3)) == ["id3", "id2", "id1"]
    assert ids(reader.entries(refused=True)) == ["id2", "id1"]
    assert ids(reader.entries(since_s=NOON_S + 2)) == ["id3", "id2"]


def test_refused_sentences_are_grouped_by_sound_the_most_frequent_first(tmp_path: Path) -> None:
    reader = history(
        tmp_path,
        refused(0, "the kitten light", "A", NOON_S, wav=b"first"),
        refused(1, "something else", "B", NOON_S + 1),
        refused(2, "the kitten lite", "A", NOON_S + 2),
        entry(3),
    )
    often, once = reader.refused_sounds()
    assert (often.sound, often.count, often.recorded) == ("A", 2, "id0")
    assert (often.first_at_s, often.last_at_s) == (NOON_S, NOON_S + 2)
    assert often.last.text == "the kitten lite"
    assert (once.sound, once.count, once.recorded) == ("B", 1, "")
    assert [sound.sound for sound in reader.refused_sounds(since_s=NOON_S + 1)] == ["A", "B"]


def test_sums_are_per_period_with_percentiles_by_nearest_rank(tmp_path: Path) -> None:
    latencies = [100.0, 200.0, 300.0, 400.0]
    commands = [entry(n, latency_ms=ms, at_s=NOON_S + n) for n, ms in enumerate(latencies)]
    reader = history(
        tmp_path,
        *commands,
        entry(5, latency_ms=None, at_s=NOON_S + HOUR_S),
        refused(6, "a", "a", NOON_S + HOUR_S + 1),
        entry(7, at_s=NOON_S + 2 * HOUR_S),
    )
    first, second = reader.periods(NOON_S, NOON_S + 2 * HOUR_S, HOUR_S)
    assert (first.begin_s, first.kinds, first.refusals) == (NOON_S, {"command": 4}, {})
    assert first.latency_ms == {50: 200.0, 95: 400.0, 99: 400.0}
    assert (first.level_dbfs, first.noise_dbfs, first.audio_s) == (-30.0, -60.0, 8.0)
    assert second.begin_s == NOON_S + HOUR_S
    assert (second.kinds, second.refusals) == (
        {"command": 1, "unmatched": 1},
        {"not_in_table": 1},
    )
    assert second.latency_ms == {}


LARGE = """
INSERT INTO entry
    WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 99999)
    SELECT NULL, 'id' || n, :noon_s + n * 25.9,
        iif(n % 3, 'command', 'unmatched'), iif(n % 3, '', 'not_in_table'), 'light',
        'sentence ' || (n * n % 4999), iif(n % 3, '', 'sound ' || (n * n % 4999)),
        n * 7919 % 1000, -30.0, -60.0, 2.0, :event
    FROM n;
"""
LARGE_SUMS = """
INSERT INTO period
    SELECT at_s - at_s % 900, kind, refusal, COUNT(*), SUM(level_dbfs), COUNT(level_dbfs),
        SUM(noise_dbfs), COUNT(noise_dbfs), SUM(audio_s)
    FROM entry GROUP BY CAST(at_s / 900 AS INTEGER), kind, refusal
"""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> HistoryReader:
    """A month of a hundred thousand entries, a third of them refused."""
    path = tmp_path_factory.mktemp("large") / NAME
    database = open_to_write(path)
    nearest = [{"row": "light", "sentence": "turn on the light", "distance": 0.3}] * 3
    event = json.dumps(entry(0).event | {"reason": "r" * 100, "nearest": nearest})
    database.execute(LARGE, {"noon_s": NOON_S, "event": event})
    database.execute(LARGE_SUMS)
    database.close()
    return HistoryReader(path)


@pytest.mark.parametrize(
    "ask",
    [
        lambda reader: reader.entries(limit=100),
        lambda reader: reader.entries(refused=True, limit=100),
        lambda reader: reader.refused_sounds(limit=100),
        lambda reader: reader.periods(NOON_S, NOON_S + 1e8, HOUR_S),
        lambda reader: reader.periods(NOON_S, NOON_S + 1e8, 24 * HOUR_S),
    ],
    ids=["entries", "refused", "sounds", "hours", "days"],
)
def test_lists_and_plots_of_a_hundred_thousand_entries_take_no_time(
    large: HistoryReader, ask: Callable[[HistoryReader], list[object]]
) -> None:
    took_s = math.inf
    for _ in range(3):
        begun_s = time.process_time()
        assert ask(large)
        took_s = min(took_s, time.process_time() - begun_s)
    assert took_s < WITHIN_S


def test_a_history_whose_writer_was_killed_at_its_first_steps_can_be_read(tmp_path: Path) -> None:
    """A reader cannot undo what was begun; before the journal is write-ahead, that is needed."""
    path, begun = tmp_path / NAME, tmp_path / "begun.db"
    with closing(sqlite3.connect(begun, isolation_level=None)) as writing:
        writing.execute("CREATE TABLE entry (id)")
        writing.execute("PRAGMA cache_size = 1")
        writing.execute("BEGIN")
        writing.executemany("INSERT INTO entry VALUES (?)", [("x" * 1000,)] * 100)
        for suffix in ("", "-journal"):
            (tmp_path / f"{NAME}{suffix}").write_bytes(
                (tmp_path / f"begun.db{suffix}").read_bytes()
            )
    assert list(HistoryReader(path).entries()) == []
