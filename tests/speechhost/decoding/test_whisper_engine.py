"""The engine around the model, which is scripted; `check_whisper.py` hears with the real one."""

import pytest

from tests.speechhost.fakes import ScriptedWhisper, tone
from voice2mqtt.nlu.grammar.compiler import compile_phrases, compile_table
from voice2mqtt.nlu.grammar.table import CommandTable, ListValue, RangeList, Row, TextList
from voice2mqtt.pronunciation.pronouncer import pronouncer
from voice2mqtt.speechhost.decoding.whisper_engine import UNTOLD_LANGUAGE, WhisperEngine
from voice2mqtt.speechhost.engine import EngineGrammar, Transcript

SPEECH = tone(1000)
ROOMS = TextList(values=tuple(ListValue(spoken=r, out=r) for r in ("Küche", "Garage")))
PERCENT = RangeList(lowest=0, highest=100)


def german(*say: str) -> EngineGrammar:
    rows = tuple(Row(name=template, say=(template,), publish=()) for template in say)
    table = CommandTable(rows=rows, lists={"raum": ROOMS, "prozent": PERCENT}, language="de")
    return EngineGrammar(automaton=compile_table(table), forced=True, language="de")


LIGHT = german(
    "mach das Licht in der {raum} an",
    "mach das Licht in der {raum} aus",
    "Licht auf {prozent} Prozent",
    "gute Nacht",
)


def heard(
    model: ScriptedWhisper, grammar: EngineGrammar | None = None, *languages: str
) -> Transcript:
    return WhisperEngine(model, "de-DE", pronouncer).transcribe(
        SPEECH, grammar, languages=languages
    )


def test_without_a_table_the_hypotheses_are_a_distribution() -> None:
    nbest = heard(ScriptedWhisper("Guten Tag.", "Guten Tag!", "Gute Nacht.")).nbest
    assert [entry.lexical for entry in nbest] == ["guten tag", "gute nacht"]
    assert nbest[0].confidence > 0.5 > nbest[1].confidence
    assert sum(entry.confidence for entry in nbest) <= 1


def test_the_model_decides_between_its_hypotheses() -> None:
    on, off = "Mach das Licht in der Küche an.", "Mach das Licht in der Küche aus."
    for said, other in ((on, off), (off, on)):
        best, *others = heard(
            ScriptedWhisper(on, off, scores={said: -2.0, other: -9.0}), LIGHT
        ).nbest
        assert (best.text, best.out_of_grammar) == (said, False)
        assert best.confidence > 0.9
        assert best.confidence + sum(entry.confidence for entry in others) <= 1


def test_what_sounds_like_a_sentence_was_said_if_it_is_about_as_likely() -> None:
    near, said = "Mach das Licht in der Kirche an.", "Mach das Licht in der Küche an."
    best, *others = heard(ScriptedWhisper(near, scores={near: -2.0, said: -3.0}), LIGHT).nbest
    assert (best.text, best.out_of_grammar) == (said, False)
    assert best.confidence > 0.7
    assert [entry.text for entry in others][-1] == near
    assert best.confidence + sum(entry.confidence for entry in others) == pytest.approx(1)


def test_a_sentence_much_less_likely_than_what_was_heard_was_not_said() -> None:
    near = "Mach das Licht in der Kirche an."
    model = ScriptedWhisper(near, scores={near: -1.0, "Mach das Licht in der Küche an.": -25.0})
    best, *others = heard(model, LIGHT).nbest
    assert (best.text, best.out_of_grammar) == (near, True)
    assert others == []


def test_what_says_the_opposite_was_not_said_however_likely() -> None:
    grammar = german("mach das Licht in der {raum} an")
    off, on = "Mach das Licht in der Küche aus.", "Mach das Licht in der Küche an."
    best, *_ = heard(ScriptedWhisper(off, scores={off: -1.0, on: -1.0}), grammar).nbest
    assert best.text == off
    assert best.out_of_grammar


def test_what_is_nowhere_near_the_table_is_as_without_it() -> None:
    model = ScriptedWhisper("Es hat den ganzen Tag geregnet.")
    (entry,) = heard(model, LIGHT).nbest
    assert entry.out_of_grammar
    assert entry.confidence == pytest.approx(1)
    assert model.scored == []


def test_numbers_are_scored_as_the_model_may_write_them() -> None:
    text = "Licht auf 50%."
    model = ScriptedWhisper(text, scores={text: -1.0})
    best = heard(model, LIGHT).nbest[0]
    assert best.confidence > 0.9
    assert {text for _, text in model.scored} >= {"Licht auf 50%.", "Licht auf 50 Prozent."}


def test_two_commands_in_one_sentence_are_one_meaning() -> None:
    text = "Gute Nacht und Licht auf 50%."
    best = heard(ScriptedWhisper(text, scores={text: -1.0}), LIGHT).nbest[0]
    assert (best.text, best.out_of_grammar) == (text, False)
    assert best.confidence > 0.9


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
    model = ScriptedWhisper("Gute Nacht.", scores={"Gute Nacht.": -1.0})
    assert heard(model, LIGHT, *languages).language == told
    assert model.dictated_in == [used]
    # The table is German: it tells nothing of what is said in another language.
    assert bool(model.scored) == (used == "de")


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


def test_sentences_are_scored_with_the_capital_and_mark_of_what_was_heard() -> None:
    model = ScriptedWhisper("mach das licht in der kirche an?")
    heard(model, LIGHT)
    assert ("de", "mach das Licht in der Küche an?") in model.scored


def test_words_that_are_unsure_and_likely_none_are_no_speech() -> None:
    model = ScriptedWhisper("Untertitel.", no_speech_probability=0.9)
    assert heard(model).nbest
    model.heard = (model.heard[0].__class__(text="Untertitel.", log_probability=-9, tokens=4),)
    assert heard(model).nbest == ()


@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_a_phrase_of_a_clients_list_is_heard_if_it_counts(weight: float) -> None:
    grammar = EngineGrammar(
        automaton=compile_phrases(["Contoso Lampe"], "de"),
        forced=False,
        language="de",
        weight=weight,
    )
    scores = {"Contoso Lampe.": -3.0, "Kontoso Lampe.": -2.0}
    best = heard(ScriptedWhisper("Kontoso Lampe.", scores=scores), grammar).nbest[0]
    assert best.text == ("Contoso Lampe." if weight else "Kontoso Lampe.")
    assert not best.out_of_grammar


def test_where_no_phrase_was_said_the_open_hypotheses_come_back() -> None:
    grammar = EngineGrammar(
        automaton=compile_phrases(["Contoso Lampe"], "de"), forced=False, language="de"
    )
    model = ScriptedWhisper("Wie spät ist es?", "Wie spät ist das?")
    assert heard(model, grammar).nbest == heard(model).nbest


def test_abandoned_work_asks_the_model_no_more() -> None:
    model = ScriptedWhisper("Gute Nacht.")
    engine = WhisperEngine(model, "de", pronouncer)
    assert engine.transcribe(SPEECH, LIGHT, lambda: True).nbest == ()
    assert (model.dictated_in, model.scored) == ([], [])
