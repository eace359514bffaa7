"""What was written is there, whatever happens to the process, the file or the disk."""

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.history.entries import entry, refused
from voice2mqtt.history import writer
from voice2mqtt.history.database import NAME
from voice2mqtt.history.entry import HistoryEntry
from voice2mqtt.history.reader import HistoryReader
from voice2mqtt.history.writer import DAY_S, MOST_WAITING, HistoryWriter


def write(
    path: Path, entries: Sequence[HistoryEntry], *, days: float = 30, audio_days: float = 1
) -> None:
    """Write `entries` by a writer of their own, and prune."""
    made = HistoryWriter(path, keep_days=days, keep_audio_days=audio_days)
    made.start()
    made.add(lambda: entries)
    made.close()


def kept(path: Path) -> list[str]:
    return [entry.id for entry in HistoryReader(path).entries()]


def test_entries_are_read_as_they_were_written_by_their_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / NAME
    now_s = time.time()
    written = refused(1, "Küche \ud800 …", "kyxə", now_s, wav=b"RIFF")
    write(path, [entry(0, at_s=now_s), written])
    newest, oldest = HistoryReader(path).entries()
    assert newest.event == written.event
    assert (newest.refusal, newest.sound) == (written.refusal, written.sound)
    assert (oldest.kind, oldest.level_dbfs, oldest.audio_s) == ("command", -30.0, 2.0)
    assert HistoryReader(path).recording("id1") == b"RIFF"
    assert HistoryReader(path).recording("id0") == b""
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_it_tells_when_what_was_added_can_be_read(tmp_path: Path) -> None:
    path, read = tmp_path / NAME, []
    made = HistoryWriter(
        path, keep_days=1, keep_audio_days=0, on_kept=lambda: read.append(kept(path))
    )
    made.start()
    made.add(list)
    made.add(lambda: [entry(7, at_s=time.time())])
    made.close()
    assert read == [["id7"]]


def test_what_is_too_old_is_removed_and_no_trace_of_it_stays(tmp_path: Path) -> None:
    path = tmp_path / NAME
    now_s = time.time()
    old, recent = now_s - 8 * DAY_S, now_s - 3 * DAY_S
    entries = [refused(1, "ancient words", "x", old), refused(2, "b", "y", recent, b"old sound")]
    write(path, [*entries, entry(3, at_s=now_s)])
    pruning = HistoryWriter(path, keep_days=7, keep_audio_days=2)
    pruning._prune()
    content = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    pruning._disconnect()
    assert kept(path) == ["id3", "id2"]
    assert HistoryReader(path).recording("id2") == b""
    assert b"ancient words" not in content
    assert b"old sound" not in content


def test_the_oldest_are_removed_where_there_are_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "MOST_ENTRIES", 3)
    monkeypatch.setattr(writer, "MOST_RECORDING_BYTES", 250)
    path = tmp_path / NAME
    now_s = time.time()
    write(path, [refused(n, "a", "x", now_s + n, wav=bytes(100)) for n in range(5)])
    write(path, [])
    assert kept(path) == ["id4", "id3", "id2"]
    recordings = [HistoryReader(path).recording(f"id{n}") for n in range(5)]
    assert [len(wav) for wav in recordings] == [0, 0, 0, 100, 100]


def test_with_no_days_nothing_is_kept_nor_was(tmp_path: Path) -> None:
    path = tmp_path / NAME
    write(path, [entry(at_s=time.time())])
    assert kept(path)
    write(path, [entry(at_s=time.time())], days=0)
    assert list(tmp_path.iterdir()) == []
    assert kept(path) == []


def be_text(path: Path) -> None:
    path.write_text("this is no database" * 100)


def be_folder(path: Path) -> None:
    path.mkdir()


def be_fifo(path: Path) -> None:
    os.mkfifo(path)


