"""Many rooms at one Speech host and at two: who is answered in time, through an evening's peak.

Each room recognises with the real SDK as the daemon does. It says recordings at the times of a
Poisson process, whose rate rises to the peak and falls again; with `--data` the commands recorded
there, else those of synthetic voices. A host has one core and one thread, so that what is served is
served by that core; rooms are dealt to the hosts in turn.

A sentence that is refused is tried again and given up as by the daemon.
"""

import math
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from tests.broker import wait_until

from bench import labels, voices
from bench.live import recognized
from bench.process import processor_s
from bench.report import Options, Report
from bench.system import COMMANDS, SENTENCES, spoken_sentence
from voice2mqtt.audio.sources.wav import WavSource
from voice2mqtt.core.audio import RATE_HZ, SAMPLE_BYTES
from voice2mqtt.core.outcome import Canceled, Heard
from voice2mqtt.demo.stage import free_port, is_ready, process
from voice2mqtt.settings.speech_settings import SpeechSettings
from voice2mqtt.speech.azure import AzureRecognizer

SEED = 22
PEAK_EVERY_S = 300.0
"""Between two sentences of a room, at the peak."""
CALM = 0.2
"""The rate at beginning and end of the evening, as a share of the peak's."""
ANSWER_GOAL_S = 0.5
"""Of the 95th percentile, from the end of the audio."""
LEAST = 10
"""Answers from which a percentile is told."""
AT_ONCE = 64
"""Rooms that may speak at once; who would be one more waits, and that is counted."""
HANGOVER_S = 0.3
"""Silence after speech in which the endpointer ends an utterance."""
EXPIRES_S = 10.0
"""After its end, as of a row that says nothing else: then its command is too late."""
YIELDING = 10
"""Niceness of the rooms: they have machines of their own, and here leave the hosts their cores."""
GROWTH_GOAL = 1.8
CORES_FOR_TWO = 4
"""Two hosts, and as much again for the rooms; with fewer they take each other's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """One sentence, and what became of it."""

    room: int
    spoken_s: float
    begun_s: float
    answered_s: float
    after_s: float
    """From the end of the audio to the answer."""
    fault: str
    """Why there was none, or ""."""
    late_s: float
    """How much later it was begun than it should have been, as too many spoke."""

    @property
    def ended_s(self) -> float:
        return self.answered_s - self.after_s


def run(options: Options) -> Report:
    """Let the evening pass, in ten minutes or those of `--minutes`, once for each set of hosts."""
    report = Report("rooms")
    rooms = options.rooms or (60 if options.quick else 200)
    evening_s = 3600 * options.hours or (40.0 if options.quick else 600.0)
    table, recordings = _recordings(options.data)
    served = {}
    for hosts in (1, 2):
        with _hosts(hosts, table, rooms) as running:
            before_s = sum(processor_s(host.pid) for host in running.values())
            with ProcessPoolExecutor(
                1, mp_context=get_context("spawn"), initializer=os.nice, initargs=(YIELDING,)
            ) as clients:
                told = clients.submit(_evening, list(running), rooms, evening_s, recordings)
                said = told.result()
            spent_s = sum(processor_s(host.pid) for host in running.values()) - before_s
        served[hosts] = _report(report, hosts, rooms, said)
        spoken_s = sum(each.spoken_s for each in said)
        name = _name(hosts)
        report.add(f"{name}: processor time for a second of speech", spent_s / spoken_s, "s",
                   note=f"{spoken_s:.0f} s of speech")  # fmt: skip
    cores = os.cpu_count() or 1
    goal = GROWTH_GOAL if cores >= CORES_FOR_TWO and not options.quick else None
    growth = served[2] / max(1, served[1])
    report.add("speakers served by two hosts over those by one", growth, "", goal, "high")
    return report


def _recordings(data: Path | None) -> tuple[Path, list[bytes]]:
    """Return the table, and the audio of utterances as the endpointer cuts them."""
    if data:
        wavs = [recording.path for recording in labels.recordings(data, at_most=60)]
        return labels.COFFEE_TABLE, [b"".join(WavSource(wav).blocks()) for wav in wavs]
    spoken = [
        spoken_sentence(text, voices.CLEARER[number % len(voices.CLEARER)])
        for number, text in enumerate(SENTENCES)
    ]
    return COMMANDS, [
        one.pcm[_bytes(one.begin_s - HANGOVER_S) : _bytes(one.end_s + HANGOVER_S)] for one in spoken
    ]


def _bytes(at_s: float) -> int:
    return int(max(0.0, at_s) * RATE_HZ) * SAMPLE_BYTES


@contextmanager
def _hosts(count: int, table: Path, rooms: int) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """Run so many hosts, each on a core of its own as far as there are cores.

    A room keeps its connection until it speaks again, and all are at one address here.
    """
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        running = {}
        for number in range(count):
            address = f"127.0.0.1:{free_port()}"
            running[f"ws://{address}"] = stack.enter_context(
                process(
                    "taskset", "--cpu-list", str(cores[number % len(cores)]),
                    sys.executable, "-m", "voice2mqtt", "host", "--listen", address,
                    "--commands", str(table), "--threads", "1",
                    "--max-connections", str(rooms + AT_ONCE),
                    "--max-connections-per-address", str(rooms + AT_ONCE),
                    log=Path(name, f"host{number}.log"),
                )
            )  # fmt: skip
            wait_until(partial(is_ready, f"http://{address}/ready"), "the host")
        yield running


def times_s(rng: random.Random, rooms: int, evening_s: float) -> list[float]:
    """Return when any of the rooms speaks: a Poisson process, thinned by the evening's course."""
    peak_per_s = rooms / PEAK_EVERY_S
    at_s, found = 0.0, []
    while (at_s := at_s + rng.expovariate(peak_per_s)) < evening_s:
        share = CALM + (1 - CALM) * math.sin(math.pi * at_s / evening_s) ** 2
        if rng.random() < share:
            found.append(at_s)
    return found


