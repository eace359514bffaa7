"""A part of one is read as it is said, article or not; the numbers are spelled by CLDR."""

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice2mqtt.languages.language import language_named
from voice2mqtt.nlu.grammar.compiler import compile_table
from voice2mqtt.nlu.grammar.table import CommandTable, RangeList, Row
from voice2mqtt.nlu.matching.exact import ExactMatcher
from voice2mqtt.nlu.text.normaliser import normaliser

HOURS = {"en": "hour[s]", "de": "Stunde[n]", "fr": "heure[s]", "es": "hora[s]",
         "it": "(ora|ore)", "nl": "uur"}  # fmt: skip


@cache
def matcher(code: str) -> ExactMatcher:
    table = CommandTable(
        rows=(Row(name="timer", say=(f"timer {{h}} {HOURS[code]}",), publish=()),),
        lists={"h": RangeList(lowest=0, highest=1000, decimals=True)},
        language=code,
    )
    return ExactMatcher(compile_table(table), normaliser(code))


def read(code: str, text: str) -> list[object]:
    return [parse.slots["h"] for parse in matcher(code).parses(f"timer {text}")]


@pytest.mark.parametrize(
    ("code", "text", "hours"),
    [
        ("en", "a half hour", 0.5), ("en", "half an hour", 0.5), ("en", "one half hour", 0.5),
        ("en", "a quarter of an hour", 0.25), ("en", "three quarters of an hour", 0.75),
        ("en", "3/4 of an hour", 0.75), ("en", "a 3/4 hour", 0.75),
        ("en", "1 1/2 hours", 1.5), ("en", "an hour", 1),
        ("de", "eine halbe Stunde", 0.5), ("de", "eine dreiviertel Stunde", 0.75),
        ("de", "eine 3/4 Stunde", 0.75), ("de", "eine drei viertel Stunde", 0.75),
        ("de", "eindreiviertel Stunden", 1.75), ("de", "eineinhalb Stunden", 1.5),
        ("de", "ein einhalb Stunden", 1.5), ("de", "zwei dreiviertel Stunden", 2.75),
        ("de", "eine Viertelstunde", 0.25), ("de", "eine Dreiviertelstunde", 0.75),
        ("de", "eine Stunde", 1),
        ("fr", "une demi-heure", 0.5), ("fr", "un quart d'heure", 0.25),
        ("fr", "trois quarts d'heure", 0.75), ("fr", "une heure", 1),
        ("es", "media hora", 0.5), ("es", "un cuarto de hora", 0.25),
        ("es", "tres cuartos de hora", 0.75), ("es", "una hora", 1),
        ("es", "hora y media", 1.5), ("es", "2 horas y media", 2.5),
        ("it", "mezz'ora", 0.5), ("it", "una mezz'ora", 0.5), ("it", "un quarto d'ora", 0.25),
        ("it", "tre quarti d'ora", 0.75), ("it", "un'ora", 1),
        ("nl", "een half uur", 0.5), ("nl", "een kwart uur", 0.25), ("nl", "driekwart uur", 0.75),
        ("nl", "anderhalf uur", 1.5), ("nl", "tweeënhalf uur", 2.5), ("nl", "een uur", 1),
        ("it", "un'ora e mezza", 1.5),
    ],
)  # fmt: skip
def test_part_of_an_hour(code: str, text: str, hours: float) -> None:
    assert read(code, text) == [hours]


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("d'une demi-heure", 0.5),
        ("d'une heure et demie", 1.5),
        ("d'un quart d'heure", 0.25),
        ("de deux heures et demie", 2.5),
    ],
)
def test_an_amount_behind_an_elided_word(text: str, hours: float) -> None:
    say = ("minuteur (de |d'){h} heure[s]",)
    table = CommandTable(
        rows=(Row(name="timer", say=say, publish=()),),
        lists={"h": RangeList(lowest=0, highest=100, decimals=True)},
        language="fr",
    )
    (parse,) = ExactMatcher(compile_table(table), normaliser("fr")).parses(f"minuteur {text}")
    assert parse.slots == {"h": hours}


