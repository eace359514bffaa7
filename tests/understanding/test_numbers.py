import pytest

from voice2mqtt.understanding.numbers import numerals

LANGUAGES = ("en", "de", "fr", "es", "it", "nl")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_way_to_say_a_number_is_understood_as_that_number(language: str) -> None:
    known = numerals(language)
    for number in (*range(1000), 1000, 2700, 6500, 20_000, 99_999):
        assert known.spell(number)
        for words in known.spell(number):
            assert known.cardinal("".join(words)) == number, words


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


@pytest.mark.parametrize("said", ["", "point", "pointfive", "twentypoint", "lamp", "thousandlamp"])
def test_what_is_no_number_is_none(said: str) -> None:
    assert numerals("en").cardinal(said) is None


def test_a_language_that_nobody_knows_has_no_number_words() -> None:
    assert numerals("tlh").spell(5) == ()
    assert numerals("tlh").cardinal("vagh") is None
