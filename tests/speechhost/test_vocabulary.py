import logging
import os
import threading
from pathlib import Path

import pytest

from voice2mqtt.errors import SettingsError
from voice2mqtt.settings.load import load_table
from voice2mqtt.speechhost.engine import Grammar
from voice2mqtt.speechhost.vocabulary import Vocabulary
from voice2mqtt.understanding.automaton import START, Word

TABLE = """
commands:
  - say: {word} the light
    topic: home/light
    payload: "ON"
"""


def write(path: Path, word: str) -> None:
    path.write_text(TABLE.replace("{word}", word))
    # Two writes may fall into one tick of the file system's clock.
    os.utime(path, ns=(0, path.stat().st_mtime_ns + hash(word) % 10**9))


def first_words(grammar: Grammar | None) -> set[str]:
    assert grammar
    automaton = grammar.automaton
    labels = [automaton.labels[label] for label, _ in automaton.arcs(START)]
    return {label.key for label in labels if isinstance(label, Word)}


def test_without_a_table_a_client_is_helped_by_its_own_phrases() -> None:
    vocabulary = Vocabulary(None, load_table)
    assert vocabulary.grammar(()) is None
    grammar = vocabulary.grammar(("dim the lamp", "feed the cat"))
    assert grammar
    assert not grammar.forced
    assert first_words(grammar) == {"dim", "feed"}


def test_the_table_comes_before_any_phrases(tmp_path: Path) -> None:
    write(tmp_path / "commands.yaml", "light")
    vocabulary = Vocabulary(tmp_path / "commands.yaml", load_table)
    grammar = vocabulary.grammar(("feed the cat",))
    assert grammar
    assert grammar.forced
    assert first_words(grammar) == {"light"}


def test_a_table_that_changed_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "commands.yaml"
    write(path, "light")
    vocabulary = Vocabulary(path, load_table)
    vocabulary.refresh()
    before = vocabulary.grammar(())
    assert vocabulary.grammar(()) is before
    write(path, "dim")
    vocabulary.refresh()
    assert first_words(vocabulary.grammar(())) == {"dim"}


def test_a_bad_table_is_reported_once_and_the_old_one_holds(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "commands.yaml"
    write(path, "light")
    vocabulary = Vocabulary(path, load_table)
    path.write_text("commands: [")
    with caplog.at_level(logging.ERROR):
        vocabulary.refresh()
        vocabulary.refresh()
    assert len(caplog.records) == 1
    assert str(path) in caplog.text
    assert "nothing was started" not in caplog.text
    assert first_words(vocabulary.grammar(())) == {"light"}
    path.unlink()
    vocabulary.refresh()
    assert first_words(vocabulary.grammar(())) == {"light"}


def test_a_host_does_not_start_with_a_bad_table(tmp_path: Path) -> None:
    path = tmp_path / "commands.yaml"
    path.write_text("commands: [")
    with pytest.raises(SettingsError):
        Vocabulary(path, load_table)


def test_watching_ends_when_told() -> None:
    stopped = threading.Event()
    stopped.set()
    Vocabulary(None, load_table).watch(stopped)
