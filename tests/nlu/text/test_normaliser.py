import unicodedata
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice2mqtt.nlu.text.normaliser import normaliser

LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "tr", "ja", "tlh")


@pytest.mark.parametrize(
    ("language", "written", "also"),
    [
        pytest.param("en", "Turn ON the light!", "turn on the light", id="case and punctuation"),
        pytest.param("en", "I\u2019d like a tea", "I'd like a tea", id="apostrophe"),
        pytest.param("en", "id like a tea", "I'd like a tea", id="no apostrophe"),
        pytest.param("en", "a twelve-ounce cup", "a 12 ounce cup", id="hyphen and number word"),
        pytest.param("en", "fifty percent", "50%", id="percent"),
        pytest.param("en", "twenty degrees", "20°", id="degrees"),
        pytest.param("en", "five dollars", "5 $", id="currency"),
        pytest.param("en", "the first lamp", "the 1st lamp", id="ordinal"),
        pytest.param("en", "1,000 lamps", "1000 lamps", id="thousands"),
        pytest.param("en", "at 07:30", "at 7:30", id="time"),
        pytest.param("en", "at 7 p.m.", "at 7 pm", id="initials"),
        pytest.param("en", "minus five", "-5", id="negative"),
        pytest.param("en", "2½ cups", "2.5 cups", id="vulgar fraction"),
        pytest.param("en", "\uff34\uff36 on", "tv on", id="full width"),
        pytest.param("de", "Fünfundzwanzig Prozent", "25 %", id="German compound"),
        pytest.param("de", "STRASSE", "straße", id="German sharp s"),
        pytest.param("de", "zwanzigeinhalb Grad", "20,5 °", id="German half, decimal comma"),
        pytest.param("de", "am 3. Mai", "am dritten Mai", id="German ordinal point"),
        pytest.param("fr", "zéro", "0", id="French zero"),
        pytest.param("fr", "l\u2019ampoule", "l'ampoule", id="French elision"),
        pytest.param("es", "veintiún grados", "21 °", id="Spanish short form"),
        pytest.param("es", "23 °C", "23\u00baC", id="ordinal sign for that of degrees"),
        pytest.param("es", "la 2.\u00aa lámpara", "la segunda lámpara", id="Spanish second"),
        pytest.param("es", "el 1.er piso", "el primer piso", id="Spanish first"),
        pytest.param("it", "ventitre gradi", "ventitré °", id="Italian accent"),
        pytest.param("nl", "tweeëntwintig procent", "22 %", id="Dutch diaeresis"),
        pytest.param("de", "fuenf Kuechen", "5 Küchen", id="German umlaut in two letters"),
        pytest.param("de", "zwoeinhalb Grad", "2,5 °", id="German oe that is no umlaut"),
        pytest.param("fr", "l' ampoule", "l'ampoule", id="French elision with a space"),
        pytest.param("fr", "la seconde lampe", "la 2e lampe", id="French second"),
        pytest.param("fr", "la 1\u00e8re lampe", "la première lampe", id="French first"),
        pytest.param("it", "dell' acqua", "dell'acqua", id="Italian elision with a space"),
        pytest.param("en", "kit\u200bchen\u2060 li\u00adght", "kitchen light", id="zero width"),
        pytest.param("tr", "I\u015f\u0131klar\u0131", "\u0131\u015f\u0131klar\u0131",
                     id="Turkish dotless i"),
        pytest.param("tr", "\u0130stanbul", "istanbul", id="Turkish dotted i"),
        pytest.param("nl", "anderhalf uur", "1,5 uur", id="Dutch one and a half"),
        pytest.param("en", "channel #5", "channel 5", id="a sign before a number"),
    ],
)  # fmt: skip
def test_what_sounds_the_same_is_spelt_the_same(language: str, written: str, also: str) -> None:
    normalise = normaliser(language).normalise
    assert normalise(written) == normalise(also)


@pytest.mark.parametrize(
    ("language", "written", "other"),
    [
        pytest.param("en", "twenty percent", "20", id="a sign is a word"),
        pytest.param("en", "three", "third", id="cardinal and ordinal"),
        pytest.param("de", "schön", "schon", id="umlaut"),
        pytest.param("fr", "la voiture des amis' est là", "la voiture des amisest là",
                     id="an apostrophe that joins nothing"),
        pytest.param("en", "1.5", "15", id="decimal point"),
        pytest.param("de", "1,5", "15", id="decimal comma"),
        pytest.param("de", "C#", "C", id="a raised note"),
    ],
)  # fmt: skip
def test_what_differs_stays_different(language: str, written: str, other: str) -> None:
    normalise = normaliser(language).normalise
    assert normalise(written) != normalise(other)


