import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.nlu.homes import LIGHT, Sounds, Speaker, home, published, reason
from voice2mqtt.nlu.matching.contradiction import Contradictions


@pytest.mark.parametrize(
    ("language", "heard", "said", "word"),
    [
        ("en", "turn off the oven", "turn on the oven", "off"),
        ("en", "turn the oven off", "turn the often on", "off"),
        ("en", "lock the front door", "unlock the front door", "lock"),
        ("en-GB", "please stop the vacuum", "start the vacuum", "stop"),
        ("en", "don't open the door", "open the door", "don't"),
        ("en", "coffee with no sugar", "coffee with sugar", "no"),
        ("en", "I unlocked the front door", "unlock the front door", "I"),
        ("en", "and we've closed the blinds", "close the blinds", "we've"),
        ("de", "mach die Musik leiser", "mach die Musik lauter", "leiser"),
        ("de", "mach das Licht nicht an", "mach das Licht an", "nicht"),
        ("de", "ich mache das Licht an", "mach das Licht an", "ich"),
        ("fr", "n'allume pas la lampe", "allume la lampe", "n"),
        ("fr", "j'ouvre la porte", "ouvre la porte", "j"),
        ("es", "apaga la luz", "enciende la luz", "apaga"),
        ("it", "non aprire la porta", "aprire la porta", "non"),
        ("nl", "doe het licht uit", "doe het licht aan", "uit"),
        ("fr", "j'ai fermé les volets", "ferme les volets", "j"),
        ("fr", "il a fermé le portail", "ferme le portail", "il"),
        ("de", "mach die Musik aus", "mach die Musik leiser", "aus"),
        ("de", "er schließt die Haustür ab", "schließe die Haustür ab", "er"),
        ("es", "no habrá la puerta", "abre la puerta", "no"),
    ],
)
def test_a_contrary_is_told_by_its_word(language: str, heard: str, said: str, word: str) -> None:
    assert Contradictions(language).found(heard, said) == word


@pytest.mark.parametrize(
    ("language", "heard", "said"),
    [
        ("en", "turn on the study like", "turn on the study light"),
        ("en", "turn of the study light", "turn off the study light"),
        ("en", "and lock the side door", "unlock the side door"),
        ("en", "turn the light on and off", "turn the light off"),
        ("en", "we have a small latte", "may I have a small latte"),
        ("en", "I'm not the market glee", "start the vacuum cleaner"),
        ("en", "a large milk and no I don't", "a large mocha with sweetener"),
        ("fr", "la porte est fermée", "la porte est-elle fermée"),
        ("es", "encender la luz", "enciende la luz"),
        ("xx", "not on", "on"),
    ],
)
def test_what_is_only_misheard_is_no_contrary(language: str, heard: str, said: str) -> None:
    assert Contradictions(language).found(heard, said) is None


def test_a_room_that_the_table_has_not_is_none_of_its_rooms() -> None:
    heard, said = "turn off the bedroom lights", "turn off the bathroom lights"
    rooms = frozenset({"bathroom", "kitchen"})
    assert Contradictions("en", rooms).found(heard, said) == "bedroom"
    assert (
        Contradictions("en", rooms).found("bedroom lights", "dim the bathroom lights") == "bedroom"
    )
    rooms |= {"bedroom"}
    assert Contradictions("en", rooms).found("bedroom lights", "dim the bathroom lights") is None
    assert (
        Contradictions("en", rooms).found("turn off the bedroom", "turn off the red room") is None
    )


@pytest.mark.parametrize(
    ("heard", "word"),
    [
        ("a mocha with some soy milk please", "some"),
        ("a mocha with soy milk with some sugar please", "with"),
        ("a mocha please", "with"),
        ("a mocha with soy sugar please", "sugar"),
        ("a mocha with soy milk and a bun please", None),
        ("a moka with please", None),
        ("please a mocha with soy milk please", None),
        ("a a mocha with the soy milk please", None),
    ],
)
def test_a_word_of_the_table_is_neither_added_nor_changed_nor_left_out(
    heard: str, word: str | None
) -> None:
    table = frozenset({"a", "the", "mocha", "with", "some", "soy", "milk", "sugar", "please"})
    assert Contradictions("en", table).found(heard, "a mocha with soy milk please") == word


_SOME_TEXT = st.text() | st.text("12 ab½²", max_size=30)


@given(st.sampled_from(["en", "de", "fr", "xx"]), _SOME_TEXT, _SOME_TEXT)
def test_nothing_is_the_contrary_of_itself(language: str, text: str, other: str) -> None:
    contraries = Contradictions(language)
    assert contraries.found(text, text) is None
    contraries.found(text, other)


@pytest.mark.parametrize(
    ("heard", "said", "number"),
    [
        ("an 8 ounce moka", "a twenty ounce mocha", "8"),
        ("eight ounce", "twenty ounce mocha", "8"),
        ("sixty ounce", "sixteen ounce mocha", None),
        ("an eighteen ounce mocha", "an eight ounce mocha", None),
        ("a 20 ounce moka", "a twenty ounce mocha", None),
        ("twelve one ounce", "twenty ounce mocha", "1"),
        ("an ounce of mocha", "twenty ounce mocha", None),
        ("8 cups", "twenty ounce mocha", None),
        ("seven", "5", "7"),
        ("7" * 5000, "5", None),
    ],
)
def test_another_number_in_the_same_place(heard: str, said: str, number: str | None) -> None:
    assert Contradictions("en").found(heard, said) == number


def _near(*heard: str) -> Sounds:
    on = (0, {"switch": "ON", "room": "kitchen"}, "turn on the kitchen light", 0.1)
    return Sounds(dict.fromkeys(heard, (on,)))


def test_the_contrary_of_a_command_is_not_carried_out_by_its_sound() -> None:
    heard = ("turn off the kitchen light", "turn up the kitchen light")
    speaker = Speaker(home(LIGHT), _near(*heard, "turn on the chicken light"))
    assert published(speaker.says("turn on the chicken light")) == ["home/kitchen/light = ON"]
    refused = speaker.says("turn up the kitchen light")
    assert published(refused) == []
    assert "'up'" in reason(refused)


def test_a_reading_that_is_hardly_believed_does_not_outdo_the_contrary() -> None:
    misheard, contrary = "turn on the chicken light", "turn down the chicken light"
    speaker = Speaker(home(LIGHT), _near(misheard))
    heard = speaker.says(contrary, misheard, confidences=(0.8, 0.1))
    assert published(heard) == []
