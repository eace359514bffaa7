import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from tests.speechhost import recordings
from voice2mqtt.audio.sources.wav import WavSource
from voice2mqtt.demo import stage
from voice2mqtt.nlu.grammar.compiler import compile_table
from voice2mqtt.nlu.grammar.table import CommandTable, Row
from voice2mqtt.speechhost.decoding import moonshine_engine as recogniser
from voice2mqtt.speechhost.decoding.lexical import lexical
from voice2mqtt.speechhost.decoding.moonshine import Moonshine, Prior
from voice2mqtt.speechhost.decoding.moonshine_engine import MoonshineEngine
from voice2mqtt.speechhost.decoding.tokenizer import Tokenizer
from voice2mqtt.speechhost.engine import EngineGrammar
from voice2mqtt.speechhost.protocol import answers


@pytest.fixture(scope="module")
def engine() -> MoonshineEngine:
    return MoonshineEngine()


@pytest.fixture(scope="module")
def novel() -> bytes:
    return recordings.novel()


def test_dictation_hears_what_was_read(engine: MoonshineEngine, novel: bytes) -> None:
    entry, *_ = engine.transcribe(novel, None).nbest
    assert entry.text == "It was the best of times, it was the worst of times."
    assert entry.lexical == "it was the best of times it was the worst of times"
    assert entry.confidence > 0.9


@pytest.mark.parametrize("pcm", [b"", bytes(320), bytes(64_000)])
def test_silence_has_no_hypotheses(engine: MoonshineEngine, pcm: bytes) -> None:
    assert engine.transcribe(pcm, None).nbest == ()


def _grammar(*say: str) -> EngineGrammar:
    rows = tuple(Row(name=template, say=(template,), publish=()) for template in say)
    return EngineGrammar(automaton=compile_table(CommandTable(rows=rows)), forced=True)


def test_a_command_is_heard_with_its_rivals(engine: MoonshineEngine, novel: bytes) -> None:
    grammar = _grammar("it was the best of times it was the (worst|first) of times", "good night")
    best, *others = engine.transcribe(novel, grammar).nbest
    assert best.lexical == "it was the best of times it was the worst of times"
    assert best.confidence > 0.9
    assert sum(entry.confidence for entry in (best, *others)) <= 1
    assert not best.out_of_grammar


def test_speech_outside_the_grammar_is_what_open_decoding_hears(
    engine: MoonshineEngine, novel: bytes
) -> None:
    nbest = engine.transcribe(novel, _grammar("turn on the light", "good night")).nbest
    assert nbest[0].text == "It was the best of times, it was the worst of times."
    assert [entry.confidence for entry in nbest] == [pytest.approx(1.0, abs=0.01)]
    assert nbest[0].out_of_grammar
    assert nbest[0].openly
    assert nbest[0].token_score == pytest.approx(0.0, abs=0.1)


def test_words_of_another_language_are_badly_understood_with_a_table_too(
    engine: MoonshineEngine, novel: bytes, tmp_path: Path
) -> None:
    german = tmp_path / "german.wav"
    voice = stage.espeak("de")
    stage.speak("Ich gehe morgen mit meiner Schwester einkaufen", voice, german)
    spoken = b"".join(WavSource(german).blocks())
    for grammar in (None, _grammar("turn on the light", "good night")):
        assert engine.transcribe(novel, grammar).nbest[0].understood > 0.8
        assert engine.transcribe(spoken, grammar).nbest[0].understood < answers.MIN_UNDERSTOOD


def test_open_hypotheses_are_different_words(engine: MoonshineEngine, novel: bytes) -> None:
    # Noise, so that there is something to doubt.
    speech = np.frombuffer(novel, "<i2")
    noise = np.random.default_rng(0).normal(0, 1200, len(speech))
    noisy = np.clip(speech + noise, -32_768, 32_767).astype("<i2").tobytes()
    heard = engine.transcribe(noisy, None).nbest
    assert 5 <= len({entry.lexical for entry in heard}) == len(heard) <= 10
    assert sum(entry.confidence for entry in heard) <= 1.0001


def test_silence_is_no_command(engine: MoonshineEngine) -> None:
    assert engine.transcribe(bytes(64_000), _grammar("you", "pause")).nbest == ()


def _spoken(text: str, folder: Path) -> bytes:
    stage.speak(text, stage.flite("slt"), folder / "said.wav")
    return b"".join(WavSource(folder / "said.wav").blocks())


@pytest.mark.parametrize(
    "said",
    [
        "wait, wait, wait, wait",
        "no, no, no, no, no",
        "that is a very very very good idea",
        "he said go go go and everybody ran to the door",
    ],
)
def test_people_may_repeat_a_word(engine: MoonshineEngine, tmp_path: Path, said: str) -> None:
    pcm = _spoken(said, tmp_path)
    for grammar in (None, _grammar("turn on the light"), _grammar(lexical(said))):
        assert engine.transcribe(pcm, grammar).nbest[0].lexical == lexical(said)


def test_a_row_that_repeats_a_word_is_heard(engine: MoonshineEngine, tmp_path: Path) -> None:
    table = _grammar("nine nine nine", "knock knock knock", "open the door")
    best, *_ = engine.transcribe(_spoken("knock knock knock", tmp_path), table).nbest
    assert (best.lexical, best.out_of_grammar) == ("knock knock knock", False)


@pytest.mark.parametrize("colour", [0.0, -0.5, -1.0])
def test_noise_has_no_hypotheses(engine: MoonshineEngine, colour: float) -> None:
    hz = np.fft.rfftfreq(64_000, 1 / 16_000)
    chance = np.random.default_rng(1)
    shaped = np.fft.rfft(chance.standard_normal(64_000)) * np.maximum(hz, 20) ** colour
    noise = np.fft.irfft(shaped)
    pcm = (noise / np.abs(noise).max() * 16_000).astype("<i2").tobytes()
    for grammar in (None, _grammar("stop stop stop", "turn on the light")):
        assert engine.transcribe(pcm, grammar).nbest == ()