def _evening(
    urls: Sequence[str], rooms: int, evening_s: float, recordings: Sequence[bytes]
) -> list[_Said]:
    rng = random.Random(SEED)
    recognizers = [
        AzureRecognizer(SpeechSettings(host=urls[room % len(urls)])) for room in range(rooms)
    ]
    begun_s = time.monotonic()

    def say(room: int, speech: bytes, due_s: float) -> _Said:
        at_s = time.monotonic() - begun_s
        outcome, after_s = recognized(recognizers[room], speech, EXPIRES_S)
        fault = outcome.code if isinstance(outcome, Canceled) else type(outcome).__name__
        return _Said(
            room=room,
            spoken_s=len(speech) / RATE_HZ / SAMPLE_BYTES,
            begun_s=at_s,
            answered_s=time.monotonic() - begun_s,
            after_s=after_s,
            fault="" if isinstance(outcome, Heard) else fault,
            late_s=at_s - due_s,
        )

    said = []
    with ThreadPoolExecutor(AT_ONCE) as threads:
        for due_s in times_s(rng, rooms, evening_s):
            time.sleep(max(0.0, begun_s + due_s - time.monotonic()))
            said.append(threads.submit(say, rng.randrange(rooms), rng.choice(recordings), due_s))
    for recognizer in recognizers:
        recognizer.close()
    return [each.result() for each in said]


def _report(report: Report, hosts: int, rooms: int, said: Sequence[_Said]) -> int:
    """Add the lines of one evening; return how many speakers at once were served in time."""
    name = _name(hosts)
    answered = [each for each in said if not each.fault]
    faults = Counter(each.fault for each in said if each.fault)
    report.add(f"{name}: sentences", len(said), note=f"{rooms} rooms")
    report.add(f"{name}: not answered", len(said) - len(answered), "", 0,
               note=", ".join(f"{fault} {n}" for fault, n in faults.items()))  # fmt: skip
    report.add(f"{name}: begun late, at most", max(each.late_s for each in said), "s")
    if not answered:
        return 0
    waits_s = [each.after_s for each in answered]
    report.add(f"{name}: end of audio to answer, median", 1000 * statistics.median(waits_s), "ms")
    report.add(f"{name}: end of audio to answer, p95", 1000 * p95(waits_s), "ms")
    report.add(f"{name}: end of audio to answer, latest", max(waits_s), "s", EXPIRES_S)
    report.add(f"{name}: fairness between rooms (1 is best)", fairness(answered))
    groups = defaultdict(list)
    for each in answered:
        groups[at_once(each, said)].append(each.after_s)
    served = 0
    for speakers, group_s in sorted(groups.items()):
        if len(group_s) < LEAST:
            break
        what = f"{name}: {speakers} at once, p95"
        report.add(what, 1000 * p95(group_s), "ms", note=f"n = {len(group_s)}")
        if served == speakers - 1 and p95(group_s) <= ANSWER_GOAL_S:
            served = speakers
    report.add(f"{name}: speakers served with p95 under 500 ms, a core", served / hosts)
    return served


def _name(hosts: int) -> str:
    return "1 host" if hosts == 1 else f"{hosts} hosts"


def at_once(each: _Said, said: Sequence[_Said]) -> int:
    """Return how many were speaking or waiting when its audio ended, itself included."""
    return sum(other.begun_s <= each.ended_s <= other.answered_s for other in said)


def p95(values: Sequence[float]) -> float:
    """Return the 95th percentile, as one of the values."""
    return sorted(values)[int(0.95 * (len(values) - 1) + 0.5)]


def fairness(answered: Sequence[_Said]) -> float:
    """Return Jain's index of the rooms' mean waits: 1 if all wait alike, 1/n if one alone does."""
    waits_s = defaultdict(list)
    for each in answered:
        waits_s[each.room].append(each.after_s)
    means_s = [statistics.mean(room) for room in waits_s.values()]
    return sum(means_s) ** 2 / (len(means_s) * sum(mean**2 for mean in means_s))
