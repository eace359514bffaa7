"""What each setting of `speech:` becomes on the wire, sent by the real SDK."""

import base64
import socket
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from websockets.http11 import Request

from tests.broker import Certificates
from tests.speech.scripted import Line, answering, scripted
from tests.speech.test_azure import Spoken, ignore
from tests.speechhost.fakes import ScriptedEngine, silence, tone
from tests.speechhost.hosting import hosting
from voice2mqtt.core.outcome import Heard
from voice2mqtt.errors import SettingsError
from voice2mqtt.settings.speech_settings import SpeechSettings
from voice2mqtt.speech.azure import AzureRecognizer
from voice2mqtt.speech.probe import look

SPOKEN = (silence(200), tone(900), silence(300))
V1 = "/speech/recognition/{}/cognitiveservices/v1"
UNIVERSAL = "/stt/speech/universal/v2"
Settings = dict[str, Any]
CONTINUOUS: Settings = {"mode": "continuous"}
LANGUAGES = [
    "en-US",
    "de-DE",
    "fr-FR",
    "it-IT",
    "es-ES",
    "nl-NL",
    "pl-PL",
    "sv-SE",
    "da-DK",
    "fi-FI",
]


class Seen:
    """One connection, as a host sees it."""

    def __init__(self, request: Request, context: dict[str, Any]) -> None:
        parts = urlsplit(request.path)
        self.path = parts.path
        self.query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        self.headers = request.headers
        self.context = context


def recognise(settings: Settings, *phrases: str) -> None:
    mine = AzureRecognizer(SpeechSettings(**settings))
    if phrases:
        mine.prepare(phrases)
    outcome = mine.recognize(Spoken(*SPOKEN), ignore)
    mine.close()
    assert isinstance(outcome, Heard), outcome


def at(url: str, settings: Settings) -> Settings:
    """Return `settings` with the address `url`, as their `key` and with their `path`, if any."""
    others = {name: value for name, value in settings.items() if name not in {"key", "path"}}
    return {str(settings.get("key", "host")): f"{url}{settings.get('path', '')}", **others}


def sent(settings: Settings, *phrases: str) -> Seen:
    """Recognise with `settings` at a scripted host; return what was sent."""
    with scripted(answering("Turn on.")) as host:
        recognise(at(host.url, settings), *phrases)
        (request,), (context, *_) = host.requests, host.contexts
    return Seen(request, context)


PATHS: list[tuple[Settings, str, dict[str, str]]] = [
    ({}, V1.format("interactive"), {"language": "en-US", "format": "detailed"}),
    ({"language": "de-DE"}, V1.format("interactive"), {"language": "de-DE"}),
    (CONTINUOUS, V1.format("conversation"), {"language": "en-US"}),
    ({"key": "endpoint"}, UNIVERSAL, {}),
    ({"key": "endpoint", "path": "/my/model?a=b"}, "/my/model", {"a": "b"}),
    ({"endpoint_id": "1-2"}, V1.format("interactive"), {"cid": "1-2"}),
    ({"endpoint_id": "1-2", **CONTINUOUS}, V1.format("conversation"), {"cid": "1-2"}),
    ({"profanity": "raw"}, V1.format("interactive"), {"profanity": "raw"}),
    ({"profanity": "removed"}, V1.format("interactive"), {"profanity": "removed"}),
    ({"end_silence_ms": 700}, V1.format("interactive"), {"endSilenceTimeoutMs": "700"}),
]


def test_path_and_query() -> None:
    with ThreadPoolExecutor(len(PATHS)) as pool:
        found = list(pool.map(sent, [settings for settings, _, _ in PATHS]))
    for seen, (_, path, query) in zip(found, PATHS, strict=True):
        assert seen.path == path
        assert seen.query.items() >= query.items()


def test_audio_is_sent_as_soon_as_it_is_there() -> None:
    sizes: list[int] = []

    def script(line: Line) -> None:
        line.hear()
        sizes.extend(line.frame_sizes)
        line.answer("Turn on.")

    with scripted(script) as host:
        recognise({"host": host.url})
    assert set(sizes[:-1]) == {1024}  # 32 ms; what is left comes last


def test_the_key_comes_from_a_file_or_the_environment_and_a_token_from_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n")
    monkeypatch.setenv("SPEECH_KEY", "s3cret")
    named: tuple[Settings, ...] = ({"key_file": secret}, {"key_env": "SPEECH_KEY"})
    for settings in named:
        assert sent(settings).headers["Ocp-Apim-Subscription-Key"] == "s3cret"
    assert sent({"token_file": secret}).headers["Authorization"] == "Bearer s3cret"
    monkeypatch.delenv("SPEECH_KEY")
    with pytest.raises(SettingsError, match="SPEECH_KEY is not set"):
        AzureRecognizer(SpeechSettings(key_env="SPEECH_KEY"))


def segmentation_of(seen: Seen, mode: str) -> dict[str, Any]:
    found: dict[str, Any] = seen.context["phraseDetection"][mode]["segmentation"]
    return found


def test_who_ends_a_sentence() -> None:
    # Our endpointer does, and the host waits for as long as it can.
    assert segmentation_of(sent({}), "INTERACTIVE")["segmentationSilenceTimeoutMs"] == 5000
    timed = sent({"segmentation_silence_ms": 800, "segmentation_max_ms": 20_000})
    assert segmentation_of(timed, "INTERACTIVE") == {
        "mode": "Custom",
        "segmentationSilenceTimeoutMs": 800,
        "segmentationForcedTimeoutMs": 20_000,
    }
    semantic = sent({"segmentation": "semantic", **CONTINUOUS})
    assert segmentation_of(semantic, "CONVERSATION") == {"mode": "Semantic"}


