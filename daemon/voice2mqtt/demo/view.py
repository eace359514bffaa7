"""The demo's output: its parts, then the result of each sentence.

On a terminal a live table with the microphone's level, else plain lines.
"""

import statistics
import threading
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Self

from voice2mqtt.audio.signal.level import LevelMeter
from voice2mqtt.cli.screen import bar, live_table
from voice2mqtt.core.event import Event

DECIDED = frozenset({"command", "ask", "unmatched", "no_match", "canceled"})
LOWEST_DB = -70.0
"""Left end of the level bar, in dBFS."""
HEADINGS = (
    "said",
    "heard",
    "row",
    "MQTT message, or why there is none",
    "ms",
)


@dataclass
class _Line:
    """One sentence and its result."""

    said: str = ""
    heard: str = ""
    row: str = ""
    messages: list[str] = field(default_factory=list)
    expected: int = 0
    latency_ms: float | None = None
    why_not: str = ""
    """Why nothing was published, if it is no command."""

    def cells(self) -> tuple[str, ...]:
        latency = "" if self.latency_ms is None else f"{self.latency_ms:.0f}"
        shown = "\n".join(self.messages) or self.why_not
        return self.said, self.heard, self.row, shown, latency


class DemoView:
    """Shows the demo's progress; called from several threads."""

    def __init__(self, *, live: bool) -> None:
        self.meter = LevelMeter()
        self._live = live
        self._lines: list[_Line] = []
        self._changed = threading.Condition()
        self._decided = 0
        self._stack = ExitStack()

    def part(self, name: str, told: str) -> None:
        """Show one of the demo's parts."""
        print(f"{name:<12} {told}", flush=True)

    def said(self, sentence: str) -> None:
        """Add a line for a sentence that is about to be spoken."""
        with self._changed:
            self._lines.append(_Line(said=sentence))
            self._print("", f"said     {sentence}")

    def event(self, event: Event) -> None:
        """Show the daemon's event about an utterance."""
        if event["event"] not in DECIDED:
            return
        with self._changed:
            if not self._lines or self._lines[-1].row:
                self._lines.append(_Line())
            line = self._lines[-1]
            line.heard = str(event["text"])
            line.row = str(event["row"]) if event["event"] == "command" else f"({event['event']})"
            line.why_not = "" if event["event"] == "command" else str(event["reason"])
            messages = event["messages"]
            line.expected = len(messages) if isinstance(messages, list) else 0
            latency_ms = event["latency_ms"]
            line.latency_ms = latency_ms if isinstance(latency_ms, float) else None
            self._decided += 1
            self._changed.notify_all()
            self._print(
                f"heard    {line.heard or '-'}",
                f"row      {line.row}: {event['reason']}",
                f"latency  {line.cells()[-1]} ms after the end of speech",
            )

    def message(self, line: str) -> None:
        """Show a message as the subscriber received it: topic, space, payload."""
        with self._changed:
            open_lines = [kept for kept in self._lines if len(kept.messages) < kept.expected]
            # A message may arrive before the event about it.
            for kept in (open_lines or self._lines)[-1:]:
                kept.messages.append(line)
            self._changed.notify_all()
            self._print(f"MQTT     {line}")

    def wait_done(self, within_s: float) -> bool:
        """Wait until every sentence so far was decided and its messages have arrived."""

        def done() -> bool:
            arrived = all(len(line.messages) >= line.expected for line in self._lines)
            return arrived and self._decided >= len(self._lines)

        with self._changed:
            return self._changed.wait_for(done, within_s)

    def summary(self) -> None:
        """Print a summary line."""
        latencies = [line.latency_ms for line in self._lines if line.latency_ms is not None]
        commands = sum(1 for line in self._lines if line.expected)
        messages = sum(len(line.messages) for line in self._lines)
        print(f"\n{len(self._lines)} sentences: {commands} commands, {messages} messages", end="")
        if latencies:
            print(f"; median {statistics.median(latencies):.0f} ms after the end of speech", end="")
        print()

    def __enter__(self) -> Self:
        """Begin to draw, on a terminal."""
        if self._live:
            print()
            self._stack.enter_context(live_table(HEADINGS, self._rows, self._caption))
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the last state of the table on the terminal."""
        self._stack.close()

    def _print(self, *lines: str) -> None:
        if not self._live:
            print(*lines, sep="\n", flush=True)

    def _rows(self) -> list[tuple[str, ...]]:
        with self._changed:
            return [line.cells() for line in self._lines]

    def _caption(self) -> str:
        level_db = self.meter.read().level_db
        return f"level {bar(1 - level_db / LOWEST_DB)} {level_db:4.0f} dBFS"
