"""Labelled recordings, when a command counts as right, and confidence intervals."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.mixing import CLEAN, NOISY_DB

COFFEE_TABLE = Path(__file__).parent / "coffee.yaml"
"""The grammar of the coffee recordings; its slots and payload are named as their labels."""
NOISE = "kitchen-noise.wav"

RIGHT_GOALS = {CLEAN: 100.0, 6.0: 96.0}
"""Ratio of speech to noise in dB to the least share of commands wholly right, in percent."""
MEAN_RIGHT_GOAL = 99.0
"""The same for the mean of `NOISY_DB`."""
WRONG_GOALS = {CLEAN: 0.5} | dict.fromkeys(NOISY_DB, 0.5) | {6.0: 1.0}
"""The same to the greatest share acted on wrongly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One spoken command."""

    path: Path
    slots: Mapping[str, str]


def recordings(data: Path, at_most: int | None = None) -> list[Recording]:
    """Return the recordings of folder `data` (`clean/*.wav`, `labels.json`) by name.

    With `at_most`, so many from all over the folder.
    """
    labels = json.loads((data / "labels.json").read_text())
    found = [
        Recording(path=data / "clean" / name, slots=_plain(labels[name]["slots"]))
        for name in sorted(labels)
        if (data / "clean" / name).exists()
    ]
    return found[:: max(1, len(found) // at_most)][:at_most] if at_most else found


def wholly_right(slots: Mapping[str, object], recording: Recording) -> bool:
    """Return whether `slots` (of a decision, or of its payload) are those of the label, no more."""
    return _plain(slots) == recording.slots


def interval(hits: int, trials: int) -> str:
    """Return the 95 % Wilson interval of a proportion, in percent, as a note."""
    if trials == 0:
        return "n = 0"
    z, share = 1.96, hits / trials
    centre = share + z * z / (2 * trials)
    spread = z * math.sqrt(share * (1 - share) / trials + (z / (2 * trials)) ** 2)
    low, high = ((centre + sign * spread) / (1 + z * z / trials) for sign in (-1, 1))
    return f"{hits}/{trials}, {max(0.0, 100 * low):.1f} to {100 * high:.1f}"


def _plain(slots: Mapping[str, object]) -> dict[str, str]:
    return {name: " ".join(str(value).split()) for name, value in slots.items()}
