"""Nodes that hear the same sentence agree who acts, over a real broker."""

import json
import threading
import time
import tracemalloc
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, replace
from functools import partial
from queue import Queue

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.broker import Broker, wait_until
from tests.nodes import node, wait_for_others
from tests.relay import Relay
from voice2mqtt.core.arbitration import ANSWER_S, Bid, HeldBack, Stage, Won
from voice2mqtt.core.decision import Fire, Message, Reason
from voice2mqtt.mqtt.adapter import MqttAdapter
from voice2mqtt.mqtt.arbitration import RoomArbitration, read_bid
from voice2mqtt.mqtt.broker.delivery import Incoming
from voice2mqtt.mqtt.topics import Topics
from voice2mqtt.settings.model import (
    RoomsSettings,
)

BELL = Fire(
    row="bell", text="ring the bell", score=1.0, reason=Reason(text="word for word"),
    messages=(Message(topic="home/bell", payload="TOGGLE", qos=1),),
)  # fmt: skip
TOPICS = Topics("voice2mqtt", "hall")


def hear(adapter: MqttAdapter, loudness_db: float, thinks_s: float) -> Won | HeldBack:
    """What a node does with one utterance."""
    adapter.arbitration.speech_began(loudness_db)
    adapter.arbitration.speech_ended(loudness_db)
    threading.Event().wait(thinks_s)
    return adapter.arbitration.arbitrate(row="light", text="turn on the light", score=1.0)


