"""The real daemon, ended and started again: what it kept, and what it says of what was lost."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.process import children

from tests.broker import Broker, Subscriber, wait_until
from voice2mqtt.audio.sources.wav import WavSource
from voice2mqtt.core.audio import RATE_HZ, SAMPLE_BYTES
from voice2mqtt.settings.search import CHECKOUT

ROOT = "voice2mqtt/test"
TABLE = """
commands:
  - name: night
    say: good night
    publish:
      - {topic: home/light, payload: "OFF"}
      - {topic: home/heating, payload: night, after_s: 60}
"""
WITHIN_S = 60.0
RECORDING = CHECKOUT.parent / "turn-on-the-kitchen-light.wav"
BEGINNING_BYTES = int(0.9 * RATE_HZ) * SAMPLE_BYTES
"""Of the recording, with its first words."""


@contextmanager
def daemon(folder: Path, broker: Broker) -> Iterator[subprocess.Popen[bytes]]:
    """A daemon that hears silence and has no Speech host: sentences are written to it."""
    (folder / "commands.yaml").write_text(TABLE)
    settings = folder / "voice2mqtt.yaml"
    settings.write_text(
        json.dumps({
            "node": "test",
            "microphone": {"device": "stdin"},
            "speech": {"host": "ws://127.0.0.1:9"},
            "mqtt": {"broker": broker.url},
            "feedback": {"tones": False, "speak": False},
            "state_dir": str(folder / "state"),
            "commands": str(folder / "commands.yaml"),
        })
    )  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "voice2mqtt", "run", "--settings", str(settings)],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def mute(seen: Subscriber, *, on: bool) -> None:
    """Ask for it, and wait until the daemon says that it is so."""
    count = len(seen.on(f"{ROOT}/state"))
    seen.send(f"{ROOT}/mute/set", "ON" if on else "OFF")
    wait_until(
        lambda: any(
            json.loads(state.payload)["muted"] is on for state in seen.on(f"{ROOT}/state")[count:]
        ),
        "state with it",
        WITHIN_S,
    )


def say_good_night(seen: Subscriber) -> str:
    """Have it said; return the id of the event that follows."""
    count = len(seen.on(f"{ROOT}/event"))
    seen.send(f"{ROOT}/say/set", "good night")
    event = seen.wait_for_count(f"{ROOT}/event", count + 1, WITHIN_S)[count]
    return str(json.loads(event.payload)["id"])


def not_done(seen: Subscriber, event_id: str) -> str:
    """Return why the command with `event_id` was not done, as it is told."""

    def is_it(said: str) -> bool:
        event = json.loads(said)
        return bool(event["event"] == "not_done" and event["id"] == event_id)

    return str(json.loads(seen.wait_for(f"{ROOT}/event", is_it, WITHIN_S).payload)["reason"])


def test_it_is_still_muted_and_tells_what_was_not_done(tmp_path: Path, broker: Broker) -> None:
    with broker.subscriber() as seen:
        with daemon(tmp_path, broker) as process:
            seen.wait_for(f"{ROOT}/availability", lambda said: said == "online", WITHIN_S)
            killed_id = say_good_night(seen)
            mute(seen, on=True)
            process.kill()
            process.wait(WITHIN_S)
        count = len(seen.on(f"{ROOT}/state"))
        with daemon(tmp_path, broker) as process:
            reason = not_done(seen, killed_id)
            assert "killed before" in reason
            assert "home/heating" in reason
            state = seen.wait_for_count(f"{ROOT}/state", count + 1, WITHIN_S)[count]
            assert json.loads(state.payload)["muted"] is True
            say_good_night(seen)
            assert len(seen.on("home/light")) == 1
            mute(seen, on=False)
            ended_id = say_good_night(seen)
            process.send_signal(signal.SIGTERM)
            assert "ended before it was due" in not_done(seen, ended_id)
            process.wait(WITHIN_S)
        topics = [message.topic for message in seen.messages]
        assert topics[-1] == f"{ROOT}/availability"
        assert "home/heating" not in topics
        assert not list((tmp_path / "state").glob("unfinished*"))


def test_a_sentence_in_whose_midst_it_was_killed_is_told(tmp_path: Path, broker: Broker) -> None:
    with broker.subscriber() as seen:
        with daemon(tmp_path, broker) as process:
            seen.wait_for(f"{ROOT}/availability", lambda said: said == "online", WITHIN_S)
            assert process.stdin
            process.stdin.write(b"".join(WavSource(RECORDING).blocks())[:BEGINNING_BYTES])
            process.stdin.flush()
            seen.wait_for(f"{ROOT}/activity", lambda said: said == "hearing", WITHIN_S)
            process.kill()
            process.wait(WITHIN_S)
        with daemon(tmp_path, broker):
            told = json.loads(
                seen.wait_for(f"{ROOT}/event", lambda said: "canceled" in said, WITHIN_S).payload
            )
        assert "killed" in told["reason"]


def test_a_table_that_is_read_again_leaves_nothing_of_the_one_before(
    tmp_path: Path, broker: Broker
) -> None:
    """Of each table its espeak-ng is the part that can be seen from outside."""
    with daemon(tmp_path, broker) as process, broker.subscriber() as seen:
        seen.wait_for(f"{ROOT}/availability", lambda said: said == "online", WITHIN_S)
        first = children(process.pid)
        for number in (1, 2):
            seen.send(f"{ROOT}/reload/set", "")
            seen.wait_for_count(f"{ROOT}/event", number, WITHIN_S)
            wait_until(lambda: len(children(process.pid)) == len(first), "its end", WITHIN_S)
        assert first
        assert not {*first} & {*children(process.pid)}
