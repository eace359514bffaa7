"""A sentence is rehearsed without touching the daemon's dialogue."""

from voice2mqtt.nlu.dialogue.interpreter import Interpreter
from voice2mqtt.nlu.grammar.table import CommandTable, Publish, Row
from voice2mqtt.service.watching.rehearsal import Rehearsal


def _table(word: str) -> CommandTable:
    publish = (Publish(topic="home/door", payload="OPEN"),)
    row = Row(name="door", say=(f"open the {word}",), publish=publish, confirm="Really?")
    return CommandTable(rows=(row,))


def test_each_sentence_is_decided_as_if_nothing_was_said_before() -> None:
    made: list[CommandTable] = []

    def make(table: CommandTable) -> Interpreter:
        made.append(table)
        return Interpreter(table)

    rehearsal = Rehearsal("den", make, _table("door"))
    assert made == []
    for _ in range(2):
        (event,) = rehearsal.events("open the door")
        assert (event["event"], event["question"], event["node"]) == ("ask", "Really?", "den")
    (answer,) = rehearsal.events("yes")
    assert answer["event"] == "unmatched"
    assert len(made) == 1


def test_another_table_is_used_from_the_next_sentence_on() -> None:
    rehearsal = Rehearsal("den", Interpreter, _table("door"))
    assert rehearsal.events("open the gate")[0]["event"] == "unmatched"
    rehearsal.adopt(_table("gate"))
    assert rehearsal.events("open the gate")[0]["event"] == "ask"
