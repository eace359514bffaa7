"""Complaints are told once, and then counted."""

from voice2mqtt.mqtt.complaints import PERIOD_S, Complaints


def test_the_first_is_told_and_the_others_are_counted() -> None:
    complaints = Complaints()
    assert complaints.note("mute/set takes ON or OFF", 0.0)
    assert not any(complaints.note("mute/set takes ON or OFF", 1.0) for _ in range(999))
    assert complaints.note("say/set takes UTF-8 text", 2.0)
    assert complaints.due(PERIOD_S - 1) == []
    assert complaints.due(PERIOD_S) == ["mute/set takes ON or OFF (999 more in 60 s)"]
    assert complaints.due(PERIOD_S + 3) == []


def test_after_a_quiet_period_the_next_is_told_at_once() -> None:
    complaints = Complaints()
    assert complaints.note("x", 0.0)
    assert complaints.due(PERIOD_S) == []
    assert complaints.note("x", PERIOD_S)
    assert not complaints.note("x", PERIOD_S + 1)
