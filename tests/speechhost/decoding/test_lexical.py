import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice2mqtt.nlu.text.normaliser import normaliser
from voice2mqtt.speechhost.decoding.lexical import lexical


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Turn on the light.", "turn on the light"),
        ("I'd like 12 ounces, please!", "i'd like twelve ounces please"),
        ("12-ounce", "twelve ounce"),
        ("", ""),
        ("Dim to 50%.", "dim to fifty percent"),
        ("Set it to -20 degrees.", "set it to minus twenty degrees"),
        ("Chapters 5-6, 7.", "chapters five six seven"),
        ("201.50", "two hundred one point five zero"),
        ("120,000 people", "one hundred twenty thousand people"),
        ("1,2,3", "one two three"),
        ("22nd Street", "twenty second street"),
        ("Agent 007", "agent zero zero seven"),
        ("7:30, 8:05 and 9:00", "seven thirty eight oh five and nine o'clock"),
        (
            "$1, $5.50, £0.20",
            "one dollar five dollars and fifty cents zero pounds and twenty pence",
        ),
        ("$1.5 million", "one point five million dollars"),
        ("$2.00", "two dollars"),
        ("Q&A", "q and a"),
        ("Call 12345678901234567890.", "call 12345678901234567890"),
        ("Call ١٢.", "call twelve"),
    ],
)
def test_lexical_is_words_alone(text: str, words: str) -> None:
    assert lexical(text) == words


@given(number=st.integers(-999_999, 999_999), hundredths=st.integers(0, 99))
def test_a_number_is_read_back_from_its_words(number: int, hundredths: int) -> None:
    # Below zero, "minus" stays a word of its own and only units are read.
    written = f"{number:,}" if number < 0 else f"{number:,}.{hundredths:02}"
    lattice = normaliser("en").lattice(lexical(written))
    whole = [r.number for r in lattice.arcs[0] if r.end == lattice.end]
    assert float(written.replace(",", "")) in whole


@pytest.mark.parametrize("language", ["de", "es", "fr", "it", "nl", "sv"])
@pytest.mark.parametrize("number", ["7,5", "21,25", "101,1", "1999,04", "12345"])
def test_a_number_of_another_language_is_read_back_too(language: str, number: str) -> None:
    lattice = normaliser(language).lattice(lexical(number, language))
    whole = [arc.number for arc in lattice.arcs[0] if arc.end == lattice.end]
    assert float(number.replace(",", ".")) in whole


@given(st.text() | st.from_regex(r"[-$]?\d{1,6000}(st|th|%|\.\d+)?", fullmatch=True))
def test_any_text_has_words(text: str) -> None:
    assert lexical(text) == " ".join(lexical(text).split())


@pytest.mark.parametrize(
    ("language", "text", "words"),
    [
        ("de-DE", "Mach das Licht an!", "mach das licht an"),
        ("de", "Licht auf 25%.", "licht auf fünfundzwanzig prozent"),
        ("de", "-21,5 Grad", "minus einundzwanzig komma fünf grad"),
        ("de", "um 7:30, 9:00", "um sieben uhr dreissig neun uhr"),
        ("de", "1.250 Leute, 5-6", "eintausendzweihundertfünfzig leute fünf sechs"),
        ("nl", "Om 20:05 de 3de", "om twintig uur vijf de derde"),
        ("fr", "€1,50 et €3,00", "un euro cinquante centimes et trois euros"),
        ("fr", "Éteins l'appareil, s'il te plaît.", "éteins l'appareil s'il te plaît"),
        ("fr", "Allume l\u2019appareil", "allume l'appareil"),
        ("sv", "25 % kl 21:30", "tjugofem procent kl 21:30"),
        ("xx", "25 % 3,5", "25 % 3,5"),
        ("it", "", ""),
    ],
)
def test_other_languages_have_their_own_words(language: str, text: str, words: str) -> None:
    assert lexical(text, language) == words
