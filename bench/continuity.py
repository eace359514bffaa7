"""Samples lost or repeated between two utterances, on a real capture.

Recorded speech with unique low noise on top is played into a virtual microphone, so that each
sample sent can be located in what was played.
"""

import os
import threading
import time
from dataclasses import dataclass, field
from itertools import pairwise
from unittest import mock

import numpy as np
from tests.virtual_sound import MICROPHONE, running_sound_server

from bench.mixing import Samples, to_pcm
from bench.report import Report
from bench.true_speech import find_speech
from voice2mqtt.audio.factory import voice_activity
from voice2mqtt.audio.microphone import Microphone
from voice2mqtt.audio.sources.capture import Capture
from voice2mqtt.core.audio import RATE_HZ, SAMPLE_BYTES
from voice2mqtt.settings.model import EndpointerSettings

DELAYS_S = (0.0, 1.0, 5.0)
"""Delays of the simulated hosts."""
PAUSES_S = (0.15, 0.9, 0.3, 1.3)
"""Pauses between sentences, shorter and longer than the endpointer's hangover of 0.7 s."""
GATE = EndpointerSettings(max_utterance_s=4.0)
"""Short enough that some sentences reach the limit too."""
PROBE_SAMPLES = 200
"""Samples that are compared to locate an utterance in what was played; enough to be unique."""
SETTLE_S = 2.5
"""Wait for the last utterance to end."""


@dataclass
class _SlowHost:
    """A recogniser that answers `delay_s` after the end of each utterance."""

    microphone: Microphone
    delay_s: float
    heard: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self._recognize)

    def _recognize(self) -> None:
        for utterance in self.microphone.utterances():
            self.heard.append(b"".join(utterance.frames()))
            time.sleep(self.delay_s)


def measure_continuity(report: Report, recordings: list[Samples], *, quick: bool) -> None:
    """Play `recordings` once to three microphones, whose hosts are late by `DELAYS_S`."""
    played, speech = _position_coded(recordings[: 3 if quick else None])
    with running_sound_server() as server, mock.patch.dict(os.environ, server.environment):
        hosts = [
            _SlowHost(
                Microphone(
                    Capture(MICROPHONE, lambda _state: None),
                    voice_activity(),
                    GATE,
                ),
                delay_s,
            )
            for delay_s in DELAYS_S
        ]
        for host in hosts:
            host.thread.start()
        server.play(played)
        time.sleep(SETTLE_S)
        for host in hosts:
            host.microphone.close()
        for host in hosts:
            host.thread.join()
    for host in hosts:
        _report(report, host, played, speech)


def _report(report: Report, host: _SlowHost, played: bytes, speech: list[range]) -> None:
    found = [_place(pcm, played) for pcm in host.heard]
    inside = sum(
        abs(place[1] - place[0] - len(pcm) // SAMPLE_BYTES)
        for place, pcm in zip(found, host.heard, strict=True)
    )
    repeated = sum(max(0, before[1] - after[0]) for before, after in pairwise(found))
    sent = np.zeros(len(played) // SAMPLE_BYTES, bool)
    for start, end in found:
        sent[max(0, start) : end] = True
    unsent = sum(int(np.count_nonzero(~sent[span.start : span.stop])) for span in speech)
    what = f"host {host.delay_s:g} s late, {len(found)} utterances: samples"
    report.add(f"{what} repeated between", repeated, "", 0)
    report.add(f"{what} lost inside", inside, "", 0)
    report.add(f"{what} of speech not sent", unsent, "", 0)


def _position_coded(recordings: list[Samples]) -> tuple[bytes, list[range]]:
    """Return the audio to play, and the ranges of speech in it."""
    pieces: list[Samples] = [np.zeros(RATE_HZ)]
    speech: list[range] = []
    at = len(pieces[0])
    for number, samples in enumerate(recordings):
        spoken = find_speech(samples)
        words = samples[spoken.start : spoken.end]
        speech.append(range(at, at + len(words)))
        pause = np.zeros(int(PAUSES_S[number % len(PAUSES_S)] * RATE_HZ))
        pieces += [words / np.abs(words).max() / 2, pause]
        at += len(words) + len(pause)
    pieces.append(np.zeros(RATE_HZ))
    clear = np.frombuffer(to_pcm(np.concatenate(pieces)), np.int16)
    code = np.random.default_rng(7).integers(-12, 12, len(clear))
    return (clear + code).astype(np.int16).tobytes(), speech


def _place(pcm: bytes, played: bytes) -> tuple[int, int]:
    """Return from where to where in `played` the utterance `pcm` reaches, in samples."""
    count = len(pcm) // SAMPLE_BYTES
    start = next(_found(pcm, played, at) - at for at in range(0, count, PROBE_SAMPLES)
                 if _found(pcm, played, at) >= 0)  # fmt: skip
    last = range(count - PROBE_SAMPLES, 0, -PROBE_SAMPLES)
    end = next(_found(pcm, played, at) + count - at for at in last if _found(pcm, played, at) >= 0)
    return start, end


def _found(pcm: bytes, played: bytes, at: int) -> int:
    """Return the sample of `played` at which the probe from sample `at` of `pcm` lies, or -1."""
    probe = pcm[at * SAMPLE_BYTES : (at + PROBE_SAMPLES) * SAMPLE_BYTES]
    place = played.find(probe)
    return place // SAMPLE_BYTES if place >= 0 else -1
