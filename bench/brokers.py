"""Brokers that pass on each other's messages, of which one dies: commands lost, doubled and late.

Two bridged mosquittos, and clusters of RabbitMQ where Debian's rabbitmq-server is installed. The
daemon's adapter has all in its list. A third of the way its broker is killed, after two thirds it
is back. A subscriber at the last one counts what arrives, as a device there would.
"""

import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from tests.broker import Broker, Reachable, Subscriber, wait_until

from bench import rabbitmq
from bench.report import Options, Report
from voice2mqtt import clock
from voice2mqtt.core.decision import Message
from voice2mqtt.mqtt.adapter import MqttAdapter
from voice2mqtt.settings.model import HomeAssistantSettings, MqttSettings, Settings

EVERY_S = 0.1
EXPIRES_S = 10.0
BRIDGE = "connection bridge\naddress 127.0.0.1:{port}\ntopic # both 1\nrestart_timeout 1\n"
RABBITS = (2, 3)
"""Nodes of a cluster. Those of RabbitMQ's MQTT plugin agree by majority who is connected."""
MAJORITY_OF_TWO = 2
"""Where one of two is dead, the other one takes no client until it is back."""


class _Mortal(Reachable, Protocol):
    """A broker that can die."""

    def start(self) -> None: ...

    def kill(self) -> None: ...


def run(options: Options) -> Report:
    """Send 300 commands, or 60, through each pair."""
    report = Report("brokers")
    commands = 60 if options.quick else 300
    with _mosquittos() as pair:
        _report(report, "mosquitto", pair, commands, all_arrive=True)
    if not rabbitmq.is_installed():
        print("RabbitMQ is not tried: `apt install rabbitmq-server`")
        return report
    for size in RABBITS:
        with tempfile.TemporaryDirectory() as name, rabbitmq.cluster(Path(name), size) as nodes:
            what = f"RabbitMQ, {size} nodes"
            _report(report, what, nodes, commands, all_arrive=size > MAJORITY_OF_TWO)
    return report


@contextmanager
def _mosquittos() -> Iterator[list[Broker]]:
    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name, each) for each in ("dies", "stays")]
        for folder in folders:
            folder.mkdir()
        with (
            Broker(folders[0]) as dies,
            Broker(folders[1], settings=BRIDGE.format(port=dies.port)) as stays,
        ):
            yield [dies, stays]


def _report(
    report: Report, kind: str, brokers: Sequence[_Mortal], commands: int, *, all_arrive: bool
) -> None:
    dies, stays = brokers[0], brokers[-1]
    seen = Subscriber(stays, ("home/#",), five=False)
    probe = Subscriber(dies, ("home/#",), five=False)
    seen.send("home/bridged", "?")
    probe.wait_for("home/bridged", within_s=30)
    probe.close()
    told = _commands(brokers, commands)
    wait_until(lambda: len(seen.messages) > sum(not why for why, _ in told.values()), "the last")
    arrived = Counter(m.topic for m in seen.messages if m.topic != "home/bridged")
    seen.close()
    reported = {f"home/{number}": why for number, (why, _) in told.items() if why}
    report.add(f"{kind}: commands", commands)
    report.add(f"{kind}: arrived", len(arrived), "", commands if all_arrive else None, "high")
    report.add(f"{kind}: doubled", sum(count > 1 for count in arrived.values()), "", 0)
    report.add(f"{kind}: reported as not carried out", len(reported), "", 0 if all_arrive else None,
               note="; ".join(sorted({*reported.values()})))  # fmt: skip
    lost = commands - len(arrived.keys() | reported.keys())
    report.add(f"{kind}: neither arrived nor reported", lost, "", 0)
    report.add(f"{kind}: arrived and reported", len(arrived.keys() & reported.keys()))
    latest_s = max(took_s for why, took_s in told.values() if not why)
    report.add(f"{kind}: known to have arrived after, latest", latest_s, "s", EXPIRES_S)


def _commands(brokers: Sequence[_Mortal], commands: int) -> dict[int, tuple[str, float]]:
    """Return for each command why it was not carried out, or "", and when that was known."""
    mqtt = MqttSettings(broker=tuple(each.url for each in brokers))
    quiet = HomeAssistantSettings(discovery=False)
    adapter = MqttAdapter(Settings(node="hall", mqtt=mqtt, home_assistant=quiet))
    adapter.start()
    done: dict[int, tuple[str, float]] = {}
    try:
        wait_until(lambda: adapter.up, "connection")
        for number in range(commands):
            said_s = clock.now_s()

            def on_done(reason: str, number: int = number, said_s: float = said_s) -> None:
                done[number] = reason, clock.now_s() - said_s

            message = Message(topic=f"home/{number}", payload="ON", qos=1, expires_s=EXPIRES_S)
            adapter.publish(message, on_done, said_s)
            time.sleep(EVERY_S)
            if number == commands // 3:
                brokers[0].kill()
            if number == 2 * commands // 3:
                brokers[0].start()
        wait_until(lambda: len(done) == commands, "every report", EXPIRES_S + 5)
    finally:
        adapter.close(1)
    return done
