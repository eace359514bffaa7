from collections.abc import Sequence

import pytest

from voice2mqtt.pronunciation import espeak
from voice2mqtt.pronunciation.espeak import Espeak, has_voice

WORDS = ["light", "U.S.A. a.m.", "", "12", "café", "-", "light", "living room"]


def test_each_word_gets_its_own_sounds_in_one_call() -> None:
    together = Espeak("en-us").pronounce(WORDS)
    alone = [Espeak("en-us").pronounce([word])[0] for word in WORDS]
    assert together == alone
    assert together[0] == ("l", "aɪ", "t")
    assert together[3] == ("t", "w", "ɛ", "l", "v")


def test_what_cannot_be_said_has_no_sounds() -> None:
    assert Espeak("en-us").pronounce(["", "-", "?"]) == [(), (), ()]


@pytest.mark.parametrize(
    ("voice", "word", "is_read"),
    [
        pytest.param("ja", "しめて", True, id="its-own-letters"),
        pytest.param("ja", "鍵", False, id="named-in-english"),
        pytest.param("ja", "閉めて", False, id="passed-over"),
        pytest.param("ko", "門", False, id="named-in-two-languages"),
        pytest.param("ko", "문", True, id="a-syllable-a-letter"),
        pytest.param("ko", "TV", True, id="latin-letters-in-english"),
        pytest.param("de", "Timer", True, id="loan"),
        pytest.param("de", "свет", False, id="spelled-in-english"),
        pytest.param("en-us", "שלום", False, id="named-one-by-one"),
        pytest.param("he", "שלום", True, id="without-vowels"),
        pytest.param("he", "50", False, id="silent"),
        pytest.param("ru", "дверь", True, id="a-letter-without-a-sound"),
        pytest.param("yue", "開", True, id="ideograph"),
    ],
)
def test_what_a_voice_cannot_read_has_no_sounds(voice: str, word: str, is_read: bool) -> None:
    (sounds,) = Espeak(voice).pronounce([word])
    assert bool(sounds) == is_read


def test_words_that_sound_alike_have_equal_sounds() -> None:
    night, knight = Espeak("en-us").pronounce(["night", "knight"])
    assert night == knight


def test_a_voice_of_another_language_speaks_it() -> None:
    (light,) = Espeak("de").pronounce(["Licht"])
    assert light == ("l", "ɪ", "ç", "t")


def test_voices_that_are_there_and_one_that_is_not() -> None:
    assert has_voice("en-us")
    assert has_voice("fr")
    assert not has_voice("xx")


def test_the_words_of_a_table_are_one_call(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    pronounce = espeak._Process.pronounce

    def counted(process: espeak._Process, words: Sequence[str]) -> list[str]:
        calls.append(len(words))
        return pronounce(process, words)

    monkeypatch.setattr(espeak._Process, "pronounce", counted)
    words = [f"light {number}" for number in range(300)]
    Espeak("en-us").pronounce(words)
    assert calls == [300], "a call for each would hold up the start"
    calls.clear()
    Espeak("en-us").pronounce([*words[:255], "U.S.A. a.m."])
    assert len(calls) <= 2 * 8 + 1, "a word that comes back as two lines is looked for by halves"


def test_the_words_of_a_table_are_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = Espeak("en-us")
    words = [f"light {number}" for number in range(1000)]
    assert sound.pronounce(words)[999] == Espeak("en-us").pronounce(["light 999"])[0]
    monkeypatch.setenv("PATH", "/nonexistent")
    assert sound.pronounce(["U.S.A. a.m.", "x" * 100_000, "night"])[2] == ("n", "aɪ", "t")


def test_its_process_ends_with_it() -> None:
    sound = Espeak("en-us")
    sound.pronounce(["light"])
    running = sound._process._running
    assert running
    process = running._process
    assert process.poll() is None
    del sound, running
    assert process.poll() is not None
