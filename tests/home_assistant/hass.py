"""A real Home Assistant of its own, without a browser: set up, asked and restarted over its API."""

import json
import os
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar

from websockets.sync.client import ClientConnection, connect

from tests.broker import Broker
from voice2mqtt.demo.stage import free_port

START_S = 120.0
_Found = TypeVar("_Found")
Json = Any
"""What the API says; each caller knows what it asked for."""

CONFIGURATION = """\
homeassistant:
  name: Test
  latitude: 47
  longitude: 8
  elevation: 400
  unit_system: metric
  time_zone: UTC
  country: CH
  currency: CHF
http:
  server_host: 127.0.0.1
  server_port: {port}
api:
config:
logger:
  default: warning
automation: !include automations.yaml
"""


class HomeAssistant:
    """A Home Assistant whose MQTT integration is set up with `broker`; ends with its context."""

    def __init__(self, installation: Path, folder: Path, broker: Broker) -> None:
        self._hass = installation / "bin" / "hass"
        self._folder = folder
        self._broker = broker
        self._port = free_port()
        self._token = ""
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "configuration.yaml").write_text(CONFIGURATION.format(port=self._port))
        (folder / "automations.yaml").write_text("[]\n")

    def start(self) -> None:
        """Start it; return when it runs and listens to discovery."""
        subscribed = self._subscriptions()
        environment = os.environ | {"HOME": str(self._folder), "PYTHONUNBUFFERED": "1"}
        environment.pop("PYTHONPATH", None)
        with (self._folder / "hass.log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._hass, "-c", self._folder, "--skip-pip", "--log-no-color"],
                cwd=self._folder,
                env=environment,
                stdout=log,
                stderr=log,
            )
        if not self._token:
            self._onboard()
        self.wait(lambda: self.get("/api/config")["state"] == "RUNNING", "a running state")
        if not self._broker_is_known():
            self._set_up_mqtt()
        # RUNNING alone does not mean that it has subscribed.
        self.wait(lambda: self._subscriptions() > subscribed, "subscription to discovery")

    def _onboard(self) -> None:
        self.wait(lambda: self._call("GET", "/api/onboarding") is not None, "onboarding")
        client = f"{self.url()}/"
        user = {"client_id": client, "name": "t", "username": "t", "password": "t"}
        code = self._call("POST", "/api/onboarding/users", user | {"language": "en"})["auth_code"]
        form = {"client_id": client, "grant_type": "authorization_code", "code": code}
        self._token = self._call("POST", "/auth/token", form, is_form=True)["access_token"]

    def _broker_is_known(self) -> bool:
        entries = self.get("/api/config/config_entries/entry")
        return any(entry["domain"] == "mqtt" for entry in entries)

    def _set_up_mqtt(self) -> None:
        flow = "/api/config/config_entries/flow"
        begun = self.post(flow, {"handler": "mqtt", "show_advanced_options": False})
        answer = {"broker": self._broker.host, "port": self._broker.port}
        if any(field["name"] == "other_settings" for field in begun["data_schema"]):
            # Since 2026.11 the form asks for these as well.
            tls = {"set_client_cert": False, "set_ca_cert": "off"}
            answer |= {"protocol": "5", "other_settings": tls}
        ended = self.post(f"{flow}/{begun['flow_id']}", answer)
        assert ended["type"] == "create_entry", ended

    def _subscriptions(self) -> int:
        lines = self._broker.log().splitlines()
        return sum("\thomeassistant/" in line and "/config" in line for line in lines)

    def url(self, scheme: str = "http") -> str:
        """Return its address."""
        return f"{scheme}://127.0.0.1:{self._port}"

    def browser_tokens(self) -> dict[str, object]:
        """Return what its page keeps in a browser (`hassTokens`) for somebody who has logged in."""
        return {
            "hassUrl": self.url(),
            "clientId": f"{self.url()}/",
            "access_token": self._token,
            "token_type": "Bearer",
            "refresh_token": "",
            "expires_in": 1800,
            "expires": (time.time() + 1800) * 1000,
        }

    def get(self, path: str) -> Json:
        """Return what the API answers."""
        return self._call("GET", path)

    def post(self, path: str, body: object) -> Json:
        """Send `body`; return what the API answers."""
        return self._call("POST", path, body)

    def _call(self, method: str, path: str, body: Json = None, *, is_form: bool = False) -> Json:
        data = None
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        if is_form:
            data = urllib.parse.urlencode(body).encode()
        elif body is not None:
            data = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(self.url() + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def command(self, kind: str, **fields: object) -> Json:
        """Return the result of a websocket command."""
        with self._socket() as socket:
            socket.send(json.dumps({"id": 1, "type": kind, **fields}))
            answer = json.loads(socket.recv())
            assert answer["success"], answer
            return answer["result"]

    @contextmanager
    def _socket(self) -> Iterator[ClientConnection]:
        with connect(f"{self.url('ws')}/api/websocket", max_size=None) as socket:
            socket.recv()
            socket.send(json.dumps({"type": "auth", "access_token": self._token}))
            assert json.loads(socket.recv())["type"] == "auth_ok"
            yield socket

    def assist_pipeline(self, engine: str) -> str:
        """Make a pipeline of Assist with the speech to text `engine`; return its id."""
        made = self.command(
            "assist_pipeline/pipeline/create",
            name="test",
            language="en",
            conversation_engine="homeassistant",
            conversation_language="en",
            stt_engine=engine,
            stt_language="en",
            tts_engine=None,
            tts_language=None,
            tts_voice=None,
            wake_word_entity=None,
            wake_word_id=None,
        )
        return str(made["id"])

    def assist_hears(self, pipeline: str, pcm: bytes) -> str:
        """Return what Assist hears in `pcm` (16 kHz, 16 bit, mono)."""
        run = {"start_stage": "stt", "end_stage": "stt", "input": {"sample_rate": 16_000}}
        with self._socket() as socket:
            message = {"id": 1, "type": "assist_pipeline/run", "pipeline": pipeline, **run}
            socket.send(json.dumps(message))
            while True:
                told = json.loads(socket.recv(timeout=30))
                event = told.get("event", {})
                if event.get("type") == "run-start":
                    handler = bytes([event["data"]["runner_data"]["stt_binary_handler_id"]])
                elif event.get("type") == "stt-start":
                    for at in range(0, len(pcm), 3200):
                        socket.send(handler + pcm[at : at + 3200])
                    socket.send(handler)
                elif event.get("type") == "stt-end":
                    return str(event["data"]["stt_output"]["text"])
                else:
                    assert told.get("success", True), told
                    assert event.get("type") != "error", told

    def states(self) -> dict[str, dict[str, Any]]:
        """Return the state of every entity, by its id."""
        return {state["entity_id"]: state for state in self.get("/api/states")}

    def wait_for_state(self, entity: str, state: str) -> dict[str, Any]:
        """Return `entity` when it is in `state`."""

        def found() -> dict[str, Any] | None:
            now = self.states().get(entity)
            return now if now and now["state"] == state else None

        return self.wait(found, f"{entity} to be {state}", 20)

    def wait(
        self, found: Callable[[], _Found | None], what: str, within_s: float = START_S
    ) -> _Found:
        """Return what is `found`, asking again until it is."""
        deadline_s = time.monotonic() + within_s
        while time.monotonic() < deadline_s:
            assert self._process is not None
            log = self.log()
            assert self._process.poll() is None, log[-3000:]
            assert "Activating recovery mode" not in log, log[-3000:]
            try:
                if answer := found():
                    return answer
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                pass
            time.sleep(0.2)
        raise AssertionError(f"no {what} within {within_s:.0f} s\n{self.log()[-3000:]}")

    def log(self) -> str:
        """Return what it wrote so far."""
        return (self._folder / "hass.log").read_text(errors="replace")

    def stop(self) -> None:
        """End it in good order."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
