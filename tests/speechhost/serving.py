"""A host on a free port, served from a thread of its own."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.speechhost.fakes import LoudnessActivity
from voice2mqtt.speechhost.access import Limits
from voice2mqtt.speechhost.desk import Desk, Grammars
from voice2mqtt.speechhost.engine import Engine
from voice2mqtt.speechhost.server import Hooks, Host

WITHIN_S = 20


def no_grammar(_phrases: tuple[str, ...]) -> None:
    return None


@contextmanager
def serving(
    engine: Engine,
    *,
    grammars: Grammars = no_grammar,
    keys: tuple[str, ...] = (),
    limits: Limits | None = None,
    tls: ssl.SSLContext | None = None,
    load: threading.Event | None = None,
) -> Iterator[str]:
    """Yield the host's address. With `load`, the engine counts as loaded once it is set."""
    loop = asyncio.new_event_loop()
    urls: list[str] = []
    up = threading.Event()

    def on_listening(url: str) -> None:
        urls.append(url)
        up.set()

    def make_desk() -> Desk:
        assert load is None or load.wait(WITHIN_S)
        return Desk(engine, grammars, threads=2)

    host = Host(
        make_desk,
        LoudnessActivity,
        keys=keys,
        limits=limits,
        tls=tls,
        hooks=Hooks(listening=on_listening),
    )
    thread = threading.Thread(
        target=lambda: loop.run_until_complete(host.run("127.0.0.1", 0)), name="host"
    )
    thread.start()
    try:
        assert up.wait(WITHIN_S)
        yield urls[0]
    finally:
        loop.call_soon_threadsafe(host.stop)
        thread.join(WITHIN_S)
        assert not thread.is_alive()
        loop.close()
