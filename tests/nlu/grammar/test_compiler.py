import re
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from hassil import Intents, recognize_all
from hypothesis import assume, event, given
from hypothesis import strategies as st

from tests.examples import examples
from tests.nlu.grammars import LISTS, RULES, SENTENCES, TEMPLATES, sentences_of, tables
from voice2mqtt.core.decision import SlotValue
from voice2mqtt.nlu.grammar.compiler import (
    TableError,
    compile_expected,
    compile_phrases,
    compile_table,
)
from voice2mqtt.nlu.grammar.table import (
    CommandTable,
    ListValue,
    Place,
    Publish,
    Row,
    TextList,
    WildcardList,
)
from voice2mqtt.nlu.matching.exact import ExactMatcher
from voice2mqtt.nlu.text.normaliser import normaliser


def hassils_view(table: CommandTable) -> Intents:
    """Return `table` as hassil's own recogniser takes it."""
    return Intents.from_dict(
        {
            "language": "en",
            "intents": {row.name: {"data": [{"sentences": list(row.say)}]} for row in table.rows},
            "lists": {
                "room": {
                    "values": [
                        {"in": "hall", "out": "hall"},
                        {"in": "(lounge|living [big] room)", "out": "living"},
                    ]
                },
                "level": {"range": {"from": 0, "to": 100, "step": 5}},
                "cold": {"range": {"from": -20, "to": 30, "fractions": "halves"}},
                "fine": {"range": {"from": 0, "to": 40, "step": 10, "fractions": "tenths"}},
                "bulb": {"range": {"from": 0, "to": 100, "multiplier": 2.55}},
                "song": {"wildcard": True},
            },
            "expansion_rules": dict(RULES),
        }
    )


def plain(value: SlotValue) -> SlotValue:
    """Return a value of hassil's without rounding dust and the spaces around free text."""
    return value.strip() if isinstance(value, str) else round(value, 6)


def matcher(table: CommandTable) -> ExactMatcher:
    return ExactMatcher(compile_table(table), normaliser(table.language))


def one_row(template: str) -> CommandTable:
    row = Row(name="row 0", say=(template,), publish=(Publish(topic="t", payload="p"),))
    return CommandTable(rows=(row,), lists=LISTS, rules=RULES)


@given(table=tables(), data=st.data())
def test_a_sentence_sampled_from_a_row_is_matched_by_that_row(
    table: CommandTable, data: st.DataObject
) -> None:
    matches = matcher(table)
    for index, row in enumerate(table.rows):
        sentence = data.draw(sentences_of(row.say[-1]))
        if sentence:
            found = {parse.row for parse in matches.parses(sentence)}
            # "Pretty please" says nothing for {song} where "[pretty] please" follows it.
            assert index in found | matches.unfinished(sentence)


@st.composite
def nearly_said(draw: st.DrawFn, template: str) -> str:
    """Draw a sentence of `template` in which, now and then, a word is missing, wrong or doubled."""
    words = draw(sentences_of(template, in_words=False)).split()
    other = draw(SENTENCES).split()
    at = draw(st.integers(0, len(words)))
    wrong = draw(st.sampled_from([[], words[at : at + 1], other[:1], other]))
    return " ".join((*words[:at], *wrong, *words[at + len(wrong[:1]) :]))


@examples(3)
@given(template=TEMPLATES, data=st.data())
def test_the_automaton_accepts_what_hassils_recogniser_accepts(
    template: str, data: st.DataObject
) -> None:
    sentence = data.draw(nearly_said(template))
    # Only we allow free text next to free text; where one ends is ambiguous.
    assume(sentence and template.count("{song}") < 2)
    # To us alone "the 0.5" may be "the 1/2".
    assume(not re.search(r"\b(a|an|one|the) 0\.5\b", sentence))
    table = one_row(template)
    theirs = [
        {name: plain(entity.value) for name, entity in result.entities.items()}
        for result in recognize_all(sentence, hassils_view(table))
    ]
    # Hassil's free text may end in the middle of a word: "un" of "unred".
    theirs = [s for s in theirs if set(str(s.get("song", "")).split()) <= {*sentence.split()}]
    matches = matcher(table)
    ours = [dict(parse.slots) for parse in matches.parses(sentence)]
    event("accepted" if theirs else "refused")
    # "Pretty please" says nothing for {song} where "[pretty] please" follows it.
    assert bool(ours) == bool(theirs and not matches.unfinished(sentence))
    assert all(slots in theirs for slots in ours)


