"""Each way not to be recognised has a sentence, the same from the probe and from the real SDK."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.broker import Broker, Certificates, make_certificates
from tests.speech.scripted import answering, scripted
from tests.speech.test_azure import Spoken, ignore
from tests.speechhost.fakes import ScriptedEngine, silence, tone
from tests.speechhost.hosting import hosting
from voice2mqtt.core.outcome import Canceled, Heard, Origin
from voice2mqtt.demo.stage import free_port
from voice2mqtt.settings.speech_settings import SpeechSettings
from voice2mqtt.speech.azure import AzureRecognizer
from voice2mqtt.speech.probe import is_ready, look

SPOKEN = (silence(200), tone(900), silence(300))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@contextmanager
def answering_with(status: int) -> Iterator[int]:
    """Answer every request, whatever its method, with `status`; yield the port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        do_CONNECT = do_GET  # noqa: N815 - http.server asks for the name

        def log_message(self, *_args: object) -> None:
            """Keep quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def speaking_tls(files: Certificates) -> Iterator[int]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(files.server_cert, files.server_key)
    with hosting(ScriptedEngine("Turn on."), tls=tls) as host:
        yield host.port


def cause_of(**settings: Any) -> str:
    """Return the sentence for these settings, which probe and recogniser agree upon."""
    speech = SpeechSettings(retry_s=0, **settings)
    found = look(speech, speech.language)
    assert found
    recognizer = AzureRecognizer(speech)
    # The SDK tries five times, with pauses; the texts are the same.
    recognizer._config.set_property_by_name("SPEECH-Error-MaxRetryCount", "0")
    outcome = recognizer.recognize(Spoken(*SPOKEN), ignore)
    recognizer.close()
    assert isinstance(outcome, Canceled)
    assert outcome.origin is Origin.CONNECTION
    assert outcome.details
    assert (outcome.explanation, outcome.passes) == (found.sentence, found.passes)
    return found.sentence


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (302, "the host names another address, which is not followed; write it into speech.host"),
        (400, "the host does not take the request; does it know the language de-DE?"),
        (401, "the host does not know the key in {key}; is it of this service and region?"),
        (403, "the host does not admit the key in {key}; is it of this service and region?"),
        (404, "the host has no recognition at this path, or none for de-DE; see speech.host"),
        (408, "the host took too long to agree to a connection"),
        (418, "this is no Speech host; see speech.host"),
        (429, "the host has too much to do, or the quota of the key is used up"),
        (503, "the host has too much to do, or is just starting or stopping"),
    ],
)  # fmt: skip
def test_each_status_has_its_sentence(status: int, sentence: str, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("wrong\n")
    with answering_with(status) as port:
        told = look(SpeechSettings(host=f"ws://127.0.0.1:{port}", key_file=key), "de-DE")
    assert told
    assert told.sentence == f"{sentence.format(key=key)} ({status})"


def test_who_has_no_key_is_told_where_to_name_it() -> None:
    with hosting(ScriptedEngine("Turn on."), keys=("right",)) as host:
        told = cause_of(host=host.url)
    assert told == "the host wants a key; name the file that holds it as speech.key_file (401)"


def test_the_right_key_is_taken_by_probe_and_host(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("right\n")
    with hosting(ScriptedEngine("Turn on."), keys=("right",)) as host:
        speech = SpeechSettings(host=host.url, key_file=key)
        assert look(speech, "en-US") is None
        assert look(replace(speech, key_file=None, token_file=key), "en-US") is None
        assert is_ready(speech)
        assert isinstance(AzureRecognizer(speech).recognize(Spoken(*SPOKEN), ignore), Heard)


def test_a_certificate_that_is_not_trusted_is_named(files: Certificates) -> None:
    with speaking_tls(files) as port:
        told = cause_of(host=f"wss://127.0.0.1:{port}")
        others = SpeechSettings(host=f"wss://127.0.0.1:{port}", ca_file=files.other_ca)
        other = look(others, "en-US")
        assert other
        mine = replace(others, ca_file=files.ca)
        assert look(mine, "en-US") is None
        assert isinstance(AzureRecognizer(mine).recognize(Spoken(*SPOKEN), ignore), Heard)
    assert told == other.sentence == (
        "the host's certificate “broker”, made by “ca”, is not trusted: unable to get local issuer "
        "certificate; name the file of its authority's certificate as speech.ca_file"
    )  # fmt: skip


def test_a_certificate_of_another_name_says_so(files: Certificates) -> None:
    with speaking_tls(files) as port:
        told = look(SpeechSettings(host=f"wss://localhost:{port}", ca_file=files.ca), "en-US")
    assert told
    assert told.sentence == (
        "the host's certificate “broker”, made by “ca”, is not for localhost; write the name that "
        "it is for into speech.host"
    )


def test_tls_where_there_is_none_and_the_reverse(files: Certificates) -> None:
    with speaking_tls(files) as port, scripted(answering("Turn on.")) as plain:
        assert cause_of(host=f"ws://127.0.0.1:{port}") == (
            "the host speaks TLS on this port; write wss:// for ws:// into speech.host"
        )
        assert cause_of(host=plain.url.replace("ws", "wss")) == (
            "the host speaks no TLS on this port; write ws:// for wss:// into speech.host"
        )


def test_a_broker_is_no_speech_host(tmp_path: Path) -> None:
    with Broker(tmp_path) as broker:
        url = broker.url.replace("mqtt", "ws")
        told = cause_of(host=url)
    assert told == (
        f"who listens at {url} hangs up, as one that is no Speech host, or is just starting; see "
        "speech.host"
    )


def test_nobody_listens_or_bears_the_name() -> None:
    url = f"ws://127.0.0.1:{free_port()}"
    assert cause_of(host=url) == f"nobody listens at {url}; is the host running?"
    assert (
        cause_of(host="ws://none.invalid:1")
        == "the name none.invalid is not known; see speech.host"
    )


def test_the_setting_to_look_at_is_the_one_that_names_the_service(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("k3y\n")
    told = cause_of(region="nowhere", key_file=key)
    assert told.endswith("is not known; see speech.region")
    assert cause_of(endpoint="ws://none.invalid:1").endswith("is not known; see speech.endpoint")


def test_who_does_not_answer_is_silent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        url = f"ws://127.0.0.1:{door.getsockname()[1]}"
        told = look(SpeechSettings(host=url), "en-US")
    assert told
    assert (
        told.sentence == f"no answer from {url}; is the address right, and no firewall in between?"
    )


def test_a_proxy_that_is_no_way_is_named(tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("pw\n")
    login = {"proxy_username": "voice", "proxy_password_file": password}
    away = f"http://127.0.0.1:{free_port()}"
    assert cause_of(host="ws://speech.lan:5000", proxy=away, **login) == (
        f"the proxy {away} is no way to the host: nobody listens at {away}; see speech.proxy"
    )
    with answering_with(407) as port:
        told = cause_of(host="ws://speech.lan:5000", proxy=f"http://127.0.0.1:{port}", **login)
    assert told == (
        f"the proxy http://127.0.0.1:{port} is no way to the host: it refuses (407); see "
        "speech.proxy"
    )


def test_a_token_that_cannot_be_read_is_no_fault_of_the_host(tmp_path: Path) -> None:
    speech = SpeechSettings(host="ws://127.0.0.1:1", token_file=tmp_path / "token")
    found = look(speech, "en-US")
    assert found
    assert str(tmp_path / "token") in found.sentence
