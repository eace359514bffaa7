"""A real mosquitto on a port of its own, to be killed, frozen and restarted; and a subscriber.

Used by every room that meets MQTT. Nothing here is faked.
"""

import getpass
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Condition
from typing import Any, Protocol, Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from voice2mqtt import clock
from voice2mqtt.demo.stage import free_port

MOSQUITTO = shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
WAIT_S = 60.0


@dataclass(frozen=True)
class Certificates:
    """Files of a small certificate authority, made for this run."""

    folder: Path

    def __getattr__(self, name: str) -> Path:
        """`ca`, `server_key`, `client_cert`, `other_ca`, ...: the file of that name."""
        return self.folder / f"{name.replace('_', '-')}.pem"


def make_certificates(folder: Path) -> Certificates:
    """Make two authorities (`ca`, `other_ca`) and a server and a client certificate of the first.

    The server is 127.0.0.1, `broker.test` and Azure's Speech; the client's common name is `voice`.
    """
    files = Certificates(folder)
    for authority in ("ca", "other_ca"):
        _openssl(
            "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-days", "2", "-subj", f"/CN={authority}", "-out", getattr(files, authority),
            "-keyout", getattr(files, f"{authority}_key"),
        )  # fmt: skip
    extension = folder / "san.cnf"
    names = "IP:127.0.0.1,DNS:broker.test,DNS:*.stt.speech.microsoft.com"
    extension.write_text(f"subjectAltName={names}\n")
    for role, name in (("server", "broker"), ("client", "voice")):
        request = folder / f"{role}.csr"
        _openssl(
            "req", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-subj", f"/CN={name}", "-out", request, "-keyout", getattr(files, f"{role}_key"),
        )  # fmt: skip
        _openssl(
            "x509", "-req", "-days", "2", "-in", request, "-CA", files.ca, "-CAkey", files.ca_key,
            "-CAcreateserial", "-extfile", extension, "-out", getattr(files, f"{role}_cert"),
        )  # fmt: skip
    return files


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


