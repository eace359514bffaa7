"""Commands right, refused and acted on wrongly, from WAV to the message that would be sent.

The whole path: endpointer, Azure SDK, our host with the table as its grammar, NLU. Needs
`--data` with `clean/*.wav`, `labels.json` and `kitchen-noise.wav`; the grammar is
`bench/coffee.yaml`.
"""

import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any, Literal

from bench import labels, mixing, stage
from bench.mixing import CLEAN, NOISY_DB
from bench.report import Options, Report

QUICK_FILES = 12
"""Recordings with `--quick`, to end within a minute."""


def run(options: Options) -> Report:
    """Measure at clean and at each ratio of speech to noise."""
    data = options.recordings_folder()
    report = Report("accuracy")
    recordings = labels.recordings(data, QUICK_FILES if options.quick else None)
    ratios = (CLEAN, 6.0) if options.quick else (CLEAN, *NOISY_DB)
    noise = mixing.read_wav(data / labels.NOISE)
    noisy_right = []
    with (
        stage.host("--commands", str(labels.COFFEE_TABLE)) as url,
        tempfile.TemporaryDirectory() as folder,
    ):
        settings = stage.settings_file(Path(folder), url)
        for snr_db in ratios:
            counts = _measure(recordings, noise, snr_db, Path(folder), settings)
            _report(report, snr_db, counts)
            if snr_db != CLEAN:
                noisy_right.append(counts["right"] / counts.total())
    if not options.quick:
        mean = 100 * sum(noisy_right) / len(noisy_right)
        report.add("right, mean of 6 to 24 dB", mean, "%", labels.MEAN_RIGHT_GOAL, "high")
    return report


def _measure(
    recordings: list[labels.Recording],
    noise: mixing.Samples,
    snr_db: float,
    folder: Path,
    settings: Path,
) -> Counter[str]:
    wavs = {}
    for recording in recordings:
        wav = folder / recording.path.name
        mixing.write_wav(wav, mixing.recorded(recording.path, noise, snr_db))
        wavs[str(wav)] = recording
    events: dict[str, list[dict[str, Any]]] = {name: [] for name in wavs}
    for event in stage.listen(settings, labels.COFFEE_TABLE, [Path(name) for name in wavs]):
        events[event["file"]].append(event)
    return Counter(_verdict(events[name], recording) for name, recording in wavs.items())


def _verdict(events: list[dict[str, Any]], recording: labels.Recording) -> str:
    orders = [
        json.loads(message["payload"])
        for event in events
        if event["event"] == "command"
        for message in event["messages"]
    ]
    if len(orders) == 1 and labels.wholly_right(orders[0], recording):
        return "right"
    if orders:
        return "wrong"
    return "asked" if any(event["event"] == "ask" for event in events) else "refused"


def _report(report: Report, snr_db: float, counts: Counter[str]) -> None:
    where = "clean" if snr_db == CLEAN else f"{snr_db:g} dB"
    total = counts.total()
    judged: tuple[tuple[str, dict[float, float], Literal["low", "high"]], ...] = (
        ("right", labels.RIGHT_GOALS, "high"),
        ("wrong", labels.WRONG_GOALS, "low"),
    )
    for verdict, goals, direction in judged:
        share = 100 * counts[verdict] / total
        note = labels.interval(counts[verdict], total)
        report.add(f"{where}: {verdict}", share, "%", goals.get(snr_db), direction, note)
    for verdict in ("asked", "refused"):
        report.add(f"{where}: {verdict}", 100 * counts[verdict] / total, "%")
