"""Secrets that the daemon uses are looked for in all that others can see of it."""

import json
import stat
import subprocess
import sys
import wave
from contextlib import closing
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from tests.broker import Broker, Subscriber, wait_until
from tests.speechhost.fakes import ScriptedEngine, silence
from tests.speechhost.hosting import hosting
from voice2mqtt.core.audio import as_wav
from voice2mqtt.demo.stage import free_port
from voice2mqtt.settings.search import shipped

SECRETS = {
    "password": "planted-pass-8c2e51",
    "key": "planted-key-94ad07",
    "console-token": "planted-token-3f0b92d15c7e6a84",
}
PASSWORD, KEY = SECRETS["password"], SECRETS["key"]
TABLE = {"commands": [{"say": "turn on the light", "topic": "home/light", "payload": "ON"}]}
PAGES = ("", "api/about", "api/settings", "api/table", "api/review")


def _settings(folder: Path, broker_url: str, host_url: str, page: str) -> Path:
    for name, secret in SECRETS.items():
        (folder / name).touch(mode=0o600)
        (folder / name).write_text(secret)
    (folder / "commands.yaml").write_text(json.dumps(TABLE))
    with wave.open(str(shipped("config") / "turn-on-the-kitchen-light.wav")) as spoken:
        speech = spoken.readframes(spoken.getnframes())
    (folder / "speech.wav").write_bytes(as_wav(silence(500) + speech + silence(60_000)))
    settings = {
        "node": "hall",
        "microphone": {"device": f"wav:{folder}/speech.wav"},
        "speech": {"host": host_url, "key_file": "key"},
        "mqtt": {"broker": broker_url, "username": "voice", "password_file": "password"},
        "feedback": {"tones": False, "speak": False},
        "console": {"listen": page, "token_file": "console-token"},
        "state_dir": str(folder / "state"),
    }
    path = folder / "voice2mqtt.yaml"
    path.write_text(json.dumps(settings))
    return path


def _page(address: str) -> str:
    told = ""
    for page in PAGES:
        try:
            with urlopen(f"http://{address}/{page}", timeout=5) as answer:
                told += answer.read().decode(errors="replace")
        except HTTPError as error:
            with error:
                told += error.read().decode(errors="replace")
    return told


def _processes(pid: int) -> str:
    """What the list of processes shows of a process and its children."""
    pids = [str(pid), *Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    shown = [Path("/proc", each, what) for each in pids for what in ("cmdline", "environ")]
    return "\n".join(path.read_bytes().decode(errors="replace") for path in shown)


def test_a_planted_secret_is_nowhere_to_be_seen(tmp_path: Path) -> None:
    broker_folder = tmp_path / "broker"
    broker_folder.mkdir()
    folder = tmp_path / "daemon"
    folder.mkdir()
    page = f"127.0.0.1:{free_port()}"
    with (
        Broker(broker_folder, users={"voice": PASSWORD}) as broker,
        closing(Subscriber(broker, ("#",), "voice", PASSWORD)) as seen,
        hosting(ScriptedEngine("Turn on the light."), keys=(KEY,)) as host,
        (folder / "log").open("wb") as log,
    ):
        settings = _settings(folder, broker.url, host.url, page)
        command = [sys.executable, "-m", "voice2mqtt", "run", "--verbose", "--settings"]
        with subprocess.Popen([*command, str(settings)], stdout=log, stderr=log) as daemon:
            try:
                seen.wait_for("home/light", within_s=30)
                told = [_page(page), _processes(daemon.pid)]
                # Refusals are told too: then a broker with another password, and no host.
                broker.stop()
                broker.set_users({"voice": "another"})
                broker.start()
                log_file = folder / "log"
                wait_until(lambda: "password" in log_file.read_text(), "refusal")
            finally:
                daemon.terminate()
    told += [f"{message.topic} {message.payload}" for message in seen.messages]
    files = [path for path in folder.rglob("*") if path.is_file()]
    told += [p.read_bytes().decode(errors="replace") for p in files if p.name not in SECRETS]
    assert any("home/light" in text for text in told)
    assert [text for text in told if any(secret in text for secret in SECRETS.values())] == []
    state = [path for path in files if path.is_relative_to(folder / "state")]
    assert state
    others = stat.S_IRWXG | stat.S_IRWXO
    assert [path for path in state if "history" in path.name and path.stat().st_mode & others] == []
