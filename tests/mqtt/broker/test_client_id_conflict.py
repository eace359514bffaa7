"""Two nodes of one name are reported, and do not end each other's connections for ever."""

import json
import logging
from collections.abc import Callable, Iterator
from queue import Queue

import pytest

from tests.broker import Broker, Subscriber, wait_until
from tests.relay import Relay
from voice2mqtt import clock
from voice2mqtt.core.arbitration import HeldBack, Won
from voice2mqtt.mqtt.adapter import MqttAdapter
from voice2mqtt.mqtt.broker import link as link_module
from voice2mqtt.mqtt.broker.client_id_conflict import ClientIdConflict, new_instance
from voice2mqtt.mqtt.broker.delivery import Cause, ConnectionLost
from voice2mqtt.settings.model import MqttSettings, Settings

US = new_instance(1_000.0)
EARLIER, LATER = new_instance(900.0), new_instance(1_100.0)
CUT = ConnectionLost("it closed the connection", Cause.NETWORK)
TAKEN = ConnectionLost("Session taken over", Cause.TAKEN_OVER)


def state_of(instance: str) -> bytes:
    return json.dumps({"instance": instance}).encode()


@pytest.mark.parametrize(
    ("loss", "lasted_s", "states", "exists"),
    [
        pytest.param(CUT, 1, [US, EARLIER], True, id="cut-short"),
        pytest.param(TAKEN, 1000, [US, EARLIER], True, id="the-broker-says-so"),
        pytest.param(CUT, 1000, [US, EARLIER], False, id="a-long-connection"),
        pytest.param(CUT, 1, [EARLIER], False, id="left-by-an-earlier-run-on-a-bad-line"),
        pytest.param(CUT, 1, [US, US], False, id="our-own-state"),
        pytest.param(CUT, 1, [US, ""], False, id="no-instance"),
    ],
)
def test_a_conflict_is_proven_by_a_short_connection_and_a_state_written_after_ours(
    loss: ConnectionLost, lasted_s: float, states: list[str], *, exists: bool
) -> None:
    conflict = ClientIdConflict(US)
    conflict.came_up(0)
    conflict.went_down(loss, lasted_s)
    assert [conflict.handle_state(state_of(each)) for each in states][-1] is exists
    assert conflict.exists is exists
    assert not conflict.handle_state(state_of(states[-1]))


@pytest.mark.parametrize("state", [b"[]", b"\xff", b"[" * 100_000, b"1"])
def test_no_state_can_hurt(state: bytes) -> None:
    assert not ClientIdConflict(US).handle_state(state)


@pytest.mark.parametrize(
    ("other", "was_first"),
    [(EARLIER, True), (LATER, False), ("", True), ("f3a1b2c4", True), ("z" * 20, True)],
    ids=["earlier", "later", "none", "short", "long"],
)
def test_the_later_of_two_is_the_second_and_an_older_version_the_first(
    other: str, *, was_first: bool
) -> None:
    conflict = ClientIdConflict(US)
    assert conflict.handle_instance(other)
    assert not conflict.handle_instance(other)
    assert conflict.exists
    assert conflict.was_first is was_first
    # It may be renamed; but whether it has been, only a new start can tell for sure.
    conflict.went_offline()
    assert (conflict.exists, conflict.was_first) == (False, was_first)


def peace(broker: Broker) -> bool:
    """Whether the last word about a client that was cut off is older than a client's coming."""
    lines = broker.log().splitlines()
    cut = max(number for number, line in enumerate(lines) if "already connected" in line)
    return sum("New client connected" in line for line in lines[cut:]) >= 2


@pytest.fixture(params=[False, True], ids=["mqtt-5", "mqtt-3"])
def relay(broker: Broker, request: pytest.FixtureRequest) -> Iterator[Relay]:
    with Relay(broker.port, refuse_five=request.param) as relay:
        yield relay


def test_of_two_nodes_with_one_name_the_second_does_nothing(
    broker: Broker, relay: Relay, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_module, "_FIRST_BACKOFF_S", 0.1)
    caplog.set_level(logging.INFO)
    settings = Settings(node="den", mqtt=MqttSettings(broker=relay.url))
    asked: Queue[str] = Queue()
    nodes: list[MqttAdapter] = []
    with broker.subscriber("voice2mqtt/den/#") as subscriber:
        try:
            for name in ("first", "second"):
                adapter = MqttAdapter(settings)
                nodes.append(adapter)
                adapter.on_control(lambda control, name=name: asked.put(f"{name}: {control}"))  # type: ignore[misc]
                adapter.publish_state({"muted": False})
                adapter.start()
                subscriber.wait_for("voice2mqtt/den/state")
            first, second = nodes

            def told(what: str) -> bool:
                return what in caplog.text

            wait_until(lambda: told("this one does nothing") and told("that one does"), "both told")
            reason = "another voice2mqtt is called 'den'"
            subscriber.wait_for("voice2mqtt/den/event", like=lambda p: reason in p)
            # Under names of their own, both stay: the broker has two clients, and keeps them.
            wait_until(lambda: first.up and second.up and peace(broker), "peace")
            for adapter in (first, second):
                adapter.arbitration.speech_began(-20)
            assert first.arbitration.arbitrate(row="light", text="light", score=1.0) == Won()
            held = second.arbitration.arbitrate(row="light", text="light", score=1.0)
            assert isinstance(held, HeldBack)
            assert "was there first" in held.reason
            # The topics are the first one's: what it is told to do, and what it tells.
            subscriber.send("voice2mqtt/den/say/set", "turn on the light")
            assert asked.get(timeout=10).startswith("first")
            told_s = clock.now_s()
            second.publish_state({"muted": True})
            first.publish_state({"muted": False})
            state = json.loads(next_state(subscriber, told_s, lambda state: state["name_taken"]))
            assert state["muted"] is False
            assert asked.empty()
            # Once the second is gone, the first knows of none.
            second.close(0)
            next_state(subscriber, told_s, lambda state: not state["name_taken"])
        finally:
            for adapter in nodes:
                adapter.close(0)


def next_state(
    subscriber: Subscriber, after_s: float, like: Callable[[dict[str, object]], object]
) -> str:
    """Return the first state after `after_s` that is `like` that; wait if need be."""
    found: list[str] = []

    def arrived() -> bool:
        states = [m for m in subscriber.on("voice2mqtt/den/state") if m.at_s >= after_s]
        found[:] = [m.payload for m in states if like(json.loads(m.payload))]
        return bool(found)

    wait_until(arrived, "state like that")
    return found[0]
