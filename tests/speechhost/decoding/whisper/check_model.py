"""Real recognition with Whisper: run by script/test-whisper, which fetches the model."""

import os
from pathlib import Path

import numpy as np
import pytest

from tests.speechhost.recordings import novel
from voice2mqtt.audio.sources.wav import WavSource
from voice2mqtt.demo import stage
from voice2mqtt.errors import InputError
from voice2mqtt.nlu.grammar.compiler import compile_table
from voice2mqtt.nlu.grammar.table import CommandTable, ListValue, Row, TextList
from voice2mqtt.pronunciation.pronouncer import pronouncer
from voice2mqtt.speechhost.decoding.dictation import plain
from voice2mqtt.speechhost.decoding.whisper.engine import WhisperEngine
from voice2mqtt.speechhost.decoding.whisper.model import Whisper
from voice2mqtt.speechhost.engine import EngineGrammar

MODEL = os.environ["WHISPER_MODEL"]


@pytest.fixture(scope="module")
def model() -> Whisper:
    return Whisper(MODEL, 2)


@pytest.fixture(scope="module")
def engine(model: Whisper) -> WhisperEngine:
    return WhisperEngine(model, "en-US", pronouncer)


def _table(language: str, *say: str) -> EngineGrammar:
    rooms = TextList(
        values=tuple(ListValue(spoken=r, out=r) for r in ("Küche", "Kirche", "Garage"))
    )
    rows = tuple(Row(name=template, say=(template,), publish=()) for template in say)
    table = CommandTable(rows=rows, lists={"raum": rooms}, language=language)
    return EngineGrammar(automaton=compile_table(table), forced=True, language=language)


GERMAN = _table(
    "de", "mach das Licht in der {raum} an", "mach das Licht in der {raum} aus", "gute Nacht"
)


def _said(text: str, voice: str, tmp_path: Path) -> bytes:
    wav = tmp_path / "said.wav"
    stage.speak(text, stage.espeak(voice), wav)
    return b"".join(WavSource(wav).blocks())


def test_a_novel_is_heard_word_for_word(engine: WhisperEngine) -> None:
    transcript = engine.transcribe(novel(), None)
    best = transcript.nbest[0]
    assert best.lexical == "it was the best of times it was the worst of times"
    assert best.confidence > 0.5
    assert transcript.language == "en-US"


def test_what_was_heard_is_scored_as_it_was_heard(model: Whisper) -> None:
    samples = np.frombuffer(novel(), "<i2").astype(np.float32) / np.float32(32_768)
    speech = model.encode(samples)
    best = speech.dictate("en").hypotheses[0]
    heard, other = (
        sum(speech.score("en", text)) for text in (best.text, best.text.replace("worst", "first"))
    )
    # Its end is not part of the score.
    assert heard == pytest.approx(best.log_probability, abs=1.5)
    assert other < heard - 3


def test_with_a_vocabulary_its_words_alone_are_heard(model: Whisper) -> None:
    samples = np.frombuffer(novel(), "<i2").astype(np.float32) / np.float32(32_768)
    words = ("It", "it", "was", "the", "worst", "of", "times")
    heard = model.encode(samples).dictate("en", model.vocabulary(words)).hypotheses[0]
    assert {"it", "was", "the", "worst"} <= set(plain(heard.text).split()) <= set(words)


@pytest.mark.parametrize("pcm", [b"", bytes(2), bytes(64_000)], ids=["nothing", "one", "silence"])
def test_silence_has_no_hypotheses(engine: WhisperEngine, pcm: bytes) -> None:
    assert engine.transcribe(pcm, None).nbest == ()
    assert engine.transcribe(pcm, GERMAN, languages=["de-DE"]).nbest == ()


def test_a_command_is_told_from_its_neighbours(engine: WhisperEngine, tmp_path: Path) -> None:
    pcm = _said("mach das Licht in der Küche an", "de", tmp_path)
    transcript = engine.transcribe(pcm, GERMAN, languages=["de-DE"])
    best = transcript.nbest[0]
    assert best.lexical == "mach das licht in der küche an"
    assert best.confidence > 0.7
    assert not best.out_of_grammar
    assert sum(entry.confidence for entry in transcript.nbest) <= 1.001


def test_what_is_no_command_is_heard_as_without_a_table(
    engine: WhisperEngine, tmp_path: Path
) -> None:
    pcm = _said("morgen wird es den ganzen Tag regnen", "de", tmp_path)
    alone = engine.transcribe(pcm, None, languages=["de-DE"])
    best = engine.transcribe(pcm, GERMAN, languages=["de-DE"]).nbest[0]
    assert best.out_of_grammar
    assert best.lexical == alone.nbest[0].lexical


def test_a_language_is_told_from_others(engine: WhisperEngine, tmp_path: Path) -> None:
    german = _said("mach bitte das Licht in der Küche an", "de", tmp_path)
    heard = engine.transcribe(german, None, languages=["en-US", "de-AT", "fr-FR"])
    assert heard.language == "de-AT"
    assert engine.transcribe(novel(), None, languages=["de-AT", "en-GB"]).language == "en-GB"


def test_a_client_of_another_language_than_the_table_dictates(engine: WhisperEngine) -> None:
    transcript = engine.transcribe(novel(), GERMAN, languages=["en-GB"])
    assert transcript.language == "en-GB"
    assert transcript.nbest[0].lexical.startswith("it was the best of times")
    assert not transcript.nbest[0].out_of_grammar


def test_a_folder_without_a_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no Whisper model"):
        Whisper(str(tmp_path), 1)


def test_a_model_that_is_not_whole_is_told(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"junk")
    with pytest.raises(InputError, match="damaged or not whole"):
        Whisper(str(tmp_path), 1)


@pytest.mark.parametrize("name", ["bas", "no/such/folder"])
def test_an_unknown_model_is_told(name: str) -> None:
    with pytest.raises(InputError, match=r"there are .*base"):
        Whisper(name, 1)
