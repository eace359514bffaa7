"""The first report goes out at once, the others are counted."""

from voice2mqtt.mqtt.report_throttle import PERIOD_S, ReportThrottle


def test_the_first_is_reported_and_the_others_are_counted() -> None:
    throttle = ReportThrottle()
    assert throttle.note("mute/set takes ON or OFF", 0.0)
    assert not any(throttle.note("mute/set takes ON or OFF", 1.0) for _ in range(999))
    assert throttle.note("say/set takes UTF-8 text", 2.0)
    assert throttle.due(PERIOD_S - 1) == []
    assert throttle.due(PERIOD_S) == ["mute/set takes ON or OFF (999 more in 60 s)"]
    assert throttle.due(PERIOD_S + 3) == []


def test_after_a_quiet_period_the_next_is_reported_at_once() -> None:
    throttle = ReportThrottle()
    assert throttle.note("x", 0.0)
    assert throttle.due(PERIOD_S) == []
    assert throttle.note("x", PERIOD_S)
    assert not throttle.note("x", PERIOD_S + 1)
