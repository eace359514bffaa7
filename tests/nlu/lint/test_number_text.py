import pytest

from voice2mqtt.nlu.lint.number_text import number_meant


@pytest.mark.parametrize(
    ("text", "number"),
    [(".5", "0.5"), ("-.5", "-0.5"), ("5.", "5"), ("+1", "1"), ("1_000", "1000"), ("0x1F", "31"),
     ("007", ""), ("5", ""), ("1:30", ""), ("+49301234567", ""), (5, ""), ("on", "")],
)  # fmt: skip
def test_what_yaml_takes_for_a_text(text: object, number: str) -> None:
    assert number_meant(text) == number