@pytest.mark.parametrize(
    ("template", "said", "unsaid"),
    [
        pytest.param("turn on light[s]", ["turn on light", "turn on lights"], ["turn on light es"],
                     id="optional letters"),
        pytest.param("(un|)lock it", ["lock it", "unlock it"], ["un it"],
                     id="optional beginning"),
        pytest.param("[the] red lamp", ["the red lamp", "red lamp"], ["the lamp"], id="optional"),
        pytest.param("go[ to bed] now", ["go now", "go to bed now"], ["go to now"],
                     id="space inside an optional"),
        pytest.param("(up|down)stairs", ["upstairs", "downstairs"], ["stairs"],
                     id="alternative glued"),
        pytest.param("(a; b; c) d", ["a b c d", "c a b d", "b c a d"], ["a b d", "a a b c d"],
                     id="any order"),
        pytest.param("x ([{room}]; [{level}]) y", ["x y", "x hall 5 y", "x 5 hall y", "x hall y"],
                     ["x hall hall y"], id="slots in any order"),
        pytest.param("{level}%", ["5%", "five percent", "five per cent", "5 %"], ["5", "7%"],
                     id="number glued to a sign"),
        pytest.param("{1..12:hour}pm", ["7pm", "7 p.m."], ["13 pm"], id="number glued to letters"),
        pytest.param("{room}light", ["halllight", "loungelight", "living roomlight"],
                     ["hall lights"], id="list glued to letters"),
        pytest.param("{room}{level}", ["hall 5", "hall five"], ["hall"], id="two slots"),
        pytest.param("the {room}'s l'{room:other}", ["the hall's l'lounge", "the halls llounge"],
                     ["the hall l'lounge"], id="list glued by an apostrophe"),
        pytest.param("<nested> go", ["please go", "pretty please go", "now go"], ["pretty go"],
                     id="rule in a rule"),
        pytest.param(r"a \[b\]", ["a b", "a [b]"], ["a"], id="escaped brackets"),
        pytest.param("twenty five lamps", ["25 lamps", "twenty-five lamps"], ["20 lamps"],
                     id="number in words"),
        pytest.param("25 lamps", ["twenty five lamps", "25 lamps"], ["20 lamps"],
                     id="number in digits"),
        pytest.param("wake me at half past seven", ["wake me at 7:30"], ["wake me at 7"],
                     id="time in words"),
        pytest.param("wake me at {0..23:h} {0..59:m}",
                     ["wake me at 7:30", "wake me at half past seven", "wake me at seven thirty"],
                     ["wake me at 7:75"], id="time in slots"),
    ],
)  # fmt: skip
def test_what_a_template_says(template: str, said: list[str], unsaid: list[str]) -> None:
    matches = matcher(one_row(template))
    assert [s for s in said if not matches.parses(s)] == []
    assert [s for s in unsaid if matches.parses(s)] == []


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ("turn on {attic}", "there is no list {attic}, at column 9"),
        ("turn on <attic>", "there is no rule <attic>, at column 9"),
        ("<loop>", "rule <loop> contains itself (loop > pool > loop)"),
        ("(a;b;c;d;e;f;g;h;i)", "more than 8 parts in any order"),
        ("[a][b][c][d][e][f][g][h][i][j][k][l][m]", "too many words written without a space"),
        ("{bad}", "in list {bad}: '(' is never closed"),
        ("{nesting}", "in list {nesting}: no slot may stand here: {room}"),
    ],
)
def test_what_cannot_be_compiled_is_told_with_its_place(template: str, problem: str) -> None:
    place = Place(file="commands.yaml", line=7, column=9)
    row = Row(name="row", say=("fine", template), publish=(), places=(Place(), place))
    table = CommandTable(
        rows=(row,),
        lists={
            **LISTS,
            "free": WildcardList(),
            "bad": TextList(values=(ListValue(spoken="(a", out="a"),)),
            "nesting": TextList(values=(ListValue(spoken="{room} x", out="a"),)),
        },
        rules={"loop": "<pool>", "pool": "a <loop>"},
    )
    with pytest.raises(TableError) as caught:
        compile_table(table)
    assert problem in str(caught.value)


