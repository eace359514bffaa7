"""The decoder that is run against the package's own, whose weights it uses.

Both round what they multiply, all rows together, so that a digit more or less changes a little.
"""

import importlib.util
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

from tests.speechhost.recordings import novel
from voice2mqtt.speechhost.decoding import moonshine
from voice2mqtt.speechhost.decoding.moonshine import (
    Decoding,
    Encoding,
    Floats,
    Moonshine,
    Prior,
    model_folder,
)
from voice2mqtt.speechhost.decoding.tokenizer import END, START, read_tokenizer

SCRIPT = Path(__file__).parents[3] / "script" / "decoder_graphs.py"
SAID = "It was the best of times, it was the worst of times."


@cache
def _model() -> Moonshine:
    return Moonshine(model_folder())


@cache
def _package() -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(
        str(model_folder() / "decoder_model_merged.ort"), providers=["CPUExecutionProvider"]
    )


@cache
def _encoding() -> Encoding:
    samples = np.frombuffer(novel(), "<i2").astype(np.float32) / np.float32(32_768)
    return _model().encode(samples)


def _by_package(encoding: Encoding, said: list[list[int]]) -> Floats:
    """Return next-token log-probabilities [string, position, token] by the package's decoder."""
    frames = encoding.frames.shape[1]
    feeds: dict[str, Any] = {
        "encoder_attention_mask": np.ones((len(said), frames * 384), np.int64),
        "encoder_hidden_states": np.repeat(encoding.frames, len(said), axis=0),
        "input_ids": np.array(said),
        "use_cache_branch": np.array([False]),
    }
    for entry in _package().get_inputs():
        if entry.name.startswith("past"):
            length = frames if "encoder" in entry.name else 0
            feeds[entry.name] = np.zeros((len(said), 8, length, 36), np.float32)
    logits = _package().run(["logits"], feeds)[0].astype(np.float64)
    log_probs = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    return np.asarray(log_probs, np.float32)


def _greedy() -> tuple[int, ...]:
    decoding = Decoding(_model(), _encoding())
    tokens = [int(decoding.first.argmax())]
    while tokens[-1] != END:
        tokens.append(int(decoding.step([0], tokens[-1:]).argmax()))
    return tuple(tokens)


def test_it_hears_what_was_said() -> None:
    tokenizer = read_tokenizer(model_folder() / "tokenizer.bin")
    assert tokenizer.decode(_greedy()) == SAID


def test_strings_are_scored_as_the_packages_decoder_scores_them() -> None:
    said = _greedy()
    other = (*said[:-1][::-1], END)
    log_probs = _by_package(_encoding(), [[START, *said[:-1]], [START, *other[:-1]]])
    expected = [
        float(sum(rows[position, token] for position, token in enumerate(string)))
        for rows, string in zip(log_probs, (said, other), strict=True)
    ]
    found = [
        scores.log_probability for scores in Decoding(_model(), _encoding()).score([said, other])
    ]
    assert found == pytest.approx(expected, rel=0.02, abs=0.05)
    assert found[0] > found[1] + 10


def test_token_by_token_is_the_same_as_all_at_once() -> None:
    said = _greedy()
    decoding = Decoding(_model(), _encoding())
    total = float(decoding.first[0, said[0]])
    for token, next_token in pairwise(said):
        total += float(decoding.step([0], [token])[0, next_token])
    assert total == pytest.approx(decoding.score([said])[0].log_probability, abs=0.5)


def test_a_beam_continues_its_parent() -> None:
    said = _greedy()
    decoding = Decoding(_model(), _encoding())
    other = int(np.argsort(decoding.first[0])[-2])
    decoding.step([0, 0], [other, said[0]])
    twice = decoding.step([1, 1, 0], [said[1], said[1], said[1]])
    alone = Decoding(_model(), _encoding())
    alone.step([0], [said[0]])
    assert twice[0] == pytest.approx(twice[1], abs=1e-4)
    assert int(twice[0].argmax()) == said[2]
    assert twice[0, said[2]] == pytest.approx(
        float(alone.step([0], [said[1]])[0, said[2]]), abs=0.5
    )


def test_strings_may_be_longer_than_one_block_of_rotations() -> None:
    longest = moonshine._POSITION_BLOCK + 8
    (scores,) = Decoding(_model(), _encoding()).score([[5] * longest])
    expected = _by_package(_encoding(), [[START, *[5] * (longest - 1)]])[0, :, 5].sum()
    assert scores.log_probability == pytest.approx(float(expected), rel=0.01)


def test_the_graphs_are_those_that_the_script_writes() -> None:
    spec = importlib.util.spec_from_file_location("decoder_graphs", SCRIPT)
    assert spec
    assert spec.loader
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    for name, model in script.graphs().items():
        assert onnx.load(script.FOLDER / name, load_external_data=False) == model, name


def test_a_sentence_is_as_likely_whatever_was_asked_about_before() -> None:
    tokenizer = read_tokenizer(model_folder() / "tokenizer.bin")
    model = Moonshine(model_folder())
    texts = ("Help.", "Never mind.", "Set the heating to twenty degrees.")
    strings = [(*(t for w in text.split() for t in tokenizer.encode(w)), END) for text in texts]
    together = Prior(model).log_probabilities(strings)
    one_by_one = Prior(model)
    assert together == [one_by_one.log_probabilities([s])[0] for s in reversed(strings)][::-1]
    assert together == one_by_one.log_probabilities(strings)
    assert sum(together[0]) != sum(together[1])
