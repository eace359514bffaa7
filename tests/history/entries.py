"""Entries as the daemon would make them, in any number and at any time."""

from voice2mqtt.core.event import notice
from voice2mqtt.history.entry import HistoryEntry, Refusal

NOON_S = 1_800_000_000.0


def entry(
    number: int = 0,
    *,
    kind: str = "command",
    at_s: float = NOON_S,
    text: str = "turn on the light",
    refusal: Refusal = Refusal.NONE,
    sound: str = "",
    latency_ms: float | None = 300.0,
    wav: bytes = b"",
) -> HistoryEntry:
    event = notice(
        kind, event_id=f"id{number}", at="", node="voice", row="light", text=text,
        latency_ms=latency_ms,
    )  # fmt: skip
    return HistoryEntry(
        event=event, at_s=at_s, refusal=refusal, sound=sound, level_dbfs=-30.0, noise_dbfs=-60.0,
        audio_s=2.0, wav=wav,
    )  # fmt: skip


def refused(
    number: int, text: str, sound: str, at_s: float = NOON_S, wav: bytes = b""
) -> HistoryEntry:
    """Return an entry of what the table does not have."""
    return entry(
        number, kind="unmatched", text=text, refusal=Refusal.NOT_IN_TABLE, sound=sound, at_s=at_s,
        wav=wav,
    )  # fmt: skip
