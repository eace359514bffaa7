"""At most once, never late, and every message accounted for."""

import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from queue import Empty, Queue

import pytest

from tests.broker import Broker
from tests.fakes import sleep_for_an_hour
from tests.relay import Relay
from voice2mqtt import clock
from voice2mqtt.core.decision import Message
from voice2mqtt.mqtt.adapter import MqttAdapter
from voice2mqtt.mqtt.broker import link as link_module
from voice2mqtt.mqtt.broker import outbox as outbox_module
from voice2mqtt.mqtt.broker.delivery import Delivery, DeliveryResult, Lane, OnResult
from voice2mqtt.mqtt.broker.outbox import IN_FLIGHT, Outbox
from voice2mqtt.settings.model import HomeAssistantSettings, MqttSettings, Settings

WAIT_S = 60
CAPACITY_AND_MORE = 200


class FakeLink:
    """A link that records what is sent; the test gives the results."""

    def __init__(self) -> None:
        self.up = True
        self.sent: Queue[tuple[Delivery, OnResult]] = Queue()
        self.fast_retries: Queue[float] = Queue()

    def send(self, delivery: Delivery, answer: OnResult) -> None:
        self.sent.put((delivery, answer))

    def retry_fast(self, until_s: float) -> None:
        self.fast_retries.put(until_s)

    def restart_if_dead(self) -> None:
        """Always there."""

    def next(self) -> tuple[Delivery, OnResult]:
        return self.sent.get(timeout=WAIT_S)


@pytest.fixture
def link() -> FakeLink:
    return FakeLink()


@pytest.fixture
def outbox(link: FakeLink) -> Iterator[Outbox]:
    outbox = Outbox(link)
    outbox.start()
    yield outbox
    outbox.close(0)


def publish(outbox: Outbox, **message: object) -> Queue[str]:
    outcomes: Queue[str] = Queue()
    filled: dict[str, object] = {"topic": "home/light", "payload": "ON", **message}
    outbox.publish(Message(**filled), outcomes.put)  # type: ignore[arg-type]  # as each test says
    return outcomes


def test_a_message_expires_from_the_end_of_its_sentence(outbox: Outbox, link: FakeLink) -> None:
    outcomes: Queue[str] = Queue()
    message = Message(topic="home/light", payload="ON", expires_s=3)
    began_s = clock.now_s()
    outbox.publish(message, outcomes.put, began_s - 1)
    assert link.next()[0].deadline_s == pytest.approx(began_s + 2, abs=0.5)
    outbox.publish(replace(message, after_s=60), outcomes.put, began_s - 1)
    link.up = False
    outbox.publish(message, outcomes.put, began_s - 2.8)
    assert outcomes.get(timeout=WAIT_S) == "the broker was not reachable in time"
    assert clock.now_s() - began_s < 1
    outbox.publish(message, outcomes.put, began_s - 5)
    assert outcomes.get(timeout=WAIT_S).startswith("too late: said ")


def test_what_is_confirmed_is_done(outbox: Outbox, link: FakeLink) -> None:
    outcomes = publish(outbox, qos=2, retain=True)
    delivery, answer = link.next()
    assert (delivery.topic, delivery.qos, delivery.retain) == ("home/light", 2, True)
    answer(DeliveryResult.CONFIRMED, "")
    assert outcomes.get(timeout=WAIT_S) == ""


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        pytest.param(DeliveryResult.REFUSED, "the broker refused it: no", id="refused"),
        pytest.param(DeliveryResult.UNKNOWN, "not confirmed and not sent again: no", id="unknown"),
    ],
)
def test_what_may_have_arrived_is_never_sent_again(
    outbox: Outbox, link: FakeLink, result: DeliveryResult, reason: str
) -> None:
    outcomes = publish(outbox)
    link.next()[1](result, "no")
    assert outcomes.get(timeout=WAIT_S) == reason
    assert link.sent.empty()


