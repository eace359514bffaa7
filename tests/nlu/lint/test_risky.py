"""What lets somebody in, disarms or heats wants a question."""

import pytest

from voice2mqtt.nlu.grammar.table import CommandTable, ListValue, Row, TextList
from voice2mqtt.nlu.lint.risky import risky


def _row(say: str, confirm: str = "") -> Row:
    return Row(name="it", say=("good night", say), publish=(), confirm=confirm)


def _findings(*rows: Row, language: str = "en") -> list[str]:
    appliances = [ListValue(spoken=name, out=name) for name in ("lamp", "[old] oven")]
    table = CommandTable(
        rows=rows,
        language=language,
        lists={"appliance": TextList(values=tuple(appliances))},
        rules={"let": "(open|unlock)"},
    )
    return [finding.problem for finding in risky(table)]


@pytest.mark.parametrize(
    ("say", "language"),
    [
        ("open the garage [door]", "en"),
        ("please <let> the [front] door", "en"),
        ("Unlock the Back Door", "en"),
        ("disarm the alarm", "en"),
        ("turn (on|off) the {appliance}", "en"),
        ("(öffne|schließ) das Garagentor", "de"),
        ("mach die Haustür auf", "de-AT"),
        ("ouvre la porte", "fr"),
    ],
)
def test_a_risky_row_without_a_question_is_found(say: str, language: str) -> None:
    assert len(_findings(_row(say), language=language)) == 1
    asks = _row(say, confirm="Shall I?")
    assert _findings(asks, language=language) == []


@pytest.mark.parametrize(
    ("say", "language"),
    [
        ("(lock|close) the front door", "en"),
        ("open the outdoor blinds", "en"),
        ("arm the alarm", "en"),
        ("turn off the oven", "en"),
        ("turn on the light", "en"),
        ("mach die Haustür zu", "de"),
        ("öppna dörren", "fi"),
    ],
)
def test_other_rows_are_not(say: str, language: str) -> None:
    assert _findings(_row(say), language=language) == []


def test_the_finding_names_the_words() -> None:
    told = _findings(_row("open the gate"))
    assert told == ["'open' and 'gate' go without a question: whoever is heard can say it"]
