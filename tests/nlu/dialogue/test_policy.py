import pytest

from voice2mqtt.nlu.dialogue.policy import LocalTime

DAY = (7 * 60, 22 * 60)
NIGHT = (22 * 60, 7 * 60)
ALWAYS = frozenset(range(7))
MONDAY = frozenset({0})


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
    ],
)
def test_hours_and_days(
    minute: int, weekday: int, between: tuple[int, int] | None, days: frozenset[int], within: bool
) -> None:
    assert LocalTime(minute=minute, weekday=weekday).within(between, days) is within
