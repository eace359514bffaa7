"""A refused sentence becomes a command, or a test that it is none; the rest of the table stays."""

import difflib
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.history.entries import refused
from tests.history.test_writer import write
from voice2mqtt.cli.history.reviewing import review_of
from voice2mqtt.core.decision import Fire, Message, Refuse
from voice2mqtt.errors import UserFacingError
from voice2mqtt.history.database import NAME
from voice2mqtt.review.alias import NoAliasError
from voice2mqtt.review.review import Case, NotTakenError
from voice2mqtt.settings.model import ListeningSettings, Settings

TABLE = """# My house.
lists:
  room:
    - kitchen   # in the east
    - hall
  switch: [{in: "on", out: "ON"},   {in: "off", out: "OFF"}]

commands:
  # Lights
  - name: light
    say: turn {switch} [the] {room} light[s]
    topic: home/{room}/light/set
    payload: "{switch}"

  - name: blinds
    say: close the blinds in the {room}
    topic: home/{room}/blinds/set
    payload: CLOSE

  - name: volume
    say: volume {0..100:volume}
    topic: home/volume/set
    payload: "{volume}"

  - {name: night,  say: "good night [everybody]", topic: home/night, payload: NOW}
  - {name: door, say: open the front door, topic: home/door, payload: OPEN}

# What must hold.
tests:
  - {hear: good night, publish: home/night = NOW}
  - {hear: what a lovely light, publish: nothing}
"""


class Home:
    """A table, and what was refused in it."""

    def __init__(self, folder: Path, table: str, wake_phrase: tuple[str, ...] = ()) -> None:
        self.path = folder / "commands.yaml"
        self.path.write_text(table)
        self.before = table
        self._history = folder / NAME
        settings = Settings(listening=ListeningSettings(wake_phrase=wake_phrase))
        settings = replace(settings, commands=self.path)
        self.review = review_of(settings, self._history)

    def heard(self, *texts: str) -> list[Case]:
        """Have `texts` refused a second ago; return their cases."""
        at_s = time.time() - 1
        entries = [refused(n, text, text, at_s, wav=b"RIFF") for n, text in enumerate(texts)]
        write(self._history, entries)
        return [self.review.case(sound) for sound in self.review.refused()]

    def changes(self) -> list[str]:
        """Return the lines that were removed and added."""
        now = self.path.read_text()
        lines = difflib.ndiff(self.before.splitlines(), now.splitlines())
        return [line for line in lines if line[0] in "+-"]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path, TABLE)


def test_an_alias_changes_one_line_works_and_is_taken_back(home: Home) -> None:
    (case,) = home.heard("close the blind Sinatra room")
    assert not case.is_command
    assert isinstance(case.decisions[0], Refuse)
    done = home.review.accept(case, "close the blinds in the hall")
    (fire,) = done.decisions
    assert isinstance(fire, Fire)
    assert [m.topic for m in fire.messages] == ["home/hall/blinds/set"]
    assert "is accepted for" in done.what
    assert home.review.refused() == []
    assert home.review.undo().what == f"taken back: {done.what}"
    assert home.path.read_text() == TABLE
    assert [sound.last.text for sound in home.review.refused()] == [case.refused.last.text]


def test_the_nearest_row_is_proposed_with_the_alignment_and_the_recording(home: Home) -> None:
    (case,) = home.heard("turn on the kit and lied")
    assert case.nearest[0].row == "light"
    assert case.alias
    assert [match.said for match in case.alignment][:3] == ["turn", "on", "the"]
    assert home.review.history.recording(case.refused.recorded) == b"RIFF"
    home.review.accept(case)
    changes = home.changes()
    assert all("kit" in line or "lied" in line or "- kitchen" in line for line in changes), changes


def test_an_alias_that_a_test_forbids_is_not_taken(home: Home) -> None:
    (case,) = home.heard("what a lovely light")
    with pytest.raises(NotTakenError, match="should publish nothing"):
        home.review.accept(case, "open the front door")
    assert home.path.read_text() == TABLE
    assert home.review.refused()
    with pytest.raises(NotTakenError, match="nothing to undo"):
        home.review.undo()


def test_an_alias_that_is_another_rows_sentence_is_not_taken(home: Home) -> None:
    (case,) = home.heard("good night everybody")
    assert case.is_command
    with pytest.raises(NotTakenError):
        home.review.accept(case, "open the front door")
    assert home.path.read_text() == TABLE


def test_a_number_that_was_misheard_has_no_alias_and_may_have_a_row(home: Home) -> None:
    (case,) = home.heard("volume for tea")
    with pytest.raises(NoAliasError, match="an alias stands for no number"):
        home.review.accept(case, "volume 40")
    messages = home.review.proposed_messages("volume 40")
    done = home.review.add_row(case, messages)
    (fire,) = done.decisions
    assert isinstance(fire, Fire)
    assert (fire.messages[0].topic, fire.messages[0].payload) == (
        "home/volume/set", "40",
    )  # fmt: skip
    assert home.changes() == ['+   - {say: volume for tea, topic: home/volume/set, payload: "40"}']


