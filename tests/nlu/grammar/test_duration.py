"""A duration is one value, however it is said, in six languages."""

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice2mqtt.languages.language import language_named
from voice2mqtt.nlu.grammar.compiler import compile_table
from voice2mqtt.nlu.grammar.duration import UNITS_S
from voice2mqtt.nlu.grammar.enumerate import Sentences
from voice2mqtt.nlu.grammar.table import CommandTable, DurationList, Row
from voice2mqtt.nlu.matching.exact import ExactMatcher
from voice2mqtt.nlu.text.normaliser import normaliser

DAY_MINUTES = 24 * 60


@cache
def matcher(code: str, unit: str = "minutes", most: float = DAY_MINUTES) -> ExactMatcher:
    table = CommandTable(
        rows=(Row(name="timer", say=("timer {time}",), publish=()),),
        lists={"time": DurationList(unit=unit, lowest=0, highest=most, language=code)},
        language=code,
    )
    return ExactMatcher(compile_table(table), normaliser(code))


CODES = ("en", "de", "fr", "es", "it", "nl")


def read(code: str, text: str) -> list[object]:
    return [parse.slots["time"] for parse in matcher(code).parses(f"timer {text}")]


SAID: dict[str, dict[float, tuple[str, ...]]] = {
    "en": {
        30: ("half an hour", "a half hour", "half hour", "1/2 hour", "½ hour", "thirty minutes"),
        15: ("a quarter of an hour", "quarter of an hour", "1/4 hour", "fifteen minutes"),
        20: ("a third of an hour", "20 minutes", "twenty mins"),
        45: ("three quarters of an hour", "three quarter hour", "3/4 of an hour",
             "three-quarters of an hour"),
        90: ("an hour and a half", "an hour and half", "hour and a half",
             "one and a half hours", "1 1/2 hours", "1.5 hours",
             "one hour thirty", "1 hour 30", "90 minutes", "one hour and thirty minutes"),
        70: ("1 hour 10", "an hour and ten minutes", "one hour, ten minutes", "1h 10min", "1h10m"),
        150: ("two hours and a half", "2 and 1/2 hours", "two and one half hours", "2½ hours",
              "two hours and 1/2"),
        6: (".1 hours",),
        75: ("an hour and a quarter", "one and a quarter hours", "1.25 hours"),
        0.5: ("half a minute", "thirty seconds", "30 s", "30s"),
        1.5: ("a minute and a half", "1 minute 30", "ninety seconds"),
        62.5: ("an hour, two minutes and thirty seconds",),
    },
    "de": {
        30: ("eine halbe Stunde", "halbe Stunde", "einer halben Stunde", "1/2 Stunde"),
        15: ("eine Viertelstunde", "eine viertel Stunde", "1/4 Stunde", "fünfzehn Minuten"),
        45: ("eine dreiviertel Stunde", "eine Dreiviertelstunde", "drei viertel Stunden"),
        90: ("anderthalb Stunden", "eineinhalb Stunden", "1,5 Stunden", "1 1/2 Stunden",
             "eine Stunde dreißig", "90 Minuten", "neunzig Minuten", "ein einhalb Stunden"),
        70: ("eine Stunde zehn", "eine Stunde und zehn Minuten", "1 Stunde 10"),
        75: ("fünf Viertelstunden", "eineinviertel Stunden"),
        150: ("zweieinhalb Stunden", "zwei einhalb Stunden", "zwei und eine halbe Stunde"),
        165: ("zwei dreiviertel Stunden", "zweidreiviertel Stunden"),
        0.5: ("eine halbe Minute", "dreißig Sekunden"),
    },
    "fr": {
        30: ("une demi-heure", "une demi heure", "demi-heure", "1/2 heure", "trente minutes"),
        15: ("un quart d'heure", "1/4 d'heure", "un quart d\u2019heure"),
        21: ("vingt et une minutes", "21 m"),
        45: ("trois quarts d'heure", "trois quart d'heure", "3/4 d'heure", "quarante-cinq minutes"),
        90: ("une heure et demie", "une heure trente", "1,5 heure", "1 h 30", "1h30",
             "quatre-vingt-dix minutes", "nonante minutes"),
        70: ("une heure dix", "une heure et dix minutes", "1 heure 10"),
        150: ("deux heures et demie", "2,5 heures", "2 1/2 heures", "2 heures et 1/2"),
        720: ("une demi-journée",),
        75: ("une heure et quart", "une heure et un quart"),
        0.5: ("une demi-minute", "trente secondes"),
    },
    "es": {
        30: ("media hora", "1/2 hora", "treinta minutos"),
        15: ("un cuarto de hora", "cuarto de hora", "1/4 de hora"),
        45: ("tres cuartos de hora", "3/4 de hora"),
        90: ("una hora y media", "hora y media", "1,5 horas", "una hora y treinta minutos"),
        70: ("una hora diez", "una hora y diez", "una hora y diez minutos", "1 hora 10"),
        150: ("dos horas y media", "2 horas y media", "dos y media horas"),
        22: ("veintidós minutos", "veintidos minutos", "veinte y dos minutos"),
        105: ("una hora y tres cuartos",),
        1.5: ("un minuto y medio", "noventa segundos"),
    },
    "it": {
        30: ("mezz'ora", "una mezz'ora", "mezza ora", "mezzora", "mezz\u2019ora", "1/2 ora",
             "trenta minuti"),
        15: ("un quarto d'ora", "1/4 d'ora", "quindici minuti"),
        45: ("tre quarti d'ora", "3/4 d'ora"),
        90: ("un'ora e mezza", "un'ora e trenta", "1,5 ore", "una ora e mezza", "novanta minuti"),
        70: ("un'ora e dieci minuti", "un'ora e dieci", "1 ora 10"),
        150: ("due ore e mezza", "2 ore e mezza", "due ore e mezzo"),
        1.5: ("un minuto e mezzo", "novanta secondi"),
    },
    "nl": {
        30: ("een half uur", "half uur", "een halfuur", "1/2 uur", "dertig minuten"),
        15: ("een kwartier", "een kwart uur", "een kwartiertje"),
        45: ("drie kwartier", "driekwart uur", "drie kwart uur"),
        90: ("anderhalf uur", "1,5 uur", "een uur dertig", "negentig minuten", "1 1/2 uur"),
        70: ("een uur en tien minuten", "een uur tien", "1 uur 10"),
        150: ("tweeënhalf uur", "twee en een half uur", "twee en half uur", "2 1/2 uur"),
        165: ("twee en driekwart uur", "twee en drie kwart uur"),
        270: ("4 en 1,5 uur", "vier en een half uur", "vierenhalf uur", "4,5 uur"),
        21: ("eenentwintig minuten", "één en twintig minuten"),
        0.5: ("een halve minuut", "dertig seconden"),
    },
}  # fmt: skip


