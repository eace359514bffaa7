"""The real parts on this machine, for benches: our host as a process, and `voice2mqtt listen`."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

READY_WITHIN_S = 60.0


def free_port() -> int:
    """Return a TCP port of the loopback that nobody has bound at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def host(*arguments: str) -> Iterator[str]:
    """Run our Speech host with `arguments`; give its `ws://` address once it is ready."""
    address = f"127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "voice2mqtt", "host", "--listen", address, *arguments]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdout=said, stderr=said)
        try:
            _wait_ready(f"http://{address}/ready", process)
            yield f"ws://{address}"
        finally:
            process.terminate()
            process.wait(10)


def _wait_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            pass
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the host did not get ready (exit status {process.poll()})")
        time.sleep(0.05)


def settings_file(folder: Path, host_url: str, **sections: object) -> Path:
    """Write settings that use `host_url`; JSON is YAML."""
    document = {"speech": {"host": host_url}, "feedback": {"tones": False, "speak": False}}
    path = folder / "voice2mqtt.yaml"
    path.write_text(json.dumps(document | sections))
    return path


def listen(
    settings: Path, commands: Path, wavs: Sequence[Path], processes: int = 2
) -> list[dict[str, Any]]:
    """Send each WAV through ear, SDK, host and understanding; return the events, in any order."""
    shares = [wavs[i::processes] for i in range(processes)]
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "voice2mqtt", "listen", "--settings", str(settings),
             "--commands", str(commands), "--json", "--wav", *map(str, share)],
            stdout=subprocess.PIPE, env=os.environ | {"OMP_NUM_THREADS": "1"},
        )
        for share in shares if share
    ]  # fmt: skip
    events: list[dict[str, Any]] = []
    for process in running:
        output, _ = process.communicate()
        if process.returncode:
            raise RuntimeError(f"voice2mqtt listen ended with {process.returncode}")
        events += [json.loads(line) for line in output.splitlines()]
    return events
