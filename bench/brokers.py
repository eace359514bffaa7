"""Two mosquittos that are bridged, of which one dies: commands lost, doubled and late.

The daemon's adapter has both in its list. A third of the way its broker is killed, after two
thirds it is back. A subscriber at the other one counts what arrives, as a device there would.
"""

import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.broker import Broker, Subscriber, wait_until

from bench.report import Options, Report
from voice2mqtt import clock
from voice2mqtt.core.decision import Message
from voice2mqtt.mqtt.adapter import MqttAdapter
from voice2mqtt.settings.model import HomeAssistantSettings, MqttSettings, Settings

EVERY_S = 0.1
EXPIRES_S = 10.0
BRIDGE = "connection bridge\naddress 127.0.0.1:{port}\ntopic # both 1\nrestart_timeout 1\n"


def run(options: Options) -> Report:
    """Send 300 commands, or 60."""
    report = Report("brokers")
    commands = 60 if options.quick else 300
    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name, each) for each in ("dies", "stays")]
        for folder in folders:
            folder.mkdir()
        dies = Broker(folders[0])
        with dies, Broker(folders[1], settings=BRIDGE.format(port=dies.port)) as stays:
            seen = Subscriber(stays, ("home/#",))
            probe = Subscriber(dies, ("home/#",))
            seen.send("home/bridged", "?")
            probe.wait_for("home/bridged", within_s=30)
            probe.close()
            reasons, took_s = _commands(dies, stays, commands)
            wait_until(lambda: len(seen.messages) > commands or all(reasons), "the last one")
            arrived = Counter(m.topic for m in seen.messages if m.topic != "home/bridged")
            seen.close()
    report.add("commands", commands)
    report.add("arrived", len(arrived), "", commands, "high")
    report.add("doubled", sum(count > 1 for count in arrived.values()), "", 0)
    report.add("reported as not carried out", sum(map(bool, reasons)), "", 0)
    report.add("reported after, latest", max(took_s), "s", EXPIRES_S)
    return report


def _commands(dies: Broker, stays: Broker, commands: int) -> tuple[list[str], list[float]]:
    """Return for each command why it was not carried out, or "", and when that was known."""
    mqtt = MqttSettings.model_validate({"broker": [dies.url, stays.url]})
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
                dies.kill()
            if number == 2 * commands // 3:
                dies.start()
        wait_until(lambda: len(done) == commands, "every report", EXPIRES_S + 5)
    finally:
        adapter.close(1)
    return [reason for reason, _ in done.values()], [took_s for _, took_s in done.values()]