def test_a_fast_speaker_is_heard_to_the_end(engine: MoonshineEngine, tmp_path: Path) -> None:
    said = "one two three four five six seven eight nine zero"
    stage.speak(f"{said} {said}", stage.espeak("en-us", 220), tmp_path / "said.wav")
    pcm = b"".join(WavSource(tmp_path / "said.wav").blocks())
    words = engine.transcribe(pcm, None).nbest[0].lexical.replace("-", " ")
    assert words == f"{said} {said}"


def test_one_engine_serves_many_grammars(engine: MoonshineEngine, novel: bytes) -> None:
    for number in range(12):
        grammar = _grammar(
            f"count to {number}", "it was the best of times it was the worst of times"
        )
        assert engine.transcribe(novel, grammar).nbest[0].confidence > 0.9


def test_the_package_with_the_model_is_never_imported() -> None:
    daemon = Path(__file__).parents[3] / "daemon"
    assert not any("import moonshine_voice" in path.read_text() for path in daemon.rglob("*.py"))


def test_an_abandoned_call_has_no_hypotheses(engine: MoonshineEngine, novel: bytes) -> None:
    assert engine.transcribe(novel, None, lambda: True).nbest == ()


def test_nobody_waits_for_another_s_grammar_to_be_made(
    engine: MoonshineEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, quick = _grammar("good night"), _grammar("good day")
    made, gate = recogniser._GrammarDecoder, threading.Event()
    begun = threading.Event()

    def make(
        model: Moonshine, tokenizer: Tokenizer, prior: Prior, grammar: EngineGrammar
    ) -> recogniser._GrammarDecoder:
        if grammar is slow:
            begun.set()
            assert gate.wait(20)
        return made(model, tokenizer, prior, grammar)

    monkeypatch.setattr(recogniser, "_GrammarDecoder", make)
    with ThreadPoolExecutor(2) as threads:
        waiting = threads.submit(engine._decoder, slow)
        try:
            assert begun.wait(20)
            assert threads.submit(engine._decoder, quick).result(20)
            assert not waiting.done()
        finally:
            gate.set()
        assert waiting.result(20) is engine._decoder(slow)


@pytest.mark.parametrize(("most", "most_arcs"), [(2, 1000), (1000, 4)])
def test_grammars_are_not_kept_for_ever(
    engine: MoonshineEngine, monkeypatch: pytest.MonkeyPatch, most: int, most_arcs: int
) -> None:
    monkeypatch.setattr(recogniser, "_MAX_GRAMMARS", most)
    monkeypatch.setattr(recogniser, "_MAX_ARCS", most_arcs)
    first, second, third = (_grammar(f"good {word}") for word in ("one", "two", "ten"))
    kept = engine._decoder(first), engine._decoder(second)
    assert engine._decoder(first) is kept[0]
    engine._decoder(third)
    assert engine._decoder(first) is kept[0]
    assert engine._decoder(second) is not kept[1]


def test_two_commands_are_heard_in_one_utterance(engine: MoonshineEngine, tmp_path: Path) -> None:
    said = "turn on the kitchen light and then close the blinds"
    pcm = _spoken(said, tmp_path)
    table = _grammar("turn (on|off) the kitchen light", "(open|close) the blinds")
    best, *_ = engine.transcribe(pcm, table).nbest
    assert (best.lexical, best.confidence > 0.95) == (said, True)


@pytest.mark.parametrize(
    ("said", "row", "is_said"),
    [
        ("turn off the coffee machine", "turn on the coffee machine", False),
        ("turn on the coffee machine", "turn on the coffee machine", True),
        ("stop the vacuum", "start the vacuum", False),
        ("start the vacuum", "start the vacuum", True),
    ],
)
def test_a_contradiction_of_a_command_is_not_taken_for_it(
    engine: MoonshineEngine, tmp_path: Path, said: str, row: str, is_said: bool
) -> None:
    wav = tmp_path / "said.wav"
    stage.speak(said, stage.flite("slt"), wav)
    best, *_ = engine.transcribe(b"".join(WavSource(wav).blocks()), _grammar(row)).nbest
    assert (best.lexical == row, best.out_of_grammar) == (is_said, not is_said)


def test_a_command_is_heard_through_softer_talk_around_it(
    engine: MoonshineEngine, novel: bytes, tmp_path: Path
) -> None:
    softer = np.frombuffer(novel, "<i2")[:32_000] // 6
    command = np.frombuffer(_spoken("turn on the light", tmp_path), "<i2")
    pcm = np.concatenate([softer, command, softer]).tobytes()
    table = _grammar("turn on the light", "good night")
    best, *_ = engine.transcribe(pcm, table).nbest
    assert (best.lexical, best.confidence > 0.9) == ("turn on the light", True)
    assert engine.transcribe(softer.tobytes(), table).nbest[0].out_of_grammar


def test_short_sentences_do_not_crowd_out_a_long_one(engine: MoonshineEngine) -> None:
    speech = np.frombuffer(recordings.novel(), "<i2")
    noise = np.random.default_rng(0).normal(0, 1000, len(speech))
    noisy = np.clip(speech + noise, -32_768, 32_767).astype("<i2").tobytes()
    long = "it was the best of times it was the worst of times"
    short = "(yes|yeah|yep|yup|sure|okay|please|no|nope|nah|cancel|stop|oh|and|so|but|well|the|a|i)"
    best = engine.transcribe(noisy, _grammar(short, long)).nbest[0]
    assert best.lexical == long
