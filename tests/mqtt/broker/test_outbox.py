"""At most once, never late, and every message accounted for."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from queue import Empty, Queue

import pytest

from tests.fakes import sleep_for_an_hour
from voice2mqtt import clock
from voice2mqtt.core.decision import Message
from voice2mqtt.mqtt.broker import outbox as outbox_module
from voice2mqtt.mqtt.broker.delivery import Delivery, DeliveryResult, Lane, OnResult
from voice2mqtt.mqtt.broker.outbox import IN_FLIGHT, Outbox

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


def test_what_is_to_be_called_is_called_in_time_and_in_order(
    outbox: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    called: Queue[tuple[str, float]] = Queue()
    now_s = clock.now_s()

    def at(name: str, in_s: float) -> None:
        outbox.call_at(now_s + in_s, lambda: called.put((name, clock.now_s() - now_s)))

    at("later", 0.3)
    outbox.call_at(now_s, lambda: 1 // 0)  # type: ignore[arg-type]
    at("soon", 0.15)
    at("at once", 0.0)
    times = [called.get(timeout=WAIT_S) for _ in range(3)]
    assert [name for name, _ in times] == ["at once", "soon", "later"]
    assert all(after_s >= due_s for (_, after_s), due_s in zip(times, (0, 0.15, 0.3), strict=True))
    assert "ZeroDivisionError" in caplog.text


def test_it_is_logged_once_that_nobody_subscribes(
    outbox: Outbox, link: FakeLink, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")

    def confirmed(reason: str, topic: str = "home/light") -> int:
        outcomes = publish(outbox, topic=topic)
        link.next()[1](DeliveryResult.CONFIRMED, reason)
        assert outcomes.get(timeout=WAIT_S) == ""
        return caplog.text.count(f"nobody subscribes to {topic}")

    nobody = "No matching subscribers"
    assert [confirmed(nobody), confirmed(nobody), confirmed("")] == [1, 1, 1]
    assert confirmed(nobody) == 2, "somebody did meanwhile"
    assert confirmed(nobody, "home/fan") == 1


def test_what_is_not_carried_out_is_logged_with_its_topic_and_why(
    outbox: Outbox, link: FakeLink, caplog: pytest.LogCaptureFixture
) -> None:
    outcomes = publish(outbox)
    link.next()[1](DeliveryResult.REFUSED, "no right to home/light")
    outcomes.get(timeout=WAIT_S)
    told = "not carried out: home/light, because the broker refused it: no right to home/light"
    assert told in caplog.text


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
