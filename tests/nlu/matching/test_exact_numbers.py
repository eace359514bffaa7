"""Numbers and times in sentences of the table, in words and in digits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unicode_rbnf import RbnfEngine

from tests.examples import examples
from tests.nlu.matching.test_exact import parses
from voice2mqtt.core.decision import SlotValue
from voice2mqtt.nlu.grammar.automaton import Number
from voice2mqtt.nlu.grammar.compiler import compile_table
from voice2mqtt.nlu.grammar.table import (
    CommandTable,
    Row,
)
from voice2mqtt.nlu.matching.exact import ExactMatcher
from voice2mqtt.nlu.text.normaliser import normaliser


@pytest.mark.parametrize(
    ("text", "template", "slots"),
    [
        ("to 25", "to {level}", {"level": 25}),
        ("to twenty five", "to {level}", {"level": 25}),
        ("to one hundred and five", "to {level}", None),
        ("to 20.5", "to {level}", None),
        ("to minus five and a half", "to {cold}", {"cold": -5.5}),
        ("to -5", "to {cold}", {"cold": -5}),
        ("to twenty point five degrees", "to {cold} degrees", {"cold": 20.5}),
        ("to 15%", "to {bulb} percent", {"bulb": 38.25}),
        ("to 20%", "to {bulb} percent", {"bulb": 51}),
        ("to 17%", "to {bulb} percent", None),
        ("the third lamp", "the {level} lamp", {"level": 3}),
        ("for a minute", "for {cold} (minute|minutes)", {"cold": 1}),
        ("for an hour and a half", "for {cold} (hour|hours)", {"cold": 1.5}),
        ("for the minute", "for {cold} (minute|minutes)", None),
        # Much likelier eight of them, misheard.
        ("for a minutes", "for {cold} (minute|minutes)", None),
        ("to a percent", "to {cold} percent", None),
    ],
)
def test_numbers_fill_slots(text: str, template: str, slots: dict[str, SlotValue] | None) -> None:
    found = parses(text, template)
    assert [fill for _, fill in found] == ([slots] if slots else [])


@pytest.mark.parametrize(
    ("language", "text", "template", "year"),
    [
        ("en", "hits of the eighties", "hits of the {1950..2020:year}", 1980),
        ("en", "hits of the '80s", "hits of the {1950..2020:year}", 1980),
        ("en", "hits of 85", "hits of {1950..2020:year}", 1985),
        ("en", "hits of the 10s", "hits of the {1950..2020:year}", 2010),
        ("en", "hits of 25", "hits of {1900..2030:year}", None),
        ("en", "hits of 30", "hits of {1950..2020:year}", None),
        ("en", "a lamp of 50 kelvin", "a lamp of {2000..6500:kelvin} kelvin", None),
        ("de", "Hits der achtziger Jahre", "Hits der {1950..2020:year} Jahre", 1980),
        ("de", "Hits der 80er", "Hits der {1950..2020:year}", 1980),
        ("fr", "tubes des années quatre-vingts", "tubes des années {1950..2020:year}", 1980),
        ("es", "éxitos de los ochenta", "éxitos de los {1950..2020:year}", 1980),
        ("it", "successi degli anni ottanta", "successi degli anni {1950..2020:year}", 1980),
        ("nl", "hits uit de jaren tachtig", "hits uit de jaren {1950..2020:year}", 1980),
    ],
)
def test_two_digits_stand_for_a_year_of_a_range(
    language: str, text: str, template: str, year: int | None
) -> None:
    found = [list(slots.values()) for _, slots in parses(text, template, language=language)]
    assert found == ([[year]] if year else [])


@pytest.mark.parametrize(
    ("language", "text", "template", "number"),
    [
        ("en", "twenty five degrees and a half", "{cold} degrees", 25.5),
        ("en", "25° and a half", "{cold} degrees", 25.5),
        ("fr", "vingt degrés et demi", "{cold} degrés", 20.5),
        ("es", "veinte grados y medio", "{cold} grados", 20.5),
        ("it", "venti gradi e mezzo", "{cold} gradi", 20.5),
        ("nl", "twintig en een halve graad", "{cold} graden", 20.5),
        ("en", "five dollars fifty", "{cold} dollars", 5.5),
        ("en", "five dollars and fifty cents", "{cold} dollars", 5.5),
        ("en", "five dollars and five cents", "${cold}", 5.05),
        ("en", "five dollars", "${cold}", 5),
        ("de", "fünf Euro fünfzig", "{cold} euro", 5.5),
        ("de", "5 Euro und 50 Cent", "{cold} €", 5.5),
        ("fr", "cinq euros cinquante", "{cold} euros", 5.5),
        ("it", "cinque euro e cinquanta centesimi", "{cold} euro", 5.5),
        ("nl", "vijf euro vijftig", "{cold} euro", 5.5),
    ],
)
def test_what_is_added_behind_the_unit_counts(
    language: str, text: str, template: str, number: float
) -> None:
    assert (0, {"cold": number}) in parses(text, template, language=language)


@pytest.mark.parametrize("text", ["five dollars five", "20 lamps fifty", "five dollars and fifty"])
def test_what_is_no_amount(text: str) -> None:
    assert parses(text, "{cold} dollars", "{cold} lamps") == []


@pytest.mark.parametrize("row", ["halb acht", "7.30 Uhr", "7:30", "sieben Uhr dreißig"])
@pytest.mark.parametrize("heard", ["halb acht", "7.30 Uhr", "7:30 Uhr", "7:30", "7 Uhr 30", "7.30"])
def test_a_time_that_is_written_in_the_row_is_heard_in_every_form(row: str, heard: str) -> None:
    assert parses(f"Alarm um {heard}", f"Alarm um {row}", language="de") == [(0, {})]


@pytest.mark.parametrize("heard", ["7:30", "seven thirty", "half seven", "half past seven"])
def test_a_time_in_an_english_row(heard: str) -> None:
    assert parses(f"alarm at {heard}", "alarm at half past seven") == [(0, {})]


@pytest.mark.parametrize(
    ("text", "hour", "minute"), [("ten to eight", 7, 50), ("13 10", 13, 10), ("19:30", 19, 30)]
)
def test_the_numbers_of_a_time_are_its_hour_and_its_minute(
    text: str, hour: int, minute: int
) -> None:
    assert parses(text, "{0..23:h} {0..59:m}") == [(0, {"h": hour, "m": minute})]


def test_a_time_fills_no_slots_the_other_way_round() -> None:
    assert parses("set lamp seven fifty", "set lamp {1..20:lamp} to {level}") == []


@pytest.mark.parametrize(
    ("parts", "said", "fits"),
    [
        (2, 20.5, True), (2, 20.3, False), (2, -19.5, True), (2, 30.5, False), (10, 20.3, True),
        (10, 20.35, False), (0, 20.35, True),
    ],
)  # fmt: skip
def test_a_range_takes_the_fractions_it_was_given(parts: int, said: float, fits: bool) -> None:
    label = Number("x", -20, 30, decimals=True, parts=parts)
    assert label.meaning(said) == (said if fits else None)


def test_a_number_in_digits_is_one_number() -> None:
    assert parses("25", "{level} {bulb}") == []
    assert parses("twenty five", "{level} {bulb}") == [(0, {"level": 20, "bulb": 12.75})]
    assert parses("7:30", "{level} {bulb}") == [(0, {"level": 7, "bulb": 76.5})]


@pytest.mark.parametrize(
    ("language", "text", "template", "slots"),
    [
        ("de", "Stelle das Licht auf fünfundzwanzig Prozent", "stelle das licht auf {level}%",
         {"level": 25}),
        ("de", "Heizung auf 20,5 Grad", "heizung auf {cold} grad", {"cold": 20.5}),
        ("de", "Heizung auf zwanzigeinhalb Grad", "heizung auf {cold} grad", {"cold": 20.5}),
        ("fr", "Règle la lampe à quatre-vingt-dix-neuf pour cent",
         "règle la lampe à {level} pour cent", {"level": 99}),
        ("fr", "Règle la lampe à 71 %", "règle la lampe à {level} pour cent", {"level": 71}),
        ("es", "pon la luz al treinta y cinco por ciento", "pon la luz al {level}%", {"level": 35}),
        ("it", "metti la luce al novantanove percento", "metti la luce al {level} per cento",
         {"level": 99}),
        ("nl", "zet de lamp op tweeëntwintig procent", "zet de lamp op {level} procent",
         {"level": 22}),
        ("nl", "timer van 7 1/2 uur", "timer van {level} {half} uur", {"level": 7, "half": 30}),
        ("ko", "불을 오십퍼센트로", "불을 {level}[ ](%|퍼센트)로", {"level": 50}),
        ("ko", "불을 50%로", "불을 {level}[ ](%|퍼센트)로", {"level": 50}),
        ("zh", "把灯调到五十度吧", "把[{song}的]灯(调|设)到{level}度[吧]", {"level": 50}),
        ("zh", "把客厅的灯设到50度", "把[{song}的]灯(调|设)到{level}度",
         {"song": "客厅", "level": 50}),
        ("ja", "音量を二十三点五に", "音量を{cold}に", {"cold": 23.5}),
        ("th", "ตั้งไฟเป็นห้าสิบเปอร์เซ็นต์", "ตั้ง[ไฟ]เป็น{level}เปอร์เซ็นต์[นะ]", {"level": 50}),
        ("th", "เล่นเพลงยี่สิบที่ครัว", "เล่น{song}ที่ครัว", {"song": "เพลงยี่สิบ"}),
        ("km", "បើកភ្លើង", "បើក[{song}]ភ្លើង", {}),
        ("ne", "दूधलाई सूचीमा", "{song}लाई सूचीमा", {"song": "दूध"}),
        ("ne", "ठूलो दूध लाई सूचीमा", "{song}लाई सूचीमा", {"song": "ठूलो दूध"}),
        ("he", "טיימר לשמונים ושבע שניות", "טיימר ל{level} שניות", {"level": 87}),
        ("ne", "kitchenको बत्ती", "{room}को बत्ती", {"room": "kitchen"}),
    ],
)  # fmt: skip
def test_languages(language: str, text: str, template: str, slots: dict[str, SlotValue]) -> None:
    assert (0, slots) in parses(text, template, language=language)


def test_a_number_is_scaled_without_rounding_dust() -> None:
    scaled = Number("x", 0, 100, multiplier=2.55)
    assert [scaled.meaning(said) for said in (0, 3, 100)] == [0, 7.65, 255]
    assert isinstance(scaled.meaning(100), int)


@pytest.mark.parametrize("said", ["101,3", "cent un virgule trois", "cent une virgule trois"])
def test_a_decimal_above_a_hundred_is_understood_in_words_and_digits(said: str) -> None:
    assert parses(f"radio sur {said}", "radio sur {station}", language="fr") == [
        (0, {"station": 101.3})
    ]


@pytest.mark.parametrize(
    ("language", "template", "said", "minute"),
    [
        ("es", "alarma a las {0..23:h} [y] {0..59:m}", "alarma a las siete y cuarto", 15),
        ("es", "alarma a las {0..23:h} [y] {0..59:m}", "alarma a las siete y un cuarto", 15),
        ("es", "alarma a las {0..23:h} [y] {0..59:m}", "alarma a las siete y cuatro", 4),
        ("fr", "à {0..23:h} [heures] [et] {0..59:m}", "à sept heures et un quart", 15),
        ("it", "alle {0..23:h} [e] {0..59:m}", "alle sette e un quarto", 15),
    ],
)
def test_a_quarter_past_is_no_fourth_minute(
    language: str, template: str, said: str, minute: int
) -> None:
    assert parses(said, template, language=language) == [(0, {"h": 7, "m": minute})]


EVERY_LANGUAGE = (*RbnfEngine.get_supported_languages(), "nb", "es-419", "zh-TW")
NUMBERS_IN_DIGITS = st.one_of(
    st.integers(-(10**17), 10**17).map(str),
    st.from_regex(r"-?[0-9]{1,7}[.,:][0-9]{1,7}", fullmatch=True),
    st.decimals(allow_nan=False, allow_infinity=False).map(str),
)


@pytest.mark.parametrize("language", EVERY_LANGUAGE)
def test_every_language_that_cldr_spells_has_numbers_in_words_and_digits(language: str) -> None:
    rows = (Row(name="lamp", say=("lamp {0..100:x}",), publish=()),)
    words = normaliser(language)
    matcher = ExactMatcher(
        compile_table(CommandTable(rows=rows, lists={}, language=language)), words
    )
    for number in (0, 1, 7, 16, 21, 50, 99, 100):
        forms = words.spell(number)
        assert forms
        for said in (str(number), *map(" ".join, forms)):
            assert [dict(p.slots) for p in matcher.parses(f"lamp {said}")] == [{"x": number}], said

    @given(number=NUMBERS_IN_DIGITS)
    @examples(0.1)
    def no_number_is_too_much(number: str) -> None:
        matcher.parses(f"lamp {number}")
        matcher.parses(f"{number} lamp {number} percent")

    no_number_is_too_much()
