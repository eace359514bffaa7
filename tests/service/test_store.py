"""What is kept is there after a restart, and nothing that lies in its place stops the daemon."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice2mqtt.service.node_state import NodeState
from voice2mqtt.service.recognition.usage import UsageMeter
from voice2mqtt.service.store import LARGEST_BYTES, Store
from voice2mqtt.service.unfinished import Unfinished

NAMES = ("counters", "metering", "mute", "unfinished")
"""Every document that a node keeps."""
KEYS = st.text() | st.sampled_from(
    ["counters", "refused", "heard", "day", "sent_s", "muted", "id", "row", "topics"]
)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    store = Store(tmp_path / "new" / "folder")
    assert store.read("it") is None
    for document in ({"a": 1}, [1, 2]):
        store.write("it", document, to_disk=True)
        assert store.read("it") == document
    store.remove("it")
    store.remove("it")
    assert Store(tmp_path).read("it") is None


def be_fifo(path: Path) -> None:
    os.mkfifo(path)


def be_folder(path: Path) -> None:
    path.mkdir()
    (path / "file").touch()


def be_deep(path: Path) -> None:
    path.write_text("[" * 100_000)


def be_torn(path: Path) -> None:
    path.write_bytes(b'{"muted": t')


def be_binary(path: Path) -> None:
    path.write_bytes(bytes(range(256)))


def be_large(path: Path) -> None:
    path.write_bytes(b" " * (LARGEST_BYTES + 1))


def be_long_number(path: Path) -> None:
    path.write_text("1" * 10_000)


@pytest.mark.parametrize(
    "make", [be_fifo, be_folder, be_deep, be_torn, be_binary, be_large, be_long_number]
)
def test_what_cannot_be_used_is_set_aside_with_a_word(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, make: Callable[[Path], None]
) -> None:
    for name in NAMES:
        make(tmp_path / f"{name}.json")
    store = Store(tmp_path)
    usage, state, unfinished = UsageMeter(store, 0), NodeState(store=store), Unfinished(store)
    assert (usage.today_s, state.muted, list(unfinished.take_left())) == (0, False, [])
    assert len(caplog.messages) == len(NAMES)
    assert all("set aside" in message for message in caplog.messages)
    assert all(len(message) < 500 for message in caplog.messages)
    assert (tmp_path / "mute.unusable").exists()
    usage.add(2.5)
    state.muted = True
    assert UsageMeter(store, 0).today_s == 2.5
    assert NodeState(store=store).muted


def test_a_dangling_or_unwritable_place_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "mute.json").symlink_to("mute.json")
    (tmp_path / "file").touch()
    (tmp_path / "mute.new").mkdir()
    for store in (Store(tmp_path), Store(tmp_path / "file")):
        state = NodeState(store=store)
        state.muted = True
        assert state.muted
        store.remove("mute")
    assert "will not survive a restart" in caplog.text


KEPT = [
    None,
    1,
    {"a": 1},
    [1, {"id": 1}, {"id": "a", "row": "b"}],
    {"counters": {"heard": "1", "commands": -1, "no_match": True, "canceled": 1.5}, "refused": []},
]


@pytest.mark.parametrize("kept", KEPT)
def test_what_is_kept_in_another_shape_counts_as_nothing(tmp_path: Path, kept: object) -> None:
    store = Store(tmp_path)
    for name in NAMES:
        store.write(name, kept)
    state = NodeState(store=store)
    assert not state.muted
    assert not state.document()["refused"]
    assert not list(Unfinished(store).take_left())
    assert UsageMeter(store, 0).today_s == 0


def test_what_is_kept_survives_a_kill_at_any_instant(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.service.killed", str(tmp_path)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    kept = dict(line.split() for line in done.stdout.splitlines())
    assert set(kept) == {*NAMES, "history"}
    assert all(int(kept[name]) > 0 for name in kept if name != "mute")


@given(document=st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
       lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner)))  # fmt: skip
def test_no_document_keeps_a_node_from_starting(document: object) -> None:
    with tempfile.TemporaryDirectory() as name:
        store = Store(Path(name))
        for kept in NAMES:
            store.write(kept, document)
        state = NodeState(store=store)
        assert UsageMeter(store, 0).today_s >= 0
        assert json.loads(json.dumps(state.document()))
        for left in Unfinished(store).take_left():
            assert isinstance(left.event_id + left.row + left.reason, str)
