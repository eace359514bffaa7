"""What systemd is told, read on a real notify socket."""

import logging
import os
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.service.manager import Manager
from voice2mqtt.service.systemd.notify import Notifier


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Manager]:
    name = f"@voice2mqtt-test-{os.getpid()}" if request.param == "abstract" else tmp_path / "n"
    with closing(Manager(name)) as manager:
        yield manager


@pytest.fixture
def notifier(manager: Manager) -> Iterator[Notifier]:
    notifier = Notifier.from_environment({"NOTIFY_SOCKET": manager.address})
    yield notifier
    notifier.close()


def test_ready_and_status_go_together(manager: Manager, notifier: Notifier) -> None:
    notifier.ready("listening on USB PnP; broker reconnecting")
    assert manager.hear() == {"READY": "1", "STATUS": "listening on USB PnP; broker reconnecting"}


def test_watchdog(manager: Manager, notifier: Notifier) -> None:
    notifier.watchdog()
    assert manager.hear() == {"WATCHDOG": "1"}


def test_stopping(manager: Manager, notifier: Notifier) -> None:
    notifier.stopping("delivering 2 messages")
    assert manager.hear() == {"STOPPING": "1", "STATUS": "delivering 2 messages"}


def test_reloading_carries_the_monotonic_time(manager: Manager, notifier: Notifier) -> None:
    before_us = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    notifier.reloading()
    told = manager.hear()
    assert told["RELOADING"] == "1"
    assert before_us <= int(told["MONOTONIC_USEC"]) <= time.clock_gettime_ns(1) // 1000


def test_a_status_is_told_once_until_it_changes(manager: Manager, notifier: Notifier) -> None:
    notifier.status("listening")
    notifier.status("listening")
    notifier.status("muted")
    assert [manager.hear(), manager.hear()] == [{"STATUS": "listening"}, {"STATUS": "muted"}]


def test_a_line_break_in_a_status_smuggles_nothing_in(manager: Manager, notifier: Notifier) -> None:
    notifier.status("table:\nMAINPID=1")
    assert manager.hear() == {"STATUS": "table: MAINPID=1"}


def test_without_a_manager_nothing_happens(caplog: pytest.LogCaptureFixture) -> None:
    notifier = Notifier.from_environment({})
    notifier.ready("listening")
    notifier.watchdog()
    notifier.close()
    assert not caplog.records


def test_a_vanished_socket_is_told_of_once_and_raises_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    manager = Manager(tmp_path / "notify")
    notifier = Notifier(manager.address)
    manager.close()
    notifier.watchdog()
    (tmp_path / "notify").unlink()
    notifier.watchdog()
    notifier.close()
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_a_manager_too_busy_to_read_does_not_hold_us_up(tmp_path: Path) -> None:
    with closing(Manager(tmp_path / "notify")) as manager:
        notifier = Notifier(manager.address)
        for number in range(10_000):
            started_s = time.monotonic()
            notifier.status(f"status {number}")
            if time.monotonic() - started_s > 0.5:
                break
        else:
            pytest.fail("the socket's queue never filled")
        assert time.monotonic() - started_s < 5
        notifier.close()