def test_a_list_may_have_hundreds_of_endings() -> None:
    plural, case = "[lar|ler]", "[(n|an|in|un|ün|y|t|d)](o|i|u|ü|a|e|da|de)"
    matches = matcher(one_row(f"{{room}}{plural}[{case}][ki] off"))
    for said in ("hall off", "halli off", "halllarindaki off", "living roomlerxki off"):
        assert bool(matches.parses(said)) == (said != "living roomlerxki off"), said
    assert not matches.parses("hall indaki off")


def test_every_fault_is_told_once() -> None:
    place = Place(file="commands.yaml", line=7, column=9)
    row = Row(name="row", say=("{a}", "<b>"), publish=(), places=(place, place))
    bad = {"bad": TextList(values=(ListValue(spoken="(a", out="a"),))}
    other = Row(name="other", say=("{bad} x", "{bad} y"), publish=(), places=(place, place))
    with pytest.raises(TableError) as caught:
        compile_table(CommandTable(rows=(row, other), lists=bad))
    assert len(caught.value.faults) == 3
    assert str(caught.value).startswith("commands.yaml:7:9: there is no list {a}, at column 1")


def test_phrases_are_no_templates() -> None:
    matches = ExactMatcher(compile_phrases(["Jessie (left)", "open {door}"]), normaliser("en"))
    assert [parse.row for parse in matches.parses("jessie left")] == [0]
    assert [parse.row for parse in matches.parses("open door")] == [1]
    assert matches.parses("jessie") == ()


@given(table=tables())
def test_no_state_has_two_arcs_with_the_same_label(table: CommandTable) -> None:
    automaton = compile_table(table)
    for state in range(len(automaton.offsets) - 1):
        labels = [automaton.labels[label] for label, _ in automaton.arcs(state)]
        assert len(labels) == len(set(labels))


@given(table=tables())
def test_the_words_of_rows_are_not_those_of_answers_and_wake_phrases(table: CommandTable) -> None:
    expected = compile_expected(table)
    rows = compile_table(table).words()
    assert expected.words(len(table.rows)) == rows
    assert expected.words() == rows | compile_expected(CommandTable(rows=())).words()
    assert not expected.words(0)


TWO_ROWS = CommandTable(
    rows=tuple(
        Row(name=say, say=(say,), publish=(Publish(topic="t", payload="p"),))
        for say in ("turn on the light", "stop")
    )
)


@pytest.mark.parametrize(
    ("text", "group"),
    [
        ("turn on the light", 0),
        ("okay house turn on the light", 0),
        ("Hey, Jarvis! Stop.", 1),
        ("yes please", 2),
        ("okay house no", 3),
        ("never mind", 4),
        ("okay house", 5),
        ("hey house turn on the light", None),
        ("turn on the light okay house", None),
    ],
)
def test_what_is_expected_may_follow_a_wake_phrase_or_answer_a_question(
    text: str, group: int | None
) -> None:
    expected = compile_expected(TWO_ROWS, ("okay house", "hey jarvis"))
    parses = ExactMatcher(expected, normaliser("en")).parses(text)
    assert (parses[0].row if parses else None) == group


def test_without_wake_phrases_the_table_and_the_answers_are_expected() -> None:
    matches = ExactMatcher(compile_expected(TWO_ROWS, ("", " ")), normaliser("en"))
    assert [parse.row for parse in matches.parses("stop")] == [1, 4]
    assert not matches.parses("")


@pytest.mark.parametrize("text", ["stop", "please stop", "house stop please", "house please stop"])
def test_words_to_skip_are_expected_around_a_sentence(text: str) -> None:
    table = replace(TWO_ROWS, skip_words=("please", "?"))
    expected = compile_expected(table, ("house",))
    parses = ExactMatcher(expected, normaliser("en")).parses(text)
    assert parses
    assert parses[0].row == 1


