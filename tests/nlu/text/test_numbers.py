import pytest

from voice2mqtt.nlu.text.letters import folded
from voice2mqtt.nlu.text.numbers import numerals

LARGE = (21_021, 101_101, 345_678, 999_999, 1_000_000, 2_000_001, 21_345_678, 999_999_999)
LANGUAGES = ("en", "de", "fr", "es", "it", "nl")
MORE_LANGUAGES = (
    *("af", "be", "bg", "ca", "cs", "da", "et", "fi", "fo", "hr", "hu", "id", "is"),
    *("lv", "nb", "pl", "pt", "ro", "ru", "sk", "sq", "sr", "sv", "tr", "uk"),
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_way_to_say_a_number_is_understood_as_that_number(language: str) -> None:
    known = numerals(language)
    for number in (*range(1000), 1000, 2700, 6500, 20_000, 99_999, *LARGE):
        assert known.spell(number)
        for words in known.spell(number):
            assert known.cardinal("".join(words)) == number, words


@pytest.mark.parametrize("language", MORE_LANGUAGES)
def test_thousands_are_understood_as_each_language_spells_them(language: str) -> None:
    """As in "dois mil e quatrocentos", or in "kétezer", though two alone is "kettő"."""
    known = numerals(language)
    for number in (*range(1000, 10_000, 137), 1001, 2045, 2100, 2400):
        assert known.cardinal("".join(map(folded, known.spell(number)[0]))) == number


@pytest.mark.parametrize(
    "language", ["en-IN", "hi", "ja", "km", "ko", "my", "ne", "ta", "th", "zh"]
)
def test_the_scales_of_each_language_are_understood(language: str) -> None:
    """Lakh and crore, 万 and 億, and those that have a word for each power of ten."""
    known = numerals(language)
    for number in (10_001, 12_345, 99_999, 150_000, 345_678, 10_000_000, 12_345_678, 999_999_999):
        for words in known.spell(number):
            assert known.cardinal("".join(map(folded, words))) == number


@pytest.mark.parametrize(
    ("language", "said", "number"),
    [
        ("ar", "ألفين وخمسة وأربعون", 2045),
        ("he", "אלפיים ארבע מאות", 2400),
        ("el", "διακόσιεσ χίλιάδεσ", 200_000),
        ("ga", "dhá mhíle ceithre chéad", 2400),
        ("ka", "ორი ათას ოთხასი", 2400),
        ("lt", "dvidešimt tūkstančių", 20_000),
        ("lv", "desmit tūkstoši", 10_000),
        ("mt", "għaxart elef u wieħed", 10_001),
        ("sw", "elfu ishirini na tano", 25_000),
    ],
)
def test_scales_have_other_forms_and_places(language: str, said: str, number: int) -> None:
    assert numerals(language).cardinal("".join(map(folded, said.split()))) == number


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_way_to_say_an_ordinal_is_understood(language: str) -> None:
    known = numerals(language)
    for number in range(1, 101):
        for words in known.spell_ordinal(number):
            assert known.ordinal("".join(words)) == number, words


@pytest.mark.parametrize(
    ("language", "said", "number"),
    [
        ("en", "twenty and a half", 20.5),
        ("en", "twenty point two five", 20.25),
        ("en", "zero point zero five", 0.05),
        ("en", "a hundred", 100),
        ("en", "one hundred and five", 105),
        ("en", "five and a quarter", 5.25),
        ("en", "point five", 0.5),
        ("en", "one thousand and one", 1001),
        ("en", "two thousand and one", 2001),
        ("en", "twelve hundred", 1200),
        ("en", "twelve hundred and fifty", 1250),
        ("en", "two hundred thousand", 200_000),
        ("en", "two million and five", 2_000_005),
        ("es", "ciento un mil", 101_000),
        ("en", "a million", 1_000_000),
        ("en", "two lakh fifty thousand", 250_000),
        ("en", "two point five million", 2_500_000),
        ("en", "two and a half million", 2_500_000),
        ("en-IN", "two million", 2_000_000),
        ("zh", "两万五", 25_000),
        ("zh", "两万零五", 20_005),
        ("zh", "一百五", 150),
        ("zh-TW", "三点五万", 35_000),
        ("ko", "삼만오천", 35_000),
        ("en", "nineteen ninety nine", 1999),
        ("en", "nineteen oh five", 1905),
        ("en", "one oh five", 105),
        ("en", "one zero five", 105),
        ("de", "eine million zweihunderttausend", 1_200_000),
        ("de", "zwölfhundert", 1200),
        ("de", "hundertundeins", 101),
        ("de", "zwo", 2),
        ("de", "zwoundzwanzig", 22),
        ("de", "zwo einhalb", 2.5),
        ("fr", "septante", 70),
        ("fr", "septante et un", 71),
        ("fr", "huitante trois", 83),
        ("fr", "octante", 80),
        ("fr", "nonante neuf", 99),
        ("fr", "deux cent nonante", 290),
        ("fr-CH", "soixante dix", 70),
        ("fr", "un million deux cent mille", 1_200_000),
        ("es", "veinte punto cinco", 20.5),
        ("es", "doscientos un mil", 201_000),
        ("it", "un milione duecentomila", 1_200_000),
        ("nl", "duizend en een", 1001),
        ("nl", "twintig en een halve", 20.5),
        ("de", "zwanzig komma fünf", 20.5),
        ("de", "zwanzig einhalb", 20.5),
        ("de", "hundert", 100),
        ("fr", "soixante dix sept", 77),
        ("fr", "quatre vingt", 80),
        ("fr", "quatre vingt dix neuf", 99),
        ("fr-CH", "septante sept", 77),
        ("fr", "vingt virgule cinq", 20.5),
        ("es", "veinte y medio", 20.5),
        ("it", "venti e mezzo", 20.5),
        ("nl", "twintig en een half", 20.5),
    ],
)
def test_spaces_do_not_matter(language: str, said: str, number: float) -> None:
    assert numerals(language).cardinal(said.replace(" ", "")) == number


@pytest.mark.parametrize(
    "said",
    [
        "",
        "point",
        "twentypoint",
        "onefive",
        "thousand",
        "andone",
        "lamp",
        "thousandlamp",
        "zerothousand",
        "fivethousandtwomillion",
        "tofive",
    ],
)
def test_what_is_no_number_is_none(said: str) -> None:
    assert numerals("en").cardinal(said) is None


def test_a_language_that_nobody_knows_has_no_number_words() -> None:
    assert numerals("tlh").spell(5) == ()
    assert numerals("tlh").cardinal("vagh") is None
