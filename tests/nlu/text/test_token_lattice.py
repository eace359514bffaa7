import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice2mqtt.nlu.text.normaliser import normaliser
from voice2mqtt.nlu.text.token_lattice import TokenLattice


def paths(lattice: TokenLattice, at: int = 0) -> list[list[str]]:
    """Return every way to read on from `at`, as keys."""
    if at == lattice.end:
        return [[]]
    return [
        [arc.key, *rest] for arc in lattice.arcs[at] if arc.key for rest in paths(lattice, arc.end)
    ]


TIMES = [
    *[("en", said, time) for said, time in (
        ("ten past seven", "7:10"), ("ten to eight", "7:50"), ("seven oh five", "7:05"),
        ("half seven", "7:30"), ("seven thirty", "7:30"), ("seven twenty five", "7:25"),
        ("twenty five to eight", "7:35"), ("noon", "12:00"), ("midnight", "0:00"),
        ("ten to midnight", "23:50"), ("5 to 1", "12:55"))],
    *[("de", said, time) for said, time in (
        ("7.30 Uhr", "7:30"), ("7:30 Uhr", "7:30"), ("7.30", "7:30"), ("7 Uhr 30", "7:30"),
        ("sieben Uhr dreißig", "7:30"), ("halb acht", "7:30"), ("zehn nach sieben", "7:10"),
        ("zehn vor acht", "7:50"), ("fünf vor halb acht", "7:25"), ("fünf nach halb acht", "7:35"),
        ("viertel acht", "7:15"), ("dreiviertel acht", "7:45"), ("Mitternacht", "0:00"))],
    *[("fr", said, time) for said, time in (
        ("huit heures moins dix", "7:50"), ("midi", "12:00"), ("7h30", "7:30"), ("7 h", "7:00"),
        ("sept heures trente", "7:30"), ("midi et demi", "12:30"),
        ("minuit moins le quart", "23:45"), ("huit heures moins le quart", "7:45"))],
    *[("es", said, time) for said, time in (
        ("7.30", "7:30"), ("ocho menos diez", "7:50"), ("siete y diez", "7:10"),
        ("siete y media", "7:30"), ("medianoche", "0:00"))],
    *[("it", said, time) for said, time in (
        ("7.30", "7:30"), ("otto meno dieci", "7:50"), ("sette e dieci", "7:10"),
        ("sette e mezzo", "7:30"), ("mezzogiorno e mezzo", "12:30"))],
    *[("nl", said, time) for said, time in (
        ("7.30 uur", "7:30"), ("tien over zeven", "7:10"), ("tien voor acht", "7:50"),
        ("vijf voor half acht", "7:25"), ("zeven uur dertig", "7:30"))],
]  # fmt: skip


@pytest.mark.parametrize(("language", "said", "time"), TIMES)
def test_a_time_is_read_in_digits_and_as_hour_and_minute(
    language: str, said: str, time: str
) -> None:
    hour, minute = map(int, time.split(":"))
    read = paths(normaliser(language).lattice(said))
    assert [time] in read
    assert [str(hour), str(minute)] in read


def numbers(language: str, text: str) -> set[float]:
    """Return the numbers that the whole of `text` can be read as."""
    lattice = normaliser(language).lattice(text)
    return {
        arc.number for arc in lattice.arcs[0] if arc.end == lattice.end and arc.number is not None
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
    assert expected.split() in paths(normaliser(language).lattice(heard))


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
        ("nl", "één miljoen tweehonderdduizend", 1_200_000),
        ("de", "1 Million", 1_000_000),
        ("de", "fuenf und zwanzig", 25),
        ("en", "one million two hundred thirty four thousand five hundred sixty seven", 1_234_567),
    ],
)
def test_a_number_in_several_words(language: str, text: str, number: float) -> None:
    assert number in numbers(language, text)


@pytest.mark.parametrize(
    ("language", "text", "partial"),
    [
        ("en", "ten to eight", [(0, 1), (2, 3)]),
        ("en", "half past seven", [(0, 1), (2, 3)]),
        ("en", "seven thirty", []),
        ("en", "twenty degrees and a half", [(0, 1), (3, 5), (4, 5)]),
        ("en", "twenty five degrees", []),
        ("de", "halb acht", [(0, 1), (1, 2)]),
        ("de", "sieben Uhr dreißig", []),
    ],
)
def test_a_number_is_not_taken_from_part_of_a_time_or_an_amount(
    language: str, text: str, partial: list[tuple[int, int]]
) -> None:
    lattice = normaliser(language).lattice(text)
    spans = {
        (at, arc.end)
        for at in range(lattice.end)
        for arc in lattice.arcs[at]
        if arc.number is not None and arc.end <= lattice.end
    }
    assert sorted(span for span in spans if lattice.is_part_of_unit(*span)) == partial


@pytest.mark.parametrize("text", ["20 5", "five lamps", "twenty lamp five", "one five"])
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
def test_any_text_has_paths_that_lead_to_its_end(text: str) -> None:
    lattice = normaliser("en").lattice(text)
    assert all(
        at >= 0 and arc.end != at and arc.end < len(lattice.arcs)
        for at, start in enumerate(lattice.arcs)
        for arc in start
    )
    assert lattice.end == len(lattice.tokens)


@pytest.mark.parametrize("text", ["9" * 6000, "9" * 6000 + ":30", "half past " + "9" * 6000])
def test_a_number_of_any_length_is_read(text: str) -> None:
    assert numbers("en", text) == set()


@pytest.mark.parametrize(
    ("text", "last"),
    [("'s avonds eten", "'s avonds eten"), ("'hallo daar'", "hallo daar")],
)
def test_an_apostrophe_that_nothing_closes_belongs_to_its_word(text: str, last: str) -> None:
    lattice = normaliser("nl").lattice(f"noteer {text}")
    assert lattice.slice(1, lattice.end) == last


@pytest.mark.parametrize(
    ("text", "known", "words"),
    [
        ("livingroom", {"living", "room"}, [["livingroom"], ["living", "room"]]),
        ("voor deur", {"voordeur"}, [["voor", "deur"], ["voordeur"]]),
        ("slaapkamerdeurbel", {"slaapkamer", "deur", "bel"},
         [["slaapkamerdeurbel"], ["slaapkamer", "deur", "bel"]]),
        ("living room", {"living", "room", "livingroom"}, [["living", "room"]]),
        ("침실불", {"침실", "불"}, [["침실불"], ["침실", "불"]]),
    ],
)  # fmt: skip
def test_words_may_be_written_together_or_apart(
    text: str, known: set[str], words: list[list[str]]
) -> None:
    lattice = normaliser("nl").lattice(text).with_spaces_moved(known)
    found = [(0, list[str]())]
    for at, said in found:
        found += [(arc.end, [*said, arc.key]) for arc in lattice.arcs[at]]
    assert sorted(said for at, said in found if at == lattice.end) == sorted(words)


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "#1 in the charts"), ("en", "2 1/2 pounds"), ("fr", "il dit « oui »"),
     ("en", "@home")],
)  # fmt: skip
def test_free_text_stays_as_it_was_written(language: str, text: str) -> None:
    lattice = normaliser(language).lattice(f"note {text}")
    assert lattice.slice(1, lattice.end) == text