def be_torn(path: Path) -> None:
    now_s = time.time()
    write(path, [entry(n, at_s=now_s) for n in range(500)])
    content = bytearray(path.read_bytes())
    content[4096 : len(content) // 2] = b"\xa5" * (len(content) // 2 - 4096)
    path.write_bytes(content)


def be_of_another_version(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()


def be_read_only_by_its_header(path: Path) -> None:
    write(path, [entry(1, at_s=time.time())])
    content = bytearray(path.read_bytes())
    content[18] = 9  # a version of the format that may be read alone
    path.write_bytes(content)


@pytest.mark.parametrize(
    "make",
    [be_text, be_folder, be_fifo, be_torn, be_of_another_version, be_read_only_by_its_header],
)
def test_what_cannot_be_used_is_set_aside_with_a_word(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, make: Callable[[Path], None]
) -> None:
    path = tmp_path / NAME
    make(path)
    write(path, [entry(7, at_s=time.time())])
    assert kept(path) == ["id7"]
    assert (tmp_path / "history.unusable").exists()
    (message,) = caplog.messages
    assert "set aside as history.unusable" in message
    assert len(message) < 500


@pytest.mark.parametrize(
    ("keep_days", "age_days", "stays"), [(7, 1, True), (7, 8, False), (0, 0, False)]
)
def test_what_was_set_aside_is_kept_no_longer_than_the_rest(
    tmp_path: Path, keep_days: int, age_days: int, stays: bool
) -> None:
    aside = tmp_path / "history.unusable"
    aside.write_text("words that were said")
    then_s = time.time() - age_days * DAY_S
    os.utime(aside, (then_s, then_s))
    made = HistoryWriter(tmp_path / NAME, keep_days=keep_days, keep_audio_days=0)
    made.start()
    made.close()
    assert aside.exists() is stays


def test_a_folder_that_cannot_be_written_is_told_once_and_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    made = HistoryWriter(tmp_path / "file" / NAME, keep_days=1, keep_audio_days=0)
    made.start()
    for number in range(5):
        made.add(lambda number=number: [entry(number)])  # type: ignore[misc]
    made.close()
    (message,) = caplog.messages
    assert "the history cannot be written" in message


def test_a_fault_in_one_entry_costs_no_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = HistoryWriter(tmp_path / NAME, keep_days=1, keep_audio_days=0)

    def fail() -> list[HistoryEntry]:
        raise KeyError("at")

    made.start()
    made.add(fail)
    made.add(lambda: [entry(1, at_s=time.time())])
    made.close()
    assert kept(tmp_path / NAME) == ["id1"]
    assert "an entry of the history is lost" in caplog.text


def test_more_than_can_wait_is_dropped_with_a_word_and_nobody_waits(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = HistoryWriter(tmp_path / NAME, keep_days=1, keep_audio_days=0)
    for number in range(MOST_WAITING + 2):
        made.add(lambda number=number: [entry(number, at_s=time.time())])  # type: ignore[misc]
    assert len(caplog.messages) == 1
    made.start()
    made.close()
    assert len(HistoryReader(tmp_path / NAME).entries(limit=1000)) == MOST_WAITING


KILLED = """
import sys, threading, time
from pathlib import Path
from tests.history.entries import entry
from voice2mqtt.history.writer import MOST_WAITING, HistoryWriter
free = threading.Semaphore(MOST_WAITING // 2)
writer = HistoryWriter(Path(sys.argv[1]), keep_days=1, keep_audio_days=0, on_kept=free.release)
writer.start()
number = 0
while free.acquire():
    def make(number=number):
        return [entry(number, at_s=time.time())]
    writer.add(make)
    print(number, flush=True)
    number += 1
"""


def test_a_kill_loses_at_most_the_last_second(tmp_path: Path) -> None:
    """Killed while it writes, again and again: all but what was just added is there."""
    path = tmp_path / NAME
    for _ in range(2):
        path.unlink(missing_ok=True)
        running = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True
        )
        assert running.stdout
        added = 0
        for line in running.stdout:
            added = int(line) + 1
            if added == 300:
                running.send_signal(signal.SIGKILL)
        running.wait()
        running.stdout.close()
        found = [entry.id for entry in HistoryReader(path).entries(limit=10_000)][::-1]
        assert found == [f"id{number}" for number in range(len(found))]
        # In a second 500 are added, on a busy machine fewer.
        assert len(found) > 200
        assert added - len(found) < 100
