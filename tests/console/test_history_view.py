"""The history as plots."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.history.entries import entry, refused
from voice2mqtt.console.history_view import plots
from voice2mqtt.errors import InputError
from voice2mqtt.history.reader import HistoryReader
from voice2mqtt.history.writer import HistoryWriter


def _periods(path: Path, span: str) -> list[Any]:
    found: list[Any] = json.loads(json.dumps(plots(HistoryReader(path), span)))["periods"]
    return found


def test_a_day_has_the_sums_of_its_periods(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    now_s = time.time()
    writer = HistoryWriter(path, keep_days=30, keep_audio_days=0)
    writer.start()
    writer.add(
        lambda: [
            entry(1, at_s=now_s, latency_ms=300.0),
            refused(2, "turn on the chicken", "sound", at_s=now_s),
            entry(3, at_s=now_s - 3 * 86_400, latency_ms=500.0),
        ]
    )
    writer.close()
    (last,) = _periods(path, "day")
    assert last == {
        "number": 47,
        "kinds": {"command": 1, "unmatched": 1},
        "refusals": {"not_in_table": 1},
        "latency_ms": {"50": 300, "95": 300, "99": 300},
        "level_dbfs": -30.0,
        "noise_dbfs": -60.0,
        "audio_s": 4.0,
    }
    assert len(_periods(path, "week")) == 2


def test_without_a_history_there_is_nothing_to_plot(tmp_path: Path) -> None:
    assert plots(HistoryReader(tmp_path / "none.db"), "day")["periods"] == []
    with pytest.raises(InputError, match="day or week"):
        plots(HistoryReader(tmp_path / "none.db"), "year")
