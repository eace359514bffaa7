from pathlib import Path

import pytest

from voice2mqtt.errors import InputError
from voice2mqtt.speechhost.decoding.moonshine import model_folder
from voice2mqtt.speechhost.decoding.tokenizer import END, START, Tokenizer, read_tokenizer


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return read_tokenizer(model_folder() / "tokenizer.bin")


@pytest.mark.parametrize(
    "text", ["turn", "Turn", "12-ounce", "50%", "naïve", "TV", "don't", "x", "日本", "\U0001f600"]
)
def test_what_is_encoded_decodes_to_itself(tokenizer: Tokenizer, text: str) -> None:
    assert tokenizer.decode(tokenizer.encode(text)) == text


def test_of_all_neighbours_the_pair_with_the_lowest_token_merges_first() -> None:
    tokenizer = Tokenizer(
        [*[b""] * 259, b"bc", b"a", b"b", b"c", b"d", b"ab", b"abc", b"cd", b"bcd"]
    )
    assert tokenizer.encode("abcd", begins_word=False) == (265, 263)
    assert tokenizer.encode("abc", begins_word=False) == (265,)
    assert tokenizer.encode("cdcd", begins_word=False) == (266, 266)


def test_a_common_word_is_one_token(tokenizer: Tokenizer) -> None:
    assert len(tokenizer.encode("kitchen")) == 1
    assert len(tokenizer.encode("xylophones")) > 1


def test_words_join_with_spaces_and_special_tokens_are_silent(tokenizer: Tokenizer) -> None:
    tokens = [START, *tokenizer.encode("Turn"), *tokenizer.encode("on"), tokenizer.number(".")]
    assert tokenizer.decode([*tokens, END]) == "Turn on."


@pytest.mark.parametrize("data", [b"", b"\x05ab", b"\x80", b"\x01a\x01b"])
def test_a_damaged_file_is_named(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "tokenizer.bin"
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"tokenizer\.bin is not"):
        read_tokenizer(path)