def test_phrases_of_the_table_and_ones_own_go_with_their_weight() -> None:
    seen = sent({"phrase_weight": 1.5}, "turn on", "Contoso")
    (group,) = seen.context["dgi"]["Groups"]
    assert [item["Text"] for item in group["Items"]] == ["turn on", "Contoso"]
    assert seen.context["dgi"]["bias"] == 1.5
    own = AzureRecognizer(SpeechSettings(phrases=("Contoso", "Jessie")))
    own.prepare(["turn on", "Contoso"])
    assert own._phrases == ["Contoso", "Jessie", "turn on"]


def test_languages_are_told_apart_at_the_start_or_continuously() -> None:
    at_start = sent({"languages": LANGUAGES[:4]}).context["languageId"]
    assert (at_start["mode"], at_start["languages"]) == ("DetectAtAudioStart", LANGUAGES[:4])
    changing: Settings = {"languages": LANGUAGES, "language_id": "continuous", **CONTINUOUS}
    for settings in (changing, {"key": "endpoint", **changing}):
        seen = sent(settings)
        found = seen.context["languageId"]
        assert (found["mode"], found["languages"]) == ("DetectContinuous", LANGUAGES)


@contextmanager
def proxy(to_port: int | None = None) -> Iterator[tuple[int, list[str]]]:
    """Be a proxy for one connection; yield its port and what it is asked for.

    With `to_port`, whoever is asked for is there on this machine.
    """
    asked: list[str] = []

    def pump(source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def serve(door: socket.socket) -> None:
        client, _ = door.accept()
        head = client.recv(65536).decode()
        asked.append(head)
        name, port = head.split()[1].rsplit(":", 1)
        address = (name, int(port)) if to_port is None else ("127.0.0.1", to_port)
        with client, socket.create_connection(address) as host:
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            back = threading.Thread(target=pump, args=(host, client), daemon=True)
            back.start()
            pump(client, host)

    with socket.create_server(("127.0.0.1", 0)) as door:
        threading.Thread(target=serve, args=(door,), daemon=True).start()
        yield door.getsockname()[1], asked


def test_a_proxy_is_asked_for_the_way_with_its_login(tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("pw\n")
    with proxy() as (port, asked):
        sent(
            {
                "proxy": f"http://127.0.0.1:{port}",
                "proxy_username": "me",
                "proxy_password_file": password,
            }
        )
    (head,) = asked
    assert head.startswith("CONNECT 127.0.0.1:")
    assert base64.b64encode(b"me:pw").decode() in head


def test_a_region_is_asked_by_its_name_for_the_universal_path(
    tmp_path: Path, certificates: Certificates
) -> None:
    key = tmp_path / "key"
    key.write_text("s3cret\n")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificates.server_cert, certificates.server_key)
    with scripted(answering("Turn on."), tls=tls) as host, proxy(host.port) as (port, asked):
        cloud = {"region": "westeurope", "key_file": key, "language": "de-DE"}
        by_proxy = {"proxy": f"http://127.0.0.1:{port}", "ca_file": certificates.ca}
        recognise({**cloud, **by_proxy, "endpoint_id": "1-2"})
        seen = Seen(host.requests[0], host.contexts[0])
    assert asked[0].startswith("CONNECT westeurope.stt.speech.microsoft.com:443 ")
    assert seen.path == UNIVERSAL
    assert seen.headers["Ocp-Apim-Subscription-Key"] == "s3cret"
    assert seen.query["cid"] == "1-2"
    assert seen.context["phraseDetection"]["language"] == "de-DE"


@pytest.mark.parametrize(
    ("region", "name"),
    [
        ("westeurope", "westeurope.stt.speech.microsoft.com"),
        ("chinaeast2", "chinaeast2.stt.speech.azure.cn"),
    ],
)
def test_the_probe_looks_where_the_sdk_does(tmp_path: Path, region: str, name: str) -> None:
    key = tmp_path / "key"
    key.write_text("s3cret\n")

    def speech(port: int) -> SpeechSettings:
        by_proxy = f"http://127.0.0.1:{port}"
        return SpeechSettings(region=region, key_file=key, proxy=by_proxy, retry_s=0)

    with scripted(answering("Turn on.")) as host:
        with proxy(host.port) as (port, asked):
            mine = AzureRecognizer(speech(port), probing=False)
            mine._config.set_property_by_name("SPEECH-Error-MaxRetryCount", "0")
            mine.recognize(Spoken(*SPOKEN), ignore)
            mine.close()
        with proxy(host.port) as (port, probed):
            assert look(speech(port), "en-US")
    assert [each[0].split()[1] for each in (asked, probed)] == [f"{name}:443"] * 2


TAKEN: list[Settings] = [
    {}, CONTINUOUS, {"key": "endpoint"}, {"key": "endpoint", **CONTINUOUS},
    {"endpoint_id": "1-2"}, {"profanity": "masked"}, {"end_silence_ms": 700},
    {"segmentation": "semantic", **CONTINUOUS},
    {"segmentation_silence_ms": 800, "segmentation_max_ms": 20_000},
    {"languages": ["en-US", "de-DE"]},
    {"languages": LANGUAGES, "language_id": "continuous", **CONTINUOUS},
    {"phrases": ["Contoso"], "phrase_weight": 0},
]  # fmt: skip


def test_our_host_takes_each_of_them() -> None:
    with (
        hosting(ScriptedEngine("Turn on.")) as host,
        ThreadPoolExecutor(len(TAKEN)) as pool,
    ):
        list(pool.map(recognise, [at(host.url, settings) for settings in TAKEN]))
