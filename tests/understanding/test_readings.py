import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice2mqtt.understanding.normalise import normaliser
from voice2mqtt.understanding.readings import Readings


def ways(readings: Readings, at: int = 0) -> list[list[str]]:
    """Return every way to read on from `at`, as keys."""
    if at == readings.end:
        return [[]]
    return [
        [reading.key, *rest]
        for reading in readings.starts[at]
        if reading.key
        for rest in ways(readings, reading.end)
    ]


def numbers(language: str, text: str) -> set[float]:
    """Return the numbers that the whole of `text` can be read as."""
    readings = normaliser(language).readings(text)
    return {
        reading.number
        for reading in readings.starts[0]
        if reading.end == readings.end and reading.number is not None
    }


@pytest.mark.parametrize(
    ("language", "heard", "expected"),
    [
        pytest.param("en", "twenty five", "25", id="words as one number"),
        pytest.param("en", "25", "20 5", id="digits as words"),
        pytest.param("en", "twenty-first", "21th", id="ordinal in words"),
        pytest.param("en", "21st", "20 1th", id="ordinal in digits"),
        pytest.param("en", "20.5", "20 point 5", id="decimal in digits"),
        pytest.param("en", "twenty point five", "20.5", id="decimal in words"),
        pytest.param("en", "50%", "50 per cent", id="percent sign"),
        pytest.param("en", "50 per cent", "50 %", id="percent in words"),
        pytest.param("en", "$5", "5 $", id="currency before"),
        pytest.param("en", "7:30", "half past 7", id="time in digits"),
        pytest.param("en", "a quarter to eight", "7:45", id="time in words"),
        pytest.param("en", "7:00", "7 oclock", id="full hour"),
        pytest.param("en", "half past twelve", "12:30", id="noon"),
        pytest.param("en", "21°C", "21 ° °c", id="degrees Celsius"),
        pytest.param("en", "21°C", "21 °", id="degrees"),
        pytest.param("de", "19:30", "halb 8", id="German half in the evening"),
        pytest.param("de", "halb acht", "7:30", id="German half"),
        pytest.param("fr", "sept heures et demie", "7:30", id="French half"),
        pytest.param("fr", "80 %", "80 pour 100", id="French percent"),
        pytest.param("es", "ocho menos cuarto", "7:45", id="Spanish quarter"),
        pytest.param("it", "sette e mezza", "7:30", id="Italian half"),
        pytest.param("nl", "half acht", "7:30", id="Dutch half"),
    ],
)
def test_a_text_is_read_in_other_words(language: str, heard: str, expected: str) -> None:
    assert expected.split() in ways(normaliser(language).readings(heard))


@pytest.mark.parametrize(
    ("language", "text", "number"),
    [
        ("en", "minus twenty five", -25),
        ("en", "-5", -5),
        ("en", "twenty and a half", 20.5),
        ("en", "20 and a half", 20.5),
        ("en", "2 thousand 700", 2700),
        ("en", "twenty-first", 21),
        ("de", "minus zwanzig Komma fünf", -20.5),
        ("de", "fünf und zwanzig", 25),
        ("fr", "quatre-vingt-dix-neuf", 99),
        ("fr", "soixante et onze", 71),
        ("es", "treinta y cinco", 35),
        ("it", "venti virgola cinque", 20.5),
        ("nl", "twee en twintig", 22),
    ],
)
def test_a_number_in_several_words(language: str, text: str, number: float) -> None:
    assert number in numbers(language, text)


@pytest.mark.parametrize("text", ["20 5", "five lamps", "twenty lamp five"])
def test_what_is_no_single_number(text: str) -> None:
    assert numbers("en", text) == set()


@pytest.mark.parametrize(
    ("text", "may"),
    [("twenty", True), ("set it to one hundred", True), ("lamp", False), ("", False)],
)
def test_a_number_may_go_on(text: str, may: bool) -> None:
    words = normaliser("en")
    assert words.may_go_on(words.tokens(text)) is may


@given(text=st.text(alphabet="0123456789:.,-\u2212$% ahlfpst", max_size=200))
def test_any_text_has_readings_that_lead_to_its_end(text: str) -> None:
    readings = normaliser("en").readings(text)
    assert all(
        at >= 0 and reading.end != at and reading.end < len(readings.starts)
        for at, start in enumerate(readings.starts)
        for reading in start
    )
    assert readings.end == len(readings.tokens)


@pytest.mark.parametrize("text", ["9" * 6000, "9" * 6000 + ":30", "half past " + "9" * 6000])
def test_a_number_of_any_length_is_read(text: str) -> None:
    assert numbers("en", text) == set()
