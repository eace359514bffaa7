"""One table in two languages, from its text to the decisions."""

from dataclasses import replace

import pytest

from tests.settings.reading import first_lines, table, table_report
from voice2mqtt.core.audio import PartialMatch
from voice2mqtt.core.decision import Ask, Decision, Fire
from voice2mqtt.core.outcome import Heard
from voice2mqtt.nlu.dialogue.interpreter import Interpreter
from voice2mqtt.nlu.dialogue.multilingual import MultilingualInterpreter
from voice2mqtt.nlu.dialogue.policy import LocalTime
from voice2mqtt.nlu.grammar.table import CommandTable
from voice2mqtt.service.checks.table_tests import try_sentences
from voice2mqtt.service.interpreters import interpreter, language_of, lint
from voice2mqtt.settings.model import ListeningSettings, Settings
from voice2mqtt.settings.speech_settings import SpeechSettings

TABLE = """
lists: {raum: [bad, {in: küche, out: kitchen}]}
commands:
  - say: {en-US: turn on the light, de-DE: [mach das licht an, licht an]}
    topic: home/light
    payload: "ON"
    cooldown_s: 60
  - say: good night
    topic: home/night
    payload: "ON"
  - say: {de-DE: "heizung im {raum:room} aus", en-US: "heating off in [the] {room}"}
    name: heating
    topic: home/{room}/heating
    payload: "OFF"
    confirm: Sicher?
tests:
  - {hear: Mach das Licht an., publish: home/light = ON}
  - {hear: Turn on the light., publish: home/light = ON}
  - {hear: What a lovely light., publish: nothing}
""".replace("lists: {", "lists: {room: [kitchen], ")
NOON = LocalTime(minute=720, weekday=0)
BOTH = Settings(speech=SpeechSettings(languages=("en-US", "de-DE")))


@pytest.fixture
def both() -> Interpreter:
    return interpreter(BOTH, table(TABLE))


def heard(mine: Interpreter, text: str, language: str = "", now_s: float = 0.0) -> Decision:
    (decision,) = mine.decide(Heard(text=text, language=language), now_s, NOON)
    return decision


@pytest.mark.parametrize(
    ("text", "language", "row"),
    [
        ("Mach das Licht an.", "de-DE", "turn on the light"),
        ("Licht an.", "de-AT", "turn on the light"),
        ("Turn on the light.", "en-US", "turn on the light"),
        ("Turn on the light.", "en-GB", "turn on the light"),
        ("Turn on the light.", "", "turn on the light"),
        ("Good night.", "en-US", "good night"),
    ],
)
def test_the_language_selects_its_sentences(
    both: Interpreter, text: str, language: str, row: str
) -> None:
    decision = heard(both, text, language)
    assert isinstance(decision, Fire)
    assert decision.row == row


@pytest.mark.parametrize(
    ("text", "language"),
    [("Turn on the light.", "de-DE"), ("Mach das Licht an.", "en-US"), ("Good night.", "de-DE")],
)
def test_a_sentence_of_another_language_is_none(
    both: Interpreter, text: str, language: str
) -> None:
    assert not isinstance(heard(both, text, language), Fire)


def test_what_was_carried_out_is_known_in_each_language(both: Interpreter) -> None:
    assert isinstance(heard(both, "Mach das Licht an.", "de-DE"), Fire)
    again = heard(both, "Turn on the light.", "en-US", now_s=10.0)
    assert not isinstance(again, Fire)
    assert "cooldown" in again.reason.text
    both.muted = True
    muted = heard(both, "Mach das Licht an.", "de-DE", now_s=100.0)
    assert muted.reason.text == "muted"


def test_what_a_wake_phrase_grants_holds_in_each_language() -> None:
    listening = ListeningSettings(wake_phrase=("computer",), wake_grace_s=30)
    mine = interpreter(replace(BOTH, listening=listening), table(TABLE))
    assert not isinstance(heard(mine, "Good night.", "en-US"), Fire)
    assert isinstance(heard(mine, "Computer, mach das Licht an.", "de-DE", now_s=1.0), Fire)
    assert isinstance(heard(mine, "Good night.", "en-US", now_s=10.0), Fire)


def test_a_question_is_answered_in_the_language_in_which_it_was_asked(both: Interpreter) -> None:
    question = heard(both, "Heizung im Bad aus.", "de-DE")
    assert isinstance(question, Ask)
    both.start_answer_time(question.question, 1.0)
    assert both.answer_deadline_s == 9.0
    # Too short for a host to tell its language.
    assert isinstance(heard(both, "Ja.", "en-US", now_s=2.0), Fire)
    assert isinstance(heard(both, "Turn on the light.", "en-US", now_s=3.0), Fire)


def test_a_question_can_be_dropped(both: Interpreter) -> None:
    assert isinstance(heard(both, "Heizung im Bad aus.", "de-DE"), Ask)
    both.drop_question()
    assert isinstance(heard(both, "Turn on the light.", "en-US"), Fire)
    assert isinstance(heard(both, "Heizung im Bad aus.", "de-DE"), Ask)
    both.reset()
    assert isinstance(heard(both, "Turn on the light.", "en-US"), Fire)


def test_the_endpointer_is_told_in_any_language(both: Interpreter) -> None:
    assert both.partial_match("turn on the light") is PartialMatch.COMPLETE
    assert both.partial_match("mach das licht an") is PartialMatch.COMPLETE
    assert both.partial_match("mach das licht") is PartialMatch.UNFINISHED
    assert both.partial_match("was anderes") is PartialMatch.UNKNOWN


def test_with_one_language_its_sentences_are_the_table() -> None:
    read = table(TABLE)
    assert not isinstance(interpreter(Settings(), read), MultilingualInterpreter)
    assert [row.say for row in read.rows] == [
        ("turn on the light",), ("good night",), ("heating off in [the] {room}",),
    ]  # fmt: skip
    assert language_of(Settings(speech=SpeechSettings(languages=("de-DE", "en-US")))) == "de"


def test_its_tests_and_the_linter_know_each_language() -> None:
    read = table(TABLE)
    assert try_sentences(read, BOTH) == []
    assert [str(finding) for finding in lint(BOTH, read).findings] == []
    wrong = table(TABLE.replace("licht an]", "heizung im bad aus]"))
    found = [finding.problem for finding in lint(BOTH, wrong).findings]
    assert found


def test_a_language_that_is_none_is_told() -> None:
    read = TABLE.replace("de-DE: [mach", "german: [mach")
    assert first_lines(table_report(read)) == [
        "x.yaml:4:37: 'german' is not a language; write it as en-US or de-DE"
    ]


def test_a_row_may_be_said_in_one_language_only() -> None:
    read = table("commands:\n  - {say: {de-DE: licht an}, topic: t, payload: p}\n")
    assert isinstance(read, CommandTable)
    assert (read.rows[0].name, read.rows[0].say) == ("licht an", ())
    mine = interpreter(BOTH, read)
    assert isinstance(heard(mine, "Licht an.", "de-DE"), Fire)
    assert not isinstance(heard(mine, "Licht an.", "en-US"), Fire)
