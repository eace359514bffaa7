"""What every engine must keep to: the real one, one with a scripted model, a scripted one."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.speechhost.fakes import ScriptedEngine, ScriptedWhisper
from tests.speechhost.recordings import novel
from voice2mqtt.nlu.grammar.compiler import compile_phrases
from voice2mqtt.pronunciation.pronouncer import pronouncer
from voice2mqtt.speechhost.decoding.moonshine_engine import MoonshineEngine
from voice2mqtt.speechhost.decoding.whisper.engine import WhisperEngine
from voice2mqtt.speechhost.engine import Engine, EngineGrammar, Transcript

SPEECH = novel()


HEARD = ("It was the best of times.", "It was the best of thymes.")


def scripted() -> Engine:
    return ScriptedEngine(*HEARD)


def whisper() -> Engine:
    return WhisperEngine(ScriptedWhisper(*HEARD), "en-US", pronouncer)


@pytest.fixture(scope="module", params=[scripted, whisper, MoonshineEngine])
def engine(request: pytest.FixtureRequest) -> Engine:
    made: Engine = request.param()
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
    if isinstance(engine, WhisperEngine):
        assert not any(entry.words for entry in heard.nbest), "it cannot tell them"
        return
    for entry in heard.nbest:
        assert [word.word for word in entry.words] == entry.lexical.split()
        ends_s = [time_s for word in entry.words for time_s in (word.begin_s, word.end_s)]
        assert ends_s == sorted(ends_s)
        assert all(0 <= word.confidence <= 1 for word in entry.words)
        characters = [word.character for word in entry.words]
        assert characters == sorted(characters)
        assert characters[-1] < len(entry.text)
    assert engine.transcribe(SPEECH, grammar).nbest[0].words == ()
