"""Entries written by us and read back from a real journald, and lines without one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from voice2mqtt.service.systemd.journal import goes_to_journal
from voice2mqtt.service.systemd.journal_entry import KINDS

JOURNALD = Path("/lib/systemd/systemd-journald")
NAMESPACE = ("unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child")
PATIENCE_S = 60

WRITE = """
import json, logging, os, sys
from voice2mqtt.service.systemd import journal
journal.set_up(**json.loads(sys.argv[1]))
for event in json.loads(os.environ['EVENTS']):
    journal.report(event)
try:
    1 / 0
except ZeroDivisionError:
    logging.getLogger("voice2mqtt.somewhere").exception("a bug")
logging.getLogger("paho").info("chatter of a library")
"""
EVENTS = json.dumps([
    {"event": "command", "text": "lights on", "row": "lights {switch}", "latency_ms": 280.0,
     "messages": [{"topic": "home/lights", "payload": "ON"}]},
    {"event": "unmatched", "text": "good knight", "reason": "100% unknown"},
    {"event": "broker_lost", "reason": "connection refused"},
    {"event": "reload_refused", "reason": "commands.yaml:3:5: unknown key"},
])  # fmt: skip

IN_THE_NAMESPACE = """
as_a_service='JOURNAL_STREAM=$(stat -Lc %d:%i /proc/self/fd/2) exec "$PYTHON" -c "$WRITE" "$@"'
systemd-cat sh -c "$as_a_service" sh '{}'
systemd-cat sh -c "$as_a_service" sh '{"log_text": false}'
journalctl --sync
journalctl --directory=/run/log/journal -t voice2mqtt --all -o json
echo ====
journalctl --directory=/run/log/journal -t voice2mqtt --catalog
"""
"""systemd-cat makes the journal standard error; systemd sets JOURNAL_STREAM for a service too."""


@pytest.fixture(scope="module")
def read_back() -> tuple[list[dict[str, str]], str]:
    """What `journalctl` shows of all events, written twice, as entries and explained."""
    if not JOURNALD.exists() or os.geteuid() != 0:
        pytest.skip("needs journald, and root for a namespace of its own")
    done = subprocess.run(
        [*NAMESPACE, "sh", Path(__file__).with_name("journald.sh"), "sh", "-ec", IN_THE_NAMESPACE],
        capture_output=True, text=True, timeout=PATIENCE_S, check=False,
        env={**os.environ, "PYTHON": sys.executable, "WRITE": WRITE, "EVENTS": EVENTS,
             "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    entries, explained = done.stdout.split("====")
    return [json.loads(line) for line in entries.splitlines()], explained


def test_fields_priorities_and_ids_are_read_back(
    read_back: tuple[list[dict[str, str]], str],
) -> None:
    entries, _ = read_back
    command, unmatched, broker_lost, reload_refused, bug = entries[:5]
    assert command["V2M_TEXT"] == "lights on"
    assert command["V2M_ROW"] == "lights {switch}"
    assert command["V2M_LATENCY_MS"] == "280.0"
    assert json.loads(command["V2M_MESSAGES"])[0]["topic"] == "home/lights"
    assert command["MESSAGE"].startswith("heard “lights on”")
    assert command["MESSAGE_ID"] == KINDS["command"].message_id
    assert unmatched["V2M_REASON"] == "100% unknown"
    told = [e["PRIORITY"] for e in (command, unmatched, broker_lost, reload_refused, bug)]
    assert told == ["6", "6", "4", "3", "3"]
    assert "ZeroDivisionError" in bug["MESSAGE"]
    assert bug["LOGGER"] == "voice2mqtt.somewhere"


def test_chatter_of_libraries_is_kept_out(read_back: tuple[list[dict[str, str]], str]) -> None:
    entries, _ = read_back
    assert len(entries) == 10
    assert not any("chatter" in entry["MESSAGE"] for entry in entries)


def test_without_log_text_no_word_reaches_the_journal(
    read_back: tuple[list[dict[str, str]], str],
) -> None:
    entries, _ = read_back
    wordless = entries[5:]
    assert [e.get("V2M_EVENT") for e in wordless] == [e.get("V2M_EVENT") for e in entries[:5]]
    assert "knight" in repr(entries[:5])
    assert "knight" not in repr(wordless)
    assert "lights on" not in repr(wordless)


def test_journalctl_explains_what_to_do(read_back: tuple[list[dict[str, str]], str]) -> None:
    _, explained = read_back
    assert "Subject: The words were understood, but no row of the table meant them" in explained
    assert "If it was meant as a command, add the wording to the table" in explained
    assert "Subject: The broker is out of reach" in explained


def _lines(settings: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", WRITE, settings],
        capture_output=True, text=True, timeout=PATIENCE_S, check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "EVENTS": EVENTS,
             "JOURNAL_STREAM": "8:1"},
    )  # fmt: skip
    assert not done.stdout
    return done.stderr.splitlines()


def test_without_a_journal_people_read_plain_lines() -> None:
    lines = _lines("{}")
    assert lines[0].endswith("INFO     heard “lights on” (row “lights {switch}”): published "
                             "home/lights = ON; 280 ms after the end of speech")  # fmt: skip
    assert lines[2].endswith("WARNING  the broker is out of reach: connection refused")
    assert lines[-1] == "ZeroDivisionError: division by zero"


def test_when_asked_each_line_is_a_json_object() -> None:
    lines = [json.loads(line) for line in _lines('{"as_json": true}')]
    assert [line["level"] for line in lines] == ["info", "info", "warning", "error", "error"]
    assert lines[0]["event"] == "command"
    assert lines[0]["messages"] == [{"topic": "home/lights", "payload": "ON"}]
    assert lines[0]["message"].startswith("heard “lights on”")
    assert lines[4]["traceback"].endswith("ZeroDivisionError: division by zero")


def test_only_a_stream_that_is_the_journal_counts_as_it(tmp_path: Path) -> None:
    with (tmp_path / "stream").open("w") as stream:
        status = os.fstat(stream.fileno())
        own = f"{status.st_dev}:{status.st_ino}"
        assert goes_to_journal(stream, {"JOURNAL_STREAM": own})
        assert not goes_to_journal(stream, {"JOURNAL_STREAM": "8:1"})
        assert not goes_to_journal(stream, {})
