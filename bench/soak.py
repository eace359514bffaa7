"""Hours of a home: speech, talk, noise, silence and faults, in an order drawn with a seed.

Memory, descriptors and threads of daemon and host and the latency are followed in real time; the
verdict is the slope of each with its interval. `--hours` says how long; the plot and the samples
are written to `soak.png` and `soak.json`, or beside the file of `--json`.
"""

import importlib
import importlib.util
import itertools
import json
import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench import mixing, noises, talk, voices
from bench.fault_kinds import HARMLESS_TO_MEASURE, present
from bench.part import Usage
from bench.report import Options, Report
from bench.system import SpokenSentence, System
from voice2mqtt import clock
from voice2mqtt.errors import UnavailableError

SEED = 22
EVERY_S = 10.0
"""Between two samples of what the processes hold."""
WRITE_EVERY = 30
"""Samples."""
WARM_SHARE = 0.1
"""Of the run, at its beginning, in which caches and pools fill; it counts in no slope."""
SLOPE_GOAL_MB_H = 0.2
BLOCKS = 24
"""Stretches of the run, each with its mean: samples of one stretch depend on each other."""
ROUNDS = 2000
FAULT_S = 4.0
PAUSE_S = (1.0, 12.0)
WEIGHTS = {"command": 50, "talk": 12, "noise": 10, "silence": 16, "fault": 12}
_Numbers = NDArray[np.float64]
_FOLLOWED: dict[str, tuple[str, float | None, Callable[[Usage], float]]] = {
    "resident memory": ("MB/h", SLOPE_GOAL_MB_H, lambda usage: usage.resident_mb),
    "heap in use": ("MB/h", None, lambda usage: usage.heap.in_use_mb),
    "heap held free": ("MB/h", None, lambda usage: usage.heap.free_mb),
    "Python's objects": ("1/h", None, lambda usage: usage.heap.objects),
    "descriptors": ("1/h", 0.0, lambda usage: sum(usage.descriptors.values())),
    "threads": ("1/h", 0.0, lambda usage: sum(usage.threads.values())),
    "children": ("1/h", None, lambda usage: usage.children),
}
"""Of daemon and of host: unit of the slope, its goal, and how it is read."""


@dataclass(frozen=True)
class _Sample:
    at_s: float
    daemon: Usage
    host: Usage


@dataclass(frozen=True)
class _Command:
    at_s: float
    latency_s: float | None
    """From the end of speech to the message; None if none came."""
    in_fault: bool


