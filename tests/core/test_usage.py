import json
from datetime import date

import pytest

from voice2mqtt.core.usage import DailyUsage, restored

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)


def test_seconds_add_up_until_the_day_is_over() -> None:
    metering = DailyUsage(MONDAY).add(2.5, MONDAY).add(3.0, MONDAY)
    assert metering.on(MONDAY) == 5.5
    assert metering.on(TUESDAY) == 0
    assert metering.add(1.0, TUESDAY) == DailyUsage(TUESDAY, 1.0)


@pytest.mark.parametrize(
    ("limit_s", "today", "exhausted"),
    [
        pytest.param(60, MONDAY, False, id="below"),
        pytest.param(50, MONDAY, True, id="reached"),
        pytest.param(50, TUESDAY, False, id="the-next-day"),
        pytest.param(0, MONDAY, False, id="no-limit"),
    ],
)
def test_the_limit_holds_for_one_day(limit_s: float, today: date, exhausted: bool) -> None:
    assert DailyUsage(MONDAY, 50.0).exhausted(limit_s, today) is exhausted


def test_it_survives_a_restart() -> None:
    metering = DailyUsage(MONDAY, 12.25)
    assert restored(json.loads(json.dumps(metering.document())), TUESDAY) == metering


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
def test_a_damaged_count_begins_at_nothing(document: object) -> None:
    assert restored(document, TUESDAY) == DailyUsage(TUESDAY)
