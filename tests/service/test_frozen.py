"""The real capturing and network threads, frozen, starve the watchdog on a real notify socket."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.audio.fakes import LoudIsSpeech
from tests.broker import Broker, wait_until
from tests.service.manager import Manager
from voice2mqtt.audio.microphone import Microphone
from voice2mqtt.mqtt.broker.delivery import Delivery, Incoming
from voice2mqtt.mqtt.broker.link import Link
from voice2mqtt.mqtt.broker.login import login_from
from voice2mqtt.service.systemd.notify import Notifier
from voice2mqtt.service.systemd.watchdog import Watchdog
from voice2mqtt.settings.model import EndpointerSettings, MqttSettings

PERIOD_S = 0.4
PAT = {"WATCHDOG": "1"}


class Tape:
    """A microphone in a silent room, whose driver can hang."""

    live = True

    def __init__(self) -> None:
        self.running = threading.Event()
        self.running.set()
        self._closed = threading.Event()

    def blocks(self) -> Iterator[bytes]:
        """Yield silence in real time."""
        while not self._closed.wait(0.02):
            self.running.wait()
            yield bytes(640)

    def close(self) -> None:
        """End it."""
        self._closed.set()
        self.running.set()


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    with closing(Manager(tmp_path / "notify")) as manager:
        yield manager


@pytest.fixture
def watch(manager: Manager) -> Iterator[Callable[[str, float], Watchdog]]:
    """Make a watchdog that watches one part."""
    with closing(Notifier(manager.address)) as notifier:
        made: list[Watchdog] = []

        def make(part: str, limit_s: float) -> Watchdog:
            environment = {"WATCHDOG_USEC": str(int(PERIOD_S * 1e6))}
            made.append(Watchdog(notifier, {part: limit_s}, environment))
            return made[0]

        yield make
        for watchdog in made:
            watchdog.stop()


def test_a_driver_that_hangs(manager: Manager, watch: Callable[[str, float], Watchdog]) -> None:
    watchdog = watch("capture", 1.0)
    tape = Tape()
    microphone = Microphone(
        tape, LoudIsSpeech(), EndpointerSettings(), heartbeat=watchdog.heartbeat("capture")
    )
    listening = threading.Thread(target=lambda: list(microphone.utterances()))
    watchdog.start()
    listening.start()
    try:
        assert [manager.hear() for _ in range(5)] == [PAT] * 5, "a silent room is no hang"
        tape.running.clear()
        assert manager.starves(2 * PERIOD_S)
        tape.running.set()
        assert manager.hear() == PAT
    finally:
        microphone.close()
        listening.join()


def test_a_network_thread_that_hangs(
    manager: Manager, watch: Callable[[str, float], Watchdog], broker: Broker
) -> None:
    # Its turns last a second when there is nothing to do.
    watchdog = watch("network", 3.0)
    thawed = threading.Event()

    def hang(_message: Incoming) -> None:
        thawed.wait()

    will = Delivery(topic="den/availability", payload="offline", retain=True)
    link = Link(
        login_from(MqttSettings(broker=broker.url), "den", will),
        on_up=lambda: None,
        on_down=lambda _lost: None,
        on_message=hang,
        heartbeat=watchdog.heartbeat("network"),
    )
    link.subscribe("den/hang")
    link.start()
    try:
        wait_until(lambda: link.up, "the connection")
        watchdog.start()
        assert [manager.hear() for _ in range(18)] == [PAT] * 18, "an idle connection is no hang"
        with broker.subscriber() as somebody:
            somebody.send("den/hang", "x")
            assert manager.starves(2 * PERIOD_S)
            thawed.set()
            assert manager.hear() == PAT
    finally:
        thawed.set()
        link.close(0)
