"""Each part of the daemon, frozen in turn, starves the watchdog on a real notify socket."""

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.service.manager import Manager
from voice2mqtt.core.heartbeat import Heartbeat
from voice2mqtt.service import composition as build
from voice2mqtt.service.systemd.notify import Notifier
from voice2mqtt.service.systemd.watchdog import LIMITS_S, Heartbeats, Watchdog
from voice2mqtt.settings.model import EndpointerSettings, MicrophoneSettings, Settings
from voice2mqtt.settings.speech_settings import SpeechSettings

PERIOD_S = 0.2
LIMIT_S = 1.0
"""Long enough that a busy machine is not taken for a frozen thread."""


class Part:
    """A thread that beats as capture, loop and network do, and can be frozen."""

    def __init__(self, heartbeat: Heartbeat) -> None:
        self._heartbeat = heartbeat
        self._running = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.thaw()
        self._thread.start()

    def freeze(self) -> None:
        """Stop beating."""
        self._running.clear()

    def thaw(self) -> None:
        """Beat again."""
        self._running.set()

    def end(self) -> None:
        """End the thread."""
        self._ended.set()
        self.thaw()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(0.02):
            self._running.wait()
            self._heartbeat.beat()


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    with closing(Manager(tmp_path / "notify")) as manager:
        yield manager


@pytest.fixture
def watchdog(manager: Manager) -> Iterator[Watchdog]:
    environment = {"WATCHDOG_USEC": str(int(PERIOD_S * 1e6)), "WATCHDOG_PID": str(os.getpid())}
    notifier = Notifier(manager.address)
    watchdog = Watchdog(notifier, dict.fromkeys(LIMITS_S, LIMIT_S), environment)
    yield watchdog
    watchdog.stop()
    notifier.close()


@pytest.fixture
def parts(watchdog: Watchdog) -> Iterator[dict[str, Part]]:
    parts = {name: Part(watchdog.heartbeat(name)) for name in LIMITS_S}
    yield parts
    for part in parts.values():
        part.end()


@pytest.mark.parametrize("frozen", LIMITS_S)
def test_one_frozen_part_starves_the_watchdog(
    frozen: str,
    manager: Manager,
    watchdog: Watchdog,
    parts: dict[str, Part],
    caplog: pytest.LogCaptureFixture,
) -> None:
    watchdog.start()
    assert [manager.hear() for _ in range(6)] == [{"WATCHDOG": "1"}] * 6, "while all live"

    parts[frozen].freeze()
    assert manager.starves(2 * PERIOD_S)
    assert manager.hear_nothing_for(2 * PERIOD_S), "starved for good"
    told = [r for r in caplog.records if r.levelno == logging.CRITICAL]
    assert len(told) == 1, "told once, not every time"
    assert told[0].__dict__["V2M_PART"] == frozen

    parts[frozen].thaw()
    assert manager.hear() == {"WATCHDOG": "1"}, "a part that thaws in time is forgiven"


def test_all_frozen_but_one_at_rest(manager: Manager, watchdog: Watchdog) -> None:
    watchdog.start()
    for name in LIMITS_S:
        watchdog.heartbeat(name).pause()
    assert manager.hear() == {"WATCHDOG": "1"}
    manager.drain()
    assert not manager.hear_nothing_for(2 * PERIOD_S), "whoever rests owes nothing"
    watchdog.heartbeat("loop").beat()
    assert manager.starves(2 * PERIOD_S)


def test_a_part_that_never_begins_starves_the_watchdog(
    manager: Manager, watchdog: Watchdog
) -> None:
    watchdog.start()
    assert manager.starves(2 * PERIOD_S)
    assert manager.drain() == 0


def test_the_pats_come_at_half_the_period(manager: Manager, watchdog: Watchdog) -> None:
    for name in LIMITS_S:
        watchdog.heartbeat(name).pause()
    assert watchdog._period_s == PERIOD_S
    watchdog.start()
    for name in LIMITS_S:
        watchdog.heartbeat(name).pause()
    manager.hear()
    assert not manager.hear_nothing_for(PERIOD_S)


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({}, id="no-watchdog"),
        pytest.param({"WATCHDOG_USEC": "0"}, id="off"),
        pytest.param({"WATCHDOG_USEC": "100000", "WATCHDOG_PID": "1"}, id="meant-for-another"),
    ],
)
def test_without_a_watchdog_nobody_is_patted(manager: Manager, environment: dict[str, str]) -> None:
    with closing(Notifier(manager.address)) as notifier:
        watchdog = Watchdog(notifier, LIMITS_S, environment)
        watchdog.start()
        assert manager.hear_nothing_for(0.2)
        watchdog.stop()


@pytest.mark.parametrize(
    ("now_s", "late"),
    [
        pytest.param(10.0, {}, id="at-the-limit"),
        pytest.param(10.5, {"capture": 10.5}, id="beyond-one-limit"),
        pytest.param(45.5, {"capture": 45.5, "loop": 40.5}, id="beyond-two"),
    ],
)
def test_each_has_a_limit_of_its_own(now_s: float, late: dict[str, float]) -> None:
    heartbeats = Heartbeats({"capture": 10.0, "loop": 40.0, "network": 1.0}, now_s=0.0)
    heartbeats.beat("loop", 5.0)
    heartbeats.pause("network")
    assert heartbeats.late(now_s) == late


def test_the_longest_sentence_that_the_settings_allow_is_no_hang() -> None:
    settings = Settings(
        microphone=MicrophoneSettings(gate=EndpointerSettings(max_utterance_s=60.0)),
        speech=SpeechSettings(timeout_s=60.0, retry_s=30.0),
    )
    assert build.limits_s(settings)["loop"] >= 60 + 60 + 30 + 60
    assert build.limits_s(settings)["capture"] == LIMITS_S["capture"]


@pytest.mark.parametrize("how", [{"capture": "sdk"}, {"device": "stdin"}])
def test_a_source_that_shows_no_sign_of_life_owes_none(
    manager: Manager, how: dict[str, Any]
) -> None:
    settings = Settings(microphone=MicrophoneSettings(**how))
    limits_s = dict.fromkeys(build.limits_s(settings), PERIOD_S)
    environment = {"WATCHDOG_USEC": str(round(PERIOD_S * 1e6))}
    with closing(Notifier(manager.address)) as notifier:
        watchdog = Watchdog(notifier, limits_s, environment)
        watchdog.start()
        for name in ("loop", "network", "supervisor"):
            watchdog.heartbeat(name).pause()
        assert [manager.hear() for _ in range(6)] == [{"WATCHDOG": "1"}] * 6
        watchdog.stop()
