"""Three nodes hear one sentence: how many act, which one, and what agreeing costs.

The nodes are real, with a real broker; only hearing is played: each node is told how loud it
was, and takes a time of its own to recognise it, as nodes that share a Speech host do.
"""

import random
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.broker import Broker, wait_until

from bench.report import Options, Report
from voice2mqtt.core.arbitration import Won
from voice2mqtt.mqtt.adapter import MqttAdapter
from voice2mqtt.settings.model import HomeAssistantSettings, MqttSettings, Settings

NAMES = ("attic", "bath", "cellar")
RECOGNITION_S = (0.05, 0.4)
"""A fast host that serves one node, and a small one that serves three in turn."""
ONSET_S = (0.0, 0.1)
GATE_S = (0.4, 0.9)
GOAL_MS = 150.0


def run(options: Options) -> Report:
    """Hold elections, and time them."""
    report = Report("rooms")
    trials = 20 if options.quick else 100
    with tempfile.TemporaryDirectory() as folder, Broker(Path(folder)) as broker:
        with ExitStack() as stack:
            rooms = [stack.enter_context(_node(broker, name)) for name in NAMES]
            _wait_for_others(rooms)
            results = [_trial(rooms, random.Random(seed)) for seed in range(trials)]
        once = sum(count == 1 for count, _, _ in results)
        loudest = sum(right for _, right, _ in results)
        delays_ms = sorted(delay_ms for _, _, delay_ms in results)
        report.add("trials in which exactly one acts", once, "", trials, "high")
        report.add("trials in which the loudest acts", loudest, "", trials, "high")
        report.add("added delay, median", statistics.median(delays_ms), "ms")
        p95_ms = delays_ms[int(0.95 * len(delays_ms))]
        report.add("added delay, p95", p95_ms, "ms", GOAL_MS, note=f"{trials} trials")
        with _node(broker, "alone") as room:
            wait_until(lambda: room.up, "connection")
            alone_ms = max(_alone_ms(room) for _ in range(trials))
        report.add("added delay of a node alone, longest", alone_ms, "ms", 1.0)
    return report


@contextmanager
def _node(broker: Broker, name: str) -> Iterator[MqttAdapter]:
    mqtt = MqttSettings(broker=broker.url)
    quiet = HomeAssistantSettings(discovery=False)
    room = MqttAdapter(Settings(node=name, mqtt=mqtt, home_assistant=quiet))
    room.start()
    try:
        yield room
    finally:
        room.close(1)


def _wait_for_others(rooms: list[MqttAdapter]) -> None:
    others = len(rooms) - 1
    wait_until(lambda: all(len(room.others) == others for room in rooms), "all to be known")
    wait_until(lambda: all(room.follows for room in rooms), "all to be known for a while")


def _trial(rooms: list[MqttAdapter], chance: random.Random) -> tuple[int, bool, float]:
    """Return how many acted, whether the loudest did, and the delay of the first to act."""
    loudness_db = chance.sample(range(-50, -10, 2), len(rooms))
    thinks_s = [chance.uniform(*RECOGNITION_S) for _ in rooms]
    begins_s = [chance.uniform(*ONSET_S) for _ in rooms]
    closes_s = [chance.uniform(*GATE_S) for _ in rooms]
    acted: dict[int, float] = {}

    def take_part(number: int) -> None:
        room = rooms[number]
        # A microphone far away hears speech begin later; each gate closes in its own time.
        threading.Event().wait(begins_s[number])
        room.speech_began(loudness_db[number])
        threading.Event().wait(closes_s[number])
        room.speech_ended(loudness_db[number])
        threading.Event().wait(thinks_s[number])
        decided_s = time.monotonic()
        if room.arbitrate(row="light", text="turn on the light", score=1.0) == Won():
            acted[number] = (time.monotonic() - decided_s) * 1000

    threads = [threading.Thread(target=take_part, args=(n,)) for n in range(len(rooms))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    best = loudness_db.index(max(loudness_db))
    return len(acted), best in acted, min(acted.values(), default=float("inf"))


def _alone_ms(room: MqttAdapter) -> float:
    began_s = time.monotonic()
    room.speech_began(-20)
    room.speech_ended(-20)
    room.arbitrate(row="light", text="turn on the light", score=1.0)
    return (time.monotonic() - began_s) * 1000
