"""A host on a free port, served from a thread of its own."""

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from tests.speechhost.fakes import LoudnessActivity
from voice2mqtt.speechhost.engine import Engine
from voice2mqtt.speechhost.serving.admission import Limits
from voice2mqtt.speechhost.serving.hooks import Hooks
from voice2mqtt.speechhost.serving.metrics import Metrics
from voice2mqtt.speechhost.serving.phrase_cache import GrammarFor
from voice2mqtt.speechhost.serving.scheduler import Scheduler
from voice2mqtt.speechhost.serving.server import Listener, SpeechHost
from voice2mqtt.speechhost.serving.trusted_proxies import TrustedProxies

WITHIN_S = 60
THREADS = 2
"""Transcriptions at once."""


def no_grammar(_phrases: tuple[str, ...]) -> None:
    return None


class Serving:
    """A host that serves, and its thread."""

    def __init__(self, make_host: Callable[[Hooks], SpeechHost], port: int) -> None:
        self.ready = threading.Event()
        self.url = ""
        self._loop = asyncio.new_event_loop()
        self._listening = threading.Event()
        self.host = self._host = make_host(
            Hooks(listening=self._on_listening, ready=self.ready.set)
        )
        self._thread = threading.Thread(target=self._run, args=(port,), name="host")
        self._thread.start()
        assert self._listening.wait(WITHIN_S)

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def do(self, action: Callable[[], object]) -> None:
        """Have the host's thread do something."""
        self._loop.call_soon_threadsafe(action)

    def cut_connections(self) -> None:
        """As when a cable is pulled."""
        for connection in list(self._host._connections):
            self.do(connection._socket.abort)

    def stop(self) -> None:
        """Stop, and fail if that takes long."""
        if self._thread.is_alive():
            self.do(self._host.stop)
        self._thread.join(WITHIN_S / 2)
        assert not self._thread.is_alive()
        if not self._loop.is_closed():
            self._loop.close()

    def _on_listening(self, url: str) -> None:
        self.url = url
        self._listening.set()

    def _run(self, port: int) -> None:
        self._loop.run_until_complete(self._host.run("127.0.0.1", port))


@contextmanager
def serving(engine: Engine) -> Iterator[str]:
    """Serve while the block lasts, under the address that is yielded."""
    with hosting(engine) as host:
        yield host.url


@contextmanager
def hosting(
    engine: Engine,
    *,
    grammar_for: GrammarFor = no_grammar,
    keys: tuple[str, ...] = (),
    limits: Limits | None = None,
    tls: ssl.SSLContext | None = None,
    load: threading.Event | None = None,
    any_language: bool = False,
    listeners: Sequence[Listener] = (),
    proxies: TrustedProxies | None = None,
    metrics: Metrics | None = None,
    port: int = 0,
) -> Iterator[Serving]:
    """Serve while the block lasts. With `load`, the engine counts as loaded once that is set."""

    def make_scheduler() -> Scheduler:
        assert load is None or load.wait(WITHIN_S)
        on_transcribed = metrics.transcribed if metrics else None
        return Scheduler(engine, grammar_for, threads=THREADS, on_transcribed=on_transcribed)

    host = Serving(
        lambda hooks: SpeechHost(
            make_scheduler,
            LoudnessActivity,
            keys=keys,
            any_language=any_language,
            limits=limits,
            tls=tls,
            hooks=replace(hooks, refused=metrics.refused) if metrics else hooks,
            listeners=listeners,
            proxies=proxies,
        ),
        port,
    )
    try:
        assert load or host.ready.wait(WITHIN_S)
        yield host
    finally:
        if load:
            load.set()
        host.stop()
