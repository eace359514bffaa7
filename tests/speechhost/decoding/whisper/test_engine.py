"""The engine around the model, which is scripted; `check_model.py` hears with the real one."""

import pytest

from tests.speechhost.fakes import ScriptedWhisper
from tests.speechhost.german import LIGHT, SPEECH, heard
from voice2mqtt.pronunciation.pronouncer import pronouncer
from voice2mqtt.speechhost.decoding.whisper.engine import UNTOLD_LANGUAGE, WhisperEngine
from voice2mqtt.speechhost.engine import EngineGrammar


def test_without_a_table_the_hypotheses_are_a_distribution() -> None:
    nbest = heard(ScriptedWhisper("Guten Tag.", "Guten Tag!", "Gute Nacht.")).nbest
    assert [entry.lexical for entry in nbest] == ["guten tag", "gute nacht"]
    assert nbest[0].confidence > 0.5 > nbest[1].confidence
    assert sum(entry.confidence for entry in nbest) <= 1


@pytest.mark.parametrize(
    ("languages", "used", "told"),
    [
        ((), "de", "de"),
        (("en-US",), "de", "de"),
        ((UNTOLD_LANGUAGE,), "de", "de"),
        (("de-AT",), "de", "de-AT"),
        (("en-GB",), "en", "en-GB"),
        (("nb-NO",), "no", "nb-NO"),
        (("xx-XX",), "de", "de"),
        (("fr-FR", "en-GB"), "en", "en-GB"),
        (("fr-FR", "fr-CA"), "fr", "fr-FR"),
    ],
)
def test_a_client_is_heard_in_its_language(
    languages: tuple[str, ...], used: str, told: str
) -> None:
    model = ScriptedWhisper("Gute Macht.")
    assert heard(model, LIGHT, *languages).language == told
    assert set(model.dictated_in) == {used}
    # The table is German: it tells nothing of what is said in another language.
    assert (("de", "Gute Nacht.") in model.scored) == (used == "de")


def test_without_a_table_the_language_is_that_of_the_settings() -> None:
    assert heard(ScriptedWhisper("Gute Nacht."), None, "en-US").language == "de-DE"


@pytest.mark.parametrize("text", ["you", "...", "Ich bin so gut hier. " * 4])
@pytest.mark.parametrize("grammar", [None, LIGHT])
def test_what_the_model_makes_up_is_no_speech(text: str, grammar: EngineGrammar | None) -> None:
    assert heard(ScriptedWhisper(text), grammar).nbest == ()


@pytest.mark.parametrize("text", ["Gute Nacht. " * 2, "gute Nacht " * 8 + "gute Na"])
def test_a_command_that_the_model_repeats_was_said_once(text: str) -> None:
    best = heard(ScriptedWhisper(text), LIGHT).nbest[0]
    assert (best.lexical, best.out_of_grammar) == ("gute nacht", False)
    assert best.confidence > 0.9


def test_a_word_may_be_said_several_times() -> None:
    text = "Stopp, stopp, stopp, stopp."
    assert heard(ScriptedWhisper(text)).nbest[0].text == text


@pytest.mark.parametrize("grammar", [None, LIGHT])
def test_words_that_are_hardly_likelier_than_in_silence_were_not_said(
    grammar: EngineGrammar | None,
) -> None:
    text = "Gute Nacht."
    assert heard(ScriptedWhisper(text, scores={text: -11.0}), grammar).nbest
    assert heard(ScriptedWhisper(text, scores={text: -13.0}), grammar).nbest == ()


def test_words_that_are_unsure_and_likely_none_are_no_speech() -> None:
    model = ScriptedWhisper("Untertitel.", no_speech_probability=0.9)
    assert heard(model).nbest
    model.heard = (model.heard[0].__class__(text="Untertitel.", log_probability=-9, tokens=4),)
    assert heard(model).nbest == ()


def test_abandoned_work_asks_the_model_no_more() -> None:
    model = ScriptedWhisper("Gute Nacht.")
    engine = WhisperEngine(model, "de", pronouncer)
    assert engine.transcribe(SPEECH, LIGHT, lambda: True).nbest == ()
    assert (model.dictated_in, model.scored) == ([], [])
