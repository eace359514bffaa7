import time

import pytest

from tests.speaking import spoken_pcm
from tests.virtual_sound import MICROPHONE, running_sound_server
from voice2mqtt.audio.monitor import Monitor
from voice2mqtt.settings.model import EndpointerSettings

WAIT_S = 60.0


def test_it_shows_level_floor_and_speech(monkeypatch: pytest.MonkeyPatch) -> None:
    with running_sound_server() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        with Monitor(MICROPHONE, EndpointerSettings()) as monitor:
            deadline_s = time.monotonic() + WAIT_S
            while not monitor.read().state.listening:
                assert time.monotonic() < deadline_s
                time.sleep(0.05)
            server.play(spoken_pcm("turn on the kitchen light"))
            while not (reading := monitor.read()).utterances:
                assert time.monotonic() < deadline_s
                time.sleep(0.05)
    assert reading.level.peak_db > -40
    assert reading.level.floor_db < -80
