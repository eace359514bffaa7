from datetime import date
from pathlib import Path

import pytest

from voice2mqtt import clock
from voice2mqtt.service.recognition.usage import TotalUsage, UsageMeter
from voice2mqtt.service.store import Store

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)


@pytest.fixture(autouse=True)
def _on_monday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "today", lambda: MONDAY)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def test_seconds_add_up_until_the_day_is_over(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    meter = UsageMeter(store, 0)
    meter.add(2.5)
    meter.add(3.0)
    assert meter.today_s == 5.5
    monkeypatch.setattr(clock, "today", lambda: TUESDAY)
    assert meter.today_s == 0
    meter.add(1.0)
    assert meter.today_s == 1.0


@pytest.mark.parametrize(
    ("limit_s", "today", "exhausted"),
    [
        pytest.param(60, MONDAY, False, id="below"),
        pytest.param(50, MONDAY, True, id="reached"),
        pytest.param(50, TUESDAY, False, id="the-next-day"),
        pytest.param(0, MONDAY, False, id="no-limit"),
    ],
)
def test_the_limit_holds_for_one_day(
    limit_s: float, today: date, exhausted: bool, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    meter = UsageMeter(store, limit_s)
    meter.add(50.0)
    monkeypatch.setattr(clock, "today", lambda: today)
    assert meter.exhausted is exhausted


def test_it_survives_a_restart_for_each_service(store: Store) -> None:
    UsageMeter(store, 0).add(12.25)
    UsageMeter(store, 0, "wss://second:443/").add(1.0)
    again = [UsageMeter(store, 10), UsageMeter(store, 10, "wss://second:443/")]
    assert [meter.today_s for meter in again] == [12.25, 1.0]
    total = TotalUsage(again)
    assert (total.today_s, total.exhausted) == (13.25, False)


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {"day": "yesterday", "sent_s": 1.0},
        {"day": "2026-03-02", "sent_s": "1"},
        {"day": "2026-03-02", "sent_s": True},
        {"day": "2026-03-02", "sent_s": -1.0},
        {"day": "2026-03-02", "sent_s": float("nan")},
    ],
)
def test_a_damaged_count_begins_at_nothing(document: object, store: Store) -> None:
    store.write("metering", document)
    assert UsageMeter(store, 0).today_s == 0