def test_the_loudest_of_three_acts_however_long_each_thinks(broker: Broker) -> None:
    loudness_db = {"attic": -35.0, "bath": -22.0, "cellar": -51.0}
    with ExitStack() as stack:
        nodes = {name: stack.enter_context(node(broker, name)) for name in loudness_db}
        wait_for_others(list(nodes.values()))
        for thinks_s in ((0.15, 0.15, 0.15), (0.0, 0.3, 0.1), (0.3, 0.0, 0.2)):
            verdicts: dict[str, Won | HeldBack] = {}

            def take_part(name: str, thinks_s: float, to: dict[str, Won | HeldBack]) -> None:
                to[name] = hear(nodes[name], loudness_db[name], thinks_s)

            threads = [
                threading.Thread(target=take_part, args=(name, time_s, verdicts))
                for name, time_s in zip(nodes, thinks_s, strict=True)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(10)
            assert verdicts.pop("bath") == Won()
            assert len([v for v in verdicts.values() if isinstance(v, HeldBack)]) == 2


def test_a_node_alone_tells_nobody_and_waits_for_nobody(broker: Broker) -> None:
    with broker.subscriber("voice2mqtt/#") as subscriber, node(broker, "den") as adapter:
        wait_until(lambda: adapter.arbitration.follows, "the adapter to have joined")
        adapter.arbitration.speech_began(-20)
        assert (
            adapter.arbitration.arbitrate(row="light", text="turn on the light", score=1.0) == Won()
        )
        adapter.publish_activity("hearing")
        subscriber.wait_for("voice2mqtt/den/activity", like=lambda p: p == "hearing")
        stages = [json.loads(m.payload)["stage"] for m in subscriber.on("voice2mqtt/election")]
        assert stages == ["joins"]


def test_a_node_that_understood_nothing_holds_nobody_up(broker: Broker) -> None:
    with node(broker, "attic") as loud, node(broker, "bath") as quiet:
        wait_for_others([loud, quiet])
        loud.arbitration.speech_began(-20)
        quiet.arbitration.speech_began(-40)
        timer = threading.Timer(0.2, loud.arbitration.abstain)
        timer.start()
        assert (
            quiet.arbitration.arbitrate(row="light", text="turn on the light", score=1.0) == Won()
        )
        timer.join()


def test_a_broker_that_goes_away_holds_nobody_up_and_nobody_acts(broker: Broker) -> None:
    with node(broker, "attic") as loud, node(broker, "bath") as quiet:
        wait_for_others([loud, quiet])
        loud.arbitration.speech_began(-20)
        quiet.arbitration.speech_began(-40)
        timer = threading.Timer(0.1, broker.kill)
        timer.start()
        began_s = time.monotonic()
        held = quiet.arbitration.arbitrate(row="light", text="turn on the light", score=1.0)
        assert isinstance(held, HeldBack)
        assert held.unsure
        assert "in touch with attic" in held.reason
        assert time.monotonic() - began_s < 1.0
        timer.join()


Fault = Callable[[Broker, Relay], None]


def slow_line(_broker: Broker, relay: Relay) -> None:
    relay.delay_s = 0.6


def very_slow_line(_broker: Broker, relay: Relay) -> None:
    relay.delay_s = 2.0


def stalled_broker(broker: Broker, _relay: Relay) -> None:
    broker.freeze()
    threading.Timer(2.5, broker.thaw).start()


def cut_line(_broker: Broker, relay: Relay) -> None:
    relay.cut()


@pytest.mark.parametrize(
    ("fault", "louder", "least"),
    [
        (slow_line, "attic", 1),
        (slow_line, "bath", 1),
        (very_slow_line, "bath", 1),
        # On a busy machine it may well take longer than anybody waits.
        (stalled_broker, "attic", 0),
        (cut_line, "bath", 1),
    ],
)
def test_what_must_not_be_doubled_is_done_once(
    broker: Broker, fault: Fault, louder: str, least: int
) -> None:
    """Of two nodes, one behind a line of its own, which goes bad as somebody speaks."""
    with (
        broker.subscriber("home/bell") as subscriber,
        Relay(broker.port) as relay,
        node(broker, "attic") as attic,
        node(relay, "bath") as bath,
    ):
        nodes = {"attic": attic, "bath": bath}
        wait_for_others(list(nodes.values()))
        settled: Queue[str] = Queue()

        def speak(name: str) -> None:
            adapter = nodes[name]
            adapter.arbitration.speech_began(-20 if name == louder else -40)
            adapter.arbitration.speech_ended(-20 if name == louder else -40)
            verdict = adapter.arbitration.arbitrate(row=BELL.row, text=BELL.text, score=1.0)
            if isinstance(verdict, Won):
                adapter.carry_out(BELL, name, settled.put, if_alone=verdict.if_alone)
            else:
                settled.put(verdict.reason)

        fault(broker, relay)
        threads = [threading.Thread(target=partial(speak, name)) for name in nodes]
        for thread in threads:
            thread.start()
        reasons = [settled.get(timeout=2 * ANSWER_S + 5) for _ in threads]
        for thread in threads:
            thread.join()
        relay.delay_s = 0
        assert reasons.count("") <= 1
        wait_until(lambda: attic.up, "broker")
        subscriber.send("home/bell", "the end")
        subscriber.wait_for("home/bell", like=lambda payload: payload == "the end")
        rung = [m for m in subscriber.on("home/bell") if m.payload == "TOGGLE"]
        assert least <= len(rung) <= 1


def test_two_rooms_that_start_before_their_broker_do_not_both_act(broker: Broker) -> None:
    broker.kill()
    settled: Queue[str] = Queue()
    with node(broker, "attic") as attic, node(broker, "bath") as bath:
        for adapter in (attic, bath):
            adapter.arbitration.speech_began(-20)
            assert adapter.arbitration.arbitrate(row=BELL.row, text=BELL.text, score=1.0) == Won(
                if_alone=True
            )
            adapter.carry_out(BELL, "id", settled.put, if_alone=True)
        broker.start()
        reasons = [settled.get(timeout=10) for _ in range(2)]
    assert reasons.count("") <= 1


def test_a_room_that_starts_before_its_broker_acts_when_it_is_alone(broker: Broker) -> None:
    broker.kill()
    hasty = replace(BELL, messages=(replace(BELL.messages[0], expires_s=0.3),))
    settled: Queue[str] = Queue()
    with node(broker, "attic") as adapter:
        adapter.carry_out(hasty, "id", settled.put, if_alone=True)
        assert "not reachable in time" in settled.get(timeout=10)
        adapter.carry_out(BELL, "id", settled.put, if_alone=True)
        broker.start()
        assert settled.get(timeout=10) == ""
        # At the end nothing is left untold.
        broker.freeze()
        adapter.carry_out(BELL, "id", settled.put)
    assert settled.get(timeout=10)


def test_a_node_that_left_is_not_counted(broker: Broker) -> None:
    with node(broker, "attic") as stays:
        with node(broker, "bath") as leaves:
            wait_for_others([stays, leaves])
        wait_until(lambda: not stays.arbitration.others, "farewell")


@given(st.binary() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(
    lambda value: json.dumps(value).encode()
))  # fmt: skip
def test_no_note_can_break_an_election(payload: bytes) -> None:
    assert read_bid(payload) is None


@pytest.mark.parametrize("loudness", ["1e999", "NaN", '"loud"', "null", "[]"])
def test_a_note_with_a_strange_number_is_none(loudness: str) -> None:
    payload = (
        f'{{"node": "a", "utterance": "u", "stage": "wants", "loudness_db": {loudness},'
        ' "age_ms": 3, "row": "", "text": "", "score": 1}'
    )
    assert read_bid(payload.encode()) is None


def test_invented_notes_cost_no_memory() -> None:
    rooms = RoomArbitration(
        TOPICS, RoomsSettings(), lambda *_: None, instance="i", on_other_instance=lambda _: None
    )
    rooms.came_up()
    kept = []
    for length in (10, 100_000):
        tracemalloc.start()
        for number in range(1000):
            bid = Bid(
                node=f"n{number}",
                utterance="u",
                stage=Stage.WANTS,
                age_ms=-(10**15),
                text="x" * length,
            )
            payload = json.dumps(asdict(bid)).encode()
            rooms.handle_message(Incoming(TOPICS.election, payload, retained=False))
        kept.append(tracemalloc.get_traced_memory()[0])
        tracemalloc.stop()
    assert max(kept) < 1_000_000
