import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voice2mqtt.audio.sources.wav import WavSource
from voice2mqtt.demo import stage
from voice2mqtt.nlu.grammar.compiler import compile_phrases
from voice2mqtt.speechhost.decoding.moonshine import model_folder
from voice2mqtt.speechhost.decoding.moonshine_engine import MoonshineEngine
from voice2mqtt.speechhost.decoding.phrase_bias import NOWHERE, PhraseBias
from voice2mqtt.speechhost.decoding.token_grammar import TokenGrammar
from voice2mqtt.speechhost.decoding.tokenizer import END, Tokenizer, read_tokenizer
from voice2mqtt.speechhost.engine import EngineGrammar

PHRASES = ("gromflex lamp", "kitchen", "kitchen light switch", "Fabrikam", "Siobhan",
           "turn on the hall lamp", "volume 28")  # fmt: skip


@pytest.fixture(scope="module")
def vocabulary() -> Tokenizer:
    return read_tokenizer(model_folder() / "tokenizer.bin")


def _hints(vocabulary: Tokenizer, weight: float) -> PhraseBias:
    return PhraseBias(TokenGrammar(compile_phrases(PHRASES), vocabulary), vocabulary, weight)


@pytest.mark.parametrize("weight", [0.5, 1.0, 2.0])
def test_the_audio_has_the_last_word(vocabulary: Tokenizer, weight: float) -> None:
    hints, name = _hints(vocabulary, weight), vocabulary.encode("Siobhan")[0]
    likely = np.zeros(len(vocabulary), np.float32)
    after = []
    for behind in np.arange(0, 20, 0.5):
        likely[name] = -behind
        after.append(float((likely + hints.changes(NOWHERE, likely))[name]))
    assert after == sorted(after, reverse=True)
    assert 0 < after[0] <= 3
    assert after[-1] == -19.5


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
    vocabulary: Tokenizer, text: str, helped: str
) -> None:
    hints = _hints(vocabulary, 1.0)
    open_ = np.zeros(len(vocabulary), np.float32)
    each = float(hints.changes(NOWHERE, open_).max())
    # Marks stand without a space.
    words = [(word, word.isalnum()) for word in re.findall(r"\w+|[,.]", text)]
    tokens = [
        token for word, begins in words for token in vocabulary.encode(word, begins_word=begins)
    ]
    place, gained = NOWHERE, 0.0
    for token in (*tokens, END):
        gained += float(hints.changes(place, open_)[token])
        place = hints.after(place, token, open_)
    count = sum(len(vocabulary.encode(word)) for word in helped.split())
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
    return engine.transcribe(pcm, grammar).readings[0].lexical


def test_a_name_in_a_sentence_is_heard_with_a_hint(engine: MoonshineEngine, tmp_path: Path) -> None:
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


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["Siobhan", "kitchen", "Fabrikam", ",", "the"]), max_size=30))
def test_however_many_phrases_come_together_they_lend_little(
    vocabulary: Tokenizer, words: list[str]
) -> None:
    hints = _hints(vocabulary, 2.0)
    likely = np.full(len(vocabulary), -4, np.float32)
    likely[0] = 0
    place, gained = NOWHERE, 0.0
    tokens = [t for word in words for t in vocabulary.encode(word, begins_word=word != ",")]
    for token in (*tokens, END):
        gained += float(hints.changes(place, likely)[token])
        place = hints.after(place, token, likely)
    assert -0.01 < gained < 20
