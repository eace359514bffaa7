"""Cost of capture and endpointing in silence, and growth of memory."""

import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from tests.virtual_sound import MICROPHONE, running_sound_server

from bench.mixing import read_wav, to_pcm
from bench.process import resident_mb
from bench.report import Report
from voice2mqtt.audio.factory import voice_activity
from voice2mqtt.audio.microphone import Microphone
from voice2mqtt.audio.sources.capture import Capture
from voice2mqtt.audio.sources.source import BLOCK_BYTES
from voice2mqtt.core.audio import RATE_HZ, SAMPLE_BYTES
from voice2mqtt.settings.model import EndpointerSettings

WARM_UP_S = 12.0
"""Until the noise floor is known."""
ROOM_RMS = 0.001
"""Noise of a quiet room: -60 dBFS."""


def measure_cost(report: Report, duration_s: float) -> None:
    """Capture a quiet room in a separate process."""
    hiss = np.random.default_rng(3).normal(0, ROOM_RMS, int((WARM_UP_S + duration_s + 3) * RATE_HZ))
    with running_sound_server() as server:
        player = threading.Thread(target=server.play, args=(to_pcm(hiss),))
        player.start()
        cost = _measured("cost", str(duration_s), **server.environment)
        player.join()
    report.add("capture and gate in a quiet room, of one core", cost["cpu_share"] * 100, "%", 4.0)
    report.add("capture and gate, resident memory", cost["resident_mb"], "MB", 80.0)


def measure_memory(report: Report, recording: Path, hours: float) -> None:
    """Process `hours` of speech and silence, faster than real time, in a separate process."""
    slope = _measured("memory", str(recording), str(hours))["slope_mb_per_h"]
    report.add(f"memory gained in {hours:g} h of speech and silence", slope, "MB/h", 1.0)


class _Loop:
    """A source that plays `pcm` again and again."""

    live = False

    def __init__(self, pcm: bytes, rounds: int) -> None:
        self._pcm = pcm
        self._rounds = rounds

    def blocks(self) -> Iterator[bytes]:
        for _ in range(self._rounds):
            for at in range(0, len(self._pcm), BLOCK_BYTES):
                yield self._pcm[at : at + BLOCK_BYTES]

    def close(self) -> None:
        raise NotImplementedError


def _measured(*arguments: str, **environment: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.capture_cost", *arguments],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        check=True,
    )
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


def _hear(recording: Path, hours: float) -> dict[str, float]:
    """Process `recording` and a silence repeatedly; the first tenth is warm-up."""
    loop = to_pcm(np.concatenate([read_wav(recording), np.zeros(20 * RATE_HZ)]))
    rounds = int(hours * 3600 * RATE_HZ * SAMPLE_BYTES / len(loop))
    before_mb = 0.0
    microphone = Microphone(_Loop(loop, rounds), voice_activity(), EndpointerSettings())
    for number, utterance in enumerate(microphone.utterances()):
        for _ in utterance.frames():
            pass
        if number == rounds // 10:
            before_mb = resident_mb()
    return {"slope_mb_per_h": (resident_mb() - before_mb) / (0.9 * hours)}


def _listen(duration_s: float) -> dict[str, float]:
    """Listen for `duration_s`; return what it cost, arecord included."""
    microphone = Microphone(
        Capture(MICROPHONE, lambda _state: None), voice_activity(), EndpointerSettings()
    )
    reader = threading.Thread(target=lambda: [None for _ in microphone.utterances()])
    reader.start()
    time.sleep(WARM_UP_S)
    own_s = time.process_time()
    time.sleep(duration_s)
    own_s = time.process_time() - own_s
    memory_mb = resident_mb()
    microphone.close()
    reader.join()
    # arecord is counted once it has ended, over its whole life.
    child = resource.getrusage(resource.RUSAGE_CHILDREN)
    child_share = (child.ru_utime + child.ru_stime) / (WARM_UP_S + duration_s)
    share = own_s / duration_s + child_share
    return {"cpu_share": share, "resident_mb": memory_mb}


if __name__ == "__main__":
    if sys.argv[1] == "cost":
        print(json.dumps(_listen(float(sys.argv[2]))))
    else:
        print(json.dumps(_hear(Path(sys.argv[2]), float(sys.argv[3]))))
