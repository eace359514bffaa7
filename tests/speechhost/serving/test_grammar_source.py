import logging
import os
import threading
from pathlib import Path

import pytest

from voice2mqtt.errors import SettingsError
from voice2mqtt.nlu.grammar.automaton import START, Word
from voice2mqtt.settings.watched_files import WatchedFiles
from voice2mqtt.speechhost.engine import EngineGrammar
from voice2mqtt.speechhost.protocol.request_options import Phrases
from voice2mqtt.speechhost.serving.grammar_source import GrammarSource

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


def first_words(grammar: EngineGrammar | None) -> set[str]:
    assert grammar
    automaton = grammar.automaton
    labels = [automaton.labels[label] for label, _ in automaton.arcs(START)]
    return {label.key for label in labels if isinstance(label, Word)}


def test_without_a_table_a_client_is_helped_by_its_own_phrases() -> None:
    source = GrammarSource(WatchedFiles())
    assert source.grammar(()) is None
    grammar = source.grammar(("dim the lamp", "feed the cat"))
    assert grammar
    assert not grammar.forced
    assert first_words(grammar) == {"dim", "feed"}


def test_the_table_comes_before_any_phrases(tmp_path: Path) -> None:
    write(tmp_path / "commands.yaml", "light")
    source = GrammarSource(WatchedFiles(commands=tmp_path / "commands.yaml"))
    grammar = source.grammar(("feed the cat",))
    assert grammar
    assert grammar.forced
    assert first_words(grammar) >= {"light", "yes"}


def test_the_same_phrases_with_another_weight_are_another_grammar() -> None:
    source = GrammarSource(WatchedFiles())
    grammars = [source.grammar(Phrases(["feed the cat"], weight)) for weight in (1.0, 2.0)]
    assert [grammar.weight for grammar in grammars if grammar] == [1.0, 2.0]


def test_a_table_that_changed_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "commands.yaml"
    write(path, "light")
    source = GrammarSource(WatchedFiles(commands=path))
    source.refresh()
    before = source.grammar(())
    assert source.grammar(()) is before
    write(path, "dim")
    source.refresh()
    assert "dim" in first_words(source.grammar(()))


def test_a_bad_table_is_reported_once_and_the_old_one_holds(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "commands.yaml"
    write(path, "light")
    source = GrammarSource(WatchedFiles(commands=path))
    path.write_text("commands: [")
    with caplog.at_level(logging.ERROR):
        source.refresh()
        source.refresh()
    assert len(caplog.records) == 1
    assert str(path) in caplog.text
    assert "nothing was started" not in caplog.text
    assert "light" in first_words(source.grammar(()))
    path.unlink()
    source.refresh()
    assert "light" in first_words(source.grammar(()))


def test_a_table_that_is_gone_is_reported_once_holds_and_is_read_when_it_is_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "commands.yaml"
    write(path, "light")
    source = GrammarSource(WatchedFiles(commands=path))
    path.unlink()
    with caplog.at_level(logging.ERROR):
        source.refresh()
        assert not caplog.records  # an editor may be at work
        for _ in range(3):
            source.refresh()
    assert len(caplog.records) == 1
    assert str(path) in caplog.text
    assert "light" in first_words(source.grammar(()))
    write(path, "dim")
    source.refresh()
    assert "dim" in first_words(source.grammar(()))


def test_a_table_that_an_editor_puts_in_place_of_another_is_no_missing_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "commands.yaml"
    write(path, "light")
    source = GrammarSource(WatchedFiles(commands=path))
    for _ in range(2):
        path.rename(tmp_path / "old")
        source.refresh()
        (tmp_path / "old").rename(path)
        source.refresh()
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_a_host_does_not_start_with_a_bad_table(tmp_path: Path) -> None:
    path = tmp_path / "commands.yaml"
    path.write_text("commands: [")
    with pytest.raises(SettingsError):
        GrammarSource(WatchedFiles(commands=path))


def test_watching_ends_when_told() -> None:
    stopped = threading.Event()
    stopped.set()
    GrammarSource(WatchedFiles()).watch(stopped)


SETTINGS = "{commands: %s, speech: {language: %s}, listening: {wake_phrase: %s}}"


def test_the_daemons_settings_name_table_language_and_wake_phrase(tmp_path: Path) -> None:
    write(tmp_path / "lights.yaml", "licht")
    settings = tmp_path / "voice2mqtt.yaml"
    settings.write_text(SETTINGS % ("lights.yaml", "de-AT", "[computer]"))
    source = GrammarSource(WatchedFiles(settings, wake_phrases=["hallo haus"]))
    assert source.language == "de-AT"
    grammar = source.grammar(())
    assert first_words(grammar) >= {"licht", "ja", "computer", "hallo"}
    assert grammar
    assert grammar.language == "de-AT"


def test_the_wake_word_may_be_said_before_a_command(tmp_path: Path) -> None:
    write(tmp_path / "lights.yaml", "light")
    settings = tmp_path / "voice2mqtt.yaml"
    settings.write_text("{commands: lights.yaml, listening: {wake_word: [okay nabu, h/hey.json]}}")
    source = GrammarSource(WatchedFiles(settings))
    assert first_words(source.grammar(())) >= {"light", "okay", "hey"}


def test_a_wake_phrase_or_table_that_the_settings_name_anew_is_taken_up(tmp_path: Path) -> None:
    write(tmp_path / "lights.yaml", "light")
    settings = tmp_path / "voice2mqtt.yaml"
    settings.write_text(SETTINGS % ("lights.yaml", "en-US", "[computer]"))
    source = GrammarSource(WatchedFiles(settings))
    settings.write_text(SETTINGS % ("lamps.yaml", "en-US", "[jarvis]"))
    source.refresh()
    assert first_words(source.grammar(())) >= {"light", "computer"}
    write(tmp_path / "lamps.yaml", "lamp")
    source.refresh()
    words = first_words(source.grammar(()))
    assert words >= {"lamp", "jarvis"}
    assert not words & {"light", "computer"}


def test_a_table_named_by_itself_comes_before_that_of_the_settings(tmp_path: Path) -> None:
    write(tmp_path / "mine.yaml", "mine")
    settings = tmp_path / "voice2mqtt.yaml"
    settings.write_text(SETTINGS % ("none.yaml", "en-US", "[computer]"))
    source = GrammarSource(WatchedFiles(settings, tmp_path / "mine.yaml"))
    assert first_words(source.grammar(())) >= {"mine", "computer"}


def test_a_table_in_another_language_than_the_settings_is_heard_in_its_own(tmp_path: Path) -> None:
    write(tmp_path / "commands.yaml", "licht")
    with (tmp_path / "commands.yaml").open("a") as table:
        table.write("language: de\n")
    assert GrammarSource(WatchedFiles(commands=tmp_path / "commands.yaml")).language == "de"
