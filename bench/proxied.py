"""Two Speech hosts behind HAProxy: one killed, one drained, and what becomes of the sentences.

With Debian's haproxy and `config/haproxy.cfg`, and rooms that recognise with the real SDK as the
daemon does. After a third of the sentences one host is killed, after two thirds the other one is
asked to stop; each is started again. The hosts' engine is scripted: what is heard is no matter.
"""

import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.broker import wait_until

from bench.live import recognized
from bench.report import Options, Report
from voice2mqtt.audio.sources.wav import WavSource
from voice2mqtt.core.outcome import Heard
from voice2mqtt.demo.stage import free_port, is_ready, process
from voice2mqtt.errors import InputError
from voice2mqtt.settings.search import CHECKOUT
from voice2mqtt.settings.speech_settings import SpeechSettings
from voice2mqtt.speech.azure import AzureRecognizer

CONFIGURATION = CHECKOUT.parent / "haproxy.cfg"
RECORDING = CHECKOUT.parent / "turn-on-the-kitchen-light.wav"
ROOMS = 6
EXPIRES_S = 10.0
"""A spoken command is never carried out later than so long after its end."""


def run(options: Options) -> Report:
    """Say 300 sentences, or 60."""
    report = Report("proxied")
    program = shutil.which("haproxy", path=f"{sys.prefix}/bin:/usr/sbin:/usr/bin:/bin")
    if program is None:
        raise InputError("this bench needs Debian's haproxy; `apt install haproxy`")
    sentences = 60 if options.quick else 300
    speech = b"".join(WavSource(RECORDING).blocks())
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        hosts = [_Host(folder, number) for number in (1, 2)]
        for host in hosts:
            host.start()
            stack.callback(host.stop)
        url = stack.enter_context(_proxy(program, folder, hosts))
        said = _say(url, speech, sentences, hosts)
    texts = [text for text, _ in said]
    late_s = sorted(after_s for _, after_s in said)
    report.add("sentences", len(said))
    report.add("answered", sum(map(bool, texts)), "", sentences, "high")
    report.add("after the end of speech, median", 1000 * statistics.median(late_s), "ms")
    report.add("after the end of speech, latest", max(late_s), "s", EXPIRES_S)
    return report


def _say(url: str, speech: bytes, sentences: int, hosts: "list[_Host]") -> list[tuple[str, float]]:
    """Return for each sentence what was heard, "" for nothing, and how long after its end."""
    begun = threading.Semaphore(0)
    left = iter(range(sentences))
    lock = threading.Lock()

    def room(seed: int) -> list[tuple[str, float]]:
        recognizer = AzureRecognizer(SpeechSettings(host=url))
        pauses = random.Random(seed)
        heard: list[tuple[str, float]] = []
        while True:
            with lock:
                if next(left, None) is None:
                    return heard
            begun.release()
            time.sleep(pauses.uniform(0.0, 0.4))
            outcome, after_s = recognized(recognizer, speech)
            heard.append((outcome.text if isinstance(outcome, Heard) else "", after_s))

    def disturb() -> None:
        for host, how in zip(hosts, (signal.SIGKILL, signal.SIGTERM), strict=True):
            for _ in range(sentences // 3):
                begun.acquire()
            host.stop(how)
            host.start()

    with ThreadPoolExecutor(ROOMS + 1) as threads:
        disturbance = threads.submit(disturb)
        rooms = [threads.submit(room, seed) for seed in range(ROOMS)]
        answers = [answer for each in rooms for answer in each.result()]
        disturbance.result()
    return answers


class _Host:
    """A host on a port of its own, with the engine of `bench.host`."""

    def __init__(self, folder: Path, number: int) -> None:
        self.port = free_port()
        self._log = folder / f"host{number}.log"
        self._running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = (sys.executable, "-m", "bench.host", str(self.port))
        with self._log.open("ab") as log:
            self._running = subprocess.Popen(program, stdout=log, stderr=log)
        wait_until(lambda: is_ready(f"http://127.0.0.1:{self.port}/ready"), "the host")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self._running:
            self._running.send_signal(how)
            self._running.wait()
            self._running = None


@contextmanager
def _proxy(program: str, folder: Path, hosts: list[_Host]) -> Iterator[str]:
    """Run HAProxy with the shipped configuration, on free ports."""
    port = free_port()
    text = CONFIGURATION.read_text().replace("bind :5000", f"bind 127.0.0.1:{port}")
    for shipped, host in zip((5001, 5002), hosts, strict=True):
        text = text.replace(f"127.0.0.1:{shipped}", f"127.0.0.1:{host.port}")
    file = folder / "haproxy.cfg"
    file.write_text(text)
    with process(program, "-db", "-f", str(file), log=folder / "haproxy.log"):
        wait_until(lambda: is_ready(f"http://127.0.0.1:{port}/ready"), "the proxy")
        yield f"ws://127.0.0.1:{port}"
