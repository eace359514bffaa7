from dataclasses import replace

import pytest

from voice2mqtt.core.decision import SlotValue
from voice2mqtt.nlu.dialogue.policy import Clock, History, LocalTime, Policy, obstacle
from voice2mqtt.nlu.grammar.table import Row

DAY = (7 * 60, 22 * 60)
NIGHT = (22 * 60, 7 * 60)
ALWAYS = frozenset(range(7))
MONDAY, SUNDAY = frozenset({0}), frozenset({6})


@pytest.mark.parametrize(
    ("minute", "weekday", "between", "days", "within"),
    [
        pytest.param(7 * 60, 0, DAY, ALWAYS, True, id="the first minute"),
        pytest.param(22 * 60, 0, DAY, ALWAYS, False, id="the end is not within"),
        pytest.param(12 * 60, 1, DAY, MONDAY, False, id="another day"),
        pytest.param(12 * 60, 0, None, MONDAY, True, id="days alone"),
        pytest.param(23 * 60, 0, NIGHT, MONDAY, True, id="before midnight"),
        pytest.param(2 * 60, 1, NIGHT, MONDAY, True, id="after midnight it is still Monday night"),
        pytest.param(2 * 60, 0, NIGHT, MONDAY, False, id="Sunday night"),
        pytest.param(12 * 60, 0, NIGHT, ALWAYS, False, id="by day"),
        pytest.param(22 * 60, 0, NIGHT, MONDAY, True, id="the first minute of a night"),
        pytest.param(7 * 60, 1, NIGHT, MONDAY, False, id="the end of a night is not within"),
        pytest.param(2 * 60, 0, NIGHT, SUNDAY, True, id="Monday begins in Sunday's night"),
        pytest.param(8 * 60, 0, (480, 480), ALWAYS, False, id="a span without a minute"),
    ],
)
def test_hours_and_days(
    minute: int, weekday: int, between: tuple[int, int] | None, days: frozenset[int], within: bool
) -> None:
    assert LocalTime(minute=minute, weekday=weekday).within(between, days) is within


NOON = LocalTime(minute=12 * 60, weekday=2)
LIGHT = Row(name="light", say=("light",), publish=(), expires_s=10.0)
ON: dict[str, SlotValue] = {"state": "ON"}


def _obstacle(
    row: Row = LIGHT,
    *,
    now_s: float = 100.0,
    age_s: float = 0.0,
    history: History | None = None,
    slots: dict[str, SlotValue] = ON,
    repeat_within_s: float = 0.0,
    muted: bool = False,
) -> str:
    clock = Clock(said_s=now_s - age_s, now_s=now_s, local=NOON)
    policy = Policy(repeat_within_s=repeat_within_s)
    return obstacle(row, slots, clock, history or History(), policy, muted=muted)


def _fired(row: Row = LIGHT, at_s: float = 95.0, slots: dict[str, SlotValue] = ON) -> History:
    history = History()
    history.record(row, slots, at_s)
    return history


def test_what_is_late_is_not_done() -> None:
    assert _obstacle(age_s=10.0) == ""
    late = "too late: said 10.5 s ago, it expires after 10 s"
    assert _obstacle(age_s=10.5) == late
    assert _obstacle(age_s=10.5, muted=True) == late
    assert _obstacle(muted=True) == "muted"


@pytest.mark.parametrize(
    ("between", "days", "told"),
    [
        (None, ALWAYS, ""),
        (None, MONDAY, "not on this day"),
        (DAY, MONDAY, "not on this day"),
        (NIGHT, ALWAYS, "only between 22:00 and 07:00"),
        (NIGHT, MONDAY, "only between 22:00 and 07:00"),
        ((13 * 60 + 5, 14 * 60 + 59), ALWAYS, "only between 13:05 and 14:59"),
    ],
)
def test_hours_and_days_are_told(
    between: tuple[int, int] | None, days: frozenset[int], told: str
) -> None:
    assert _obstacle(replace(LIGHT, between=between, days=days)) == told


def test_the_cooldown_is_of_its_row_alone() -> None:
    row = replace(LIGHT, cooldown_s=20.0)
    other = replace(row, name="blinds")
    assert _obstacle(row) == ""
    assert _obstacle(row, history=_fired(row)) == "15 s of its cooldown are left"
    assert _obstacle(row, history=_fired(row, at_s=80.0)) == ""
    assert _obstacle(other, history=_fired(row)) == ""
    both = _fired(row)
    both.record(other, ON, 96.0)
    assert _obstacle(row, history=both) == "15 s of its cooldown are left"


def test_an_echo_is_the_last_command_again_and_soon() -> None:
    echo = "the same again, so soon, is taken for an echo"
    assert _obstacle(history=_fired(), repeat_within_s=5.1) == echo
    assert _obstacle(history=_fired(), repeat_within_s=5.0) == ""
    assert _obstacle(repeat_within_s=5.1) == ""
    assert _obstacle(history=_fired(), slots={"state": "OFF"}, repeat_within_s=5.1) == ""
    between = _fired()
    between.record(replace(LIGHT, name="blinds"), ON, 96.0)
    assert _obstacle(history=between, repeat_within_s=5.1) == ""


def test_what_was_carried_out_does_not_change_with_the_slots_given() -> None:
    slots: dict[str, SlotValue] = {"state": "ON"}
    history = _fired(slots=slots)
    slots["state"] = "OFF"
    assert _obstacle(history=history, repeat_within_s=10.0) != ""
