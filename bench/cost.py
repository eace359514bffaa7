"""Processor time and memory of the service, to judge what a smaller machine can run.

Processor time hardly depends on what else the machine does. Needs no recordings: the sentences
are spoken by flite, the silence is silent.
"""

import tempfile
import time
from pathlib import Path

from bench.process import processor_s, resident_mb
from bench.report import Options, Report
from bench.stage import listen, settings_file
from bench.start import COMMANDS, silence, started
from voice2mqtt.audio.sources.wav import WavSource
from voice2mqtt.demo.stage import broker, flite, free_port, speak

VOICES = ("slt", "rms", "awb")
SENTENCES = (
    "turn on the kitchen light",
    "turn off the bedroom lights",
    "good night",
    "set the living room light to forty percent",
    "what a lovely day it was by the sea",
    "I wonder whether she will call tonight",
)


def run(options: Options) -> Report:
    """Measure the host on commands and talk, then the daemon in silence."""
    report = Report("cost")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        address = f"127.0.0.1:{free_port()}"
        host = ("host", "--listen", address, "--commands", str(COMMANDS))
        with started(folder, *host) as (process, _):
            settings = settings_file(folder, f"ws://{address}", commands=str(COMMANDS))
            _report_host(report, process.pid, settings, _spoken(folder, options))
        _report_daemon(report, folder, idle_s=20 if options.quick else 120)
    return report


def _report_host(report: Report, pid: int, settings: Path, wavs: list[Path]) -> None:
    before_s = processor_s(pid)
    listen(settings, COMMANDS, wavs, processes=1)
    spent_s = processor_s(pid) - before_s
    spoken_s = sum(WavSource(wav).duration_s for wav in wavs)
    note = f"{len(wavs)} sentences, {spoken_s:.0f} s"
    report.add("host: processor time per second of speech", spent_s / spoken_s, "s", note=note)
    report.add("host: processor time per sentence", spent_s / len(wavs), "s")
    report.add("host: resident memory", resident_mb(pid), "MB")


def _report_daemon(report: Report, folder: Path, idle_s: float) -> None:
    with broker(folder) as url:
        settings = settings_file(
            folder,
            "ws://127.0.0.1:9",
            mqtt={"broker": url},
            microphone={"device": f"wav:{silence(folder)}"},
            home_assistant={"discovery": False},
            state_dir=str(folder / "state"),
            commands=str(COMMANDS),
        )
        with started(folder, "run", "--settings", str(settings)) as (process, _):
            before_s = processor_s(process.pid)
            time.sleep(idle_s)
            share = (processor_s(process.pid) - before_s) / idle_s
            report.add("daemon in silence: share of one core", 100 * share, "%", 4.0)
            report.add("daemon in silence: resident memory", resident_mb(process.pid), "MB", 80.0)


def _spoken(folder: Path, options: Options) -> list[Path]:
    wavs = []
    for voice in VOICES[:1] if options.quick else VOICES:
        for number, sentence in enumerate(SENTENCES):
            wavs.append(folder / f"{voice}-{number}.wav")
            speak(sentence, flite(voice), wavs[-1])
    return wavs
