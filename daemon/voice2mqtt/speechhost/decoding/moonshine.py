"""The acoustic model: Moonshine tiny, driven by onnxruntime.

It turns audio into an encoding, and an encoding with the tokens so far into how likely each next
token is. It knows nothing of words, grammars or confidences.

The encoder is the package's own. Of its decoder only the weights are used: four fifths of its
nodes work out shapes, which takes as long as the products do. `script/decoder_graphs.py` writes
the two graphs that are run instead: `decoder_heard.onnx`, what all strings look up in the audio,
once, and `decoder_step.onnx`, once for each token. Their weights are stretches of the package's
file, which onnxruntime maps into memory.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import onnxruntime

from voice2mqtt.errors import UnavailableError
from voice2mqtt.speechhost.decoding.tokenizer import END, START

Floats = npt.NDArray[np.float32]
_Feeds = dict[str, npt.NDArray[Any]]

SAMPLE_RATE_HZ = 16_000
_PACKAGE = "moonshine-voice"
LAYERS = 6
HEADS = 8
HEAD_SIZE = 36
ROTATED = 32
"""Of the numbers of a head; the others do not know their place."""
_ROTATION_BASE = 10_000.0
_PAST = [f"past_{kind}{layer}" for layer in range(LAYERS) for kind in ("key", "value")]
_PRESENT = [name.removeprefix("past_") for name in _PAST]
_HEARD = [f"heard_{name}" for name in _PRESENT]
_LIKELY = "log_probabilities"
_SCORED_AT_ONCE = 4
_LEAST_SAMPLES = 1_600
"""The convolutions in front of the encoder need some audio to stand on."""
_PLACES = 512
"""Rotations are worked out for so many places in a string at a time."""


def model_folder() -> Path:
    """Return where the installed package keeps the model; raises UnavailableError if nowhere.

    The package itself is never imported: it would load a recogniser of its own.
    """
    cure = "install it with `pip install 'voice2mqtt[host]'`"
    try:
        files = importlib.metadata.distribution(_PACKAGE).files or []
    except importlib.metadata.PackageNotFoundError:
        raise UnavailableError(f"{_PACKAGE}, which carries the model, is missing; {cure}") from None
    for file in files:
        if file.name == "encoder_model.ort" and file.parent.name == "tiny-en":
            return Path(str(file.locate())).parent
    raise UnavailableError(f"the installed {_PACKAGE} carries no tiny-en model; {cure}")


@dataclass(frozen=True, slots=True, eq=False)
class Encoding:
    """What the encoder made of some audio: one row of `frames` per 24 ms."""

    frames: Floats
    duration_s: float


class TokenScores(NamedTuple):
    """How well a string of tokens fits the audio, in nats."""

    likely: tuple[float, ...]
    """Log-probability of each token."""
    behind: tuple[float, ...]
    """How much likelier another token was in its place."""
    second: int = 0
    """How many of its tokens are in a second sentence, the end included, as far as is known."""

    @property
    def log_probability(self) -> float:
        """Of all of it."""
        return sum(self.likely)


class Moonshine:
    """The loaded model. Any thread may use it; calls at once are safe and share the cores."""

    def __init__(self, folder: Path, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # The arena would keep the largest batch ever seen; without it nothing measurable is lost.
        options.enable_cpu_mem_arena = False
        options.add_session_config_entry(
            "session.model_external_initializers_file_folder_path", str(folder)
        )
        self._encoder, self.heard, self.step = (
            onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
            for model in (
                str(folder / "encoder_model.ort"),
                files(__package__).joinpath("decoder_heard.onnx").read_bytes(),
                files(__package__).joinpath("decoder_step.onnx").read_bytes(),
            )
        )

    def encode(self, samples: Floats) -> Encoding:
        """Encode `samples` (16 kHz, -1 to 1)."""
        duration_s = len(samples) / SAMPLE_RATE_HZ
        if len(samples) < _LEAST_SAMPLES:
            samples = np.pad(samples, (0, _LEAST_SAMPLES - len(samples)))
        mask = np.ones((1, len(samples)), np.int64)
        (frames,) = self._encoder.run(
            ["last_hidden_state"], {"input_values": samples[None], "attention_mask": mask}
        )
        return Encoding(frames, duration_s)


class Decoding:
    """One audio being decoded, as a batch of equally long token strings ("beams")."""

    def __init__(self, model: Moonshine, encoding: Encoding) -> None:
        self._step = model.step
        heard = model.heard.run(_HEARD, {"frames": encoding.frames})
        # Of these there is one for all beams: they are rows of the same product.
        self._heard: _Feeds = dict(zip(_HEARD, heard, strict=True))
        self._past = _NOTHING_SAID
        self._length = 0
        self.first: Floats = self.step([0], [START])
        """Log-probabilities of the first token, one row."""

    def step(self, parents: Sequence[int], tokens: Sequence[int]) -> Floats:
        """Extend beam `parents[i]` by `tokens[i]`; row i is what may follow.

        Returns log-probabilities; the new beams replace the old ones.
        """
        feeds = self._feeds(parents, np.array(tokens)[:, None], self._past, self._length)
        likely, *present = self._step.run([_LIKELY, *_PRESENT], feeds)
        self._past = dict(zip(_PAST, present, strict=True))
        self._length += 1
        return np.asarray(likely)

    def end(self) -> None:
        """Give back most of the memory; only `score` may be called from now on."""
        self._past = {}

    def score(self, strings: Sequence[Sequence[int]]) -> list[TokenScores]:
        """Return how well each of `strings`, the end included, fits."""
        fits: list[TokenScores] = []
        for place in range(0, len(strings), _SCORED_AT_ONCE):
            fits += self._score(strings[place : place + _SCORED_AT_ONCE])
        return fits

    def _score(self, strings: Sequence[Sequence[int]]) -> list[TokenScores]:
        count, longest = len(strings), max(map(len, strings))
        tokens = np.full((count, longest), END, np.int64)
        for row, string in enumerate(strings):
            tokens[row, : len(string)] = string
        said = np.hstack([np.full((count, 1), START), tokens[:, :-1]])
        (likely,) = self._step.run([_LIKELY], self._feeds([0] * count, said, _NOTHING_SAID, 0))
        chosen = np.take_along_axis(likely, tokens.reshape(-1, 1), axis=1).reshape(tokens.shape)
        behind = likely.max(axis=1).reshape(tokens.shape) - chosen
        return [
            TokenScores(
                tuple(chosen[row, : len(string)].tolist()),
                tuple(behind[row, : len(string)].tolist()),
            )
            for row, string in enumerate(strings)
        ]

    def _feeds(
        self, parents: Sequence[int], tokens: npt.NDArray[np.int64], past: _Feeds, length: int
    ) -> _Feeds:
        """Return what adds `tokens` [beam, place] to beams that are `length` long."""
        new = tokens.shape[1]
        cosines, sines = _rotations(1 + (length + new) // _PLACES)
        # No token sees those after it.
        hidden = np.arange(length + new) > np.arange(length, length + new)[:, None]
        return {
            "tokens": tokens,
            "parents": np.array(parents, np.int64),
            "place": np.array([length], np.int64),
            "cosines": cosines,
            "sines": sines,
            "hidden": np.where(hidden, np.float32(-np.inf), np.float32(0)),
            **past,
            **self._heard,
        }


_NOTHING_SAID: _Feeds = dict.fromkeys(_PAST, np.zeros((1, HEADS, 0, HEAD_SIZE), np.float32))


@cache
def _rotations(blocks: int) -> tuple[Floats, Floats]:
    """Return cosines and sines [place, frequency] of rotary position embeddings.

    Su and others, "RoFormer", 2021 (arXiv 2104.09864).
    """
    places = np.arange(blocks * _PLACES, dtype=np.float32)
    frequencies = _ROTATION_BASE ** -(np.arange(0, ROTATED, 2, dtype=np.float32) / ROTATED)
    angles = places[:, None] * frequencies
    return np.cos(angles), np.sin(angles)