@pytest.mark.parametrize("code", HOURS)
def test_an_article_before_a_fraction_is_not_one(code: str) -> None:
    language = language_named(code)
    hour = {"it": "ora", "fr": "heure"}.get(code, HOURS[code].split("[")[0])
    for words, part in language.fractions.items():
        for article in language.fraction_articles:
            # "Ein einhalb" says one and a half.
            if words != "einhalb" and read(code, f"{article} {words} {hour}"):
                assert read(code, f"{article} {words} {hour}") == [part], (article, words)


def test_an_article_before_a_decimal_is_a_word() -> None:
    assert read("en", "3/4 hours") == read("en", "the 3/4 hours") == [0.75]
    assert read("en", "0.1 hours") == [0.1]
    assert read("en", "the 0.1 hours") == []


@pytest.mark.parametrize("code", HOURS)
@given(whole=st.integers(2, 99))
def test_a_part_behind_a_number_is_added_to_it(code: str, whole: int) -> None:
    hour = {"it": "ore"}.get(code, HOURS[code].replace("[", "").replace("]", ""))
    spelled = " ".join(normaliser(code).spell(whole)[0])
    for words, part in language_named(code).parts.items():
        assert whole not in read(code, f"{spelled} {words} {hour}")
        assert read(code, f"{spelled} {words} {hour}") == [whole + part], words


@pytest.mark.parametrize(
    ("code", "text", "written"),
    [
        ("en", "a timer for an hour and a half, please", "a timer for 1.5 hour please"),
        ("it", "un timer di mezz'ora", "un timer di 0,5 ora"),
        ("es", "de hora y media", "de 1,5 hora"),
        ("en", "wake me at half past seven", "wake me at half past seven"),
        ("de", "für zwei Stunden", "für zwei Stunden"),
    ],
)
def test_an_amount_may_be_written_before_its_unit(code: str, text: str, written: str) -> None:
    words = normaliser(code)
    assert words.amounts_in_digits(words.lattice(text)) == written


MINUS = {"en": "minus", "de": "minus", "fr": "moins", "es": "menos", "it": "meno", "nl": "min"}


@cache
def heating(code: str) -> ExactMatcher:
    table = CommandTable(
        rows=(Row(name="heat", say=("heat {t}",), publish=()),),
        lists={"t": RangeList(lowest=-1000, highest=1000, decimals=True)},
        language=code,
    )
    return ExactMatcher(compile_table(table), normaliser(code))


def numbers(code: str, text: str) -> list[object]:
    return [parse.slots["t"] for parse in heating(code).parses(f"heat {text}")]


@pytest.mark.parametrize("code", HOURS)
@given(number=st.integers(1, 999), tenth=st.integers(0, 9))
def test_what_cldr_spells_is_read_back_with_its_sign(code: str, number: int, tenth: int) -> None:
    value = number if not tenth else float(f"{number}.{tenth}")
    words = normaliser(code)
    written = words.written(value)
    for form in words.spell(value):
        spelled = " ".join(form)
        assert numbers(code, spelled) == [value], spelled
        for minus in (f"{MINUS[code]} ", "-", "\u2212"):
            assert numbers(code, minus + written) == [-value], minus + written
        assert numbers(code, f"{MINUS[code]} {spelled}") == [-value], spelled
        for below in language_named(code).below_zero:
            assert numbers(code, f"{spelled} {below}") == [-value], (spelled, below)


@pytest.mark.parametrize(
    ("code", "text", "number"),
    [
        ("en", "minus a half", -0.5), ("en", "minus twenty and a half", -20.5),
        ("en", "20 1/2", 20.5), ("en", "20 and 1/2", 20.5),
        ("en", "twenty and three quarter", 20.75),
        ("en", "nought point five", 0.5), ("en", "oh point five", 0.5),
        ("en", "one point five", 1.5), ("en", "1 and 1/2", 1.5),
        ("de", "ein Komma fünf", 1.5), ("de", "zwei und 1/2", 2.5),
        ("de", "minus eineinhalb", -1.5),
        ("fr", "vingt et demi", 20.5), ("fr", "20 et 1/2", 20.5), ("fr", "moins un et demi", -1.5),
        ("es", "veinte y medio", 20.5), ("es", "20 y 1/2", 20.5),
        ("es", "menos uno y medio", -1.5),
        ("it", "venti e mezzo", 20.5), ("it", "20 e 1/2", 20.5), ("it", "meno uno e mezzo", -1.5),
        ("nl", "twintig en een half", 20.5), ("nl", "4 en 1,5", 4.5), ("nl", "twaalfenhalf", 12.5),
        ("nl", "min anderhalf", -1.5), ("nl", "tweeëneenhalf", 2.5), ("nl", "tweeeneenhalf", 2.5),
    ],
)  # fmt: skip
def test_a_part_and_a_sign(code: str, text: str, number: float) -> None:
    assert numbers(code, text) == [number]


