"""The REST service for short audio, over a real socket."""

import http.client
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.broker import wait_until
from tests.speechhost import client as wire
from tests.speechhost.fakes import ScriptedEngine, silence, tone
from tests.speechhost.hosting import THREADS, WITHIN_S, Serving, hosting
from voice2mqtt.speechhost.engine import Transcript
from voice2mqtt.speechhost.serving import scheduler

SENTENCE = "Turn on the kitchen light."
PATH = "/speech/recognition/conversation/cognitiveservices/v1?language=en-US"
SPOKEN = silence(300) + tone(1000) + silence(2000) + tone(500)
"""With a pause that would end a phrase on a websocket."""


@pytest.fixture(scope="module")
def host() -> Iterator[Serving]:
    with hosting(ScriptedEngine(SENTENCE)) as host:
        yield host


def post(
    host: Serving, path: str, body: bytes | list[bytes], **headers: str
) -> tuple[int, str, dict[str, Any]]:
    """Status, reason and JSON; a list is sent in chunks, one a piece."""
    connection = http.client.HTTPConnection("127.0.0.1", host.port, timeout=WITHIN_S)
    try:
        chunked = isinstance(body, list)
        connection.request("POST", path, body=body, headers=headers, encode_chunked=chunked)
        answer = connection.getresponse()
        return answer.status, answer.reason, json.loads(answer.read())
    finally:
        connection.close()


@pytest.mark.parametrize("chunked", [False, True])
def test_a_recording_is_answered_as_one_phrase(host: Serving, chunked: bool) -> None:
    wav = wire.riff() + SPOKEN
    pieces = [wav[:30], *(wav[at : at + 5000] for at in range(30, len(wav), 5000))]
    status, _, answer = post(host, PATH, pieces if chunked else wav)
    assert status == 200
    assert answer["RecognitionStatus"] == "Success"
    assert answer["DisplayText"] == SENTENCE
    assert (answer["Offset"], answer["Duration"]) == (2_880_000, 35_120_000)
    assert "NBest" not in answer


def test_a_detailed_answer_has_hypotheses_and_words(host: Serving) -> None:
    path = f"{PATH}&format=detailed&wordLevelTimestamps=true"
    _, _, answer = post(host, path, SPOKEN, **{"Content-Type": "audio/wav"})
    assert [word["Word"] for word in answer["NBest"][0]["Words"]][:2] == ["turn", "on"]


@pytest.mark.parametrize(
    ("body", "status"),
    [(silence(1000), "InitialSilenceTimeout"), (b"", "InitialSilenceTimeout")],
)
def test_silence_is_told(host: Serving, body: bytes, status: str) -> None:
    assert post(host, PATH, body)[2]["RecognitionStatus"] == status


def test_more_than_a_minute_is_cut_there(host: Serving) -> None:
    _, _, answer = post(host, PATH, tone(70_000))
    assert answer["Offset"] + answer["Duration"] <= 600_320_000


@pytest.mark.parametrize(
    ("path", "body", "status", "reason"),
    [
        (PATH, b"OggS" + bytes(100), 400, "send a WAV file"),
        (PATH.replace("en-US", "fr-FR"), SPOKEN, 400, "recognises en-US alone, not fr-FR"),
        ("/cognitiveservices/v1", b"<speak/>", 400, "this host does not speak"),
        ("/speechtotext/v3.2/transcriptions", b"{}", 400, "no batch transcription"),
        ("/nowhere", b"", 404, "Not Found"),
        (PATH, wire.riff(tag=85) + bytes(5000), 400, "audio"),
    ],
)
def test_what_is_not_served_is_refused_with_a_reason(
    host: Serving, path: str, body: bytes, status: int, reason: str
) -> None:
    found, phrase, answer = post(host, path, body)
    assert found == status
    assert reason in phrase
    assert reason in answer["error"]["message"] or status == 404


def test_raw_audio_may_have_any_bytes_after_its_beginning(host: Serving) -> None:
    raw = silence(300) + tone(1000)
    pieces = [raw[:8192], b"ID3\0" + raw[8192:16_384], raw[16_384:]]
    assert post(host, PATH, pieces)[2]["DisplayText"] == SENTENCE


def test_a_key_is_asked_for() -> None:
    with hosting(ScriptedEngine(SENTENCE), keys=("s3cret",)) as host:
        assert post(host, PATH, SPOKEN)[0] == 401
        status, _, answer = post(host, PATH, SPOKEN, **{"Ocp-Apim-Subscription-Key": "s3cret"})
    assert (status, answer["DisplayText"]) == (200, SENTENCE)


def test_an_engine_that_fails_is_an_error_for_the_client() -> None:
    class Broken(ScriptedEngine):
        def transcribe(self, *_: object, **_options: object) -> Transcript:
            raise ValueError("broken on purpose")

    with hosting(Broken()) as host:
        assert post(host, PATH, SPOKEN)[0] == 500


def test_a_host_with_too_much_to_do_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "MAX_WAIT_S", 0.05)
    engine = ScriptedEngine(SENTENCE)
    engine.gate.clear()
    short = silence(300) + tone(250) + silence(300)  # of which nothing is transcribed twice
    with hosting(engine) as host, ThreadPoolExecutor() as threads:
        both = [threads.submit(post, host, PATH, short) for _ in range(THREADS)]
        wait_until(lambda: len(engine.asked) == THREADS, "two that are answered")
        status, reason, _ = post(host, PATH, short)
        engine.gate.set()
        assert [one.result()[0] for one in both] == [200, 200]
    assert status == 503
    assert "too much to do" in reason


def test_nonsense_is_cut_off_and_others_are_served(host: Serving) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", host.port, timeout=WITHIN_S)
    connection.connect()
    connection.sock.sendall(b"POST \xff\xff\r\nnonsense\r\n\r\n")
    assert connection.sock.recv(100) == b""
    connection.close()
    assert post(host, PATH, SPOKEN)[0] == 200
