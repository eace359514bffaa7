import pytest

from tests.speechhost.fakes import ScriptedWhisper
from tests.speechhost.german import LIGHT, german, heard
from voice2mqtt.nlu.grammar.compiler import compile_phrases
from voice2mqtt.speechhost.engine import EngineGrammar


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
    assert model.scored == [("de", "Es hat den ganzen Tag geregnet.")]


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


def test_sentences_are_scored_with_the_capital_and_mark_of_what_was_heard() -> None:
    model = ScriptedWhisper("mach das licht in der kirche an?")
    heard(model, LIGHT)
    assert ("de", "mach das Licht in der Küche an?") in model.scored


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


def test_what_is_only_heard_with_the_tables_words_may_have_been_said() -> None:
    drifted, said = "She said good night.", "Gute Nacht."
    scores = {drifted: -4.0, said: -8.0}
    alone = heard(ScriptedWhisper(drifted, scores=scores), LIGHT).nbest
    assert [entry.text for entry in alone] == [drifted]
    model = ScriptedWhisper(drifted, scores=scores, among_words=[said])
    assert said in [entry.text for entry in heard(model, LIGHT).nbest]


def test_the_vocabulary_is_what_the_model_may_write_of_the_tables_words() -> None:
    model = ScriptedWhisper("Gute Nacht.")
    heard(model, LIGHT)
    (words,) = model.vocabularies
    assert {"gute", "Gute", "Küche", "50", "fünfzig", "Prozent"} <= words
    # What is in the table word for word needs no second hearing.
    assert model.dictated_in == ["de"]


def test_free_text_is_never_what_is_heard_with_the_tables_words() -> None:
    grammar = german("setze {sache} auf die Liste", "gute Nacht")
    text = "Setze Nacht auf die Liste."
    model = ScriptedWhisper("Setz dich auf die Liege.", scores={text: -1.0}, among_words=[text])
    heard(model, grammar)
    assert ("de", text) not in model.scored


def test_a_word_of_which_the_audio_tells_nothing_was_not_said() -> None:
    near, said = "Mach das Licht in der Kirche an.", "Mach das Licht in der Küche an."
    confidences = []
    for score in (-3.0, -16.0):
        model = ScriptedWhisper(near, scores={near: -2.0, said: score})
        of_text = {entry.text: entry.confidence for entry in heard(model, LIGHT).nbest}
        confidences.append(of_text.get(said, 0.0))
    assert confidences[0] > 0.9
    assert confidences[1] < 0.5