@pytest.mark.parametrize("language", LANGUAGES)
@given(text=st.text(max_size=40))
def test_normalising_twice_changes_nothing(language: str, text: str) -> None:
    once = normaliser(language).normalise(text)
    assert normaliser(language).normalise(once) == once


PIECES = (
    *("1", "20", "3.5", "3,5", "7:30", "1.000", "1,000.25", "1st", "3.", "th", "½", "-", "\u2212"),
    *("%", "°", "°c", "$", "€", "a.m.", "twenty", "and", "half", "point", "five", "minus"),
    *("zwanzig", "komma", "einhalb", "dritte", "vingt", "et", "un", "virgule"),
    *("zwo", "ue", "l'", "\u00ba", "\u00ad", "\u200d", "I\u0307", "\u0131", "million", "oh", "h"),
)
NUMBERY = st.lists(st.sampled_from(PIECES), max_size=8)


@pytest.mark.parametrize("language", LANGUAGES)
@given(words=NUMBERY, joint=st.sampled_from(["", " ", "-"]))
def test_normalising_numbers_twice_changes_nothing(
    language: str, words: list[str], joint: str
) -> None:
    once = normaliser(language).normalise(joint.join(words))
    assert normaliser(language).normalise(once) == once


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_the_unicode_form_does_not_matter(form: Literal["NFC", "NFD"]) -> None:
    spelt = unicodedata.normalize(form, "Küchenlicht für zwölf")
    assert normaliser("de").normalise(spelt) == "küchenlicht für 12"


@pytest.mark.parametrize(
    ("language", "said", "digits"),
    [
        pytest.param("en", "Set it to twenty-one degrees.", "Set it to 21 degrees.", id="hyphen"),
        pytest.param("en", "two point five", "2.5", id="decimal"),
        pytest.param("en", "two and a half cups", "2.5 cups", id="half"),
        pytest.param("en", "one hundred and one", "101", id="joint"),
        pytest.param("en", "one oh five", "105", id="digit by digit"),
        pytest.param("en", "nineteen ninety nine", "1999", id="year"),
        pytest.param("en", "2 hundred", "200", id="half in digits"),
        pytest.param("en", "Two, three, four.", "2, 3, 4.", id="a list is no number"),
        pytest.param("en", "at ten thirty", "at ten thirty", id="may be a time"),
        pytest.param("en", "at seven thirty", "at seven thirty", id="a time"),
        pytest.param(
            "en", "half past seven or ten to eight", "half past seven or ten to eight", id="times"
        ),
        pytest.param("en", "One, two, three.", "1, 2, 3.", id="a list of numbers"),
        pytest.param("en", "the twenty first of May", "the twenty first of May", id="ordinal"),
        pytest.param("en", "that one is out", "that one is out", id="a lone one"),
        pytest.param("en", "the point two people made", "the point 2 people made", id="point"),
        pytest.param("en", "agent 007, 1,000 at 07:30", "agent 007, 1,000 at 07:30", id="digits"),
        pytest.param("de", "auf zweieinhalb Grad", "auf 2,5 Grad", id="decimal comma"),
        pytest.param("de", "ein Licht", "ein Licht", id="an article is no number"),
    ],
)
def test_numbers_in_digits(language: str, said: str, digits: str) -> None:
    assert normaliser(language).in_digits(said) == digits


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "it", "nl"])
@given(number=st.integers(2, 999_999))
def test_every_number_in_words_is_in_digits(language: str, number: int) -> None:
    known = normaliser(language)
    said = " ".join(known.spell(number)[0])
    assert known.in_digits(f"X, {said} Y") == f"X, {number} Y"


@pytest.mark.parametrize("language", LANGUAGES)
@given(words=NUMBERY, joint=st.sampled_from(["", " ", "-"]))
def test_any_words_can_be_put_in_digits_and_digits_stay(
    language: str, words: list[str], joint: str
) -> None:
    assert isinstance(normaliser(language).in_digits(joint.join(words)), str)
    plain = "agent 007 has 3 lamps"
    assert normaliser(language).in_digits(plain) == plain
