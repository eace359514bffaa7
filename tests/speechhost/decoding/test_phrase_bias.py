import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from voice2mqtt.audio.sources.wav import WavSource
from voice2mqtt.demo import stage
from voice2mqtt.nlu.grammar.compiler import compile_phrases
from voice2mqtt.speechhost.decoding.moonshine import model_folder
from voice2mqtt.speechhost.decoding.moonshine_engine import MoonshineEngine
from voice2mqtt.speechhost.decoding.phrase_bias import NO_PHRASE, PhraseBias
from voice2mqtt.speechhost.decoding.token_grammar import TokenGrammar
from voice2mqtt.speechhost.decoding.tokenizer import END, Tokenizer, read_tokenizer
from voice2mqtt.speechhost.engine import EngineGrammar

PHRASES = ("gromflex lamp", "kitchen", "kitchen light switch", "Fabrikam", "Siobhan",
           "turn on the hall lamp", "volume 28")  # fmt: skip


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return read_tokenizer(model_folder() / "tokenizer.bin")


def _bias(tokenizer: Tokenizer, weight: float) -> PhraseBias:
    return PhraseBias(TokenGrammar(compile_phrases(PHRASES), tokenizer), tokenizer, weight)


@pytest.mark.parametrize("weight", [0.5, 1.0, 2.0])
def test_the_audio_has_the_last_word(tokenizer: Tokenizer, weight: float) -> None:
    bias, name = _bias(tokenizer, weight), tokenizer.encode("Siobhan")[0]
    log_probs = np.zeros(len(tokenizer), np.float32)
    scores = []
    for behind in np.arange(0, 20, 0.5):
        log_probs[name] = -behind
        scores.append(float((log_probs + bias.score_changes(NO_PHRASE, log_probs))[name]))
    assert scores == sorted(scores, reverse=True)
    assert 0 < scores[0] <= 3
    assert scores[-1] == -19.5


@pytest.mark.parametrize(
    ("text", "helped"),
    [
        ("ask the gromflex lamp to wait", "gromflex lamp"),
        ("ask the Gromflex lamp.", "Gromflex lamp"),
        ("gromflex", ""),
        ("a gromflex lam", ""),
        ("the gromflex lamps", ""),
        ("in the kitchen", "kitchen"),
        ("the kitchen light switch", "kitchen light switch"),
        ("the kitchen light is on", "kitchen"),
        ("kitchen, kitchen Kitchen kitchen", "kitchen"),
        ("nothing of the kind", ""),
        ("turn on the hall lamp", ""),
        ("volume 28", ""),
    ],
)
def test_a_phrase_is_helped_once_and_only_when_it_is_whole(
    tokenizer: Tokenizer, text: str, helped: str
) -> None:
    bias = _bias(tokenizer, 1.0)
    log_probs = np.zeros(len(tokenizer), np.float32)
    each = float(bias.score_changes(NO_PHRASE, log_probs).max())
    # Marks stand without a space.
    words = [(word, word.isalnum()) for word in re.findall(r"\w+|[,.]", text)]
    tokens = [
        token for word, begins in words for token in tokenizer.encode(word, begins_word=begins)
    ]
    at, gained = NO_PHRASE, 0.0
    for token in (*tokens, END):
        gained += float(bias.score_changes(at, log_probs)[token])
        at = bias.advance(at, token, log_probs)
    count = sum(len(tokenizer.encode(word)) for word in helped.split())
    assert gained == pytest.approx(each * count)


@pytest.fixture(scope="module")
def engine() -> MoonshineEngine:
    return MoonshineEngine()


def _heard(
    engine: MoonshineEngine,
    said: str,
    folder: Path,
    weight: float,
    phrases: tuple[str, ...] = PHRASES,
) -> str:
    stage.speak(said, stage.flite("slt"), folder / "said.wav")
    pcm = b"".join(WavSource(folder / "said.wav").blocks())
    grammar = EngineGrammar(automaton=compile_phrases(phrases), forced=False, weight=weight)
    return engine.transcribe(pcm, grammar).nbest[0].lexical


def test_a_name_in_a_sentence_is_heard_with_a_phrase_list(
    engine: MoonshineEngine, tmp_path: Path
) -> None:
    said = "order more from fabrikam today"
    assert _heard(engine, said, tmp_path, 0.0) != said
    assert _heard(engine, said, tmp_path, 1.0) == said


@pytest.mark.parametrize(
    "said",
    [
        "she was fabricating a story in the chicken house",
        "the gym and the flexible lamb were wet",
        "she can leave the kitten alone",
        "should I have been at home",
    ],
)
def test_talk_does_not_turn_into_the_phrases(
    engine: MoonshineEngine, tmp_path: Path, said: str
) -> None:
    assert _heard(engine, said, tmp_path, 1.0) == _heard(engine, said, tmp_path, 0.0)


NAMES = ("Liam", "Olivia", "Noah", "Emma", "Oliver", "Charlotte", "James", "Amelia", "Elijah",
         "Sophia", "William", "Henry", "Ava", "Lucas", "Mia", "Evelyn", "Theodore", "Luna",
         "docks")  # fmt: skip


@pytest.mark.parametrize("weight", [1.0, 2.0])
@pytest.mark.parametrize(
    "said",
    [
        "the meeting has been moved to thursday afternoon",
        "he plays the piano every evening after dinner",
        "they are planning a trip to italy next summer",
    ],
)
def test_names_do_not_replace_what_was_said_clearly(
    engine: MoonshineEngine, tmp_path: Path, said: str, weight: float
) -> None:
    assert _heard(engine, said, tmp_path, weight, NAMES) == said


@examples(0.4)
@given(st.lists(st.sampled_from(["Siobhan", "kitchen", "Fabrikam", ",", "the"]), max_size=30))
def test_however_many_phrases_come_together_they_gain_little(
    tokenizer: Tokenizer, words: list[str]
) -> None:
    bias = _bias(tokenizer, 2.0)
    log_probs = np.full(len(tokenizer), -4, np.float32)
    log_probs[0] = 0
    at, gained = NO_PHRASE, 0.0
    tokens = [t for word in words for t in tokenizer.encode(word, begins_word=word != ",")]
    for token in (*tokens, END):
        gained += float(bias.score_changes(at, log_probs)[token])
        at = bias.advance(at, token, log_probs)
    assert -0.01 < gained < 20