def test_what_was_not_sent_is_tried_again_until_its_deadline(
    outbox: Outbox, link: FakeLink
) -> None:
    outcomes = publish(outbox, expires_s=0.3)
    first, answer = link.next()
    answer(DeliveryResult.UNSENT, "it hung up")
    second, answer = link.next()
    assert first == second
    link.up = False
    answer(DeliveryResult.UNSENT, "it hung up")
    assert outcomes.get(timeout=WAIT_S) == "the broker was not reachable in time: it hung up"
    assert first.deadline_s is not None
    assert clock.now_s() >= first.deadline_s


def test_nothing_is_handed_over_while_the_line_is_down(outbox: Outbox, link: FakeLink) -> None:
    link.up = False
    outcomes = publish(outbox)
    with pytest.raises(Empty):
        link.sent.get(timeout=0.1)
    link.up = True
    outbox.link_is_up()
    link.next()[1](DeliveryResult.CONFIRMED, "")
    assert outcomes.get(timeout=WAIT_S) == ""


def test_what_waits_while_the_machine_sleeps_is_not_sent_after_it(
    outbox: Outbox, link: FakeLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    link.up = False
    for_the_broker, for_its_time = publish(outbox), publish(outbox, after_s=60)
    sleep_for_an_hour(monkeypatch)
    link.up = True
    outbox.link_is_up()
    for told in (for_the_broker, for_its_time):
        assert told.get(timeout=WAIT_S) == "the broker was not reachable in time"
    assert link.sent.empty()


@pytest.mark.parametrize(("known", "outcome"), [("", ""), ("the hall acts", "the hall acts")])
def test_what_may_be_objected_to_waits_until_that_is_known(
    outbox: Outbox, link: FakeLink, known: str, outcome: str
) -> None:
    objections: list[str | None] = [None]
    told: Queue[str] = Queue()
    message = Message(topic="home/bell", payload="TOGGLE")
    outbox.publish(message, told.put, objection=lambda: objections[-1])
    # What comes later and is not in doubt does not wait for it.
    publish(outbox)
    assert link.next()[0].topic == "home/light"
    objections.append(known)
    outbox.reconsider()
    if not known:
        delivery, answer = link.next()
        assert delivery.topic == "home/bell"
        answer(DeliveryResult.CONFIRMED, "")
    assert told.get(timeout=WAIT_S) == outcome


def test_what_stays_in_doubt_is_given_up_in_time(outbox: Outbox, link: FakeLink) -> None:
    told: Queue[str] = Queue()
    message = Message(topic="home/bell", payload="TOGGLE", expires_s=0.1)
    outbox.publish(message, told.put, objection=lambda: None)
    assert told.get(timeout=WAIT_S) == "the broker was not reachable in time"
    assert link.sent.empty()
    outbox.publish(replace(message, expires_s=60), told.put, objection=lambda: None)
    outbox.close(0)
    assert "the daemon ended" in told.get(timeout=WAIT_S)


def test_only_a_command_that_waits_hurries_the_line(outbox: Outbox, link: FakeLink) -> None:
    link.up = False
    outbox.publish(Message(topic="event", payload=""), lambda _: None, lane=Lane.STATE)
    publish(outbox, after_s=60)
    now_s = clock.now_s()
    publish(outbox, expires_s=5)
    assert 5 <= link.fast_retries.get(timeout=WAIT_S) - now_s < 10


def test_a_flood_of_events_takes_no_place_of_a_command(
    outbox: Outbox, link: FakeLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_module, "CAPACITY", 100)
    refused: Queue[str] = Queue()
    for _ in range(CAPACITY_AND_MORE):
        outbox.publish(Message(topic="event", payload=""), refused.put, lane=Lane.STATE)
    assert refused.get(timeout=WAIT_S) == "100 messages wait already"
    outcomes = publish(outbox)
    sent = [link.next() for _ in range(IN_FLIGHT + 1)]
    delivery, answer = sent[-1]
    assert delivery.lane is Lane.COMMAND
    answer(DeliveryResult.CONFIRMED, "")
    assert outcomes.get(timeout=WAIT_S) == ""


def test_delays_are_kept_and_order_follows_them(outbox: Outbox, link: FakeLink) -> None:
    began_s = clock.now_s()
    publish(outbox, topic="late", after_s=0.2)
    publish(outbox, topic="soon", after_s=0.1)
    publish(outbox, topic="now")
    assert [link.next()[0].topic for _ in range(3)] == ["now", "soon", "late"]
    assert clock.now_s() - began_s >= 0.2


def test_only_so_many_are_under_way_at_a_time(outbox: Outbox, link: FakeLink) -> None:
    for _ in range(IN_FLIGHT + 1):
        publish(outbox)
    answers = [link.next()[1] for _ in range(IN_FLIGHT)]
    with pytest.raises(Empty):
        link.sent.get(timeout=0.05)
    answers[0](DeliveryResult.CONFIRMED, "")
    assert link.next()[0].topic == "home/light"


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        pytest.param({"topic": "home/+/light"}, "it contains +", id="wildcard"),
        pytest.param({"topic": "$SYS/x"}, "it begins with $", id="broker's-own"),
        pytest.param({"topic": "a\x00b"}, "a character that MQTT forbids", id="nul"),
        pytest.param({"topic": "\ud800"}, "not valid Unicode", id="surrogate"),
        pytest.param({"payload": "\ud800"}, "payload is not valid Unicode", id="payload"),
    ],
)
def test_what_no_broker_takes_is_refused_here(
    outbox: Outbox, link: FakeLink, message: dict[str, object], reason: str
) -> None:
    assert reason in publish(outbox, **message).get(timeout=WAIT_S)
    assert link.sent.empty()


