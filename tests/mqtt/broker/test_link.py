"""The link to a real broker: every transport, and what is logged when there is none."""

import gc
import logging
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

from tests.broker import Broker, Certificates, wait_until
from tests.relay import Relay
from voice2mqtt.demo.stage import free_port
from voice2mqtt.mqtt.broker import link as link_module
from voice2mqtt.mqtt.broker.connection import BrokerConnection
from voice2mqtt.mqtt.broker.delivery import (
    Cause,
    ConnectionLost,
    Delivery,
    DeliveryResult,
    Incoming,
)
from voice2mqtt.mqtt.broker.link import Link
from voice2mqtt.mqtt.broker.login import login_from
from voice2mqtt.settings.model import MqttSettings

WAIT_S = 60
WILL = Delivery(topic="voice/den/availability", payload="offline", retain=True)


class Line:
    """A link, and what it told."""

    def __init__(self, settings: MqttSettings) -> None:
        self.ups: Queue[float] = Queue()
        self.downs: Queue[ConnectionLost] = Queue()
        self.heard: Queue[Incoming] = Queue()
        self.results: Queue[tuple[DeliveryResult, str]] = Queue()
        self.link = Link(
            login_from(settings, "den", WILL),
            on_up=lambda: self.ups.put(time.monotonic()),
            on_down=self.downs.put,
            on_message=self.heard.put,
        )

    def send(self, topic: str, payload: str = "x", qos: int = 1, within_s: float = 5) -> None:
        deadline_s = time.monotonic() + within_s
        delivery = Delivery(topic=topic, payload=payload, qos=qos, deadline_s=deadline_s)
        self.link.send(delivery, lambda result, reason: self.results.put((result, reason)))

    def result(self) -> tuple[DeliveryResult, str]:
        return self.results.get(timeout=WAIT_S)


@contextmanager
def line_to(url: str | tuple[str, ...], **settings: Any) -> Iterator[Line]:
    line = Line(MqttSettings(broker=url, **settings))
    line.link.start()
    try:
        yield line
    finally:
        line.link.close(0)


def logged(caplog: pytest.LogCaptureFixture, text: str) -> Callable[[], bool]:
    return lambda: text in caplog.text


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(link_module, "_FIRST_BACKOFF_S", 0.05)
    caplog.set_level(logging.INFO)


@pytest.mark.parametrize("websockets", [False, True], ids=["mqtt", "ws"])
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_every_scheme_carries_messages_both_ways(
    tmp_path: Path, certificates: Certificates, *, websockets: bool, tls: bool
) -> None:
    secure = certificates if tls else None
    trust = {"ca_file": certificates.ca} if tls else {}
    with (
        Broker(tmp_path, certificates=secure, websockets=websockets) as broker,
        broker.subscriber("home/#") as subscriber,
        line_to(broker.url, **trust) as line,
    ):
        line.ups.get(timeout=WAIT_S)
        line.link.subscribe("to/us")
        for qos in (0, 1, 2):
            line.send(f"home/{qos}", "ON", qos)
            assert line.result() == (DeliveryResult.CONFIRMED, "")
            assert subscriber.wait_for(f"home/{qos}").qos == qos
        subscriber.send("to/us", "hello")
        assert line.heard.get(timeout=WAIT_S) == Incoming("to/us", b"hello", retained=False)


def test_a_client_certificate_opens_the_door(tmp_path: Path, certificates: Certificates) -> None:
    with Broker(tmp_path, certificates=certificates, client_certificate=True) as broker:
        files = {"ca_file": certificates.ca, "cert_file": certificates.client_cert}
        with line_to(broker.url, **files, key_file=certificates.client_key) as line:
            line.ups.get(timeout=WAIT_S)


def test_a_missing_client_certificate_is_named(
    tmp_path: Path, certificates: Certificates, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        Broker(tmp_path, certificates=certificates, client_certificate=True) as broker,
        line_to(broker.url, ca_file=certificates.ca),
    ):
        wait_until(logged(caplog, "with a client certificate if it wants one"), "reason")


def test_a_certificate_of_somebody_else_is_not_trusted(
    tmp_path: Path, certificates: Certificates, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        Broker(tmp_path, certificates=certificates) as broker,
        line_to(broker.url, ca_file=certificates.other_ca) as line,
    ):
        wait_until(logged(caplog, "its certificate is not trusted"), "reason")
        assert not line.link.up


