import pytest

from voice2mqtt.speechhost.serving.rate_limit import RateLimit, SessionClock


def test_a_burst_is_free_and_then_there_is_a_speed() -> None:
    limit = RateLimit(burst_s=60, speed=4, now_s=100)
    assert limit.wait_s(60, 100) == 0
    assert limit.wait_s(64, 100) == 1
    assert limit.wait_s(64, 101) == 0
    assert limit.wait_s(72, 102) == pytest.approx(1)


def test_a_client_that_sends_in_real_time_never_waits() -> None:
    limit = RateLimit(burst_s=1, speed=4, now_s=0)
    assert not any(limit.wait_s(at / 10, at / 10) for at in range(10_000))


def test_silence_saves_no_more_than_a_burst() -> None:
    limit = RateLimit(burst_s=10, speed=4, now_s=0)
    assert limit.wait_s(10, 0) == 0
    assert limit.wait_s(20, 1000) == 0
    assert limit.wait_s(28, 1000) == 2


def test_a_clock_stands_still_while_it_is_paused() -> None:
    clock = SessionClock()
    assert clock.time_s(100) == 100
    clock.pause(100)
    assert clock.time_s(130) == 100
    clock.resume(130)
    clock.resume(140)
    assert clock.time_s(150) == 120


def test_a_clock_tells_whether_it_runs() -> None:
    clock = SessionClock()
    assert clock.runs
    clock.pause(100)
    runs_paused = clock.runs
    clock.resume(101)
    assert (runs_paused, clock.runs) == (False, True)
