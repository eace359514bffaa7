"""What is said for one command never carries out its opposite because of how it sounds."""

import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.nlu.homes import NOON, published, question, row
from tests.nlu.opposites import OPPOSITES
from voice2mqtt.core.decision import Ask, Decision, Fire
from voice2mqtt.core.outcome import Heard, Hypothesis
from voice2mqtt.languages import language as languages
from voice2mqtt.nlu.dialogue.interpreter import Interpreter
from voice2mqtt.nlu.grammar.compiler import compile_table
from voice2mqtt.nlu.grammar.table import CommandTable
from voice2mqtt.nlu.matching.contradiction import are_known
from voice2mqtt.nlu.matching.phonetic.search import PhoneticMatcher
from voice2mqtt.nlu.text.normaliser import normaliser
from voice2mqtt.pronunciation.pronouncer import pronouncer

LOCK, UNLOCK = OPPOSITES["sv"][0]
# By `scope="module"` the tests of one language follow each other: few normalisers are kept.


def _interpreter(language: str, sentences: Iterable[str]) -> Interpreter:
    rows = tuple(row(said, said, said) for said in sentences)
    table = CommandTable(rows=rows, language=language)
    automaton = compile_table(table)
    nearest = PhoneticMatcher(automaton, normaliser(language), pronouncer(language))
    return Interpreter(table, phonetic=nearest, automaton=automaton)


def _says(interpreter: Interpreter, *texts: str | Hypothesis) -> tuple[Decision, ...]:
    heard = tuple(text if isinstance(text, Hypothesis) else Hypothesis(text=text) for text in texts)
    return interpreter.decide(Heard(text=heard[0].text, hypotheses=heard), 0.0, NOON)


@pytest.mark.parametrize("language", OPPOSITES, scope="module")
def test_no_command_acts_as_its_opposite(language: str) -> None:
    assert not are_known(language)
    for side in (0, 1):
        interpreter = _interpreter(language, (pair[side] for pair in OPPOSITES[language]))
        for pair in OPPOSITES[language]:
            said, opposite = pair[side], pair[1 - side]
            assert published(_says(interpreter, said)) == [f"{said} = ON"], "word for word, it acts"
            for heard in (opposite, opposite.replace(" ", ""), f"{opposite} {opposite}"):
                interpreter.reset()
                assert published(_says(interpreter, heard)) == [], heard
            interpreter.reset()


def test_what_sounds_alike_is_asked_about_where_opposites_are_not_known() -> None:
    interpreter = _interpreter("sv", [UNLOCK])
    assert question(_says(interpreter, "lås upp ytterdörrn")) == "Lås upp ytterdörren?"
    assert published(_says(interpreter, UNLOCK)) == [f"{UNLOCK} = ON"], "said again, word for word"
    interpreter = _interpreter("de", ["die Tür aufschließen"])
    assert published(_says(interpreter, "die Tür aufschliesen")) == ["die Tür aufschließen = ON"]


@pytest.mark.parametrize("language", OPPOSITES, scope="module")
def test_a_question_can_be_answered_in_its_language(language: str) -> None:
    lock, unlock = OPPOSITES[language][0]
    interpreter = _interpreter(language, [lock])
    yes, no, negations = _own_words(language)
    for answer in (*yes, "yes", "OK"):
        _asked(interpreter, lock, unlock)
        assert published(_says(interpreter, answer)) == [f"{lock} = ON"], answer
    for answer in (*no, *negations, f"{yes[0]} {negations[0]}", "never mind", "no"):
        _asked(interpreter, lock, unlock)
        assert published(_says(interpreter, answer)) == [], answer
        assert published(_says(interpreter, yes[0])) == [], "after a no, a yes answers nothing"


def _own_words(language: str) -> tuple[list[str], list[str], list[str]]:
    """Return yes, no and negations of a language's own file, without those of all languages."""
    own = tomllib.loads((Path(languages.__file__).parent / f"{language}.toml").read_text())
    yes, no = (own[key].strip("()").split("|")[:-1] for key in ("yes", "no"))
    return yes, no, own["negations"][:-1]


def _asked(interpreter: Interpreter, lock: str, unlock: str) -> None:
    """Let the interpreter ask about `lock`."""
    heard = [Hypothesis(text=lock, confidence=0.5), Hypothesis(text=unlock, confidence=0.3)]
    assert question(_says(interpreter, *heard))


def test_a_half_that_sounds_alike_is_asked_about_with_the_other() -> None:
    interpreter = _interpreter("sv", [UNLOCK, "tänd lampan"])
    asked = _says(interpreter, "tänd lampan and lås upp ytterdörrn")
    assert question(asked) == "Tänd lampan, lås upp ytterdörren?"
    both = ["tänd lampan = ON", f"{UNLOCK} = ON"]
    assert published(_says(interpreter, "ja")) == both


def test_doubt_about_words_is_not_lifted_by_an_opposite_that_sounds_alike() -> None:
    interpreter = _interpreter("sv", [UNLOCK])
    heard = [Hypothesis(text=UNLOCK, confidence=0.5), Hypothesis(text=LOCK, confidence=0.45)]
    assert question(_says(interpreter, *heard)) == "Lås upp ytterdörren?"


def test_no_choice_is_made_by_the_sound_of_its_opposite() -> None:
    interpreter = _interpreter("sv", [UNLOCK, "tänd lampan"])
    heard = [
        Hypothesis(text=UNLOCK, confidence=0.5),
        Hypothesis(text="tänd lampan", confidence=0.45),
    ]
    assert "lampan" in question(_says(interpreter, *heard))
    assert published(_says(interpreter, LOCK)) == []
    assert published(_says(interpreter, UNLOCK)) == [f"{UNLOCK} = ON"]


@pytest.mark.parametrize(
    ("language", "row_says", "heard"),
    [
        ("ja", "玄関の鍵を閉めて", "寝室の窓を閉めて"),
        ("ja", "消して", "押して"),
        ("zh", "开灯", "关灯"),
        ("en", "閉めて", "開めて"),
    ],
)
def test_characters_that_a_voice_only_names_are_not_alike(
    language: str, row_says: str, heard: str
) -> None:
    for decision in _says(_interpreter(language, [row_says]), heard):
        assert not isinstance(decision, Fire | Ask)