def test_a_certificate_for_another_name_is_not_trusted(
    tmp_path: Path, certificates: Certificates, caplog: pytest.LogCaptureFixture
) -> None:
    with Broker(tmp_path, certificates=certificates) as broker:
        url = broker.url.replace("127.0.0.1", "localhost")
        with line_to(url, ca_file=certificates.ca) as line:
            wait_until(logged(caplog, "Hostname mismatch"), "reason")
            assert not line.link.up


@pytest.mark.parametrize(
    ("scheme", "reason"),
    [
        pytest.param("mqtts", "does it expect plain MQTT over TLS", id="tls-to-a-plain-port"),
        pytest.param("ws", "does it expect websockets", id="websocket-to-a-plain-port"),
    ],
)
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_the_wrong_scheme_is_named(
    broker: Broker, caplog: pytest.LogCaptureFixture, scheme: str, reason: str
) -> None:
    with line_to(broker.url.replace("mqtt:", f"{scheme}:")):
        wait_until(logged(caplog, reason), "reason")
    # paho leaves the socket of a refused websocket to the garbage collector.
    gc.collect()


def test_plain_to_a_tls_port_is_named(
    tmp_path: Path, certificates: Certificates, caplog: pytest.LogCaptureFixture
) -> None:
    broker = Broker(tmp_path, certificates=certificates)
    with broker, line_to(broker.url.replace("mqtts:", "mqtt:")):
        wait_until(logged(caplog, "does it expect plain MQTT on port"), "reason")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        pytest.param(f"mqtt://127.0.0.1:{free_port()}", "nobody listens there", id="refused"),
        pytest.param("mqtt://no-such-broker.invalid", "name no-such-broker", id="unknown-name"),
    ],
)
def test_why_there_is_no_broker_is_said_once(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, url: str, reason: str
) -> None:
    tries: Queue[None] = Queue()
    real = BrokerConnection

    def counted(*arguments: object) -> BrokerConnection:
        tries.put(None)
        return real(*arguments)  # type: ignore[arg-type]  # passed through

    monkeypatch.setattr(link_module, "BrokerConnection", counted)
    with line_to(url):
        for _ in range(3):
            tries.get(timeout=WAIT_S)
    assert caplog.text.count(reason) == 1


