"""Fuzz what comes from outside: settings, tables, templates, speech, recordings, MQTT, hosts.

Each target runs in a process of its own with bounded memory, on its seeds and on mutants of them;
with atheris (the extra `fuzz`) half of the time is guided by coverage. `--minutes` says how long
all of it takes. What breaks something is written to `fuzz-faults/`, and belongs into `tests/corpus`
once it is mended.
"""

import hashlib
import importlib
import importlib.util
import json
import logging
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from bench.report import Options, Report
from voice2mqtt.settings.search import ROOT

SEED = 22
CORPUS = ROOT / "tests" / "corpus"
FOUND = Path("fuzz-faults")
SLOW_S = 5.0
"""No input as large as a file at home may take longer; ten thousand rows take 2 s."""
HANGS_S = 30
MEMORY_BYTES = 3_000_000_000
MOST_BYTES = 20_000
"""Of a mutant."""
_TOKENS = (
    b"\x00", b"\xff", b"{", b"}", b"[", b"]", b"(", b")", b"|", b";", b":", b'"', b"'", b"\n",
    b"  ", b"- ", b"&a ", b"*a", b"<<: ", b"!!", b"{0..999999999:n}", b"{a}", b"<a>", b"1e999",
    b"-1", b"999999999999999999999", b"0x7fffffff", b"null", b"true", b"NaN", b"Infinity",
    "é\u0301".encode(), "\u202e".encode(), "\U0001f600".encode(), b"\xed\xa0\x80", b"ON", b"1/2",
    b"12:34", b"1,000.5", b"and a half", b" hundred thousand", b"RIFF", b"fmt ", b"data",
    b"\xff\xff\xff\x7f", b"\x00\x00\x00\x00",
)  # fmt: skip


def run(options: Options) -> Report:
    """Fuzz every target for its share of the time."""
    report = Report("fuzz")
    guided = importlib.util.find_spec("atheris") is not None
    names = list(_targets())
    share_s = (45.0 if options.quick else 60 * (60 * options.hours or 16.0)) / len(names)
    for name in names:
        random_s = share_s / 2 if guided else share_s
        tried = _in_a_process(name, f"{random_s}")
        report.add(f"{name}: inputs tried", tried["inputs"])
        report.add(f"{name}: faults", tried["faults"], "", 0)
        note = f"{tried['slowest']}"
        report.add(f"{name}: slowest input", tried["slowest_s"], "s", SLOW_S, note=note)
        if guided:
            report.add(f"{name}: faults, guided by coverage", _guided(name, share_s / 2), "", 0)
    return report


def _targets() -> dict[str, object]:
    return dict(importlib.import_module("bench.fuzz_targets").TARGETS)


def _in_a_process(name: str, duration_s: str) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.fuzz", name, duration_s]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    sys.stderr.write(done.stderr[-6000:])
    if done.returncode:
        return {"inputs": 0, "faults": 1, "slowest_s": 0, "slowest": 0}
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told


def _guided(name: str, duration_s: float) -> int:
    """Run the target under atheris; return whether it found a fault, at which it stops."""
    FOUND.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for data in seeds(name):
            (Path(folder) / hashlib.sha1(data).hexdigest()).write_bytes(data)
        command = [
            sys.executable, "-m", "bench.fuzz", name, "guided", folder, f"-seed={SEED}",
            f"-max_total_time={duration_s:.0f}", f"-timeout={HANGS_S}", f"-max_len={MOST_BYTES}",
            f"-artifact_prefix={FOUND}/{name}-", f"-rss_limit_mb={MEMORY_BYTES // 1_000_000}",
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.stderr.write(done.stderr[-6000:])
    return int(done.returncode != 0)


def seeds(name: str) -> list[bytes]:
    """Return the inputs that mutants of a target are made of: its corpus, and what is shipped."""
    shipped = {
        "settings": ["config/voice2mqtt.yaml"],
        "table": ["config/commands.yaml", "bench/home.yaml", "bench/garden.yaml"],
        "wav": [],
    }
    files = [ROOT / file for file in shipped.get(name, [])]
    files += sorted((CORPUS / name).glob("*"))
    return [file.read_bytes() for file in files] or [b"turn on the kitchen light"]


def mutants(chosen: list[bytes], rng: random.Random) -> Iterator[bytes]:
    """Yield the seeds, and then mutants of them without end."""
    yield from chosen
    while True:
        data = bytearray(rng.choice(chosen))
        for _ in range(rng.choice((1, 1, 2, 4, 16))):
            at = rng.randrange(len(data) + 1)
            to = min(len(data), at + rng.choice((1, 2, 8, 60)))
            match rng.randrange(6):
                case 0:
                    del data[at:to]
                case 1:
                    data[at:at] = rng.choice(_TOKENS)
                case 2:
                    data[at:at] = data[at:to] * rng.choice((1, 2, 50))
                case 3:
                    data[at:to] = rng.choice(_TOKENS)
                case 4:
                    other = rng.choice(chosen)
                    begin = rng.randrange(len(other) + 1)
                    data[at:to] = other[begin : begin + rng.choice((4, 40, 400))]
                case _:
                    data[at:to] = rng.randbytes(to - at)
        yield bytes(data[:MOST_BYTES])


def _try_for(name: str, duration_s: float) -> dict[str, float | str]:
    """Give a target inputs for so long; return what became of that."""
    target = importlib.import_module("bench.fuzz_targets").TARGETS[name]
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    signal.signal(signal.SIGPROF, _hangs)
    logging.disable()
    inputs, slowest_s, slowest, faults = 0, 0.0, "", set[str]()
    over_s = time.monotonic() + duration_s
    for data in mutants(seeds(name), random.Random(SEED)):
        if time.monotonic() > over_s:
            break
        inputs += 1
        begun_s = time.process_time()
        # Of processor time, since the machine may be busy with something else.
        signal.setitimer(signal.ITIMER_PROF, HANGS_S)
        try:
            target(data)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
            where = traceback.extract_tb(error.__traceback__)[-1]
            kind = f"{type(error).__name__} at {Path(where.filename).name}:{where.lineno}"
            if kind not in faults:
                faults.add(kind)
                print(f"{name}: {kind}: {error!s:.200} ({_keep(name, data)})", file=sys.stderr)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        took_s = time.process_time() - begun_s
        # The first one loads what all need.
        if inputs > 1 and took_s > slowest_s:
            slowest_s = took_s
            slowest = str(_keep(name, data)) if took_s > SLOW_S else ""
    return {"inputs": inputs, "faults": len(faults), "slowest_s": slowest_s, "slowest": slowest}


def _hangs(_number: int, _frame: FrameType | None) -> None:
    raise TimeoutError(f"it takes more than {HANGS_S} s")


def _keep(name: str, data: bytes) -> Path:
    FOUND.mkdir(exist_ok=True)
    path = FOUND / f"{name}-{hashlib.sha1(data).hexdigest()[:8]}"
    path.write_bytes(data)
    return path


def _serve_atheris(name: str, arguments: list[str]) -> None:
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["voice2mqtt"]):
        target = importlib.import_module("bench.fuzz_targets").TARGETS[name]
    atheris.Setup(["fuzz", *arguments], target)
    atheris.Fuzz()


if __name__ == "__main__":
    if sys.argv[2] == "guided":
        _serve_atheris(sys.argv[1], sys.argv[3:])
    else:
        print(json.dumps(_try_for(sys.argv[1], float(sys.argv[2]))))
