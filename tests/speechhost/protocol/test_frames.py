import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.speechhost import client
from voice2mqtt.speechhost.protocol.frames import (
    AudioMessage,
    ProtocolError,
    TextMessage,
    ends_audio,
    read_binary,
    read_text,
    write_text,
)


def test_a_text_message_of_the_sdk_is_read() -> None:
    frame = client.text("speech.context", "f46a", {"audio": {"streams": {"1": None}}})
    assert read_text(frame) == TextMessage(
        path="speech.context", request_id="f46a", body={"audio": {"streams": {"1": None}}}
    )


def test_a_message_about_the_connection_has_no_request_id() -> None:
    assert read_text("Path:speech.config\r\n\r\n{}") == TextMessage(
        path="speech.config", request_id="", body={}
    )


def test_a_commit_of_the_sdk_is_read() -> None:
    assert read_text(client.commit("f46a", "12")) == TextMessage(
        path="audio.commit", request_id="f46a", body={}, commit_token="12"
    )
    assert read_text(client.commit("f46a", '1", "x')).commit_token == ""


def test_audio_of_the_sdk_is_read() -> None:
    assert read_binary(client.audio("f46a", b"\1\2")) == AudioMessage(
        request_id="f46a", payload=b"\1\2"
    )


def test_the_end_of_a_stream_is_empty_audio() -> None:
    assert read_binary(client.audio("f46a", b"")) == AudioMessage(request_id="f46a", payload=b"")
    assert ends_audio(client.audio("f46a", b""))
    assert not ends_audio(client.audio("f46a", b"\1\2"))
    assert not ends_audio(b"\0\x0cPath:picture")


def test_binary_of_another_path_is_ignored() -> None:
    assert read_binary(b"\0\x0cPath:picture" + b"x") is None


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param("", id="empty"),
        pytest.param("no header at all", id="no header"),
        pytest.param("X-RequestId:1\r\n\r\n{}", id="no path"),
        pytest.param("Path:speech.context\r\nX-RequestId:a b\r\n\r\n{}", id="request id"),
        pytest.param("Path:speech.context\r\nX-RequestId:a\nPath:x\r\n\r\n{}", id="line in id"),
        pytest.param("Path:speech.context\r\n\r\n{", id="broken JSON"),
        pytest.param("Path:speech.context\r\n\r\n[]", id="no object"),
        pytest.param("Path:speech.context\r\n\r\n" + "[" * 100_000, id="deep JSON"),
        pytest.param('Path:x\r\n\r\n{"a":' + "9" * 5000 + "}", id="huge number"),
        pytest.param("Path:x" + "y" * 10_000 + "\r\n\r\n{}", id="huge header"),
    ],
)
def test_a_text_frame_that_is_wrong_is_refused(frame: str) -> None:
    with pytest.raises(ProtocolError):
        read_text(frame)


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\0", id="one byte"),
        pytest.param(b"\xff\xffPath:audio", id="shorter than its header"),
        pytest.param(b"\0\x0aPath:audio", id="no request id"),
    ],
)
def test_a_binary_frame_that_is_wrong_is_refused(frame: bytes) -> None:
    with pytest.raises(ProtocolError):
        read_binary(frame)


def test_what_is_written_is_what_the_sdk_understands() -> None:
    frame = write_text("speech.phrase", "f46a", {"DisplayText": "Äh \U0001f4a1"})
    assert client.read(frame) == ("speech.phrase", "f46a", {"DisplayText": "Äh \U0001f4a1"})


@given(st.text() | st.text().map(lambda body: f"Path:speech.context\r\n\r\n{body}"))
@example("Path:speech.context\r\n\r\n\ud800")
def test_no_text_frame_raises_another_error(frame: str) -> None:
    try:
        message = read_text(frame)
    except ProtocolError:
        return
    assert message.path


@given(st.binary() | st.binary().map(lambda tail: client.audio("1", b"")[:-3] + tail))
def test_no_binary_frame_raises_another_error(frame: bytes) -> None:
    try:
        message = read_binary(frame)
    except ProtocolError:
        return
    assert message is None or len(message.payload) < len(frame)
