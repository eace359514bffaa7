import pytest

from voice2mqtt.speechhost.dictation import is_speech


@pytest.mark.parametrize(
    ("text", "speech"),
    [
        ("Turn on the light.", True),
        ("No, no, no.", True),
        ("You", False),
        ("", False),
        ("♪♪♪", False),
        ("I'm not going. I'm not going. I'm not going. I'm not going.", False),
    ],
)
def test_words_that_no_one_says_are_not_speech(text: str, speech: bool) -> None:
    assert is_speech(text) is speech
