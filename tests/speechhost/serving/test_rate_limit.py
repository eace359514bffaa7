import pytest

from voice2mqtt.speechhost.serving.rate_limit import RateLimit, SessionClock


def test_a_burst_is_free_and_then_there_is_a_speed() -> None:
    pace = RateLimit(burst_s=60, speed=4, now_s=100)
    assert pace.wait_s(60, 100) == 0
    assert pace.wait_s(64, 100) == 1
    assert pace.wait_s(64, 101) == 0
    assert pace.wait_s(72, 102) == pytest.approx(1)


def test_who_sends_in_real_time_never_waits() -> None:
    pace = RateLimit(burst_s=1, speed=4, now_s=0)
    assert not any(pace.wait_s(at / 10, at / 10) for at in range(10_000))


def test_silence_saves_no_more_than_a_burst() -> None:
    pace = RateLimit(burst_s=10, speed=4, now_s=0)
    assert pace.wait_s(10, 0) == 0
    assert pace.wait_s(20, 1000) == 0
    assert pace.wait_s(28, 1000) == 2


def test_a_clock_stands_still_while_it_is_stopped() -> None:
    clock = SessionClock()
    assert clock.time_s(100) == 100
    clock.stop(100)
    assert clock.time_s(130) == 100
    clock.go(130)
    clock.go(140)
    assert clock.time_s(150) == 120


def test_a_clock_tells_whether_it_runs() -> None:
    clock = SessionClock()
    assert clock.runs
    clock.stop(100)
    runs_stopped = clock.runs
    clock.go(101)
    assert (runs_stopped, clock.runs) == (False, True)
