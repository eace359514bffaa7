import pytest

from voice2mqtt.pronunciation.ipa import phonemes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("l_ˈaɪ_t", ("l", "aɪ", "t"), id="stress-is-dropped"),
        pytest.param("tʃ_ˈɜː_tʃ", ("tʃ", "ɜː", "tʃ"), id="affricates-and-length-stay-whole"),
        pytest.param("d_ˈoːɹ", ("d", "oː", "ɹ"), id="liquid-leaves-its-vowel"),
        pytest.param("b_ˈɑː_ɾ_əl", ("b", "ɑː", "ɾ", "ə", "l"), id="syllabic-l"),
        pytest.param("_ˈaɪ_n _ʊ_n_t", ("aɪ", "n", "ʊ", "n", "t"), id="two-words"),
        pytest.param("(en)k_ˈɒ_f_i(de)", ("k", "ɒ", "f", "i"), id="change-of-language"),
        pytest.param("t͡s_a", ("ts", "a"), id="tie-bar"),
        pytest.param("ɹ", ("ɹ",), id="a-liquid-alone"),
        pytest.param("", (), id="silence"),
    ],
)
def test_phonemes_of_ipa(text: str, expected: tuple[str, ...]) -> None:
    assert phonemes(text) == expected
