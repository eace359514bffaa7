"""`voice2mqtt demo`: see it work, with every part on this machine and nothing installed.

With a microphone and a terminal it listens to you; else it speaks some commands itself, through
the same path: a virtual microphone, or a WAV file where there is no PulseAudio.
"""

import argparse
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from voice2mqtt.cli import stage
from voice2mqtt.cli.demoview import DemoView
from voice2mqtt.cli.screen import is_terminal
from voice2mqtt.core.audio import RATE_HZ, SAMPLE_BYTES, as_wav
from voice2mqtt.ear.devices import list_devices
from voice2mqtt.ear.virtual import MICROPHONE, SoundServer, running_sound_server
from voice2mqtt.ear.wav import WavSource
from voice2mqtt.errors import ExitStatus
from voice2mqtt.service import build
from voice2mqtt.service.daemon import Daemon
from voice2mqtt.settings.load import load_settings, load_table
from voice2mqtt.settings.model import Settings
from voice2mqtt.settings.search import NAME, shipped

HELP = "see it work: broker, Speech host and daemon on this machine, with or without a microphone"

FLITE = stage.flite("slt")
ESPEAK = stage.espeak("en-us")
SENTENCES = (
    ("Turn on the kitchen light.", FLITE),
    ("Set the bedroom light to forty percent.", ESPEAK),
    ("Close the blinds in the living room.", FLITE),
    ("What a lovely day it is.", FLITE),
    ("Set the heating to twenty one and a half degrees.", FLITE),
    ("Good night.", FLITE),
)
"""One of them is no command: nothing may be published for it."""

DONE_WITHIN_S = 15.0
JOINED_PAUSE_S = 3.0


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--speak", action="store_true", help="speak even if there is a microphone")


def run(args: argparse.Namespace) -> int:
    """Set the stage, run the daemon on it, and clear everything away."""
    view = DemoView(live=is_terminal())
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="v2m-demo-")))
        settings = _settings(stack, folder, view)
        microphone = None if args.speak or not is_terminal() else _microphone(settings)
        sound = None if microphone else _virtual_sound(stack)
        spoken = () if microphone else _spoken(folder)
        device = microphone or (MICROPHONE if sound else f"wav:{_joined(spoken, folder)}")
        view.part("microphone", _told(microphone, sound))
        hears = threading.Event()

        def on_audio(block: bytes) -> None:
            view.meter.hear(block)
            hears.set()

        daemon = build.daemon(stage.heard_by(settings, device), view.event, on_audio)
        stack.enter_context(stage.subscriber(settings.mqtt.broker, "home/#", view.message))
        if sound:
            director = threading.Thread(
                target=_direct, args=(spoken, sound, view, hears, daemon), name="director"
            )
            stack.callback(director.join)
            director.start()
        with view:
            daemon.run()
    view.summary()
    return ExitStatus.OK


def _settings(stack: ExitStack, folder: Path, view: DemoView) -> Settings:
    """Start broker and Speech host; return the shipped settings, pointed at them."""
    file = shipped("config") / NAME
    settings = load_settings(file)
    broker_url = stack.enter_context(stage.broker(folder))
    view.part("broker", f"mosquitto on {broker_url}; watched with mosquitto_sub -t 'home/#'")
    view.part("Speech host", "ours; loading its model ...")
    began_s = time.monotonic()
    host_url = stack.enter_context(stage.speech_host(folder, "--settings", str(file)))
    view.part("Speech host", f"ours, {host_url}, ready in {time.monotonic() - began_s:.1f} s")
    rows = len(load_table(settings.commands, build.language_of(settings)).rows)
    view.part("table", f"{_short(settings.commands)}, {rows} rows")
    return stage.pointed(settings, "demo", broker_url, host_url, folder)


def _short(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _microphone(settings: Settings) -> str | None:
    """Return the name of a microphone that can be used, the settings' one first."""
    devices = [device for device in list_devices(settings.microphone.device) if not device.problem]
    devices.sort(key=lambda device: not device.chosen)
    return devices[0].name if devices else None


def _virtual_sound(stack: ExitStack) -> SoundServer | None:
    if shutil.which("pulseaudio") is None:
        return None
    sound = stack.enter_context(running_sound_server())
    # arecord, which the daemon starts, finds the virtual microphone by this.
    os.environ.update(sound.environment)
    return sound


def _told(microphone: str | None, sound: SoundServer | None) -> str:
    if microphone:
        return f"{microphone}: speak a command; Ctrl-C ends"
    voices = "none is used: sentences are spoken by flite and espeak-ng into"
    return f"{voices} {'a virtual microphone' if sound else 'a WAV file'}"


def _spoken(folder: Path) -> tuple[tuple[str, Path], ...]:
    """Return each sentence with the WAV in which it is spoken."""
    spoken = []
    for number, (sentence, voice) in enumerate(SENTENCES):
        wav = folder / f"sentence-{number}.wav"
        stage.speak(sentence, voice, wav)
        spoken.append((sentence, wav))
    return tuple(spoken)


def _joined(spoken: Sequence[tuple[str, Path]], folder: Path) -> Path:
    """Return one WAV with all sentences, and pauses long enough for an answer."""
    joined = folder / "sentences.wav"
    pause = bytes(int(JOINED_PAUSE_S * RATE_HZ) * SAMPLE_BYTES)
    pcm = b"".join(b"".join(WavSource(wav).blocks()) + pause for _, wav in spoken)
    joined.write_bytes(as_wav(pcm))
    return joined


def _direct(
    spoken: Sequence[tuple[str, Path]],
    sound: SoundServer,
    view: DemoView,
    hears: threading.Event,
    daemon: Daemon,
) -> None:
    """Speak one sentence after the other, each when the one before was decided."""
    hears.wait(DONE_WITHIN_S)
    for sentence, wav in spoken:
        view.said(sentence)
        sound.play(b"".join(WavSource(wav).blocks()))
        if not view.wait_done(DONE_WITHIN_S):
            break
    daemon.stop("all sentences were spoken")
