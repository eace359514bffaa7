"""Our host under load: speakers served at once, cost of each, stability over a long run.

With `--data` the speakers say the commands recorded there and the host knows their table; without,
they read a novel that comes with the model, and the host takes dictation. The long run uses a
scripted engine in the real host.
"""

import asyncio
import importlib.metadata
import math
import random
import re
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from websockets.exceptions import ConnectionClosed, InvalidStatus

from bench import labels
from bench.process import resident_mb
from bench.report import Options, Report
from bench.speaker import Answer, Speaker
from voice2mqtt.audio.signal.level import power
from voice2mqtt.audio.signal.voice_activity import SileroVoiceActivity
from voice2mqtt.audio.sources.wav import WavSource
from voice2mqtt.core.audio import RATE_HZ, SAMPLE_BYTES
from voice2mqtt.speechhost.engine import EngineGrammar, NBestEntry, Transcript, never
from voice2mqtt.speechhost.protocol.endpointer import Ended, PhraseEndpointer
from voice2mqtt.speechhost.serving.hooks import Hooks
from voice2mqtt.speechhost.serving.scheduler import Scheduler
from voice2mqtt.speechhost.serving.server import SpeechHost

LIVE_GOAL_MS = 150.0
"""Median wait of a single speaker, streaming in real time, from the last audio to the answer."""
ANSWER_GOAL_S = 0.5
"""Goal of the 95th percentile; set by hand."""
HANGOVER_MS = 300
"""Silence that ends a sentence."""
LONGEST_SENTENCE_MS = 5000
SPEAKERS = (1, 2, 3, 4, 6, 8, 12)
"""Speakers at once; the bench stops at the first number that misses the goal."""
CROWD = 30
"""Speakers at once that are more than can be answered"""
LATEST_GOAL_S = 5.0
"""Goal of the latest answer then: 3 s of waiting, and the transcription"""
FLOOD_S = 8.0
MESSAGE_BYTES = 1_000_000
"""The longest that is taken, but for its head"""
FLOODED_GOAL_MB = 8.0
"""Sixty-four of them stay below the service's `MemoryMax=`"""
WORKERS = 8
TURNS_PER_CONNECTION = 10
GROWTH_GOAL_MB = 5.0
"""Set by hand."""


def run(options: Options) -> Report:
    """Measure."""
    report = Report("host")
    if options.data:
        wavs = [recording.path for recording in labels.recordings(options.data)]
        wavs = wavs[: 8 if options.quick else 24]
        table = ["--commands", str(labels.COFFEE_TABLE)]
    else:
        wavs, table = [_novel()], []
    speech = [sentence for wav in wavs for sentence in _sentences(wav)]
    with _process("voice2mqtt", "host", "--listen", "127.0.0.1:0", *table) as host:
        speakers, rounds = ((1, 2), 3) if options.quick else (SPEAKERS, 8)
        _report_speakers(report, host, speech, speakers, rounds)
        _report_connections(report, host, speech, connections=12 if options.quick else 30)
        _report_crowd(report, host, speech, seconds=10 if options.quick else 30)
        _report_flood(report, host, speech, connections=12 if options.quick else 30)
    with scripted() as host:
        _report_long_run(report, host, speech, turns=400 if options.quick else 10_000)
    return report


