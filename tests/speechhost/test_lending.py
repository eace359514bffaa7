import re
from pathlib import Path

import pytest

from voice2mqtt.cli import stage
from voice2mqtt.ear.wav import WavSource
from voice2mqtt.speechhost.engine import Grammar
from voice2mqtt.speechhost.lending import NOWHERE, Lending
from voice2mqtt.speechhost.moonshine import model_folder
from voice2mqtt.speechhost.recogniser import MoonshineEngine
from voice2mqtt.speechhost.token_grammar import TokenGrammar
from voice2mqtt.speechhost.tokens import END, Vocabulary, read_vocabulary
from voice2mqtt.understanding.compile import compile_phrases

PHRASES = ("gromflex lamp", "kitchen", "kitchen light switch", "Fabrikam", "Siobhan",
           "turn on the hall lamp", "volume 28")  # fmt: skip


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return read_vocabulary(model_folder() / "tokenizer.bin")


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
    vocabulary: Vocabulary, text: str, helped: str
) -> None:
    hints = Lending(TokenGrammar(compile_phrases(PHRASES), vocabulary), vocabulary, 1.0)
    each = float(hints.changes(NOWHERE).max())
    # Marks stand without a space.
    words = [(word, word.isalnum()) for word in re.findall(r"\w+|[,.]", text)]
    tokens = [
        token for word, begins in words for token in vocabulary.encode(word, begins_word=begins)
    ]
    place, gained = NOWHERE, 0.0
    for token in (*tokens, END):
        gained += float(hints.changes(place)[token])
        place = hints.after(place, token)
    count = sum(len(vocabulary.encode(word)) for word in helped.split())
    assert gained == pytest.approx(each * count)


@pytest.fixture(scope="module")
def engine() -> MoonshineEngine:
    return MoonshineEngine()


def _heard(engine: MoonshineEngine, said: str, folder: Path, weight: float) -> str:
    stage.speak(said, stage.flite("slt"), folder / "said.wav")
    pcm = b"".join(WavSource(folder / "said.wav").blocks())
    grammar = Grammar(automaton=compile_phrases(PHRASES), forced=False, weight=weight)
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
