"""What is wrong with a table although it can be read."""

import time

from tests.nlu.lint.tables import ROOMS, check, numbered_row, text_list
from voice2mqtt.nlu.grammar.compiler import compile_table
from voice2mqtt.nlu.grammar.table import CommandTable, RangeList
from voice2mqtt.nlu.lint.report import Lint, lint
from voice2mqtt.nlu.matching.exact import ExactMatcher
from voice2mqtt.nlu.text.normaliser import normaliser


def test_a_sound_table_has_no_findings() -> None:
    rows = (
        numbered_row(1, "light the {room}"),
        numbered_row(2, "good night"),
        numbered_row(3, "open the blinds"),
    )
    assert check(*rows, room=ROOMS) == Lint(findings=())


def test_what_was_not_tried_is_told() -> None:
    rows = (numbered_row(1, "set it to {level} and {other}"), numbered_row(2, "good night"))
    looked = check(*rows, level=RangeList(lowest=0, highest=99), other=ROOMS)
    assert not looked.findings
    assert looked.untried == "39 of 201 sentences were compared with other rows"


def test_a_row_of_a_million_millions_of_sentences_is_tried_in_part() -> None:
    row = numbered_row(1, " ".join(f"{{number:n{place}}}" for place in range(12)))
    ten = text_list("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    began_s = time.process_time()
    assert check(row, number=ten).untried.startswith(f"40 of {10**12} sentences were compared")
    assert time.process_time() - began_s < 10


def test_of_a_table_with_too_many_rows_some_are_looked_at() -> None:
    table = CommandTable(rows=tuple(numbered_row(n, f"light {n}") for n in range(10)))
    looked = lint(table, ExactMatcher(compile_table(table), normaliser("en")), None, at_most=4)
    assert looked == Lint(findings=(), untried="4 of 10 rows were looked at")
