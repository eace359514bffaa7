import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.settings.reading import first_lines, table, table_report
from voice2mqtt.nlu.grammar.table import TableTest
from voice2mqtt.settings.table.list_reader import LIST_KEYS, RANGE_KEYS, VALUE_KEYS
from voice2mqtt.settings.table.row_reader import EXPECT_KEYS, ROW_KEYS
from voice2mqtt.settings.table.table_reader import TABLE_KEYS, TEST_KEYS
from voice2mqtt.settings.yaml.faults import FaultsError

_ROW = "commands: [{say: hi, topic: t, payload: p}]\n"


def test_a_table_needs_no_more_than_commands() -> None:
    read = table(_ROW)
    assert [row.say for row in read.rows] == [("hi",)]
    assert (read.lists, read.rules, read.tests, read.language) == ({}, {}, (), "en")


def test_rules_are_read_under_both_of_their_names() -> None:
    read = table(f'rules: {{a: "[please]"}}\nexpansion_rules: {{b: "<a> now"}}\n{_ROW}')
    assert read.rules == {"a": "[please]", "b": "<a> now"}


def test_words_to_skip_are_plain_words() -> None:
    assert table("skip_words: [please, thank you]\n" + _ROW).skip_words == ("please", "thank you")
    assert table("skip_words: []\n" + _ROW).skip_words == ()
    assert first_lines(table_report('skip_words: ["[oh] please"]\n' + _ROW)) == [
        "x.yaml:1:14: words to skip are no template; name each by itself"
    ]


def test_tests_are_read_in_every_form() -> None:
    read = table(
        _ROW
        + "tests:\n"
        + "  - {hear: a, publish: nothing}\n"
        + "  - {hear: b, publish: home/x/set = ON = 1}\n"
        + "  - {hear: c, publish: [x = 1, y =]}\n"
        + '  - {hear: d, publish: {x: "ON", y: {state: "ON", n: 4.5}}}\n'
    )  # fmt: skip
    assert read.tests == (
        TableTest(hear="a", publish=()),
        TableTest(hear="b", publish=(("home/x/set", "ON = 1"),)),
        TableTest(hear="c", publish=(("x", "1"), ("y", ""))),
        TableTest(hear="d", publish=(("x", "ON"), ("y", '{"state": "ON", "n": 4.5}'))),
    )
    assert str(read.tests[1].place) == "x.yaml:4:5"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param(
            "# nothing yet\n",
            "x.yaml:1:1: 'commands' is missing; the table is a list under this key",
            id="nothing",
        ),
        pytest.param(
            "- say: hi\n",
            "x.yaml:1:1: expected a command table with keys, found a list; known here: language, "
            "lists, rules, expansion_rules, skip_words, commands, tests",
            id="rows-without-commands",
        ),
        pytest.param(
            "commands: []\n",
            "x.yaml:1:11: there are no commands; write at least one",
            id="no-rows",
        ),
        pytest.param(
            "commands: {say: hi}\n",
            "x.yaml:1:11: expected a list of commands, found a mapping; begin each with a dash: "
            "- …",
            id="no-dashes",
        ),
        pytest.param(
            f"{_ROW}test: []\n", "x.yaml:2:1: unknown key test; did you mean tests?", id="key"
        ),
        pytest.param(
            f"{_ROW}rules: {{a: x}}\nexpansion_rules: {{a: y}}\n",
            "x.yaml:3:22: the rule a stands in line 2 too; keep one of them",
            id="rule-twice",
        ),
        pytest.param(
            "commands:\n- {say: hi, topic: t, payload: p}\n- {say: hi, topic: u, payload: p}\n",
            "x.yaml:3:3: the command in line 2 is called 'hi' too; give one of them a name",
            id="same-sentence",
        ),
        pytest.param(
            "commands:\n- {name: a, say: x, topic: t, payload: p}\n"
            "- {name: a, say: y, topic: u, payload: p}\n",
            "x.yaml:3:10: the command in line 2 is called 'a' too; call one of them otherwise",
            id="same-name",
        ),
        pytest.param(
            f"{_ROW}tests: [{{hear: x}}]\n",
            "x.yaml:2:9: 'publish' is missing; write the message as topic = payload, or nothing",
            id="test-without-publish",
        ),
        pytest.param(
            f"{_ROW}tests: [{{hear: x, publish: home/x}}]\n",
            "x.yaml:2:28: 'home/x' is no message; write it as topic = payload, or nothing",
            id="test-without-payload",
        ),
        pytest.param(
            f"{_ROW}tests: [{{hear: x, publish: {{a/b: on}}}}]\n",
            'x.yaml:2:34: expected text, found yes/no; put it in quotes: "on"',
            id="test-with-a-truth",
        ),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence(text: str, sentence: str) -> None:
    assert first_lines(table_report(text)) == [sentence]


def test_all_faults_of_a_table_are_told_in_one_run() -> None:
    report = table_report(
        "lists:\n"
        "  switch: [on, off]\n"
        "commands:\n"
        "  - say: turn {swich} the light\n"
        "    topic: home/#\n"
        "    palyoad: x\n"
        "  - say: turn (left\n"
        "    topic: t\n"
        "    payload: 5\n"
        "    qos: 3\n"
    )
    assert first_lines(report) == [
        'x.yaml:2:12: expected text, found yes/no; put it in quotes: "on"',
        'x.yaml:2:16: expected text, found yes/no; put it in quotes: "off"',
        "x.yaml:4:5: 'payload' is missing; for an empty message write payload: \"\"",
        "x.yaml:4:15: there is no list swich; did you mean switch?",
        (
            "x.yaml:5:12: a topic to publish to cannot have a #; name one topic; several messages "
            "stand under publish"
        ),
        "x.yaml:6:5: unknown key palyoad; did you mean payload?",
        "x.yaml:7:15: '(' is never closed",
        'x.yaml:9:14: expected text, found a number; put it in quotes: "5"',
        "x.yaml:10:10: 3 is not between 0 and 2",
    ]


_KEYS = st.sampled_from(
    sorted({*TABLE_KEYS, *ROW_KEYS, *TEST_KEYS, *LIST_KEYS, *RANGE_KEYS, *VALUE_KEYS, *EXPECT_KEYS})
)
_TEMPLATES = st.text(alphabet="ab {}[]()<>|;:.0\\é", max_size=12)
_LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), _TEMPLATES, st.just("07:00-22:00"))
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(_KEYS, _TEMPLATES), inner, max_size=4),
    ),
    max_leaves=12,
)
_ROWS = st.dictionaries(st.sampled_from(tuple(ROW_KEYS)), _VALUES, max_size=6)
_LISTS = st.dictionaries(st.sampled_from(["a", "b"]), _VALUES, max_size=2)


@given(
    document=st.one_of(
        _VALUES,
        st.fixed_dictionaries(
            {"commands": st.lists(_ROWS, max_size=3)},
            optional={"lists": _LISTS, "rules": _LISTS, "tests": _VALUES, "language": _VALUES},
        ),
    )
)
def test_whatever_the_values_are_they_are_taken_or_told(document: object) -> None:
    told = ""
    try:
        table(json.dumps(document))
    except FaultsError as error:
        told = str(error)
    assert told == "" or told.startswith("x.yaml:")