def test_a_new_row_may_have_several_messages_and_json(home: Home) -> None:
    (case,) = home.heard("film (night)")
    messages = (
        Message(topic="a", payload='{"state": "ON", "level": 40}', qos=1),
        Message(topic="b", payload="OFF", retain=True, after_s=2.0),
    )
    (fire,) = home.review.add_row(case, messages).decisions
    assert isinstance(fire, Fire)
    assert [(m.topic, m.payload, m.qos, m.retain, m.after_s) for m in fire.messages] == [
        ("a", '{"state": "ON", "level": 40}', 1, False, 0.0), ("b", "OFF", 0, True, 2.0),
    ]  # fmt: skip


def test_a_right_refusal_becomes_a_test_and_an_ignored_one_is_gone(home: Home) -> None:
    first, second = home.heard("what a lovely day", "pass me the salt")
    home.review.was_right(first)
    assert home.changes() == [f"+   - {{hear: {first.heard}, publish: nothing}}"]
    home.review.ignore(second.refused)
    assert home.review.refused() == []
    for _ in range(2):
        home.review.undo()
    assert home.path.read_text() == TABLE
    assert len(home.review.refused()) == 2


def test_what_is_a_command_by_now_was_not_right_to_refuse(home: Home) -> None:
    (case,) = home.heard("good night")
    with pytest.raises(NotTakenError):
        home.review.was_right(case)


def test_the_wake_phrase_is_no_part_of_an_alias(tmp_path: Path) -> None:
    table = "commands:\n  - {say: open the front door, topic: t, payload: OPEN}\n"
    home = Home(tmp_path, table, wake_phrase=("computer",))
    (case,) = home.heard("Computer, open the frontier order.")
    home.review.accept(case, "open the front door")
    assert '[{also_heard_as: "' not in home.path.read_text()
    assert "omputer" not in home.path.read_text()
    assert "also_heard_as: open the frontier order" in home.path.read_text()


def twice(home: Home, case: Case) -> None:
    home.review.accept(case, "open the front door")
    (again,) = home.heard("open the frown tier")
    home.review.accept(again, "open the front door")


@pytest.mark.parametrize(
    ("written", "then"),
    [
        ("", "also_heard_as: [open the frontier or, open the frown tier]"),
        ("also_heard_as: a door, ", "also_heard_as: [a door, open the frontier or,"),
        ("also_heard_as: [a door], ", "also_heard_as: [a door, open the frontier or,"),
    ],
)
def test_aliases_are_added_to_those_that_are_there(tmp_path: Path, written: str, then: str) -> None:
    row = f"{{say: open the front door, {written}topic: t, payload: OPEN}}"
    home = Home(tmp_path, f"commands:\n  - {row}  # the door\n")
    (case,) = home.heard("open the frontier or")
    twice(home, case)
    assert then in home.path.read_text()
    assert home.path.read_text().endswith("  # the door\n")


def test_a_table_without_tests_gets_its_first(tmp_path: Path) -> None:
    home = Home(tmp_path, "commands:\n  - {say: good night, topic: t, payload: CLOSE}\n")
    (case,) = home.heard("what a day")
    home.review.was_right(case)
    text = home.path.read_text()
    assert text.endswith("CLOSE}\n\ntests:\n  - {hear: what a day, publish: nothing}\n")


def change(home: Home) -> None:
    home.path.write_text(home.path.read_text() + "# mine\n")


def test_what_was_changed_since_is_not_undone(home: Home) -> None:
    (case,) = home.heard("what a lovely day")
    home.review.was_right(case)
    change(home)
    with pytest.raises(NotTakenError, match="was changed since"):
        home.review.undo()
    assert home.path.read_text().endswith("# mine\n")


def act(do: Callable[[], object]) -> str:
    with pytest.raises(UserFacingError) as told:
        do()
    return str(told.value)


def test_a_table_that_cannot_be_written_is_told_and_nothing_is_lost(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    (case,) = home.heard("what a lovely day")

    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        # Nothing is forbidden to root, who may run this.
        patch.setattr("tempfile.mkstemp", refuse)
        assert "cannot be written (Permission denied)" in act(lambda: home.review.was_right(case))
    assert len(home.review.refused()) == 1
    home.review.was_right(case)
    home.path.unlink()
    assert "commands.yaml" in act(home.review.undo)
    home.path.write_text(TABLE)
    home.review.undo()
    assert len(home.review.refused()) == 1


def test_without_a_history_nothing_is_undone_and_none_is_made(home: Home) -> None:
    assert act(home.review.undo) == "there is nothing to undo"
    assert not (home.path.parent / NAME).exists()
