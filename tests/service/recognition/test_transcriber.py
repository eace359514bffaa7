"""Recordings are recognised beside the daemon, within its daily limit."""

from pathlib import Path

import pytest

from voice2mqtt.core.outcome import SILENCE, NoMatch
from voice2mqtt.errors import UnavailableError
from voice2mqtt.nlu.grammar.table import CommandTable
from voice2mqtt.service.recognition.transcriber import Transcriber
from voice2mqtt.service.recognition.usage import TotalUsage, UsageMeter
from voice2mqtt.service.store import Store
from voice2mqtt.settings.model import Settings

SECOND = bytes(32_000)


def _transcriber(folder: Path, sent_s: float) -> Transcriber:
    meter = UsageMeter(Store(folder), limit_s=10.0)
    meter.add(sent_s)
    return Transcriber(Settings(), TotalUsage([meter]))


def test_silence_is_sent_to_nobody(tmp_path: Path) -> None:
    outcomes = _transcriber(tmp_path, 1.0).outcomes(SECOND, CommandTable(rows=()))
    assert outcomes == [NoMatch(reason=SILENCE)]


def test_nothing_is_recognised_beyond_the_daily_limit(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="daily_limit_s"):
        _transcriber(tmp_path, 11.0).outcomes(SECOND, CommandTable(rows=()))
