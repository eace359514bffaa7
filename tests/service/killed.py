"""Writes what a node keeps, is killed at instants drawn with a seed, and looks at what is left.

A program of its own, since it forks: `python -m tests.service.killed FOLDER`.
"""

import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.history.entries import entry
from voice2mqtt.core.decision import Fire, Message, Reason
from voice2mqtt.core.outcome import NoMatch
from voice2mqtt.history.database import NAME
from voice2mqtt.history.reader import HistoryReader
from voice2mqtt.history.writer import HistoryWriter
from voice2mqtt.service.node_state import NodeState
from voice2mqtt.service.process_utterance import ProcessedUtterance
from voice2mqtt.service.recognition.usage import UsageMeter
from voice2mqtt.service.store import Store
from voice2mqtt.service.unfinished import Unfinished

KILLS = 30
LIVES_S = 0.02
"""At most; most steps take a tenth of a millisecond."""
LATER = Message(topic="home/heating", payload="night", after_s=60)


def metering(folder: Path) -> Iterator[int]:
    meter = UsageMeter(Store(folder), 0)
    while True:
        yield round(meter.today_s)
        meter.add(1.0)


def counters(folder: Path) -> Iterator[int]:
    state = NodeState(store=Store(folder))
    while True:
        # The document is made of other types than it is declared.
        counted = state.document()["counters"]
        assert isinstance(counted, dict)
        yield counted["no_match"]
        state.note(ProcessedUtterance(outcome=NoMatch(reason="")))


def mute(folder: Path) -> Iterator[int]:
    state = NodeState(store=Store(folder))
    while True:
        yield int(state.muted)
        state.muted = not state.muted


def unfinished(folder: Path) -> Iterator[int]:
    kept = Unfinished(Store(folder))
    number = max((int(left.event_id) for left in kept.take_left()), default=0)
    fire = Fire(row="night", text="", score=1, messages=(LATER,), reason=Reason(text=""))
    ends: list[Callable[[], None]] = []
    while True:
        yield number
        number += 1
        ends.append(kept.begin_command(fire, str(number)))
        if len(ends) > 1:
            ends.pop(0)()


def history(folder: Path) -> Iterator[int]:
    path = folder / NAME
    found = [entry.id for entry in HistoryReader(path).entries(limit=100_000)][::-1]
    if found != [f"id{number}" for number in range(1, len(found) + 1)]:
        sys.exit(f"entries are lost: {found}")
    writer = HistoryWriter(path, keep_days=1, keep_audio_days=0)
    number = len(found)
    while True:
        yield number
        number += 1
        writer._write([entry(number, at_s=time.time())])


def main(folder: Path) -> None:
    """Kill each writer again and again; exit with what was lost."""
    rng = random.Random(22)
    for name, steps in (
        ("metering", metering), ("counters", counters), ("mute", mute),
        ("unfinished", unfinished), ("history", history),
    ):  # fmt: skip
        total = 0
        for _ in range(KILLS):
            # Some are killed before they have written anything.
            last = _killed_after(rng.choice((0, 8, 8)), rng.uniform(0, LIVES_S), steps, folder)
            kept = next(steps(folder))
            # The one that was being written when it was killed may be there or not.
            if last is not None and kept not in {last, last + 1, 1 - last}:
                sys.exit(f"{name}: {last} was written, {kept} is kept")
            total = max(total, kept)
        sys.stdout.write(f"{name} {total}\n")
    if aside := list(folder.glob("*.unusable")):
        sys.exit(f"set aside: {aside}")


def _killed_after(
    written_bytes: int, lives_s: float, steps: Callable[[Path], Iterator[int]], folder: Path
) -> int | None:
    """Kill a process `lives_s` after its first steps; return what it had written by then."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            for number in steps(folder):
                os.write(writer, number.to_bytes(4, "big"))
        finally:
            traceback.print_exc()
            os._exit(1)
    os.close(writer)
    written = b""
    while len(written) < written_bytes:
        written += os.read(reader, 4)
    time.sleep(lives_s)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while piece := os.read(reader, 65_536):
        written += piece
    os.close(reader)
    return int.from_bytes(written[-4:], "big") if written else None


if __name__ == "__main__":
    main(Path(sys.argv[1]))