class Broker:
    """A mosquitto process; as a context it is started, and ended with everything it wrote.

    Args:
        folder: where its files go.
        users: names and passwords; without them everybody may connect.
        acl: the text of mosquitto's access list.
        certificates: speak TLS with these.
        client_certificate: demand a client certificate of the same authority.
        websockets: speak MQTT over websockets.
        settings: further lines of mosquitto.conf.
        listener: further lines of its listener.
    """

    def __init__(
        self,
        folder: Path,
        *,
        users: dict[str, str] | None = None,
        acl: str = "",
        certificates: Certificates | None = None,
        client_certificate: bool = False,
        websockets: bool = False,
        settings: str = "",
        listener: str = "",
    ) -> None:
        self.host = "127.0.0.1"
        self.port = free_port()
        self.certificates = certificates
        self._websockets = websockets
        self._folder = folder
        self._log = folder / "mosquitto.log"
        self._process: subprocess.Popen[bytes] | None = None
        # The largest: mosquitto 2.1 takes 2 MB otherwise.
        largest = "max_packet_size 268435455"
        self._lines = ["persistence false", largest, f"user {getpass.getuser()}", settings]
        self._listener = [listener]
        if websockets:
            self._listener.append("protocol websockets")
        if certificates:
            self._listener += [
                f"cafile {certificates.ca}",
                f"certfile {certificates.server_cert}",
                f"keyfile {certificates.server_key}",
                f"require_certificate {str(client_certificate).lower()}",
            ]
        self.set_users(users)
        if acl:
            (folder / "acl").write_text(acl)
            (folder / "acl").chmod(0o600)
            self._lines.append(f"acl_file {folder / 'acl'}")

    @property
    def url(self) -> str:
        """As `mqtt.broker` of the settings writes it."""
        scheme = "ws" if self._websockets else "mqtt"
        secure = "s" if self.certificates else ""
        return f"{scheme}{secure}://{self.host}:{self.port}"

    def set_users(self, users: dict[str, str] | None) -> None:
        """Write who may connect; takes effect at the next start."""
        passwords = self._folder / "passwords"
        self._lines = [
            line for line in self._lines if "allow_anon" not in line and "pass" not in line
        ]
        if users is None:
            self._lines.append("allow_anonymous true")
            return
        passwords.write_text("".join(f"{name}:{word}\n" for name, word in users.items()))
        passwords.chmod(0o600)
        subprocess.run(["mosquitto_passwd", "-U", passwords], check=True, capture_output=True)
        self._lines += ["allow_anonymous false", f"password_file {passwords}"]

    def start(self) -> None:
        """Start it and return when it answers; a broker that is not ours is never taken for it."""
        assert MOSQUITTO, "mosquitto is not installed"
        assert self._process is None, "already running"
        listener = [f"listener {self.port} {self.host}", *self._listener]
        if self._websockets:
            # mosquitto 2.0.11 does not start with websockets alone.
            listener += ["listener 0 aside.sock"]
        configuration = self._folder / "mosquitto.conf"
        configuration.write_text("\n".join([*self._lines, *listener]) + "\n")
        with self._log.open("ab") as log:
            begin = log.tell()
            self._process = subprocess.Popen(
                [MOSQUITTO, "-v", "-c", configuration], cwd=self._folder, stdout=log, stderr=log
            )
        wait_until(lambda: self._answers(begin), "mosquitto to answer")

    def _answers(self, begin: int) -> bool:
        assert self._process is not None
        said = self._log.read_bytes()[begin:].decode(errors="replace")
        # A port taken by somebody else ends mosquitto: only a living one has bound ours.
        assert self._process.poll() is None, f"mosquitto ended at once:\n{said}"
        if not re.search(r"^.*mosquitto version \S+ running$", said, re.MULTILINE):
            return False
        try:
            socket.create_connection((self.host, self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """End it in good order (SIGTERM)."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it without a word to anybody (SIGKILL)."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGCONT)
            process.send_signal(number)
            process.wait(WAIT_S)

    def freeze(self) -> None:
        """Let it hold its connections but answer nothing (SIGSTOP)."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen one go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def log(self) -> str:
        """Return what mosquitto wrote so far."""
        return self._log.read_text(errors="replace")

    @contextmanager
    def subscriber(
        self, *topics: str, username: str = "", password: str = ""
    ) -> Iterator["Subscriber"]:
        """A client that has subscribed to `topics` (by default everything), and reconnects."""
        subscriber = Subscriber(self, topics or ("#",), username, password)
        try:
            yield subscriber
        finally:
            subscriber.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


@dataclass(frozen=True)
class Received:
    """A message as the subscriber got it."""

    topic: str
    payload: str
    qos: int
    retained: bool
    """Whether it was already there when the subscriber came."""
    at_s: float
    """Monotonic time of arrival."""
    properties: Properties | None


class Reachable(Protocol):
    """What a client must know of a broker."""

    host: str
    port: int
    certificates: Certificates | None

    @property
    def url(self) -> str:
        """As `mqtt.broker` of the settings writes it."""
        ...


class Subscriber:
    """A client of its own, for what a test wants to see or send."""

    def __init__(
        self,
        broker: Reachable,
        topics: tuple[str, ...],
        username: str = "",
        password: str = "",
        *,
        five: bool = True,
    ) -> None:
        self.messages: list[Received] = []
        self._arrived = Condition()
        self._subscribed = False
        self._topics = topics
        transport: Any = "websockets" if broker.url.startswith("ws") else "tcp"
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2,
            protocol=paho.MQTTv5 if five else paho.MQTTv311,
            transport=transport,
        )
        self._qos: Any = SubscribeOptions(qos=2) if five else 2
        if username:
            self._client.username_pw_set(username, password)
        if files := broker.certificates:
            self._client.tls_set(str(files.ca), str(files.client_cert), str(files.client_key))
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        self._client.connect(broker.host, broker.port)
        self._client.loop_start()
        self._wait(lambda: self._subscribed, "subscription")

    def _on_connect(self, client: paho.Client, *_: object) -> None:
        client.subscribe([(topic, self._qos) for topic in self._topics])

    def _on_subscribe(self, *_: object) -> None:
        with self._arrived:
            self._subscribed = True
            self._arrived.notify_all()

    def _on_message(self, _client: paho.Client, _data: object, got: paho.MQTTMessage) -> None:
        with self._arrived:
            self.messages.append(
                Received(
                    topic=got.topic,
                    payload=got.payload.decode(errors="replace"),
                    qos=got.qos,
                    retained=got.retain,
                    at_s=clock.now_s(),
                    properties=got.properties,
                )
            )
            self._arrived.notify_all()

    def _wait(self, true: Callable[[], object], what: str, within_s: float = WAIT_S) -> None:
        with self._arrived:
            assert self._arrived.wait_for(true, within_s), f"no {what} within {within_s} s"

    def send(self, topic: str, payload: str | bytes, qos: int = 1, *, retain: bool = False) -> None:
        """Publish and return when the broker has it."""
        self._client.publish(topic, payload, qos, retain).wait_for_publish(WAIT_S)

    def on(self, topic: str) -> list[Received]:
        """Return what has arrived on `topic` so far."""
        with self._arrived:
            return [message for message in self.messages if message.topic == topic]

    def wait_for(
        self,
        topic: str,
        like: Callable[[str], bool] = lambda _: True,
        within_s: float = WAIT_S,
    ) -> Received:
        """Return the first message on `topic` whose payload is `like` that; wait if need be."""
        found: list[Received] = []

        def arrived() -> bool:
            found[:] = [m for m in self.messages if m.topic == topic and like(m.payload)]
            return bool(found)

        self._wait(arrived, f"fitting message on {topic}", within_s)
        return found[0]

    def wait_for_count(self, topic: str, count: int, within_s: float = WAIT_S) -> list[Received]:
        """Return the messages on `topic` once there are `count` of them."""
        with self._arrived:
            arrived = self._arrived.wait_for(
                lambda: sum(m.topic == topic for m in self.messages) >= count, within_s
            )
        assert arrived, f"{len(self.on(topic))} of {count} messages on {topic} in {within_s} s"
        return self.on(topic)

    def close(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()


def wait_until(true: Callable[[], bool], what: str, within_s: float = WAIT_S) -> None:
    """Look every 10 ms whether it is `true`, where nothing can wake us when it is."""
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, f"no {what} within {within_s} s"
        time.sleep(0.01)
