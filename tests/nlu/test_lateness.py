"""A command that is understood late is not carried out, nor counted as if it had been."""

from dataclasses import replace

import pytest

from tests.nlu.homes import Speaker, home, published
from voice2mqtt.core.decision import Fire, Refuse
from voice2mqtt.nlu.grammar.table import CommandTable


def hasty() -> CommandTable:
    table = home()
    return replace(table, rows=tuple(replace(row, expires_s=3.0) for row in table.rows))


@pytest.mark.parametrize(
    ("late_s", "done"), [(0.0, True), (2.9, True), (3.1, False), (60.0, False)]
)
def test_a_row_expires_from_the_end_of_the_sentence(late_s: float, done: bool) -> None:
    (decision,) = Speaker(hasty()).says("turn on the kitchen light", late_s=late_s)
    assert isinstance(decision, Fire) is done
    if isinstance(decision, Refuse):
        assert decision.too_late
        assert decision.row
        assert decision.reason.text.startswith("too late: said ")


def test_a_command_tells_when_it_was_said() -> None:
    speaker = Speaker(hasty())
    (fire,) = speaker.says("turn on the kitchen light", late_s=1.0)
    assert isinstance(fire, Fire)
    assert fire.said_s == speaker.now_s - 1.0


def test_what_came_too_late_may_be_said_again_at_once() -> None:
    table = home()
    rows = tuple(replace(row, expires_s=3.0, cooldown_s=30.0) for row in table.rows)
    speaker = Speaker(replace(table, rows=rows))
    assert not published(speaker.says("turn on the kitchen light", late_s=5.0))
    assert published(speaker.says("turn on the kitchen light"))


def test_the_table_says_when_no_command_of_it_could_be_in_time() -> None:
    table = home()
    first, *others = table.rows
    patient = replace(table, rows=(replace(first, expires_s=60.0), *others))
    assert patient.longest_expiry_s == 60.0
    assert CommandTable(rows=()).longest_expiry_s == 10.0