def test_a_full_queue_says_so(
    outbox: Outbox, link: FakeLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_module, "CAPACITY", 2)
    link.up = False
    for _ in range(2):
        publish(outbox)
    assert publish(outbox).get(timeout=WAIT_S) == "2 messages wait already"


def test_closing_delivers_what_is_due_and_tells_of_the_rest(outbox: Outbox, link: FakeLink) -> None:
    due, later = publish(outbox), publish(outbox, after_s=60)
    _, answer = link.next()
    threading.Timer(0.05, answer, (DeliveryResult.CONFIRMED, "")).start()
    outbox.close(WAIT_S)
    assert due.get(timeout=WAIT_S) == ""
    assert "the daemon ended before" in later.get(timeout=WAIT_S)
    assert "the daemon is ending" in _after_closing(outbox)


def test_closing_waits_for_no_broker_that_has_frozen(outbox: Outbox, link: FakeLink) -> None:
    outcomes, again = publish(outbox), publish(outbox)
    (_, answer), (_, unsent) = link.next(), link.next()
    outbox.close(0.1)
    assert not outbox._thread.is_alive()
    for each in (outcomes, again):
        assert each.get(timeout=WAIT_S) == "the daemon ended before it was confirmed"
    # What comes too late changes nothing.
    answer(DeliveryResult.CONFIRMED, "")
    unsent(DeliveryResult.UNSENT, "no")
    assert outbox._take() == ([], [])


def _after_closing(outbox: Outbox) -> str:
    outcomes = publish(outbox)
    outbox._report(*outbox._take()[0][0])
    return outcomes.get(timeout=WAIT_S)


def test_a_fault_of_the_sender_does_not_end_the_outbox(
    outbox: Outbox, link: FakeLink, caplog: pytest.LogCaptureFixture
) -> None:
    def boom(_reason: str) -> None:
        raise RuntimeError("boom")

    outbox.publish(Message(topic="home/light", payload="ON"), boom)
    link.next()[1](DeliveryResult.CONFIRMED, "")
    outcomes = publish(outbox)
    link.next()[1](DeliveryResult.CONFIRMED, "")
    assert outcomes.get(timeout=WAIT_S) == ""
    assert "boom" in caplog.text


def test_no_topic_is_logged_where_no_word_may_be(
    link: FakeLink, caplog: pytest.LogCaptureFixture
) -> None:
    outbox = Outbox(link, log_topics=False)
    outbox.start()
    assert "is no topic" in publish(outbox, topic="home/+").get(timeout=WAIT_S)
    outcomes = publish(outbox)
    link.next()[1](DeliveryResult.REFUSED, "no")
    assert outcomes.get(timeout=WAIT_S)
    outbox.close(0)
    assert caplog.text.count("not carried out") == 2
    assert "home" not in caplog.text