@pytest.mark.parametrize("code", CODES)
def test_it_is_said_in_many_ways(code: str) -> None:
    said = {text: minutes for minutes, texts in SAID[code].items() for text in texts}
    wrong = {text: got for text, minutes in said.items() if (got := read(code, text)) != [minutes]}
    assert not wrong


@pytest.mark.parametrize("code", CODES)
@given(hours=st.integers(1, 23), minutes=st.integers(1, 59))
def test_hours_and_minutes_add_up(code: str, hours: int, minutes: int) -> None:
    words = language_named(code).durations
    assert words
    hour, minute = (Sentences(unit, {}, {}) for unit in (words.hours, words.minutes))
    for spell in (str, lambda number: " ".join(normaliser(code).spell(number)[0])):
        amount = f"{spell(hours)} {hour[0]} {words.joint} {spell(minutes)} {minute[0]}"
        assert read(code, amount) == [60 * hours + minutes], amount


@pytest.mark.parametrize(("unit", "value"), [("hours", 1.5), ("minutes", 90), ("seconds", 5400)])
def test_it_is_published_in_the_unit_of_the_list(unit: str, value: float) -> None:
    most = DAY_MINUTES * 60 / UNITS_S[unit]
    for text in ("90 minutes", "an hour and a half", "one hour thirty"):
        (parse,) = matcher("en", unit, most).parses(f"timer {text}")
        assert parse.slots == {"time": value}


@pytest.mark.parametrize("text", ["ten", "an hour and", "25 hours", "a half", "24 hours 1 minute"])
def test_what_is_no_duration_or_too_long_a_one(text: str) -> None:
    assert read("en", text) == []
