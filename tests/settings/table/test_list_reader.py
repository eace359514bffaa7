import pytest

from tests.settings.reading import first_lines, table, table_report
from voice2mqtt.nlu.grammar.table import (
    DurationList,
    ListValue,
    RangeList,
    SlotList,
    TextList,
    WildcardList,
)

_ROW = "\ncommands: [{say: hi, topic: t, payload: p}]\n"


def _list(written: str) -> SlotList:
    return table(f"lists:\n  a: {written}{_ROW}").lists["a"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        pytest.param(
            "[one, two words]",
            TextList(
                values=(
                    ListValue(spoken="one", out="one"),
                    ListValue(spoken="two words", out="two words"),
                )
            ),
            id="words",
        ),
        pytest.param(
            '{values: [{in: "(lounge|living room)", out: living}, {in: half, out: 0.5}]}',
            TextList(
                values=(
                    ListValue(spoken="(lounge|living room)", out="living"),
                    ListValue(spoken="half", out=0.5),
                )
            ),
            id="as-hassil-writes-it",
        ),
        pytest.param(
            '[{in: nothing, out: ""}]',
            TextList(values=(ListValue(spoken="nothing", out=""),)),
            id="an-empty-meaning",
        ),
        pytest.param(
            "{range: {from: -5, to: 40, step: 5, multiplier: 2.55}}",
            RangeList(lowest=-5, highest=40, step=5, multiplier=2.55),
            id="range",
        ),
        pytest.param(
            "{range: {from: 5, to: 30, type: temperature, fractions: halves}}",
            RangeList(lowest=5, highest=30, decimals=True, parts=2),
            id="range-with-halves",
        ),
        pytest.param(
            "{range: {from: 5, to: 30, fractions: tenths}}",
            RangeList(lowest=5, highest=30, decimals=True, parts=10),
            id="range-with-tenths",
        ),
        pytest.param(
            "{range: {from: 5, to: 30, decimals: true, fractions: halves}}",
            RangeList(lowest=5, highest=30, decimals=True),
            id="range-with-halves-and-any-decimals",
        ),
        pytest.param(
            "{range: {from: 5, to: 30, decimals: true}}",
            RangeList(lowest=5, highest=30, decimals=True),
            id="range-with-decimals",
        ),
        pytest.param(
            "[{in: b, out: false}]",
            TextList(values=(ListValue(spoken="b", out=False),)),
            id="a-truth",
        ),
        pytest.param("{wildcard: true}", WildcardList(), id="wildcard"),
        pytest.param(
            "{duration: hours}",
            DurationList(unit="hours", lowest=0, highest=23_976),
            id="duration",
        ),
        pytest.param(
            "{duration: {unit: minutes, from: 0.5, to: 90}}",
            DurationList(unit="minutes", lowest=0.5, highest=90),
            id="duration-with-limits",
        ),
    ],
)
def test_a_list_is_read(written: str, meant: SlotList) -> None:
    assert _list(written) == meant


def test_a_list_knows_where_it_stands() -> None:
    assert str(_list("[one]").place) == "x.yaml:2:3"


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        pytest.param(
            "one",
            "x.yaml:2:6: expected a list of words, found 'one'; write it as [one, two]",
            id="a-single-word",
        ),
        pytest.param(
            "[]", "x.yaml:2:6: the list a is empty; write at least one word", id="no-words"
        ),
        pytest.param(
            "[1]",
            'x.yaml:2:7: expected text, found a number; put it in quotes: "1"',
            id="a-number",
        ),
        pytest.param(
            '["(b|c)"]',
            "x.yaml:2:7: '(b|c)' can be said in several ways, but has no meaning; "
            'write it as {in: "(b|c)", out: …}',
            id="several-ways-without-meaning",
        ),
        pytest.param(
            "[{in: b}]",
            "x.yaml:2:7: 'out' is missing; it is what goes into topic and payload",
            id="no-out",
        ),
        pytest.param(
            "[{in: b, out: on}]",
            "x.yaml:2:20: YAML takes on for true; put it in quotes if the word is meant: "
            '"on"; else write true',
            id="truth-as-meaning",
        ),
        pytest.param('[{in: "(b", out: c}]', "x.yaml:2:13: '(' is never closed", id="template"),
        pytest.param(
            '[{in: "b {a}", out: c}]',
            "x.yaml:2:12: a list's value cannot hold {a}; write the words themselves",
            id="slot-in-a-value",
        ),
        pytest.param(
            "{range: {from: 5}}",
            "x.yaml:2:14: 'to' is missing; a range needs both ends",
            id="half-a-range",
        ),
        pytest.param(
            "{range: {from: 9, to: 5}}",
            "x.yaml:2:14: the range goes down from 9 to 5; swap them",
            id="downwards",
        ),
        pytest.param(
            "{range: {from: 1, to: 5, step: 0}}",
            "x.yaml:2:37: 0 is not between 1 and 1e+09",
            id="no-step",
        ),
        pytest.param(
            "{range: {from: 0.5, to: 5}}",
            "x.yaml:2:21: expected a whole number, found 0.5",
            id="fraction",
        ),
        pytest.param(
            "{range: {from: 0, to: 5, fractions: thirds}}",
            "x.yaml:2:42: expected halves or tenths, found 'thirds'",
            id="thirds",
        ),
        pytest.param(
            "{duration: weeks}",
            "x.yaml:2:17: expected seconds, minutes, hours or days, found 'weeks'",
            id="no-unit",
        ),
        pytest.param(
            "{duration: {from: 1}}",
            "x.yaml:2:17: 'unit' is missing; it is what the duration is published in",
            id="duration-without-unit",
        ),
        pytest.param(
            "{duration: {unit: days, from: 9, to: 5}}",
            "x.yaml:2:17: the duration goes down from 9 to 5; swap them",
            id="duration-downwards",
        ),
        pytest.param(
            "{values: [b], wildcard: true}",
            "x.yaml:2:3: the list a needs one of values, range, duration, wildcard",
            id="two-kinds",
        ),
        pytest.param(
            "{wildcard: false}",
            "x.yaml:2:7: wildcard: false is no list; give it values or a range",
            id="no-wildcard",
        ),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence(written: str, sentence: str) -> None:
    report = table_report(f"lists:\n  a: {written}{_ROW}")
    assert [line for line in first_lines(report) if ":2:" in line] == [sentence]


def test_a_name_must_be_one() -> None:
    assert first_lines(table_report(f"lists:\n  two words: [x]{_ROW}")) == [
        (
            "x.yaml:2:3: 'two words' cannot be the name of a list; begin with a letter; use "
            "letters, digits, - and _"
        )
    ]


def test_a_duration_is_said_in_the_language_of_the_sentence() -> None:
    read = table(
        "lists: {time: {duration: minutes}}\n"
        'commands: [{say: {en-US: "timer {time}", de-DE: "Timer {time}"}, topic: t, payload: x}]\n'
    )
    (german,) = read.translations["de-DE"].lists.values()
    assert german == DurationList(unit="minutes", lowest=0, highest=1_438_560, language="de")


def test_a_language_without_words_for_durations_has_none() -> None:
    report = table_report(f"language: sv\nlists: {{time: {{duration: minutes}}}}{_ROW}")
    assert first_lines(report) == [
        (
            "x.yaml:2:9: durations are not known in the language sv; "
            "name its numbers and units in the sentence"
        )
    ]
