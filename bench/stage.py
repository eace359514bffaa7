"""Real processes for benches: our host, and `voice2mqtt listen`."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from voice2mqtt.demo.stage import speech_host


@contextmanager
def host(*arguments: str) -> Iterator[str]:
    """Run our Speech host with `arguments`; give its `ws://` address once it is ready."""
    with tempfile.TemporaryDirectory() as folder, speech_host(Path(folder), *arguments) as url:
        yield url


def settings_file(folder: Path, host_url: str, **sections: object) -> Path:
    """Write settings that use `host_url`; JSON is YAML."""
    document = {"speech": {"host": host_url}, "feedback": {"tones": False, "speak": False}}
    path = folder / "voice2mqtt.yaml"
    path.write_text(json.dumps(document | sections))
    return path


def listen(
    settings: Path, commands: Path, wavs: Sequence[Path], processes: int = 2
) -> list[dict[str, Any]]:
    """Send each WAV through endpointer, SDK, host and NLU; return the events, in any order."""
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
