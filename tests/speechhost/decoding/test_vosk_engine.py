import json
from dataclasses import replace
from pathlib import Path

import pytest

from voice2mqtt.errors import InputError
from voice2mqtt.nlu.grammar.compiler import compile_table
from voice2mqtt.nlu.grammar.table import (
    CommandTable,
    ListValue,
    RangeList,
    Row,
    SlotList,
    TextList,
    WildcardList,
)
from voice2mqtt.speechhost.decoding.vosk_engine import VoskEngine, read_result, words_of
from voice2mqtt.speechhost.engine import EngineGrammar, NBestEntry, TimedWord


def _table(*say: str) -> CommandTable:
    lists: dict[str, SlotList] = {
        "room": TextList(values=(ListValue(spoken="living room", out="living"),)),
        "hour": RangeList(lowest=20, highest=21),
        "what": WildcardList(),
    }
    rows = tuple(Row(name=template, say=(template,), publish=()) for template in say)
    return CommandTable(rows=rows, lists=lists)


def _grammar(*say: str, language: str = "en") -> EngineGrammar:
    table = replace(_table(*say), language=language)
    return EngineGrammar(automaton=compile_table(table), forced=True, language=language)


def test_a_folder_without_a_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no Vosk model"):
        VoskEngine(tmp_path, "de")


def test_a_model_that_is_not_whole_is_told(tmp_path: Path) -> None:
    (tmp_path / "am").mkdir()
    (tmp_path / "am" / "final.mdl").write_bytes(b"junk")
    with pytest.raises(InputError, match="damaged or not whole"):
        VoskEngine(tmp_path, "de")


def test_the_words_of_a_table_are_those_of_its_lists_and_numbers_too() -> None:
    words = words_of(_grammar("Light in the {room}", "wake me at {hour}"))
    assert words is not None
    assert {"light", "in", "the", "living", "room", "wake", "me", "at", "twenty", "one"} <= set(
        words
    )


def test_numbers_are_said_in_the_language_of_the_table() -> None:
    words = words_of(_grammar("wecke mich um {hour}", language="de"))
    assert words is not None
    assert {"zwanzig", "einundzwanzig"} <= set(words)
    assert "twenty" not in words


def test_free_text_may_have_any_word() -> None:
    assert words_of(_grammar("remind me to {what}")) is None


def test_a_result_is_its_words_with_their_times_and_mean_confidence() -> None:
    good = {"conf": 1.0, "start": 0.3, "end": 0.5, "word": "good"}
    night = {"conf": 0.5, "start": 0.5, "end": 0.9, "word": "night"}
    assert read_result(json.dumps({"result": [good, night]})) == NBestEntry(
        text="good night",
        lexical="good night",
        confidence=0.75,
        words=(
            TimedWord(word="good", begin_s=0.3, end_s=0.5, confidence=1.0),
            TimedWord(word="night", begin_s=0.5, end_s=0.9, confidence=0.5),
        ),
    )


@pytest.mark.parametrize("result", ["{}", '{"text": ""}', '{"result": []}'])
def test_a_result_without_words_has_no_entry(result: str) -> None:
    assert read_result(result) is None
