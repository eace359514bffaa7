"""A day on which the broker fails in every way: each command is done once and in time, or told."""

import re
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from queue import Queue

import pytest

from tests.broker import Broker
from tests.relay import Relay
from voice2mqtt import clock
from voice2mqtt.core.decision import Message
from voice2mqtt.mqtt.adapter import MqttAdapter
from voice2mqtt.mqtt.broker import link as link_module
from voice2mqtt.settings.model import HomeAssistantSettings, MqttSettings, Settings

WAIT_S = 60
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
