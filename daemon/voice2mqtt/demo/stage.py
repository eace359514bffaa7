"""The processes around the daemon in demo, benches and tests: broker, Speech host, voices.

Each is a context manager that stops its process.
"""

import getpass
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from voice2mqtt.errors import UnavailableError
from voice2mqtt.settings.model import Settings

STARTED_WITHIN_S = 60.0
"""Longest wait for a process to be ready, on a slow or busy machine; set by hand."""
_OURS = Path(sys.executable).parent
"""Where script/setup puts programs whose packages would enable a service."""


def free_port() -> int:
    """Return a free TCP port of the loopback interface."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def broker(folder: Path) -> Iterator[str]:
    """Run mosquitto with its files in `folder`; give its `mqtt://` address.

    Raises:
        UnavailableError: there is no mosquitto, or it does not start.
    """
    path = f"{_OURS}:{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin"
    program = shutil.which("mosquitto", path=path)
    if program is None:
        raise UnavailableError("mosquitto is not installed; run script/setup demo")
    port = free_port()
    settings = folder / "mosquitto.conf"
    settings.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\nuser {getpass.getuser()}\n"
    )
    with process(program, "-c", str(settings), log=folder / "mosquitto.log") as started:
        _wait("mosquitto", started, lambda: _answers(port), folder / "mosquitto.log")
        yield f"mqtt://127.0.0.1:{port}"


@contextmanager
def speech_host(folder: Path, *arguments: str, port: int = 0) -> Iterator[str]:
    """Run our Speech host with `arguments`, its log in `folder`; give its address when ready.

    It serves on `port`, or on a free one.

    Raises:
        UnavailableError: it does not start.
    """
    address = f"127.0.0.1:{port or free_port()}"
    program = (sys.executable, "-m", "voice2mqtt", "host", "--listen", address)
    log = folder / "host.log"
    with process(*program, *arguments, log=log) as started:
        _wait("the Speech host", started, lambda: is_ready(f"http://{address}/ready"), log)
        yield f"ws://{address}"


def with_servers(
    settings: Settings, node: str, broker_url: str, host_url: str, folder: Path
) -> Settings:
    """Return `settings` for `node` with these addresses, no feedback, and state in `folder`."""
    return replace(
        settings,
        node=node,
        speech=replace(settings.speech, host=host_url),
        mqtt=replace(settings.mqtt, broker=broker_url, username=None, password_file=None),
        feedback=replace(settings.feedback, tones=False, speak=False),
        state_dir=folder,
    )


def with_microphone(settings: Settings, device: str) -> Settings:
    """Return `settings` with the microphone `device`."""
    own = replace(settings.microphone, device=device)
    return replace(settings, microphone=own)


@contextmanager
def subscriber(broker_url: str, topic: str, show: Callable[[str], None]) -> Iterator[None]:
    """Run mosquitto_sub on `topic`; `show` is given each of its lines, on a thread."""
    host, port = broker_url.removeprefix("mqtt://").split(":")
    program = ("mosquitto_sub", "-h", host, "-p", port, "-v", "-t", topic)
    running = subprocess.Popen(program, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert running.stdout
    lines = running.stdout

    def read() -> None:
        for line in lines:
            show(line.rstrip("\n"))

    reader = threading.Thread(target=read, name="subscriber")
    reader.start()
    try:
        yield
    finally:
        running.terminate()
        running.wait()
        reader.join()
        lines.close()


SynthesisCommand = Sequence[str]
"""A command that speaks, with {text} and {wav} in it."""


def flite(name: str) -> SynthesisCommand:
    """Return the voice of that name of flite."""
    return "flite", "-voice", name, "-t", "{text}", "-o", "{wav}"


def espeak(name: str, words_per_min: int = 150) -> SynthesisCommand:
    """Return the voice of that name of espeak-ng."""
    return "espeak-ng", "-v", name, "-s", str(words_per_min), "-w", "{wav}", "{text}"


def speak(sentence: str, voice: SynthesisCommand, wav: Path) -> None:
    """Write `sentence` to `wav`, spoken by `voice`.

    Raises:
        UnavailableError: the voice is not installed.
    """
    command = [part.format(text=sentence, wav=wav) for part in voice]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise UnavailableError(
            f"{command[0]} does not speak: {error}; run script/setup demo"
        ) from error


@contextmanager
def process(
    *program: str, log: Path, environment: Mapping[str, str] = os.environ
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `program`, its output going to `log`, until the context ends."""
    with log.open("wb") as output:
        # A session of its own: Ctrl-C must reach us first, not the process.
        running = subprocess.Popen(
            program, stdout=output, stderr=output, env=environment, start_new_session=True
        )
        try:
            yield running
        finally:
            running.terminate()
            with suppress(subprocess.TimeoutExpired):
                running.wait(5)
            running.kill()
            running.wait()


def _wait(
    name: str, started: subprocess.Popen[bytes], ready: Callable[[], bool], log: Path
) -> None:
    deadline = time.monotonic() + STARTED_WITHIN_S
    while not ready():
        if started.poll() is not None or time.monotonic() > deadline:
            said = log.read_text(errors="replace").strip()
            raise UnavailableError(f"{name} does not start:\n{said}")
        time.sleep(0.05)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def is_ready(url: str) -> bool:
    """Return whether the Speech host's `/ready` at `url` says that it can be used."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError as refused:
        refused.close()
        return False
    except OSError:
        return False
