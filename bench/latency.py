"""End of speech to MQTT message received, by stage, as a person would feel it.

Synthesised commands of the shipped table are played in real time into the whole daemon (WAV
source, our host in a process of its own, mosquitto, mosquitto_sub). When speech has ended is
known from the clean recording: the last 10 ms within 35 dB of its loudest 10 ms.
"""

import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from copy import deepcopy
from dataclasses import dataclass, field, replace
from http.client import HTTPException
from pathlib import Path
from typing import IO
from urllib.request import urlopen

import numpy as np

from bench import mixing
from bench.report import Options, Report
from voice2mqtt.cli.console.serving import daemon_with_page, served
from voice2mqtt.core.audio import RATE_HZ, SAMPLE_BYTES
from voice2mqtt.core.event import Event
from voice2mqtt.demo import stage
from voice2mqtt.service import composition as build
from voice2mqtt.settings.load import load_written
from voice2mqtt.settings.search import CHECKOUT

VOICES = (
    stage.flite("slt"),
    stage.flite("rms"),
    stage.flite("awb"),
    stage.espeak("en-us"),
    stage.espeak("en-gb", 140),
)
SENTENCES = (
    "Turn on the kitchen light.",
    "Turn the bedroom lights off.",
    "Set the bedroom light to forty percent.",
    "Close the blinds in the living room.",
    "Open the curtains in the study.",
    "Set the heating to twenty one degrees.",
    "Make the study light blue.",
    "Start the movie scene.",
    "Pause the music.",
    "Set the volume to thirty percent.",
    "Cancel the timer.",
)
PAGES = 3
PAUSE_S = 2.5
"""Between two sentences, so that each is decided before the next."""
NOISE_DB = -66.0
"""Noise floor of the recording, in dBFS: a quiet room."""

GOAL_MEDIAN_MS, GOAL_P95_MS = 350.0, 600.0


@dataclass
class _Trial:
    """When things happened for one utterance, monotonic."""

    sentence: str
    speech_end_sample: int
    times_s: dict[str, float] = field(default_factory=dict)


def run(options: Options) -> Report:
    """Measure on 55 utterances, or 8."""
    report = Report("latency")
    spoken = [(sentence, voice) for voice in VOICES for sentence in SENTENCES]
    if options.quick:
        spoken = spoken[:8]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        trials = _record(folder, spoken)
        with_pages = deepcopy(trials)
        _play(folder, trials)
        _play(folder, with_pages, pages=PAGES)
    done = [trial for trial in trials if "message" in trial.times_s]
    report.add("utterances", len(trials))
    report.add("carried out", 100 * len(done) / len(trials), "%")
    for what, begin, end in (
        ("end of speech to utterance ended", "spoken", "ended"),
        ("utterance ended to answer of the host", "ended", "recognised"),
        ("answer of the host to decision", "recognised", "decided"),
        ("decision to message received", "decided", "message"),
        ("end of speech to message received", "spoken", "message"),
    ):
        took_ms = [
            1000 * (trial.times_s[end] - trial.times_s[begin])
            for trial in done
            if begin in trial.times_s and end in trial.times_s
        ]
        whole = begin == "spoken" and end == "message"
        for share, label, goal in ((50, "median", GOAL_MEDIAN_MS), (95, "p95", GOAL_P95_MS)):
            measured = float(np.percentile(took_ms, share))
            report.add(f"{what}, {label}", measured, "ms", goal if whole else None)
    took_ms = [
        1000 * (trial.times_s["message"] - trial.times_s["spoken"])
        for trial in with_pages
        if "message" in trial.times_s and "spoken" in trial.times_s
    ]
    what = f"end of speech to message received, {PAGES} pages open and one that reads nothing"
    report.add(f"{what}, median", float(np.median(took_ms)), "ms")
    return report


