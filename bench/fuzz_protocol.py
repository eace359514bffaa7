"""Fuzz the Speech host: its protocol code for crashes and memory, then the whole server.

With atheris (the extra `fuzz`) the protocol part is also guided by coverage; else frames of a real
client are mutated at random.
"""

import asyncio
import importlib
import importlib.util
import random
import struct
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Iterator

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from bench.host import scripted
from bench.report import Options, Report
from bench.speaker import PATH, Speaker
from voice2mqtt.speechhost.engine import NBestEntry, Transcript
from voice2mqtt.speechhost.jobs import Transcribe
from voice2mqtt.speechhost.protocol.frames import ProtocolError
from voice2mqtt.speechhost.protocol.request_options import read_address
from voice2mqtt.speechhost.protocol.session import Session

GROWTH_GOAL_MB = 20.0
"""Set by hand."""
HEARD = Transcript(nbest=(NBestEntry(text="Yes.", lexical="yes", confidence=1.0),))


def run(options: Options) -> Report:
    """Fuzz the protocol, then the server."""
    report = Report("fuzz-protocol")
    duration_s = 15.0 if options.quick else 300.0
    guided = importlib.util.find_spec("atheris") is not None
    if guided:
        command = [sys.executable, "-m", "bench.fuzz_protocol", f"-max_total_time={duration_s:.0f}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        report.add("protocol, guided by coverage: crashes", int(done.returncode != 0), "", 0)
        if done.returncode:
            print(done.stderr[-4000:])
    _report_protocol(report, duration_s)
    with scripted() as host:
        connections = 200 if options.quick else 5000
        # The first of them fill the pools, up to the host's own limits.
        asyncio.run(_bombard(host.url, 1000))
        before_mb = host.resident_mb
        asyncio.run(_bombard(host.url, connections))
        report.add("connections with nonsense", connections)
        report.add("resident, growth", host.resident_mb - before_mb, "MB", GROWTH_GOAL_MB)
        status = asyncio.run(_serve_next(host.url))
        served = int(status == "InitialSilenceTimeout")
        report.add("the next client is served", served, "", 1, "high")
    return report


def _report_protocol(report: Report, duration_s: float) -> None:
    rng = random.Random(7)
    connections = frames = crashes = 0
    slowest_s = peak_bytes = 0.0
    tracemalloc.start()
    begun_bytes = tracemalloc.get_traced_memory()[0]
    deadline_s = time.monotonic() + duration_s
    while time.monotonic() < deadline_s:
        connections += 1
        begun_s = time.perf_counter()
        try:
            for _ in converse(rng.randbytes(rng.randrange(2000))):
                frames += 1
                begun_s, step_s = time.perf_counter(), time.perf_counter() - begun_s
                slowest_s = max(slowest_s, step_s)
        except ProtocolError:
            pass
        except Exception as error:  # noqa: BLE001 - any other error is what is looked for
            crashes += 1
            print(f"crash: {error!r}")
        peak_bytes = max(peak_bytes, tracemalloc.get_traced_memory()[1])
    tracemalloc.stop()
    report.add("protocol: frames tried", frames, note=f"{connections} connections")
    report.add("protocol: crashes", crashes, "", 0)
    report.add("protocol: slowest step", 1000 * slowest_s, "ms")
    report.add("protocol: memory, peak", (peak_bytes - begun_bytes) / 1e6, "MB", GROWTH_GOAL_MB)


class _Loud:
    """A cheap detector: whatever is not silent is voice."""

    frame_bytes = 1024

    def probability(self, frame: bytes) -> float:
        return 1.0 if any(frame) else 0.0

    def reset(self) -> None:
        pass


def converse(entropy: bytes) -> Iterator[None]:
    """Play one connection whose frames, times and results all come out of `entropy`."""
    rng = random.Random(entropy)
    address = read_address(rng.choice([PATH, "/stt/speech/universal/v2?format=detailed"]))
    assert address
    session = Session(address, _Loud())
    jobs: list[int] = []
    now_s = 0.0
    for number in range(60):
        now_s += rng.choice([0, 0.1, 0.2, 3])
        steps = iter([session.tick(now_s)])
        if jobs and rng.random() < 0.3:
            steps = iter([session.transcribed(jobs.pop(), rng.choice([HEARD, None]))])
        elif rng.random() < 0.9:
            steps = session.receive(_frame(rng, entropy[number * 20 :]), now_s)
        for outputs in steps:
            jobs += [output.job_id for output in outputs if isinstance(output, Transcribe)]
            yield
    session.abandon()


def _frame(rng: random.Random, entropy: bytes) -> str | bytes:
    request = rng.choice(["a", "b", "c"])
    match rng.randrange(6):
        case 0:
            return entropy[:80].decode("latin-1")
        case 1:
            return entropy[:80]
        case 2:
            body = rng.choice(["{}", '{"continuation":{}}', entropy[:40].decode("latin-1")])
            return f"Path:speech.context\r\nX-RequestId:{request}\r\n\r\n{body}"
        case _:
            head = f"Path:audio\r\nX-RequestId:{request}\r\n".encode()
            pcm = rng.choice([b"", bytes(20_000), b"\x11\x22" * 8000, entropy[:50], _riff(rng)])
            return struct.pack(">H", len(head)) + head + pcm


def _riff(rng: random.Random) -> bytes:
    tag, bits = rng.choice([(1, 16), (1, 8), (3, 32), (7, 8), (6, 8), (1, 24), (9, 9)])
    rate_hz, channels = rng.choice([8000, 44_100, 16_000, 48_000, 0]), rng.randrange(4)
    form = struct.pack("<HHIIHH", tag, channels, rate_hz, 0, 0, bits)
    return b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0" + form + b"data\0\0\0\0" + b"\x33\x44" * 500


async def _bombard(url: str, connections: int) -> None:
    rng = random.Random(11)
    places = asyncio.Semaphore(8)

    async def throw() -> None:
        async with places:
            try:
                async with connect(url + PATH, compression=None) as socket:
                    for _ in range(rng.randrange(20)):
                        await socket.send(_frame(rng, rng.randbytes(100)))
                    if rng.random() < 0.5:
                        socket.transport.abort()
            except (ConnectionClosed, InvalidStatus):
                pass

    await asyncio.gather(*(throw() for _ in range(connections)))


async def _serve_next(url: str) -> str:
    async with Speaker(url) as speaker:
        return (await speaker.say(bytes(16_000), paced=False)).status


def _guided() -> None:
    atheris = importlib.import_module("atheris")

    def one(entropy: bytes) -> None:
        try:
            for _ in converse(entropy):
                pass
        except ProtocolError:
            pass

    atheris.instrument_all()
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()


if __name__ == "__main__":
    _guided()
