"""What a request gives is checked."""

from base64 import b64encode

import pytest

from voice2mqtt.console.given import LONGEST_RECORDING_S, recording_of, sentence_of, text_of
from voice2mqtt.errors import InputError


def test_what_is_right_is_returned() -> None:
    assert text_of({"key": "a"}, "key") == "a"
    assert sentence_of({"text": " turn on "}) == "turn on"
    assert recording_of({"pcm": b64encode(b"\0\1").decode()}) == b"\0\1"


@pytest.mark.parametrize("text", [None, 1, "", " ", "a\nb", "a" * 1001])
def test_what_is_no_sentence_is_refused(text: object) -> None:
    with pytest.raises(InputError):
        sentence_of({"text": text})


@pytest.mark.parametrize(
    ("pcm", "why"),
    [
        pytest.param("", "whole samples", id="empty"),
        pytest.param(b64encode(b"\0").decode(), "whole samples", id="half a sample"),
        pytest.param("<script>", "base64", id="no base64"),
        pytest.param(
            b64encode(bytes(LONGEST_RECORDING_S * 32_000 + 2)).decode(), "longer", id="long"
        ),
    ],
)
def test_what_is_no_recording_is_refused(pcm: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        recording_of({"pcm": pcm})
