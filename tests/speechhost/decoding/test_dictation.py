import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice2mqtt.speechhost.decoding.dictation import decoded_text, is_endless, is_speech
from voice2mqtt.speechhost.decoding.moonshine import model_folder
from voice2mqtt.speechhost.decoding.tokenizer import END, Tokenizer, read_tokenizer


@pytest.mark.parametrize(
    ("text", "speech"),
    [
        ("Turn on the light.", True),
        ("No, no, no.", True),
        ("Stop, stop, stop, stop.", True),
        ("That is a very, very, very good idea.", True),
        ("Turn it off, turn it off, turn it off.", True),
        ("Call 555-555-555.", True),
        ("You", False),
        ("", False),
        ("♪♪♪", False),
        ("I'm not going. I'm not going. I'm not going. I'm not going.", False),
        ("We go to the sea. We go to the sea. We go to the sea.", False),
    ],
)
def test_words_that_no_one_says_are_not_speech(text: str, speech: bool) -> None:
    assert is_speech(text) is speech


@pytest.mark.parametrize(("open_text", "speech"), [("We go.", True), ("You", False), ("", False)])
def test_a_row_may_repeat_itself_where_words_are_heard(open_text: str, *, speech: bool) -> None:
    assert is_speech("We go to the sea, we go to the sea, we go to the sea", open_text) is speech
    assert is_speech("Stop, stop, stop!", open_text) is speech
    assert is_speech("Turn on the light.", open_text)
    assert not is_speech("You", open_text)


_PIECES = st.integers(300, 20_000)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return read_tokenizer(model_folder() / "tokenizer.bin")


@given(before=st.lists(_PIECES, max_size=30), said=st.lists(_PIECES, min_size=1, max_size=16))
def test_a_loop_has_no_words_unless_it_ends(
    tokenizer: Tokenizer, before: list[int], said: list[int]
) -> None:
    looping = [*before, *3 * said]
    assert decoded_text(tokenizer, looping) == ""
    assert decoded_text(tokenizer, [*looping, END]) == tokenizer.decode(looping)
    assert is_endless([*before, *24 * said])
    assert not is_endless([*looping, END])


def test_a_short_word_may_be_said_many_times() -> None:
    five, comma = 400, 500
    assert not is_endless(11 * [five, comma])
    assert is_endless(12 * [five, comma])
