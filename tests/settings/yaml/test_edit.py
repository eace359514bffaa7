"""Values are changed in a person's file, and nothing else is."""

from pathlib import Path

import pytest

from voice2mqtt.errors import SettingsError
from voice2mqtt.settings.load import load_settings
from voice2mqtt.settings.search import CHECKOUT
from voice2mqtt.settings.yaml.edit import has, with_item, with_key, with_value, with_values


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        pytest.param("#node: voice\n", {"node": "hall"}, 'node: "hall"\n', id="commented-out"),
        pytest.param(
            "mqtt:\n  # where\n  broker: a   # old\n",
            {"mqtt.broker": "b"},
            'mqtt:\n  # where\n  broker: "b" # old\n',
            id="replaced-comment-kept",
        ),
        pytest.param(
            "speech:\n  #host: a\nmqtt:\n  #host: b\n",
            {"mqtt.host": "c"},
            'speech:\n  #host: a\nmqtt:\n  host: "c"\n',
            id="in-its-own-section",
        ),
        pytest.param(
            "mqtt:\n  a: b\n", {"mqtt.c": "d"}, 'mqtt:\n  c: "d"\n  a: b\n', id="missing-key"
        ),
        pytest.param(
            "node: a\n", {"mqtt.c": "d"}, 'node: a\nmqtt:\n  c: "d"\n', id="missing-section"
        ),
        pytest.param(
            "mqtt: {a: b}  # short\n",
            {"mqtt.c": "d"},
            'mqtt: {c: "d", a: b} # short\n',
            id="in-braces",
        ),
        pytest.param(
            "mqtt:\n# broker: b\n  #broker: c\n",
            {"mqtt.broker": "d"},
            'mqtt:\n# broker: b\n  broker: "d"\n',
            id="the-comment-that-fits",
        ),
        pytest.param(
            "'mqtt':\n    'broker': a\n",
            {"mqtt.broker": "b"},
            "'mqtt':\n    'broker': \"b\"\n",
            id="other-indentation-and-quotes",
        ),
        pytest.param(
            'wake:\n- on\n- "off"\nnode: a # b\n',
            {"node": "c"},
            'wake:\n- on\n- "off"\nnode: "c" # b\n',
            id="others-as-they-were",
        ),
        pytest.param("", {"node": "c"}, 'node: "c"\n', id="nothing-yet"),
        pytest.param("a: b\n", {"node": 'x"y'}, 'node: "x\\"y"\na: b\n', id="quoted"),
    ],
)
def test_values_find_their_place(text: str, values: dict[str, str], expected: str) -> None:
    assert with_values(text, values) == expected


@pytest.mark.parametrize("text", ["a: [", "- a", "a"])
def test_what_is_no_mapping_is_told(text: str) -> None:
    with pytest.raises(SettingsError, match="cannot be changed"):
        with_values(text, {"node": "hall"})


def test_in_the_shipped_settings_each_value_takes_the_place_of_its_comment(tmp_path: Path) -> None:
    before = CHECKOUT.read_text()
    after = with_values(
        before,
        {
            "node": "hall",
            "microphone.device": "hw:1",
            "mqtt.key_file": "k/k",
            "mqtt.cert_file": "c",
        },
    )
    changed = [
        (old, new)
        for old, new in zip(before.splitlines(), after.splitlines(), strict=True)
        if old != new
    ]
    assert changed == [
        ("#node: voice", 'node: "hall"'),
        ("  #device: default", '  device: "hw:1"'),
        ("  #cert_file: certificates/voice.pem", '  cert_file: "c"'),
        ("  #key_file: certificates/voice.key", '  key_file: "k/k"'),
    ]
    path = tmp_path / "voice2mqtt.yaml"
    path.write_text(after)
    assert load_settings(path, {}).node == "hall"


TABLE = """\
lists:
  room: [kitchen,   hall]   # two
commands:
  - {say: a,  topic: t}   # short

  - say:
      - b   # first
      - c

    # where it goes
    topic: |
      t

# at the end
tests:
  - {hear: a}
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[kitchen,   hall]", "[kitchen,   hall, den]"),
        ("  - {hear: a}\n", "  - {hear: a}\n  - {hear: b, publish: nothing}\n"),
        ("      t\n", '      t\n\n  - say: d\n    payload: "ON"\n'),
        ("{say: a,  topic", '{say: a, also: "{x}",  topic'),
        ("      - c\n", "      - c\n    also: d\n"),
        ("      - c\n", "      - c\n      - d\n"),
        ("[kitchen,", '[{in: "(kitchen|den)", out: kitchen},'),
        ("      - b ", '      - "off" '),
    ],
)
def test_a_part_is_added_or_replaced_and_all_else_stays(before: str, after: str) -> None:
    expected = TABLE.replace(before, after, 1)
    added = {
        with_item(TABLE, ("lists", "room"), "den"),
        with_item(TABLE, ("tests",), {"hear": "b", "publish": "nothing"}),
        with_item(TABLE, ("commands",), {"say": "d", "payload": "ON"}),
        with_key(TABLE, ("commands", 0), "say", "also", "{x}"),
        with_key(TABLE, ("commands", 1), "say", "also", "d"),
        with_item(TABLE, ("commands", 1, "say"), "d"),
        with_value(TABLE, ("lists", "room", 0), {"in": "(kitchen|den)", "out": "kitchen"}),
        with_value(TABLE, ("commands", 1, "say", 0), "off"),
    }
    assert expected in added


def test_what_is_not_there_cannot_be_changed() -> None:
    assert has(TABLE, ("commands", 1, "say", 1))
    assert not has(TABLE, ("commands", 2))
    assert not has(TABLE, ("lists", "room", "x"))
    with pytest.raises(SettingsError, match=r"no lists\.den to change"):
        with_item(TABLE, ("lists", "den"), "x")
    with pytest.raises(SettingsError, match="not YAML"):
        has("a: [", ("a",))


def test_an_empty_list_and_a_file_without_its_last_line_end_can_be_added_to() -> None:
    assert with_item("tests: []", ("tests",), "a") == "tests: [a]"
    assert with_item("tests:\n- b", ("tests",), "a") == "tests:\n- b\n- a\n"
