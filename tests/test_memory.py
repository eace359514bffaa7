"""Memory that is no longer needed goes back to the system."""

import subprocess
import sys

from voice2mqtt.memory import IdleTrim

RESIDENT = """
def resident_kb():
    return next(int(l.split()[1]) for l in open("/proc/self/status") if l.startswith("VmRSS"))
"""

BLOCKS = """
import threading
import numpy as np
from voice2mqtt.memory import configure_malloc

configure_malloc()
before_kb = resident_kb()

def decode():
    # The first block freed is what teaches glibc to keep the later ones.
    np.ones(2_500_000)
    blocks = [np.ones(400_000) for _ in range(20)]
    blocks[:-1] = []
    blocks.append(bytearray(10))

threads = [threading.Thread(target=decode) for _ in range(4)]
for each in threads:
    each.start()
for each in threads:
    each.join()
print(resident_kb() - before_kb)
"""


VOICES = """
from voice2mqtt.audio.signal.voice_activity import SileroVoiceActivity
from voice2mqtt.memory import trim_malloc

SileroVoiceActivity()
before_kb = resident_kb()
for _ in range(3):
    voices = [SileroVoiceActivity() for _ in range(30)]
    del voices
trim_malloc()
print(resident_kb() - before_kb)
"""


def _grown_kb(program: str) -> int:
    command = [sys.executable, "-c", RESIDENT + program]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def test_freed_blocks_of_many_threads_do_not_stay() -> None:
    assert _grown_kb(BLOCKS) < 16_000


def test_detectors_that_were_dropped_do_not_stay() -> None:
    assert _grown_kb(VOICES) < 16_000


def test_memory_is_trimmed_after_work_when_nobody_waits() -> None:
    trim = IdleTrim()
    assert not trim.is_due(100, busy=False)
    assert not trim.is_due(101, busy=True)
    assert trim.is_due(102, busy=False)
    assert not trim.is_due(200, busy=False)
    assert not trim.is_due(201, busy=True)
    assert trim.is_due(202, busy=False)
    assert not trim.is_due(203, busy=True)
    assert not trim.is_due(204, busy=False)
    assert trim.is_due(233, busy=False)
    trim.note_work()
    assert trim.is_due(300, busy=False)


HOLES = """
from voice2mqtt.memory import configure_malloc, trim_malloc

configure_malloc()
before_kb = resident_kb()
blocks = [bytes(100_000) for _ in range(600)]
pins = [bytes(2000) for _ in range(600)]
blocks = [block for number, block in enumerate(blocks) if number % 10 == 0]
trim_malloc()
print(resident_kb() - before_kb)
"""


def test_holes_go_back_to_the_system() -> None:
    assert _grown_kb(HOLES) < 16_000
