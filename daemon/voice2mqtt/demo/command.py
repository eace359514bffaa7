"""`voice2mqtt demo`: broker, Speech host, daemon and page on this machine, with nothing installed.

With a microphone and a terminal it listens to you; else it speaks some commands itself into a pipe
that is the daemon's microphone, so that neither sound card nor sound server is needed. Settings and
table are copies, so that what is edited on the page is gone afterwards.
"""

import argparse
import os
import shutil
import socket
import tempfile
import threading
import time
import webbrowser
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

from voice2mqtt.audio.factory import STDIN
from voice2mqtt.audio.sources.devices import list_devices
from voice2mqtt.audio.sources.source import BLOCK_BYTES, BLOCK_MS
from voice2mqtt.audio.sources.wav import WavSource
from voice2mqtt.cli.console.serving import daemon_with_page, served
from voice2mqtt.cli.screen import is_terminal
from voice2mqtt.console.access_token import made_token
from voice2mqtt.demo import stage
from voice2mqtt.demo.view import DemoView
from voice2mqtt.errors import ExitStatus
from voice2mqtt.service import interpreters as build
from voice2mqtt.service.daemon import Daemon
from voice2mqtt.settings.load import WrittenSettings, load_table, load_written
from voice2mqtt.settings.model import Settings
from voice2mqtt.settings.search import NAME, shipped

HELP = "see it work: broker, Speech host and daemon on this machine, with or without a microphone"

WOMAN = stage.espeak("en-us+f2")
MAN = stage.espeak("en-gb")
SENTENCES = (
    ("Turn on the kitchen light.", WOMAN),
    ("Set the bedroom light to forty percent.", MAN),
    ("Close the blinds in the living room.", WOMAN),
    ("What a lovely day it is.", WOMAN),
    ("Set the heating to twenty one degrees.", WOMAN),
    ("Good night.", WOMAN),
)
"""One of them is not a command: nothing may be published for it."""

PAGE_PORT = 8099
DONE_WITHIN_S = 15.0
"""Longest wait for the daemon to start listening, or to decide a sentence; set by hand."""
_SILENCE = bytes(BLOCK_BYTES)
_WAIT_BLOCKS = range(int(DONE_WITHIN_S * 1000 / BLOCK_MS))
"""The same wait, in audio blocks."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--speak", action="store_true", help="speak even if there is a microphone")


def run(args: argparse.Namespace) -> int:
    """Start the other parts, run the daemon, and stop everything."""
    view = DemoView(live=is_terminal())
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="v2m-demo-")))
        file = _copied(folder)
        written = _settings(stack, file, view)
        settings = written.settings
        microphone = None if args.speak or not is_terminal() else _microphone(settings)
        spoken = () if microphone else _recordings(folder)
        view.part("microphone", _microphone_line(microphone))
        hears = threading.Event()

        def on_audio(block: bytes) -> None:
            view.meter.feed(block)
            hears.set()

        written = replace(written, settings=stage.with_microphone(settings, microphone or STDIN))
        daemon, page = daemon_with_page(written, file, view.event, on_audio)
        address = stack.enter_context(served(page))
        link = f"{address}#token={made_token(settings.console.token_file)}"
        view.part("page", link)
        if is_terminal() and ("DISPLAY" in os.environ or "WAYLAND_DISPLAY" in os.environ):
            webbrowser.open(link)
        stack.enter_context(stage.subscriber(settings.mqtt.brokers[0], "home/#", view.message))
        if spoken:
            _feed_stdin(stack, _audio(spoken, view, hears, daemon))
        with view:
            daemon.run()
    view.summary()
    return ExitStatus.OK


def _copied(folder: Path) -> Path:
    """Copy the shipped settings and table to `folder`; return the file of the settings."""
    source = shipped("config")
    for name in (NAME, "commands.yaml"):
        shutil.copy(source / name, folder / name)
    return folder / NAME


def _settings(stack: ExitStack, file: Path, view: DemoView) -> WrittenSettings:
    """Start broker and Speech host; return the settings in `file` with their addresses."""
    folder, written = file.parent, load_written(file)
    broker_url = stack.enter_context(stage.broker(folder))
    view.part("broker", f"mosquitto on {broker_url}; watched with mosquitto_sub -t 'home/#'")
    view.part("Speech host", "ours; loading its model ...")
    began_s = time.monotonic()
    host_url = stack.enter_context(stage.speech_host(folder, "--settings", str(file)))
    view.part("Speech host", f"ours, {host_url}, ready in {time.monotonic() - began_s:.1f} s")
    settings = stage.with_servers(written.settings, "demo", broker_url, host_url, folder)
    rows = len(load_table(settings.commands, build.language_of(settings)).rows)
    view.part("table", f"a copy of {_short(shipped('config') / 'commands.yaml')}, {rows} rows")
    console = replace(settings.console, listen=_page_address())
    return replace(written, settings=replace(settings, console=console))


def _page_address() -> str:
    """Return where the page is to be: its usual address if that is free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", PAGE_PORT))
        except OSError:
            return "127.0.0.1:0"
    return f"127.0.0.1:{PAGE_PORT}"


def _short(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _microphone(settings: Settings) -> str | None:
    """Return the name of a usable microphone, preferably that of the settings."""
    devices = [device for device in list_devices(settings.microphone.device) if not device.problem]
    devices.sort(key=lambda device: not device.chosen)
    return devices[0].name if devices else None


def _microphone_line(microphone: str | None) -> str:
    if microphone:
        return f"{microphone}: speak a command; Ctrl-C ends"
    return "none is used: espeak-ng speaks into a pipe that the daemon listens to"


def _recordings(folder: Path) -> tuple[tuple[str, Path], ...]:
    """Return each sentence with a WAV of it."""
    spoken = []
    for number, (sentence, voice) in enumerate(SENTENCES):
        wav = folder / f"sentence-{number}.wav"
        stage.speak(sentence, voice, wav)
        spoken.append((sentence, wav))
    return tuple(spoken)


def _audio(
    spoken: Sequence[tuple[str, Path]], view: DemoView, hears: threading.Event, daemon: Daemon
) -> Iterator[bytes]:
    """Yield microphone audio: each sentence after the previous one was decided."""
    for _ in _WAIT_BLOCKS:
        yield _SILENCE
        if hears.is_set():
            break
    for sentence, wav in spoken:
        view.said(sentence)
        yield from WavSource(wav).blocks()
        for _ in _WAIT_BLOCKS:
            yield _SILENCE
            if view.wait_done(0):
                break
        else:
            break
    if is_terminal():
        view.part("Ctrl-C", "ends; until then the page is there")
    while is_terminal():
        yield _SILENCE
    daemon.stop("all sentences were spoken")


def _feed_stdin(stack: ExitStack, audio: Iterable[bytes]) -> None:
    """Write `audio` to standard input in real time, from a thread that ends with `stack`."""
    read, write = os.pipe()
    os.dup2(read, 0)
    os.close(read)
    # Like a microphone, drop audio that nobody reads.
    os.set_blocking(write, False)
    over = threading.Event()

    def play() -> None:
        due_s = time.monotonic()
        for block in audio:
            due_s += BLOCK_MS / 1000
            if over.wait(max(0.0, due_s - time.monotonic())):
                return
            with suppress(BlockingIOError):
                os.write(write, block)

    player = threading.Thread(target=play, name="player")
    stack.callback(os.close, write)
    stack.callback(player.join)
    stack.callback(over.set)
    player.start()
