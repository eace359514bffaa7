import shutil
import subprocess
import time

import pytest

from voice2mqtt.ear.monitor import Monitor
from voice2mqtt.ear.virtual import MICROPHONE, running_sound_server
from voice2mqtt.settings.model import Gate

WAIT_S = 10.0


def _spoken(sentence: str) -> bytes:
    sox = shutil.which("sox")
    assert sox
    wav = subprocess.run(
        ["espeak-ng", "--stdout", sentence], check=True, capture_output=True
    ).stdout
    return subprocess.run(
        [sox, "-t", "wav", "-", "-t", "raw", "-r", "16000", "-e", "signed", "-b", "16", "-"],
        input=wav, check=True, capture_output=True,
    ).stdout  # fmt: skip


def test_it_shows_level_floor_and_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    with running_sound_server() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        with Monitor(MICROPHONE, Gate()) as monitor:
            deadline_s = time.monotonic() + WAIT_S
            while not monitor.read().state.listening:
                assert time.monotonic() < deadline_s
                time.sleep(0.05)
            server.play(_spoken("turn on the kitchen light"))
            while not (reading := monitor.read()).utterances:
                assert time.monotonic() < deadline_s
                time.sleep(0.05)
    assert reading.level.peak_db > -40
    assert reading.level.floor_db < -80
