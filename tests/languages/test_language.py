"""The languages' data files: each fits the schema, and says what its own examples say."""

from pathlib import Path

import pytest

from voice2mqtt.languages import language as module
from voice2mqtt.languages.language import FALLBACK, language_named, read_language
from voice2mqtt.nlu.dialogue.confirmation import Confirmations, Consent
from voice2mqtt.nlu.text.normaliser import normaliser
from voice2mqtt.nlu.text.times import time_of

FOLDER = Path(module.__file__).parent
FILES = sorted(FOLDER.glob("*.toml"))
CODES = [file.stem for file in FILES]
# By `scope="module"` the tests of one language follow each other: few normalisers are kept.

LITTLE = """
decimal_comma = true
yes = "(tak|jasne)"
no = "nie"
cancel = "anuluj"
joints = ["i"]
[hours]
"południe" = 12
[[clock]]
minute = 30
say = ["wpół do {n}"]
"""


def test_there_are_six_languages_and_one_for_all_others() -> None:
    assert {"de", "en", "es", "fr", "it", "nl", FALLBACK} <= set(CODES)


@pytest.mark.parametrize("code", CODES, scope="module")
def test_a_file_fits_the_schema(code: str) -> None:
    assert read_language(FOLDER / f"{code}.toml") == language_named(code)


@pytest.mark.parametrize("code", CODES, scope="module")
def test_a_currency_with_hundredths_has_a_name(code: str) -> None:
    language = language_named(code)
    assert language.hundredths.keys() <= language.symbols.keys()


@pytest.mark.parametrize("code", CODES, scope="module")
def test_numbers_come_out_as_the_examples_say(code: str) -> None:
    words = normaliser(code)
    for text, number in language_named(code).examples.numbers.items():
        lattice = words.lattice(text)
        whole = [arc.number for arc in lattice.arcs[0] if arc.end == lattice.end]
        assert number in whole, text


@pytest.mark.parametrize("code", CODES, scope="module")
def test_times_come_out_as_the_examples_say(code: str) -> None:
    words = normaliser(code)
    for text, time in language_named(code).examples.times.items():
        lattice = words.lattice(text)
        whole = {time_of(arc.key) for arc in lattice.arcs[0] if arc.end == lattice.end}
        assert time_of(time) in whole, text


@pytest.mark.parametrize("code", CODES, scope="module")
def test_answers_come_out_as_the_examples_say(code: str) -> None:
    examples = language_named(code).examples
    answers = Confirmations(code, None, 0.3)
    for consent, texts in (
        (Consent.YES, examples.yes),
        (Consent.NO, examples.no),
        (Consent.CANCEL, examples.cancel),
    ):
        for text in texts:
            found = answers.answer(text)
            assert found is not None, text
            assert found.consent is consent, text


def test_a_language_without_a_file_has_what_holds_for_all() -> None:
    assert language_named("xx") == language_named("und")
    assert language_named("../en") == language_named("und")


def test_a_little_file_is_a_language_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "pl.toml"
    file.write_text(LITTLE)
    polish = read_language(file)
    assert polish.yes == "(tak|jasne)"
    assert polish.clock[0].minute == 30
    # What it leaves out is taken from the fallback.
    assert polish.invitation == language_named(FALLBACK).invitation


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("ye = 'ja'", "ye"),
        ("hours = {noon = 'twelve'}", "hours.noon"),
        ("yes = ", "pl.toml"),
        ("[[clock]]\nminute = 61\nsay = []", "clock.0.minute"),
    ],
)
def test_a_mistake_is_told_with_its_file_and_key(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "pl.toml"
    file.write_text(text)
    with pytest.raises(ValueError, match=told) as caught:
        read_language(file)
    assert "pl.toml" in str(caught.value)