def test_a_wrong_password_is_named_and_not_hammered(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    word = tmp_path / "word"
    word.write_text("wrong\n")
    with Broker(tmp_path, users={"voice": "right"}) as broker:
        with line_to(broker.url, username="voice", password_file=word) as line:
            wait_until(logged(caplog, "mqtt.password_file"), "reason")
            assert not line.link.up
            # With the pauses of a broker that is away there would be several tries by now.
            assert not line.link._closing.wait(1.0)
        assert broker.log().count("disconnected, not authorised") == 1
        word.write_text("right\n")
        with line_to(broker.url, username="voice", password_file=word) as line:
            line.ups.get(timeout=WAIT_S)


def test_a_corrected_password_is_tried_as_soon_as_it_is_written(tmp_path: Path) -> None:
    word = tmp_path / "word"
    word.write_text("wrong\n")
    with (
        Broker(tmp_path, users={"voice": "right"}) as broker,
        line_to(broker.url, username="voice", password_file=word) as line,
    ):
        wait_until(lambda: line.link.tried, "refusal")
        word.write_text("right\n")
        line.ups.get(timeout=WAIT_S)


def test_a_command_in_hand_is_not_kept_waiting_by_many_failures(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_module, "_FIRST_BACKOFF_S", 30.0)
    broker.stop()
    with line_to(broker.url) as line:
        wait_until(lambda: line.link.tried, "failure")
        broker.start()
        line.link.retry_fast(time.monotonic() + WAIT_S)
        line.ups.get(timeout=WAIT_S)


def test_an_authority_made_at_home_is_trusted_where_python_is_strict(
    tmp_path: Path, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Python 3.13 is: the authority of these certificates has no key usage."""
    lenient = ssl.create_default_context

    def strict(*, cafile: Path | None = None) -> ssl.SSLContext:
        context = lenient(cafile=cafile)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        return context

    monkeypatch.setattr(ssl, "create_default_context", strict)
    with (
        Broker(tmp_path, certificates=certificates) as broker,
        line_to(broker.url, ca_file=certificates.ca) as line,
    ):
        line.ups.get(timeout=WAIT_S)
        tls = line.link._login.tls
        assert tls is not None
        assert tls.verify_mode is ssl.CERT_REQUIRED
        assert tls.check_hostname


def test_a_message_the_access_list_forbids_is_refused_with_the_reason(tmp_path: Path) -> None:
    acl = "user voice\ntopic readwrite home/#\n"
    word = tmp_path / "word"
    word.write_text("right")
    with (
        Broker(tmp_path, users={"voice": "right"}, acl=acl) as broker,
        line_to(broker.url, username="voice", password_file=word) as line,
    ):
        line.ups.get(timeout=WAIT_S)
        line.send("garage/door", "OPEN")
        assert line.result() == (DeliveryResult.REFUSED, "Not authorized")
        line.send("home/light", "ON")
        assert line.result()[0] is DeliveryResult.CONFIRMED


def test_an_old_broker_is_spoken_to_in_its_own_version(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    with Relay(broker.port, refuse_five=True) as relay, line_to(relay.url) as line:
        line.ups.get(timeout=WAIT_S)
        wait_until(logged(caplog, "MQTT 3.1.1"), "log line")
        with broker.subscriber("home/#") as subscriber:
            for qos in (0, 1, 2):
                line.send(f"home/{qos}", qos=qos)
                assert line.result()[0] is DeliveryResult.CONFIRMED
                subscriber.wait_for(f"home/{qos}")


def test_it_comes_back_when_the_broker_does_and_hears_as_before(broker: Broker) -> None:
    with line_to(broker.url) as line:
        line.link.subscribe("to/us")
        line.ups.get(timeout=WAIT_S)
        broker.kill()
        assert line.downs.get(timeout=WAIT_S).cause is Cause.NETWORK
        line.send("home/light")
        assert line.result()[0] is DeliveryResult.UNSENT
        broker.start()
        line.ups.get(timeout=WAIT_S)
        with broker.subscriber("home/#") as subscriber:
            # It may come before the filter.
            subscriber.send("to/us", "still there?", retain=True)
            assert line.heard.get(timeout=WAIT_S).payload == b"still there?"


def test_the_will_tells_of_a_death(broker: Broker) -> None:
    with (
        broker.subscriber(WILL.topic) as subscriber,
        Relay(broker.port) as relay,
        line_to(relay.url) as line,
    ):
        line.ups.get(timeout=WAIT_S)
        relay.cut()
        assert subscriber.wait_for(WILL.topic).payload == "offline"


def test_a_frozen_broker_never_gets_what_it_would_carry_out_on_waking(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voice2mqtt.mqtt.broker.connection.RESPONSE_TIMEOUT_S", 1.0)
    with broker.subscriber("home/#") as subscriber, line_to(broker.url) as line:
        line.ups.get(timeout=WAIT_S)
        broker.freeze()
        line.send("home/door", "OPEN")
        assert line.result()[0] is DeliveryResult.UNSENT
        broker.thaw()
        line.ups.get(timeout=WAIT_S)
        line.send("home/light", "ON")
        assert line.result()[0] is DeliveryResult.CONFIRMED
        subscriber.wait_for("home/light")
        assert not subscriber.on("home/door")


def test_what_cannot_arrive_in_time_is_not_sent(broker: Broker) -> None:
    with (
        broker.subscriber("home/#") as subscriber,
        Relay(broker.port, delay_s=0.2) as relay,
        line_to(relay.url) as line,
    ):
        line.ups.get(timeout=WAIT_S)
        line.send("home/door", "OPEN", within_s=0.45)
        assert line.result() == (DeliveryResult.UNSENT, "too late")
        line.send("home/light", "ON", within_s=5)
        assert line.result()[0] is DeliveryResult.CONFIRMED
        subscriber.wait_for("home/light")
        assert not subscriber.on("home/door")


def test_a_dead_thread_is_noticed_and_started_again(
    broker: Broker, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """Nothing that anybody catches."""

    monkeypatch.setattr(threading, "excepthook", lambda _args: None)
    with line_to(broker.url) as line:
        line.ups.get(timeout=WAIT_S)

        def die(_message: Incoming) -> None:
            raise Killed

        line.link.subscribe("to/us")
        line.link._on_message = die
        with broker.subscriber("home/#") as subscriber:

            def killed() -> bool:
                # Sent again until the broker has taken our subscription.
                subscriber.send("to/us", "die")
                line.link._thread.join(0.2)
                return not line.link._thread.is_alive()

            wait_until(killed, "the thread to have died")
            line.link.restart_if_dead()
            line.ups.get(timeout=WAIT_S)
            assert "has died" in caplog.text
            line.send("home/light", "ON")
            assert subscriber.wait_for("home/light").payload == "ON"
