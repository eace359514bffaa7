"""A page beside a scripted daemon, and a client that asks it for things."""

import http.client
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event as Signal
from typing import Any

from voice2mqtt.cli.history.reviewing import review_of
from voice2mqtt.console.console import Console
from voice2mqtt.console.feed import Feed
from voice2mqtt.core.event import Event, notice
from voice2mqtt.settings.load import load_written

TOKEN = "the-token-of-this-test"
TABLE = """# The words of this test.
lists:
  room: [kitchen, bedroom]
commands:
  - {name: light, say: "turn on the {room} light", topic: "home/{room}/light", payload: "ON"}
"""


@dataclass
class ScriptedDaemon:
    """Notes what it is asked to do."""

    said: list[str] = field(default_factory=list)
    heard: list[bytes] = field(default_factory=list)
    full: bool = False
    muted: bool = False
    reloads: int = 0
    in_speech: bool = False
    looked_at: int = 0
    left: bool = False
    examining: Signal = field(default_factory=Signal)
    go_on: Signal = field(default_factory=Signal)

    def state_document(self) -> Event:
        counters = {"heard": 0, "commands": 0, "unmatched": 0, "no_match": 0, "canceled": 0}
        return {
            "microphone": True, "microphone_condition": "ok", "microphone_reason": "",
            "host": True, "host_reason": "", "broker": True, "muted": self.muted,
            "counters": counters, "metered_s_today": 1.0,
        }  # fmt: skip

    def dry_run(self, sentence: str) -> Sequence[Event]:
        nearest = [{"row": "light", "sentence": "turn on the kitchen light", "distance": 0.36}]
        event = notice("unmatched", event_id="1", at="", node="voice", text=sentence)
        return [event | {"reason": "no row says this", "nearest": nearest}]

    def dry_run_recording(self, pcm: bytes) -> Sequence[Event]:
        self.heard.append(pcm)
        return self.dry_run("turn on the chicken light")

    def say(self, sentence: str) -> str:
        self.said.append(sentence)
        return "say/set: 100 sentences wait already" if self.full else ""

    def mute(self, *, on: bool) -> None:
        self.muted = on

    def reload(self) -> None:
        self.reloads += 1

    def examined(self) -> Iterator[Mapping[str, object]]:
        try:
            for severity, cure in (("ok", ""), ("warning", "speak up"), ("error", "`start` it")):
                self.looked_at += 1
                found = {"check": "part", "severity": severity, "sentence": f"it is {severity}"}
                yield found | {"cure": cure}
                self.examining.set()
                assert self.go_on.wait(10)
        finally:
            self.left = True


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Page:
    """A page that is served, and all that is behind it."""

    port: int
    daemon: ScriptedDaemon
    feed: Feed
    folder: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    @property
    def table(self) -> Path:
        return self.folder / "commands.yaml"

    def ask(
        self,
        path: str,
        body: object = None,
        *,
        method: str = "",
        token: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Get `path`, or post `body` there."""
        sent = {"Host": f"127.0.0.1:{self.port}", **(headers or {})}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        content = b""
        if body is not None:
            content = json.dumps(body).encode()
            sent = {"Content-Type": "application/json", **sent}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.putrequest(
            method or ("GET" if body is None else "POST"), path, skip_host=True,
            skip_accept_encoding=True,
        )  # fmt: skip
        for name, value in sent.items():
            connection.putheader(name, value)
        connection.putheader("Content-Length", str(len(content)))
        connection.endheaders(content)
        response = connection.getresponse()
        answer = Answer(response.status, dict(response.getheaders()), response.read())
        connection.close()
        return answer


def made_page(
    folder: Path, listen: str, more: str = "", others: str = ""
) -> tuple[Console, ScriptedDaemon, Feed]:
    """Return a page with its files in `folder`.

    `more` is added to its own settings, `others` to the rest.
    """
    settings = folder / "voice2mqtt.yaml"
    settings.write_text(f"console: {{listen: '{listen}'{more}}}\nstate_dir: state\n{others}\n")
    written = load_written(settings)
    daemon, feed = ScriptedDaemon(), Feed()
    review = review_of(written.settings, folder / "state" / "history.db")
    page = Console(written, settings, feed, daemon, review, lambda _table: (), daemon.examined)
    return page, daemon, feed


@contextmanager
def served_page(folder: Path, more: str = "", others: str = "") -> Iterator[Page]:
    """Serve a page on a free port; see `made_page`."""
    (folder / "secrets").mkdir(mode=0o700)
    (folder / "secrets" / "console-token").write_text(f"{TOKEN}\n")
    (folder / "commands.yaml").write_text(TABLE)
    page, daemon, feed = made_page(folder, "127.0.0.1:0", more, others)
    page.start()
    try:
        yield Page(page.port, daemon, feed, folder)
    finally:
        page.stop()