def _record(folder: Path, spoken: Sequence[tuple[str, stage.SynthesisCommand]]) -> list[_Trial]:
    """Write all utterances into `folder`/spoken.wav, with pauses."""
    trials = []
    parts = [np.zeros(2 * RATE_HZ)]
    position = len(parts[0])
    for sentence, voice in spoken:
        wav = folder / "one.wav"
        stage.speak(sentence, voice, wav)
        samples = mixing.read_wav(wav)
        trials.append(_Trial(sentence, position + _speech_end(samples)))
        parts += [0.5 * samples / np.abs(samples).max(), np.zeros(int(PAUSE_S * RATE_HZ))]
        position += len(parts[-2]) + len(parts[-1])
    noise = np.random.default_rng(1).normal(0, 10 ** (NOISE_DB / 20), position)
    mixing.write_wav(folder / "spoken.wav", np.concatenate(parts) + noise)
    return trials


def _speech_end(samples: mixing.Samples) -> int:
    frame = RATE_HZ // 100
    count = len(samples) // frame
    energy = np.square(samples[: count * frame].reshape(count, frame)).sum(axis=1)
    loud = np.flatnonzero(energy > energy.max() * 10**-3.5)
    return int(loud[-1] + 1) * frame


def _play(folder: Path, trials: list[_Trial], pages: int = 0) -> None:
    """Run the daemon on it in real time, and record the time of each stage.

    With `pages`, so many browsers follow it live, and one more reads nothing.
    """
    written = load_written(CHECKOUT)
    settings = written.settings
    clock = _Clock(trials)
    with (
        stage.broker(folder) as broker_url,
        stage.speech_host(folder, "--commands", str(settings.commands)) as host_url,
        stage.subscriber(broker_url, "#", clock.received),
    ):
        settings = stage.with_servers(settings, "bench", broker_url, host_url, folder)
        settings = stage.with_microphone(settings, f"wav:{folder / 'spoken.wav'}")
        if not pages:
            build.daemon(settings, _ignore, clock.heard, clock.watch).run()
            return
        console = replace(settings.console, listen=f"127.0.0.1:{stage.free_port()}")
        settings = replace(settings, console=console)
        written = replace(written, settings=settings)
        daemon, page = daemon_with_page(written, CHECKOUT, _ignore, clock.heard)
        # The pages are closed after the server, whose end they see.
        with ExitStack() as stack, served(page) as address:
            for reads in [True] * pages + [False]:
                follower = stack.enter_context(urlopen(f"{address.split('#')[0]}api/live"))
                if reads:
                    threading.Thread(target=_follow, args=(follower,), daemon=True).start()
            daemon.run()


def _follow(page: IO[bytes]) -> None:
    """Read what the page is told until it ends."""
    with suppress(OSError, ValueError, HTTPException):
        while page.readline():
            pass


class _Clock:
    """Records the time of each stage of the utterance that was last spoken."""

    def __init__(self, trials: list[_Trial]) -> None:
        self._trials = trials
        self._position = 0
        self._current = -1
        self._lock = threading.Lock()

    def heard(self, block: bytes) -> None:
        now_s = time.monotonic()
        self._position += len(block) // SAMPLE_BYTES
        with self._lock:
            while (
                self._current + 1 < len(self._trials)
                and self._trials[self._current + 1].speech_end_sample <= self._position
            ):
                self._current += 1
                self._trials[self._current].times_s["spoken"] = now_s

    def received(self, line: str) -> None:
        now_s = time.monotonic()
        if line.startswith("home/"):
            self._note(message=now_s)

    def watch(self, event: Event) -> None:
        """Take the stages of an utterance, which the daemon tells as soon as it has decided."""
        if event["event"] == "stages":
            decided_s = time.monotonic()
            recognised_s = decided_s - float(str(event["decide_ms"])) / 1000
            ended_s = recognised_s - float(str(event["recognise_ms"])) / 1000
            self._note(ended=ended_s, recognised=recognised_s, decided=decided_s)

    def _note(self, **times_s: float) -> None:
        with self._lock:
            if self._current >= 0:
                trial = self._trials[self._current]
                trial.times_s = times_s | trial.times_s


def _ignore(_event: Event) -> None:
    """Discard it: the subscriber receives everything."""