def test_answers_are_expected_in_the_language_of_the_table() -> None:
    german = ExactMatcher(compile_expected(replace(TWO_ROWS, language="de")), normaliser("de"))
    assert german.parses("ja bitte")[0].row == 2
    assert not german.parses("yes")


@given(table=tables(), data=st.data())
def test_wake_phrases_change_nothing_about_the_rows(
    table: CommandTable, data: st.DataObject
) -> None:
    plain = matcher(table)
    expected = ExactMatcher(compile_expected(table, ("computer",)), normaliser(table.language))
    sentence = data.draw(sentences_of(table.rows[0].say[-1]))
    # Free text takes the wake phrase for its own first word.
    assume(sentence and not any("{song}" in say for row in table.rows for say in row.say))
    for said in (sentence, f"computer {sentence}"):
        rows = [p for p in expected.parses(said) if p.row < len(table.rows)]
        assert list(plain.parses(sentence)) == rows


def test_a_fault_is_placed_as_without_wake_phrases() -> None:
    faulty = one_row("turn on {nothing}")
    with pytest.raises(TableError) as plain:
        compile_table(faulty)
    with pytest.raises(TableError) as expected:
        compile_expected(faulty, ("okay house",))
    assert str(expected.value) == str(plain.value)


TOO_MANY = {
    "optional before the same": "x " + "[(a|b)] " * 20 + "a" + " (a|b)" * 20,
    "parts in any order, nested": "(a;b;(c;d;(e;f;(g;h;(i;j;(k;l))))))",
    "brackets": "(" * 500 + "a" + ")" * 500,
    "letters": "x" + "[(a|b)]" * 30,
    "rules": "<r0>",
}


@pytest.mark.parametrize("say", TOO_MANY.values(), ids=TOO_MANY)
@pytest.mark.parametrize("compiled", [compile_table, compile_expected])
def test_a_row_of_too_many_ways_is_a_fault_with_its_place(
    say: str, compiled: Callable[[CommandTable], object]
) -> None:
    place = Place(file="commands.yaml", line=7, column=11)
    row = Row(name="row", say=(say,), publish=(), places=(place,))
    rules = {f"r{n}": f"<r{n + 1}> <r{n + 1}>" for n in range(30)} | {"r30": "a"}
    began_s = time.process_time()
    with pytest.raises(TableError, match=r"commands.yaml:7:11: (this can be|too many|more than)"):
        compiled(CommandTable(rows=(row,), rules=rules))
    # Without a budget these take from 13 s to for ever.
    assert time.process_time() - began_s < 8


def test_many_such_rows_take_no_longer_than_a_few() -> None:
    say = TOO_MANY["optional before the same"]
    rows = tuple(Row(name=f"{n}", say=(f"{n} {say}",), publish=()) for n in range(50))
    with pytest.raises(TableError) as raised:
        compile_table(CommandTable(rows=rows))
    assert len(raised.value.faults) <= 3


def test_a_table_of_too_many_words_is_a_fault_at_its_longest_list(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("voice2mqtt.nlu.grammar.compiler.MAX_TABLE_WORDS", 100)
    place = Place(file="commands.yaml", line=3, column=5)
    values = tuple(ListValue(spoken=f"{n}x", out=n) for n in range(100))
    lists = {"song": TextList(values=values, place=place)}
    rows = (Row(name="play", say=("play {song}",), publish=()),)
    with pytest.raises(TableError, match=r"commands.yaml:3:5: the table has 102 different words"):
        compile_table(CommandTable(rows=rows, lists=lists))


def test_a_list_of_many_values_costs_each_the_same() -> None:
    values = tuple(ListValue(spoken=f"song {n} of {7 * n}x", out=n) for n in range(3000))
    table = CommandTable(
        rows=(Row(name="play", say=("play {song}",), publish=()),),
        lists={"song": TextList(values=values)},
    )
    (parse,) = matcher(table).parses("play song 2999 of 20993x")
    assert parse.slots == {"song": 2999}
