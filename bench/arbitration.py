"""Arbitration between three nodes that hear one sentence: how many act, which one, what delay.

The nodes and the broker are real; only the audio is simulated: each node is given its loudness and
its recognition time, which differ as they do between nodes that share a Speech host.
"""

import random
import statistics
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path

from tests.broker import Broker, wait_until
from tests.nodes import node, wait_for_others

from bench.report import Options, Report
from voice2mqtt.core.arbitration import Won
from voice2mqtt.mqtt.adapter import MqttAdapter

NAMES = ("attic", "bath", "cellar")
RECOGNITION_S = (0.05, 0.4)
"""Recognition time: from a fast host for one node to a slow one that serves three in turn."""
ONSET_S = (0.0, 0.1)
"""Delay at which a node's endpointer detects the beginning."""
SPEECH_S = (0.4, 0.9)
"""Time until its endpointer sees the end."""
GOAL_MS = 150.0


def run(options: Options) -> Report:
    """Run arbitrations and time them."""
    report = Report("arbitration")
    trials = 20 if options.quick else 100
    with tempfile.TemporaryDirectory() as folder, Broker(Path(folder)) as broker:
        with ExitStack() as stack:
            nodes = [stack.enter_context(node(broker, name)) for name in NAMES]
            wait_for_others(nodes)
            results = [_trial(nodes, random.Random(seed)) for seed in range(trials)]
        once = sum(count == 1 for count, _, _ in results)
        loudest = sum(right for _, right, _ in results)
        delays_ms = sorted(delay_ms for _, _, delay_ms in results)
        report.add("trials in which exactly one acts", once, "", trials, "high")
        report.add("trials in which the loudest acts", loudest, "", trials, "high")
        report.add("added delay, median", statistics.median(delays_ms), "ms")
        p95_ms = delays_ms[int(0.95 * len(delays_ms))]
        report.add("added delay, p95", p95_ms, "ms", GOAL_MS, note=f"{trials} trials")
        with node(broker, "alone") as alone:
            wait_until(lambda: alone.up, "connection")
            alone_ms = max(_alone_ms(alone) for _ in range(trials))
        report.add("added delay of a node alone, longest", alone_ms, "ms", 1.0)
    return report


def _trial(nodes: list[MqttAdapter], rng: random.Random) -> tuple[int, bool, float]:
    """Return how many acted, whether the loudest did, and the delay of the first to act."""
    loudness_db = rng.sample(range(-50, -10, 2), len(nodes))
    recognition_s = [rng.uniform(*RECOGNITION_S) for _ in nodes]
    onset_s = [rng.uniform(*ONSET_S) for _ in nodes]
    speech_s = [rng.uniform(*SPEECH_S) for _ in nodes]
    acted: dict[int, float] = {}

    def run_node(number: int) -> None:
        node = nodes[number]
        # A distant microphone detects speech later; each endpointer ends it at its own time.
        threading.Event().wait(onset_s[number])
        node.arbitration.speech_began(loudness_db[number])
        threading.Event().wait(speech_s[number])
        node.arbitration.speech_ended(loudness_db[number])
        threading.Event().wait(recognition_s[number])
        decided_s = time.monotonic()
        if node.arbitration.arbitrate(row="light", text="turn on the light", score=1.0) == Won():
            acted[number] = (time.monotonic() - decided_s) * 1000

    threads = [threading.Thread(target=run_node, args=(n,)) for n in range(len(nodes))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    best = loudness_db.index(max(loudness_db))
    return len(acted), best in acted, min(acted.values(), default=float("inf"))


def _alone_ms(node: MqttAdapter) -> float:
    began_s = time.monotonic()
    node.arbitration.speech_began(-20)
    node.arbitration.speech_ended(-20)
    node.arbitration.arbitrate(row="light", text="turn on the light", score=1.0)
    return (time.monotonic() - began_s) * 1000
