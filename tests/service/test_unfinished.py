"""What an end of the daemon left undone is told by the next start."""

import contextlib
import json
from pathlib import Path

from voice2mqtt.core.decision import Fire, Message, Reason
from voice2mqtt.service.store import Store
from voice2mqtt.service.unfinished import MOST, Unfinished


def fire(row: str, *pauses_s: float) -> Fire:
    return Fire(
        row=row, text="good night", score=1, reason=Reason(text="word for word"),
        messages=tuple(Message(topic=f"home/{row}", payload="OFF", after_s=p) for p in pauses_s),
    )  # fmt: skip


def test_a_command_that_was_under_way_is_told_by_the_next_start(tmp_path: Path) -> None:
    store = Store(tmp_path)
    unfinished = Unfinished(store)
    unfinished.begin_command(fire("light", 0), "a")()
    assert not list(tmp_path.iterdir())
    done = unfinished.begin_command(fire("heating", 0, 5), "b")
    unfinished.begin_command(fire("blinds", 0), "c")
    done()
    done()
    after = Unfinished(store)
    (left,) = after.take_left()
    assert (left.event_id, left.row) == ("c", "blinds")
    assert "home/blinds" in left.reason
    assert not list(after.take_left())
    assert not list(Unfinished(store).take_left())


def test_an_utterance_that_was_under_way_is_told_by_the_next_start(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with Unfinished(store).utterance():
        (left,) = Unfinished(store).take_left()
    assert (left.row, "heard" in left.reason) == ("", True)
    with contextlib.suppress(ZeroDivisionError), Unfinished(store).utterance():
        raise ZeroDivisionError
    assert not list(Unfinished(store).take_left())


def test_no_more_than_a_house_has_and_no_word_that_is_not_to_be_kept(tmp_path: Path) -> None:
    unfinished = Unfinished(Store(tmp_path), log_text=False)
    for number in range(MOST + 5):
        unfinished.begin_command(fire("secret", 5), str(number))
    kept = json.loads((tmp_path / "unfinished.json").read_text())
    assert [entry["id"] for entry in kept] == [str(number) for number in range(5, MOST + 5)]
    assert "home/" not in str(kept)
    assert "good night" not in str(kept)
