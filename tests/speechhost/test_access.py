"""Who is let in, as the real Azure Speech SDK for Python meets it."""

import ssl
import subprocess
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import azure.cognitiveservices.speech as sdk
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.speechhost.azure_client import Client, configured
from tests.speechhost.fakes import ScriptedEngine, silence, tone
from tests.speechhost.hosting import WITHIN_S, hosting
from voice2mqtt.speechhost.serving.admission import Limits

SENTENCE = "Turn on the kitchen light."
ONCE = "/speech/recognition/interactive/cognitiveservices/v1"
PAGE = Origin("https://evil.example")
SPOKEN = silence(300) + tone(1000) + silence(1000)


def test_a_key_or_a_token_is_accepted() -> None:
    with hosting(ScriptedEngine(SENTENCE), keys=("other", "s3cret")) as host:
        assert Client(configured(host.url, subscription="s3cret")).once(SPOKEN).text == SENTENCE
        config = configured(host.url)
        config.authorization_token = "s3cret"
        assert Client(config).once(SPOKEN).text == SENTENCE


def test_without_the_key_a_client_is_refused() -> None:
    with hosting(ScriptedEngine(SENTENCE), keys=("s3cret",)) as host:
        result = Client(configured(host.url, subscription="guess")).once(SPOKEN)
        with urlopen(host.url.replace("ws", "http", 1) + "/ready", timeout=WITHIN_S) as ready:
            assert ready.status == 200  # needs none
    details = result.cancellation_details
    assert details.code is sdk.CancellationErrorCode.AuthenticationFailure


def test_a_page_that_somebody_visits_may_not_use_the_host() -> None:
    with hosting(ScriptedEngine(SENTENCE)) as host:
        with pytest.raises(InvalidStatus) as refused, connect(host.url + ONCE, origin=PAGE):
            pass
        address = host.url.replace("ws", "http", 1) + ONCE
        form = Request(address, b"RIFF", {"Origin": PAGE, "Content-Type": "text/plain"})
        with pytest.raises(HTTPError) as of_form:
            urlopen(form, timeout=WITHIN_S)
        of_form.value.close()
    told = refused.value.response
    assert (told.status_code, of_form.value.code) == (403, 403)
    assert "--key-file" in told.reason_phrase


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (Limits(connections_per_address=1), sdk.CancellationErrorCode.TooManyRequests),
        (Limits(connections=1), sdk.CancellationErrorCode.ServiceUnavailable),
    ],
)
def test_too_many_connections_are_refused_in_a_way_that_is_tried_again(
    limits: Limits, code: sdk.CancellationErrorCode
) -> None:
    with hosting(ScriptedEngine(SENTENCE), limits=limits) as host:
        first = Client(configured(host.url))
        assert first.once(SPOKEN).text == SENTENCE
        config = configured(host.url)
        config.set_property_by_name("SPEECH-Error-MaxRetryCount", "0")
        refused = Client(config).once(SPOKEN)
        assert first.once(SPOKEN).text == SENTENCE
    assert refused.cancellation_details.code is code


def test_speech_travels_encrypted(tmp_path: Path) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=voice2mqtt", "-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-keyout", str(key), "-out", str(cert)]
    subprocess.run(command, check=True, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(cert, key)
    with hosting(ScriptedEngine(SENTENCE), tls=tls) as host:
        assert host.url.startswith("wss://")
        config = configured(host.url)
        config.set_property_by_name("OPENSSL_SINGLE_TRUSTED_CERT", cert.read_text())
        assert Client(config).once(SPOKEN).text == SENTENCE
