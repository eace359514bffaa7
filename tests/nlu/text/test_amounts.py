"""A part of one is read as it is said, article or not; the numbers are spelled by CLDR."""

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


def matcher(code: str) -> ExactMatcher:
    table = CommandTable(
        rows=(Row(name="timer", say=(f"timer {{h}} {HOURS[code]}",), publish=()),),
        lists={"h": RangeList(lowest=0, highest=1000, decimals=True)},
        language=code,
    )
    return ExactMatcher(compile_table(table), normaliser(code))


MATCHERS = {code: matcher(code) for code in HOURS}


def read(code: str, text: str) -> list[object]:
    return [parse.slots["h"] for parse in MATCHERS[code].parses(f"timer {text}")]


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