@pytest.mark.parametrize(
    ("code", "text", "years"),
    [
        ("en", "eighties", 80), ("en", "80s", 80), ("en", "80's", 80), ("en", "'80s", 80),
        ("en", "nineteen eighties", 1980), ("en", "1980s", 1980), ("en", "twenties", 20),
        ("de", "achtziger", 80), ("de", "80er", 80), ("de", "neunzehnhundertachtziger", 1980),
        ("de", "dreissiger", 30), ("de", "1980er", 1980), ("es", "ochentas", 80),
        ("fr", "années quatre-vingts", 80), ("it", "anni ottanta", 80), ("nl", "jaren tachtig", 80),
    ],
)  # fmt: skip
def test_a_decade(code: str, text: str, years: int) -> None:
    table = CommandTable(
        rows=(Row(name="play", say=("[(années|anni|jaren)] {y} music",), publish=()),),
        lists={"y": RangeList(lowest=0, highest=2100)},
        language=code,
    )
    (parse,) = ExactMatcher(compile_table(table), normaliser(code)).parses(f"{text} music")
    assert parse.slots == {"y": years}


@pytest.mark.parametrize("heard", ["the 80s", "the eighties", "the 80's"])
def test_a_decade_is_one_word(heard: str) -> None:
    assert normaliser("en").keys(heard) == ["the", "80s"]


def test_seconds_are_no_decade() -> None:
    table = CommandTable(
        rows=(Row(name="wait", say=("wait {n} s",), publish=()),),
        lists={"n": RangeList(lowest=0, highest=100)},
    )
    (parse,) = ExactMatcher(compile_table(table), normaliser("en")).parses("wait 30s")
    assert parse.slots == {"n": 30}


@pytest.mark.parametrize(
    ("code", "text", "number"),
    [
        ("bn", "২ লাখ ৫০ হাজার", 250_000), ("de", "1,5 Millionen", 1_500_000),
        ("en", "2 lakh", 200_000), ("hi", "2 लाख", 200_000), ("ja", "2万5000", 25_000),
        ("ko", "3만 5천", 35_000), ("te", "3 లక్షల", 300_000), ("th", "3 แสน", 300_000),
        ("zh", "3万", 30_000), ("zh", "1.5万", 15_000),
    ],
)  # fmt: skip
def test_digits_before_the_word_of_a_scale(code: str, text: str, number: int) -> None:
    lattice = normaliser(code).lattice(text)
    assert number in [arc.number for arc in lattice.arcs[0] if arc.end == lattice.end]


def test_a_dash_between_spaces_is_a_minus_before_digits() -> None:
    assert numbers("en", "- 5") == [-5]


def test_digits_one_by_one_are_one_number_too() -> None:
    assert numbers("en", "1 0 5") == [105]
    assert numbers("en", "1 0") == []


@pytest.mark.parametrize(
    ("code", "text", "number", "rest"),
    [("is", "sex þúsund og fimmhundraðkelvin", 6500, "kelvin"),
     ("ru", "одна тысяча шестьсотк", 1600, "к")],
)  # fmt: skip
def test_a_number_of_several_words_may_have_its_unit_glued_to_it(
    code: str, text: str, number: int, rest: str
) -> None:
    lattice = normaliser(code).lattice(text)
    ends = [arc.end for arc in lattice.arcs[0] if arc.number == number]
    assert [arc.key for end in ends for arc in lattice.arcs[end]] == [rest]
