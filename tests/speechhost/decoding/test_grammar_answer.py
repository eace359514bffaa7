from dataclasses import replace

import pytest

from voice2mqtt.nlu.grammar.compiler import compile_table
from voice2mqtt.nlu.grammar.table import CommandTable, ListValue, Row, TextList
from voice2mqtt.speechhost.decoding.grammar_answer import GrammarAnswer
from voice2mqtt.speechhost.engine import EngineGrammar, NBestEntry


def _grammar(*say: str) -> EngineGrammar:
    rows = tuple(Row(name=template, say=(template,), publish=()) for template in say)
    return EngineGrammar(automaton=compile_table(CommandTable(rows=rows)), forced=True)


def _entry(text: str, confidence: float) -> NBestEntry:
    return NBestEntry(text=text, lexical=text, confidence=confidence)


ON, OFF = _entry("lights on", 0.4), _entry("lights off", 0.2)


@pytest.mark.parametrize(
    ("openly", "proposed", "answered"),
    [
        (_entry("light on", 0.4), [ON, OFF], ["lights on", "lights off", "light on"]),
        (_entry("lights off", 0.4), [ON, OFF], ["lights on", "lights off"]),
        (_entry("", 0.4), [ON, OFF], ["lights on", "lights off"]),
        (_entry("light on", 0.6), [ON], ["light on", "lights on"]),
        (_entry("light on", 0.7), [OFF], ["light on"]),
        (_entry("light on", 1.0), [], ["light on"]),
    ],
)
def test_the_open_hypothesis_is_one_of_the_list(
    openly: NBestEntry, proposed: list[NBestEntry], answered: list[str]
) -> None:
    answer = GrammarAnswer(_grammar("lights on", "lights off"), "en")
    nbest = answer.nbest(proposed, openly)
    assert [entry.text for entry in nbest] == answered
    assert [entry.out_of_grammar for entry in nbest] == [
        entry.text == openly.text and openly.confidence > 0.5 for entry in nbest
    ]
    said = {entry.text for entry in proposed}
    assert [entry.openly for entry in nbest] == [entry.text not in said for entry in nbest]


def test_what_none_of_a_list_of_phrases_says_is_not_outside_it() -> None:
    phrases = replace(_grammar("lights on"), forced=False)
    (entry,) = GrammarAnswer(phrases, "en").nbest([], _entry("good night", 1.0))
    assert not entry.out_of_grammar
    said, _ = GrammarAnswer(phrases, "en").nbest([ON], _entry("light on", 0.4))
    assert said.openly is None


def test_a_command_is_contradicted_where_all_open_readings_say_something_else() -> None:
    answer = GrammarAnswer(_grammar("lights on", "set it to eight degrees"), "en")
    assert answer.contradicts(["lights off"], "lights on")
    assert answer.contradicts(["lights off", "light off"], "lights on")
    assert not answer.contradicts(["lights off", "light on"], "lights on")
    assert answer.contradicts(["set it to twenty degrees"], "set it to eight degrees")


def test_another_command_contradicts_none() -> None:
    answer = GrammarAnswer(_grammar("lights on", "lights off"), "en")
    assert not answer.contradicts(["lights off"], "lights on")


@pytest.mark.parametrize(("commands", "telling"), [(1, False), (2, True)])
def test_a_word_of_an_answer_tells_nothing_about_a_command(commands: int, *, telling: bool) -> None:
    grammar = replace(_grammar("make me a coffee", "no thank you"), command_rows=commands)
    answer = GrammarAnswer(grammar, "en")
    assert answer.contradicts(["thank me a coffee"], "make me a coffee") is telling


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("lights on", 1),
        ("yes", 1),
        ("lights on and blinds down", 2),
        ("lights on and yes", 0),
        ("lights on and lights on", 0),
        ("lights on and blinds down and lights on", 0),
    ],
)
def test_what_is_no_pair_of_commands_has_no_meaning(text: str, count: int) -> None:
    table = replace(_grammar("lights on", "blinds down", "(yes|okay)"), command_rows=2)
    assert len(GrammarAnswer(table, "en").meaning(text) or ()) == count


def test_phrases_are_said_one_at_a_time() -> None:
    phrases = replace(_grammar("lights on", "off"), forced=False)
    assert GrammarAnswer(phrases, "en").meaning("lights on and off") is None


def test_two_commands_of_one_row_may_have_values_of_two_kinds() -> None:
    values = (ListValue(spoken="low", out=1), ListValue(spoken="red", out="red"))
    table = CommandTable(
        rows=(Row(name="set", say=("lamp {how}",), publish=()),),
        lists={"how": TextList(values=values)},
    )
    grammar = EngineGrammar(automaton=compile_table(table), forced=True, command_rows=1)
    meaning = GrammarAnswer(grammar, "en").meaning("lamp low and lamp red")
    assert meaning == ((0, (("how", 1),)), (0, (("how", "red"),)))