COMMANDS = 300
PACE_S = 0.025
EXPIRES_S = 1.2
SLACK_S = 0.3
"""Between looking at the clock and being on the relay."""


def test_every_command_of_a_bad_day_is_done_once_and_in_time_or_told_as_not_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed, restarted, cut off, slow, frozen, and refusing, while commands keep coming."""
    monkeypatch.setattr("voice2mqtt.mqtt.broker.connection.RESPONSE_TIMEOUT_S", 0.6)
    monkeypatch.setattr(link_module, "_FIRST_BACKOFF_S", 0.05)
    monkeypatch.setattr(link_module, "_REFUSED_BACKOFF_S", 0.3)
    (tmp_path / "word").write_text("right")
    people = {"voice": "right", "house": "house"}
    sent: list[tuple[float, bytes]] = []
    with (
        Broker(tmp_path, users=people) as broker,
        broker.subscriber("home/#", username="house", password="house") as subscriber,
        Relay(broker.port, lambda piece: sent.append((clock.now_s(), piece))) as relay,
    ):

        def refuse(users: dict[str, str]) -> None:
            broker.stop()
            broker.set_users(users)
            broker.start()

        day: dict[int, Callable[[], None]] = {
            20: relay.cut,
            40: broker.kill,
            60: broker.start,
            90: lambda: setattr(relay, "delay_s", 0.15),
            120: lambda: setattr(relay, "delay_s", 0),
            130: broker.freeze,
            150: broker.thaw,
            180: broker.stop,
            235: broker.start,
            245: lambda: refuse(people | {"voice": "another"}),
            260: lambda: refuse(people),
            280: relay.cut,
        }
        settings = MqttSettings(broker=relay.url, username="voice", password_file=tmp_path / "word")
        quiet = HomeAssistantSettings(discovery=False)
        adapter = MqttAdapter(Settings(node="den", mqtt=settings, home_assistant=quiet))
        outcomes: Queue[tuple[int, str]] = Queue()
        deadlines_s = {}
        held_up_s = 0.0
        adapter.start()
        try:
            for number in range(COMMANDS):
                day.get(number, lambda: None)()
                message = Message(
                    topic=f"home/{number}", payload="ON", qos=number % 3, expires_s=EXPIRES_S
                )
                deadlines_s[message.topic] = clock.now_s() + EXPIRES_S
                adapter.publish(message, lambda reason, n=number: outcomes.put((n, reason)))  # type: ignore[misc]
                slept_s = clock.now_s()
                time.sleep(PACE_S)
                # A machine that wakes us late lets our threads run late, too.
                held_up_s = max(held_up_s, clock.now_s() - slept_s - PACE_S)
            results = dict(outcomes.get(timeout=WAIT_S) for _ in range(COMMANDS))
        finally:
            adapter.close(1)
        assert outcomes.empty()
        seen = Counter(
            int(number)
            for number in re.findall(
                r"Received PUBLISH from voice2mqtt-den .*'home/(\d+)'", broker.log()
            )
        )
        # How long the broker then keeps it is the broker's: it may have been held up itself.
        sent_s = {
            topic.decode(): at_s
            for at_s, piece in sent
            for topic in re.findall(rb"home/\d+", piece)
        }
        slack_s = SLACK_S + held_up_s
        late = [topic for topic, at_s in sent_s.items() if at_s > deadlines_s[topic] + slack_s]
    done = {number for number, reason in results.items() if not reason}
    not_sent = {number for number, reason in results.items() if "not reachable" in reason}
    unconfirmed = {number for number, reason in results.items() if "not confirmed" in reason}
    assert done | not_sent | unconfirmed == set(range(COMMANDS))
    assert done
    assert not_sent
    assert max(seen.values()) == 1
    assert done <= seen.keys()
    assert not not_sent & seen.keys()
    assert {f"home/{number}" for number in seen} <= sent_s.keys()
    assert len({message.topic for message in subscriber.messages}) == len(subscriber.messages) > 0
    assert not late
