from dataclasses import replace

import pytest

from tests.nlu.lint.tables import findings, numbered_row
from voice2mqtt.nlu.grammar.table import Json, Publish, WildcardList


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        ("{\u201ca\u201d: 1}", 'the payload has curly quotes (\u201c); use straight ones: "'),
        (
            {"a": ["\u201con\u201d"]},
            "'\u201con\u201d' in the payload has curly quotes; use straight ones: \"",
        ),
        (
            '{"a": "{what}"}',
            (
                "the payload is JSON written as text; quotes in what is said are escaped in it; "
                "write it as a mapping, without quotes around it"
            ),
        ),
        ({"a": {"b": ".5"}}, ".5 in the payload is a text, no number; write 0.5"),
        (".5", ".5 in the payload is a text, no number; write 0.5"),
        ("+1", ""),
        ("say {what}", ""),
        ('{"a": 1}', ""),
        ({"a": "{what}", "b": 0.5, "c": "007"}, ""),
    ],
)
def test_what_a_device_will_not_read_as_meant(payload: Json, problem: str) -> None:
    row = numbered_row(1, "please tell {what}")
    row = replace(row, publish=(Publish(topic="t", payload=payload),))
    told = [f"t.yaml:10:5: warning: {problem}"] if problem else []
    assert findings(row, what=WildcardList()) == told


def test_a_default_that_is_no_number() -> None:
    row = replace(numbered_row(1, "please tell {what}"), defaults={"level": ".5"})
    problem = ".5, the default of level, is a text, no number; write 0.5"
    assert findings(row, what=WildcardList()) == [f"t.yaml:10:5: warning: {problem}"]