class _Process:
    """A host, from outside."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self.url = url
        self._pid = process.pid

    @property
    def resident_mb(self) -> float:
        return resident_mb(self._pid)


def _report_speakers(
    report: Report, host: _Process, speech: list[bytes], crowds: Sequence[int], rounds: int
) -> None:
    served = 0
    report.add("resident after load", host.resident_mb, "MB", 350)
    for speakers in crowds:
        answers = asyncio.run(_converse(host.url, speech, speakers, rounds))
        waits_s = sorted(answer.latency_s for answer in answers)
        p95_s = waits_s[int(0.95 * (len(waits_s) - 1) + 0.5)]
        what = f"{speakers} at once: audio ended to answer"
        goal_ms = LIVE_GOAL_MS if speakers == 1 else None
        report.add(f"{what}, median", 1000 * statistics.median(waits_s), "ms", goal_ms)
        report.add(f"{what}, p95", 1000 * p95_s, "ms", note=f"n = {len(waits_s)}")
        if p95_s > ANSWER_GOAL_S:
            break
        served = speakers
    report.add("speakers served at once with p95 under 500 ms", served, "", 2, "high")


async def _converse(url: str, speech: list[bytes], speakers: int, rounds: int) -> list[Answer]:
    async def talk(number: int) -> list[Answer]:
        # Speakers do not all begin at the same moment.
        await asyncio.sleep(3 * number / speakers)
        async with Speaker(url) as speaker:
            return [
                await speaker.say(speech[(5 * number + r) % len(speech)], paced=True)
                for r in range(rounds)
            ]

    return [answer for each in await asyncio.gather(*map(talk, range(speakers))) for answer in each]


def _report_connections(
    report: Report, host: _Process, speech: list[bytes], *, connections: int
) -> None:
    async def hold() -> float:
        before_mb = host.resident_mb
        speakers = [Speaker(host.url) for _ in range(connections)]
        for speaker in speakers:
            await speaker.__aenter__()
            await speaker.say(speech[0][:16_000], paced=False)
        grown_mb = host.resident_mb - before_mb
        for speaker in speakers:
            await speaker.__aexit__(None, None, None)
        return grown_mb / connections

    grown_mb = asyncio.run(hold())
    report.add("resident per open connection", grown_mb, "MB", note=f"n = {connections}")


def _report_flood(report: Report, host: _Process, speech: list[bytes], *, connections: int) -> None:
    """Add what a connection costs that sends all that is taken of it."""
    pcm = (b"".join(speech) * 20)[:MESSAGE_BYTES]

    async def flood() -> float:
        before_mb = host.resident_mb
        speakers = [await Speaker(host.url).__aenter__() for _ in range(connections)]
        await asyncio.gather(*(speaker.flood(pcm, FLOOD_S) for speaker in speakers))
        return host.resident_mb - before_mb

    grown_mb = asyncio.run(flood()) / connections
    what = "resident per connection that sends all it may"
    report.add(what, grown_mb, "MB", FLOODED_GOAL_MB, note=f"n = {connections}")


def _report_crowd(report: Report, host: _Process, speech: list[bytes], *, seconds: float) -> None:
    """Add what becomes of sentences when more people speak than can be answered in time."""
    answered_s: list[float] = []
    refused_s: list[float] = []
    turned_away = 0

    async def talk(number: int) -> None:
        nonlocal turned_away
        pauses = random.Random(number)
        until_s = time.monotonic() + seconds
        while time.monotonic() < until_s:
            await asyncio.sleep(2 * pauses.random())
            try:
                async with Speaker(host.url) as speaker:
                    answer = await speaker.say(pauses.choice(speech), paced=True)
                (answered_s if answer.status else refused_s).append(answer.latency_s)
            except (InvalidStatus, ConnectionClosed):
                turned_away += 1

    async def crowd() -> None:
        await asyncio.gather(*map(talk, range(CROWD)))

    asyncio.run(crowd())
    what = f"{CROWD} at once: "
    report.add(f"{what}sentences answered", len(answered_s))
    report.add(f"{what}latest answer", max(answered_s, default=math.inf), "s", LATEST_GOAL_S)
    report.add(f"{what}refused after they were said", len(refused_s))
    report.add(f"{what}latest of these refusals", max(refused_s, default=0.0), "s", LATEST_GOAL_S)
    report.add(f"{what}turned away before", turned_away)


def _report_long_run(report: Report, host: _Process, speech: list[bytes], *, turns: int) -> None:
    word = int(0.6 * RATE_HZ) * SAMPLE_BYTES
    starts = range(0, len(speech[0]) - word, word)
    pcm = max((speech[0][at : at + word] for at in starts), key=power)
    batch = WORKERS * TURNS_PER_CONNECTION

    async def worker() -> list[Answer]:
        async with Speaker(host.url) as speaker:
            return [await speaker.say(pcm, paced=False) for _ in range(TURNS_PER_CONNECTION)]

    async def work() -> list[Answer]:
        answers = await asyncio.gather(*(worker() for _ in range(WORKERS)))
        return [answer for each in answers for answer in each]

    answered, begun_mb, peak_mb = 0, 0.0, 0.0
    for number in range(max(2, turns // batch)):
        answers = asyncio.run(work())
        answered += sum(answer.text == SCRIPT.text for answer in answers)
        # The first tenth of the run warms caches and pools.
        if number <= turns // batch // 10:
            begun_mb = host.resident_mb
        peak_mb = max(peak_mb, host.resident_mb)
    report.add("turns, each answered", answered, "", max(2, turns // batch) * batch, "high")
    report.add("resident at the end", host.resident_mb, "MB")
    report.add("resident, growth after the first tenth", peak_mb - begun_mb, "MB", GROWTH_GOAL_MB)


def _novel() -> Path:
    files = importlib.metadata.distribution("moonshine-voice").files or []
    return Path(str(next(file.locate() for file in files if file.name == "two_cities.wav")))


def _sentences(wav: Path) -> list[bytes]:
    """Return what is said between two pauses, each with the silence that ends it."""
    endpointer = PhraseEndpointer(
        SileroVoiceActivity(),
        initial_silence_ms=60_000,
        end_silence_ms=HANGOVER_MS,
        longest_phrase_ms=LONGEST_SENTENCE_MS,
    )
    events = [event for block in WavSource(wav).blocks() for event in endpointer.hear(block)]
    return [event.pcm for event in events if isinstance(event, Ended) and not event.cut]


@contextmanager
def _process(*module: str) -> Iterator[_Process]:
    with subprocess.Popen(
        [sys.executable, "-m", *module], stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr
        found = (re.search(r"ready.*(ws://\S+)", line) for line in process.stderr)
        url = next(match.group(1) for match in found if match)
        # Drain its log, or it would block on a full pipe.
        reading = threading.Thread(target=process.stderr.read)
        reading.start()
        try:
            yield _Process(process, url)
        finally:
            process.terminate()
            reading.join()


def scripted() -> AbstractContextManager[_Process]:
    """Run the host with an engine that always says the same."""
    return _process("bench.host")


SCRIPT = NBestEntry(text="Turn on the light.", lexical="turn on the light", confidence=1.0)


class _Scripted:
    language = "en-US"
    languages = frozenset({"en"})

    def prepare(self, grammar: EngineGrammar) -> None:
        pass

    def transcribe(
        self,
        pcm: bytes,
        grammar: EngineGrammar | None,
        abandoned: Callable[[], bool] = never,
        languages: Sequence[str] = (),
        *,
        timed: bool = False,
    ) -> Transcript:
        del pcm, grammar, abandoned, languages, timed
        return Transcript(nbest=(SCRIPT,))


def _serve_script(port: int) -> None:
    url = ""

    def listening(where: str) -> None:
        nonlocal url
        url = where

    host = SpeechHost(
        lambda: Scheduler(_Scripted(), lambda _phrases: None, threads=2),
        SileroVoiceActivity,
        hooks=Hooks(listening=listening, ready=lambda: print("ready", url, file=sys.stderr)),
    )

    async def serve() -> None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, host.stop)
        await host.run("127.0.0.1", port)

    asyncio.run(serve())


if __name__ == "__main__":
    _serve_script(int(sys.argv[1]) if sys.argv[1:] else 0)
