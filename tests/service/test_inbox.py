"""In which order the supervisor gets daemon events."""

import threading

from voice2mqtt.mqtt.control import Mute, Reload, Say
from voice2mqtt.service.inbox import (
    SENTENCES,
    ControlRequested,
    HostChanged,
    Inbox,
    Stop,
    Typed,
)


def test_a_stop_overtakes_a_mute_that_overtakes_everything_else() -> None:
    inbox = Inbox()
    assert not inbox.put_control(Say("turn on the light"), 1.0)
    inbox.put(HostChanged("away"))
    assert not inbox.put_control(Reload(), 2.0)
    assert not inbox.put_control(Mute(on=True), 3.0)
    inbox.put(Stop("asked to"))
    taken = [inbox.take(0) for _ in range(6)]
    assert taken == [
        Stop("asked to"), ControlRequested(Mute(on=True)),
        HostChanged("away"), ControlRequested(Reload()),
        Typed("turn on the light", 1.0), None,
    ]  # fmt: skip


def test_the_last_of_many_requests_counts() -> None:
    inbox = Inbox()
    for _ in range(1000):
        inbox.put_control(Mute(on=True), 0.0)
        inbox.put_control(Mute(on=False), 0.0)
        inbox.put_control(Reload(), 0.0)
    assert [inbox.take(0) for _ in range(3)] == [
        ControlRequested(Mute(on=False)), ControlRequested(Reload()), None,
    ]  # fmt: skip


def test_each_change_of_the_host_is_told() -> None:
    inbox = Inbox()
    for fault in ("away", "", "away"):
        inbox.put(HostChanged(fault))
    assert [inbox.take(0) for _ in range(3)] == [
        HostChanged("away"),
        HostChanged(""),
        HostChanged("away"),
    ]


def test_only_so_many_sentences_wait() -> None:
    inbox = Inbox()
    refusals = [inbox.put_control(Say("turn on the light"), 0.0) for _ in range(SENTENCES + 1)]
    assert not any(refusals[:-1])
    assert refusals[-1] == f"say/set: {SENTENCES} sentences wait already"
    assert all(isinstance(inbox.take(0), Typed) for _ in range(SENTENCES))
    assert not inbox.put_control(Say("turn on the light"), 0.0)


def test_a_sentence_wakes_the_supervisor() -> None:
    inbox = Inbox()
    threading.Timer(0.05, inbox.put_control, (Say("hello"), 1.0)).start()
    taken = inbox.take(10) or inbox.take(0)
    assert taken == Typed("hello", 1.0)
