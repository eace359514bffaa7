"""Values are changed in a person's file, and nothing else is."""

from pathlib import Path

import pytest

from voice2mqtt.errors import SettingsError
from voice2mqtt.settings.load import load_settings
from voice2mqtt.settings.search import CHECKOUT
from voice2mqtt.settings.yaml.edit import with_values


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
