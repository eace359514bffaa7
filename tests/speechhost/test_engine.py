"""What every engine must keep to: the real one, and the scripted one of other tests."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.speechhost.fakes import ScriptedEngine
from tests.speechhost.recordings import novel
from voice2mqtt.nlu.grammar.compiler import compile_phrases
from voice2mqtt.speechhost.decoding.moonshine_engine import MoonshineEngine
from voice2mqtt.speechhost.engine import Engine, EngineGrammar, Transcript

SPEECH = novel()


@pytest.fixture(scope="module", params=[ScriptedEngine, MoonshineEngine])
def engine(request: pytest.FixtureRequest) -> Engine:
    made: Engine = (
        ScriptedEngine("It was the best of times.", "It was the best of thymes.")
        if request.param is ScriptedEngine
        else MoonshineEngine()
    )
    return made


@pytest.fixture(scope="module")
def alone(engine: Engine) -> Transcript:
    return engine.transcribe(SPEECH, None)


def test_speech_has_an_nbest_list_of_probabilities_that_sum_to_one_at_most(
    alone: Transcript,
) -> None:
    confidences = [entry.confidence for entry in alone.nbest]
    assert confidences
    assert confidences == sorted(confidences, reverse=True)
    assert all(0 < confidence <= 1 for confidence in confidences)
    assert sum(confidences) <= 1.001
    for entry in alone.nbest:
        assert entry.text
        assert entry.lexical == entry.lexical.lower()


@pytest.mark.parametrize("pcm", [b"", bytes(2), bytes(32_000)], ids=["nothing", "one", "silence"])
def test_what_is_no_speech_has_none(engine: Engine, pcm: bytes) -> None:
    assert engine.transcribe(pcm, None) == Transcript()


@pytest.mark.parametrize("forced", [True, False], ids=["table", "phrases"])
def test_speech_outside_the_grammar_is_heard_as_without_it(
    engine: Engine, alone: Transcript, forced: bool
) -> None:
    grammar = EngineGrammar(
        automaton=compile_phrases(["turn on the light", "stop", "make tea"]), forced=forced
    )
    heard = engine.transcribe(SPEECH, grammar)
    assert heard.nbest[0].lexical == alone.nbest[0].lexical


def test_abandoned_work_is_stopped(engine: Engine) -> None:
    assert engine.transcribe(SPEECH, None, lambda: True).nbest == ()


def test_several_threads_hear_what_each_hears_alone(engine: Engine, alone: Transcript) -> None:
    with ThreadPoolExecutor(3) as pool:
        heard = list(pool.map(lambda _: engine.transcribe(SPEECH, None), range(3)))
    assert [one.nbest[0].text for one in heard] == [alone.nbest[0].text] * 3


@pytest.mark.parametrize("phrases", [(), ("turn on the light", "make tea")])
def test_words_have_their_times_if_asked(engine: Engine, phrases: tuple[str, ...]) -> None:
    grammar = EngineGrammar(automaton=compile_phrases(phrases), forced=True) if phrases else None
    heard = engine.transcribe(SPEECH, grammar, timed=True)
    for entry in heard.nbest:
        assert [word.word for word in entry.words] == entry.lexical.split()
        ends_s = [time_s for word in entry.words for time_s in (word.begin_s, word.end_s)]
        assert ends_s == sorted(ends_s)
        assert all(0 <= word.confidence <= 1 for word in entry.words)
        characters = [word.character for word in entry.words]
        assert characters == sorted(characters)
        assert characters[-1] < len(entry.text)
    assert engine.transcribe(SPEECH, grammar).nbest[0].words == ()