class _Soak:
    """One run and what it has seen."""

    def __init__(self, system: System, duration_s: float, file: Path) -> None:
        self._system = system
        self._file = file
        self._rng = random.Random(SEED)
        self._begun_s = time.monotonic()
        self._duration_s = duration_s
        self._over = threading.Event()
        self.samples: list[_Sample] = []
        self.commands: list[_Command] = []
        self.did = dict.fromkeys(WEIGHTS, 0)
        self.doubled = 0

    @property
    def _at_s(self) -> float:
        return time.monotonic() - self._begun_s

    def run(self, sentences: Sequence[SpokenSentence]) -> None:
        sampling = threading.Thread(target=self._follow)
        sampling.start()
        try:
            while self._at_s < self._duration_s:
                what = self._rng.choices([*WEIGHTS], [*WEIGHTS.values()])[0]
                self.did[what] += 1
                self._do(what, sentences)
                time.sleep(self._rng.uniform(*PAUSE_S))
        finally:
            self._over.set()
            sampling.join()

    def _do(self, what: str, sentences: Sequence[SpokenSentence]) -> None:
        system, rng = self._system, self._rng
        match what:
            case "command":
                self._command(rng.choice(sentences), in_fault=False)
            case "talk":
                text = talk.sentences(1, rng.randrange(10**9))[0]
                system.play(voices.spoken(text, rng.choice(voices.ALL)))
            case "noise":
                kind = rng.choice([noises.pink, noises.fan, noises.music])
                loud = 10 ** (rng.uniform(-40, -12) / 20)
                noise = kind(rng.uniform(1, 6), rng.randrange(10**9))
                system.play(mixing.to_pcm(loud * noise / np.abs(noise).max()))
            case "fault":
                with present(rng.choice(HARMLESS_TO_MEASURE), system):
                    begun_s = time.monotonic()
                    self._command(rng.choice(sentences), in_fault=True)
                    time.sleep(max(0.0, begun_s + FAULT_S - time.monotonic()))
                system.wait_until_well()
            case _:
                time.sleep(rng.uniform(5, 20))

    def _command(self, sentence: SpokenSentence, *, in_fault: bool) -> None:
        before = len(self._system.seen.messages)
        said_s = self._system.say(sentence)
        arrived_s: list[float] = []
        while not arrived_s and clock.now_s() < said_s + 4:
            time.sleep(0.05)
            arrived_s = [
                at_s for topic, payload, at_s in self._system.commands(before)
                if (topic, payload) == (sentence.topic, sentence.payload)
            ]  # fmt: skip
        latency_s = arrived_s[0] - said_s if arrived_s else None
        self.doubled += max(0, len(arrived_s) - 1)
        self.commands.append(_Command(self._at_s, latency_s, in_fault))

    def _follow(self) -> None:
        while not self._over.wait(EVERY_S):
            with suppress(OSError):
                daemon, host = self._system.daemon.usage(), self._system.host.usage()
                self.samples.append(_Sample(self._at_s, daemon, host))
            if len(self.samples) % WRITE_EVERY == 0:
                self.write()

    def write(self) -> None:
        """Write what was followed so far, so that a long run can be looked at before its end."""
        document = {
            "samples": [asdict(sample) for sample in self.samples],
            "commands": [vars(command) for command in self.commands],
        }
        self._file.write_text(json.dumps(document) + "\n")


def run(options: Options) -> Report:
    """Soak for `options.hours`, by default two, or a minute."""
    duration_s = 45.0 if options.quick else 3600 * (options.hours or 2.0)
    report = Report("soak")
    place = options.json or Path("soak.json")
    with tempfile.TemporaryDirectory() as name, System(Path(name)) as system:
        sentences = system.learn(seed=SEED)
        if not sentences:
            raise UnavailableError("no sentence is understood; see script/bench accuracy")
        soak = _Soak(system, duration_s, place.with_suffix(".samples.json"))
        soak.run(sentences)
        restarts = system.daemon.restarts + system.host.restarts
    soak.write()
    _plot(soak, place.with_suffix(".png"))
    for what, times in soak.did.items():
        report.add(f"times of {what}", times)
    calm = [c for c in soak.commands if not c.in_fault]
    report.add("commands with no fault near, lost", sum(c.latency_s is None for c in calm), "", 0,
               note=f"of {len(calm)}")  # fmt: skip
    in_fault = [c for c in soak.commands if c.in_fault]
    report.add("commands said in a fault, not done", sum(c.latency_s is None for c in in_fault),
               note=f"of {len(in_fault)}")  # fmt: skip
    report.add("commands doubled", soak.doubled, "", 0)
    report.add("restarts", restarts, "", 0)
    if len(soak.samples) >= BLOCKS:
        _report_growth(report, soak)
        _report_latency(report, calm)
    return report


