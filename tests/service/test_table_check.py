import logging
import threading

import pytest

from voice2mqtt.nlu.grammar.compiler import compile_table
from voice2mqtt.nlu.grammar.table import CommandTable, Place, Row, TextList
from voice2mqtt.nlu.matching.exact import ExactMatcher, Parse
from voice2mqtt.service.table_check import TableCheck

WITHIN_S = 60.0


def _row(number: int, say: str) -> Row:
    return Row(
        name=f"row{number}",
        say=(say,),
        publish=(),
        response=str(number),
        places=(Place(file="t.yaml", line=number),),
    )


def _told(caplog: pytest.LogCaptureFixture, *rows: Row) -> list[str]:
    """Return what is logged about a table of `rows`."""
    table = CommandTable(rows=rows, lists={"loose": TextList(values=())})
    check = TableCheck()
    check.adopt(table, compile_table(table))
    with caplog.at_level(logging.WARNING):
        check.start()
        for thread in threading.enumerate():
            if thread.name == "check":
                thread.join(WITHIN_S)
    return [record.getMessage() for record in caplog.records]


def test_warnings_about_the_table_in_force_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    told = _told(caplog, _row(1, "good night"), _row(2, "good night"), _row(3, "good knight"))
    assert len(told) == 2, "its words only: sounds take too long"
    assert "the list loose is never used" in told[0]
    assert told[1].startswith("t.yaml:2:1: warning: this row is never reached")


def test_many_warnings_do_not_flood_the_log(caplog: pytest.LogCaptureFixture) -> None:
    told = _told(caplog, *(_row(number, "good night") for number in range(1, 101)))
    assert len(told) == 21
    assert told[-1] == "80 warnings more; voice2mqtt check tells all"


def test_a_large_table_takes_no_more_work_than_a_small_one(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    parses = ExactMatcher.parses

    def counted(self: ExactMatcher, text: str) -> tuple[Parse, ...]:
        asked.append(text)
        return parses(self, text)

    monkeypatch.setattr(ExactMatcher, "parses", counted)
    rows = [_row(n, f"turn [on] light {n % 100} in room {n // 100}") for n in range(1, 5001)]
    told = _told(caplog, *rows)
    assert len(told) == 1, "the list alone"
    assert 500 <= len(asked) <= 2000


def test_without_a_table_there_is_nothing_to_look_at() -> None:
    before = threading.active_count()
    TableCheck().start()
    assert threading.active_count() == before