def _report_growth(report: Report, soak: _Soak) -> None:
    at_h = np.array([sample.at_s / 3600 for sample in soak.samples])
    for part in ("daemon", "host"):
        for name, (unit, goal, read) in _FOLLOWED.items():
            values = np.array([read(getattr(sample, part)) for sample in soak.samples])
            slope, low, high = slope_with_interval(at_h, values)
            # Growth is shown when the whole interval lies above the goal.
            interval = f"slope {slope:.2f}, 95 % interval {low:.2f} to {high:.2f}"
            seen = f"first {values[0]:.0f}, last {values[-1]:.0f}, most {values.max():.0f}"
            line = f"{part}: {name}, slope that is sure"
            report.add(line, max(0.0, low), unit, goal, note=f"{interval}; {seen}")
        early, late = soak.samples[len(soak.samples) // 10], soak.samples[-1]
        for kind in ("descriptors", "threads"):
            counts = [Counter(getattr(getattr(each, part), kind)) for each in (early, late)]
            more = {name: n for name in sorted(counts[0] | counts[1])
                    if (n := counts[1][name] - counts[0][name])}  # fmt: skip
            report.add(f"{part}: {kind} that changed", len(more), note=f"{more or 'none'}")


def _report_latency(report: Report, calm: Sequence[_Command]) -> None:
    took = [c.latency_s for c in calm if c.latency_s is not None]
    half = len(took) // 2
    if half >= 10:
        for name, part in (("first", took[:half]), ("second", took[half:])):
            p95_ms = 1000 * float(np.percentile(part, 95))
            note = f"median {1000 * float(np.median(part)):.0f}, n = {len(part)}"
            report.add(f"latency, p95 of the {name} half", p95_ms, "ms", note=note)


def slope_with_interval(at_h: _Numbers, values: _Numbers) -> tuple[float, float, float]:
    """Return the slope of `values` per hour after the warming up, and its 95 % interval.

    The interval is a bootstrap over the means of stretches of the run.
    """
    warm = at_h >= at_h[0] + WARM_SHARE * (at_h[-1] - at_h[0])
    times = np.array([block.mean() for block in np.array_split(at_h[warm], BLOCKS)])
    means = np.array([block.mean() for block in np.array_split(values[warm], BLOCKS)])
    rng = np.random.default_rng(1)
    slopes = []
    for _ in range(ROUNDS):
        chosen = rng.integers(0, BLOCKS, BLOCKS)
        if np.ptp(times[chosen]) > 0:
            slopes.append(np.polyfit(times[chosen], means[chosen], 1)[0])
    low, high = np.percentile(slopes, (2.5, 97.5))
    return float(np.polyfit(times, means, 1)[0]), float(low), float(high)


def _plot(soak: _Soak, path: Path) -> None:
    """Draw what was followed; without matplotlib (the extra `plot`) nothing is drawn."""
    if importlib.util.find_spec("matplotlib") is None or not soak.samples:
        return
    matplotlib = importlib.import_module("matplotlib")
    matplotlib.use("Agg")
    pyplot = importlib.import_module("matplotlib.pyplot")
    figure, axes = pyplot.subplots(4, 1, sharex=True, figsize=(9, 10), layout="constrained")
    at_min = [sample.at_s / 60 for sample in soak.samples]
    for axis, whats in (
        (axes[0], ("resident memory", "heap in use")), (axes[1], ("descriptors",)),
        (axes[2], ("threads",)),
    ):  # fmt: skip
        for what, part in itertools.product(whats, ("daemon", "host")):
            unit, _, read = _FOLLOWED[what]
            values = [read(getattr(sample, part)) for sample in soak.samples]
            axis.plot(at_min, values, label=f"{part}: {what}")
        axis.set_ylabel(unit.removesuffix("/h"))
        axis.set_ylim(bottom=0)
        axis.legend()
    done = [c for c in soak.commands if c.latency_s is not None]
    for in_fault, colour in ((False, "tab:blue"), (True, "tab:red")):
        chosen = [c for c in done if c.in_fault is in_fault]
        axes[3].scatter([c.at_s / 60 for c in chosen], [c.latency_s for c in chosen], s=8,
                        c=colour, label="in a fault" if in_fault else "no fault near")  # fmt: skip
    axes[3].set_ylabel("end of speech to message, s")
    axes[3].set_xlabel("minutes")
    axes[3].legend()
    figure.savefig(path, dpi=80)
