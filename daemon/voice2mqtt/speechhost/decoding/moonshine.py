"""The acoustic model: Moonshine tiny (Jeffries and others, 2024), run by onnxruntime.

An encoder turns audio into frames; a decoder (a transformer: Vaswani and others, 2017) turns frames
and the tokens so far into log-probabilities of the next token, in nats.

The encoder is the package's own. Of its decoder only the weights are used: four fifths of its
nodes compute shapes, which takes as long as the products do. `script/decoder_graphs.py` writes
the graphs that are run instead: `decoder_cross.onnx`, keys and values of the cross-attention,
once for each audio, and `decoder_step.onnx`, once for each token. `decoder_align.onnx` also tells
how tokens attend to the audio, and is loaded when somebody asks. Their weights are stretches of the
package's file, which onnxruntime maps into memory.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
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
ROTARY_SIZE = 32
"""So many numbers of a head carry its position, by rotary embedding; the others do not."""
_ROTATION_BASE = 10_000.0
_PAST = [f"past_{kind}{layer}" for layer in range(LAYERS) for kind in ("key", "value")]
_PRESENT = [name.removeprefix("past_") for name in _PAST]
_CROSS = [f"cross_{name}" for name in _PRESENT]
_LOG_PROBABILITIES = "log_probabilities"
_ATTENTION = "attention"
_SCORE_BATCH = 4
_MIN_SAMPLES = 1_600
"""Shorter audio is padded: the convolutions in front of the encoder need 100 ms."""
_POSITION_BLOCK = 512
"""Tokens. Rotations are computed for a whole number of such blocks."""
_PRIOR_CACHE_SIZE = 20_000
"""Strings of which the prior is kept."""


def model_folder() -> Path:
    """Return where the installed package keeps the model; raises UnavailableError if nowhere.

    The package itself is never imported: it would load a recogniser of its own.
    """
    hint = "install it with `pip install 'voice2mqtt[host]'`"
    try:
        files = importlib.metadata.distribution(_PACKAGE).files or []
    except importlib.metadata.PackageNotFoundError:
        raise UnavailableError(f"{_PACKAGE}, which carries the model, is missing; {hint}") from None
    for file in files:
        if file.name == "encoder_model.ort" and file.parent.name == "tiny-en":
            return Path(str(file.locate())).parent
    raise UnavailableError(f"the installed {_PACKAGE} carries no tiny-en model; {hint}")


@dataclass(frozen=True, slots=True, eq=False)
class Encoding:
    """What the encoder made of some audio: one row of `frames` per 24 ms."""

    frames: Floats
    duration_s: float


class TokenScores(NamedTuple):
    """How well each token of a string fits the audio, in nats."""

    log_probabilities: tuple[float, ...]
    gaps: tuple[float, ...]
    """How much likelier the likeliest token was in its place; 0 where it is the likeliest."""
    second_length: int = 0
    """How many of the tokens are in a second sentence, the end included, as far as is known."""

    @property
    def log_probability(self) -> float:
        """Of the whole string."""
        return sum(self.log_probabilities)


class Moonshine:
    """The loaded model. Any thread may use it, several at a time."""

    def __init__(self, folder: Path, threads: int = 1) -> None:
        self._options = options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # The arena would keep the largest batch ever seen; without it nothing measurable is lost.
        options.enable_cpu_mem_arena = False
        options.add_session_config_entry(
            "session.model_external_initializers_file_folder_path", str(folder)
        )
        self._encoder = self._load(str(folder / "encoder_model.ort"))
        self.cross_attention = self._load(_graph("decoder_cross.onnx"))
        self.step = self._load(_graph("decoder_step.onnx"))

    @cached_property
    def align(self) -> onnxruntime.InferenceSession:
        """As `step`, without a cache, with how the tokens attend to the audio."""
        return self._load(_graph("decoder_align.onnx"))

    def _load(self, model: str | bytes) -> onnxruntime.InferenceSession:
        return onnxruntime.InferenceSession(
            model, self._options, providers=["CPUExecutionProvider"]
        )

    def encode(self, samples: Floats) -> Encoding:
        """Encode `samples` (16 kHz, -1 to 1)."""
        duration_s = len(samples) / SAMPLE_RATE_HZ
        if len(samples) < _MIN_SAMPLES:
            samples = np.pad(samples, (0, _MIN_SAMPLES - len(samples)))
        mask = np.ones((1, len(samples)), np.int64)
        (frames,) = self._encoder.run(
            ["last_hidden_state"], {"input_values": samples[None], "attention_mask": mask}
        )
        return Encoding(frames, duration_s)


def _graph(name: str) -> bytes:
    return files(__package__).joinpath(name).read_bytes()


class Decoding:
    """One audio being decoded, as a batch of equally long token strings (beams)."""

    def __init__(self, model: Moonshine, encoding: Encoding) -> None:
        self._model = model
        cross = model.cross_attention.run(_CROSS, {"frames": encoding.frames})
        # Not repeated for each beam: beams are rows of one product with them.
        self._cross: _Feeds = dict(zip(_CROSS, cross, strict=True))
        self._past = _EMPTY_PAST
        self._length = 0
        self.first: Floats = self.step([0], [START])
        """Log-probabilities of the first token [1, token of the vocabulary]."""

    def step(self, parents: Sequence[int], tokens: Sequence[int]) -> Floats:
        """Extend beam `parents[i]` by `tokens[i]`; these become beam i.

        Returns the log-probabilities of the next token, [beam, token of the vocabulary].
        """
        feeds = self._feeds(parents, np.array(tokens)[:, None], self._past, self._length)
        log_probs, *present = self._model.step.run([_LOG_PROBABILITIES, *_PRESENT], feeds)
        self._past = dict(zip(_PAST, present, strict=True))
        self._length += 1
        return np.asarray(log_probs)

    def release_cache(self) -> None:
        """Free keys and values of past tokens; only `score` may be called from now on."""
        self._past = {}

    def score(self, strings: Sequence[Sequence[int]]) -> list[TokenScores]:
        """Return the scores of each of `strings`, which include their end."""
        scores: list[TokenScores] = []
        for start in range(0, len(strings), _SCORE_BATCH):
            scores += self._score(strings[start : start + _SCORE_BATCH])
        return scores

    def attention(self, string: Sequence[int]) -> tuple[TokenScores, Floats]:
        """Return the scores of `string`, which includes its end, and its attention.

        The attention is how much each token is drawn from each frame of the audio [token, frame].
        """
        targets, feeds = self._whole([string])
        outputs = [_LOG_PROBABILITIES, _ATTENTION]
        log_probs, attention = self._model.align.run(outputs, feeds)
        (scores,) = self._scores([string], targets, log_probs)
        return scores, np.asarray(attention)

    def _score(self, strings: Sequence[Sequence[int]]) -> list[TokenScores]:
        targets, feeds = self._whole(strings)
        (log_probs,) = self._model.step.run([_LOG_PROBABILITIES], feeds)
        return self._scores(strings, targets, log_probs)

    def _whole(self, strings: Sequence[Sequence[int]]) -> tuple[npt.NDArray[np.int64], _Feeds]:
        """Return `strings` padded to one length, and the inputs that predict all their tokens."""
        count, longest = len(strings), max(map(len, strings))
        targets = np.full((count, longest), END, np.int64)
        for row, string in enumerate(strings):
            targets[row, : len(string)] = string
        inputs = np.hstack([np.full((count, 1), START), targets[:, :-1]])
        return targets, self._feeds([0] * count, inputs, _EMPTY_PAST, 0)

    @staticmethod
    def _scores(
        strings: Sequence[Sequence[int]], targets: npt.NDArray[np.int64], log_probs: Floats
    ) -> list[TokenScores]:
        chosen = np.take_along_axis(log_probs, targets.reshape(-1, 1), axis=1)
        chosen = chosen.reshape(targets.shape)
        gaps = log_probs.max(axis=1).reshape(targets.shape) - chosen
        return [
            TokenScores(
                tuple(chosen[row, : len(string)].tolist()),
                tuple(gaps[row, : len(string)].tolist()),
            )
            for row, string in enumerate(strings)
        ]

    def _feeds(
        self, parents: Sequence[int], tokens: npt.NDArray[np.int64], past: _Feeds, length: int
    ) -> _Feeds:
        """Return the inputs that append `tokens` [beam, position] to beams of `length`."""
        new = tokens.shape[1]
        cosines, sines = _rotations(1 + (length + new) // _POSITION_BLOCK)
        # Causal: no token attends to those after it.
        masked = np.arange(length + new) > np.arange(length, length + new)[:, None]
        return {
            "tokens": tokens,
            "parents": np.array(parents, np.int64),
            "position": np.array([length], np.int64),
            "cosines": cosines,
            "sines": sines,
            "mask": np.where(masked, np.float32(-np.inf), np.float32(0)),
            **past,
            **self._cross,
        }


_EMPTY_PAST: _Feeds = dict.fromkeys(_PAST, np.zeros((1, HEADS, 0, HEAD_SIZE), np.float32))


@cache
def _rotations(blocks: int) -> tuple[Floats, Floats]:
    """Return cosines and sines [position, frequency] of rotary position embeddings.

    Su and others, "RoFormer", 2021 (arXiv 2104.09864).
    """
    positions = np.arange(blocks * _POSITION_BLOCK, dtype=np.float32)
    pairs = np.arange(0, ROTARY_SIZE, 2, dtype=np.float32)
    angles = positions[:, None] * _ROTATION_BASE ** -(pairs / ROTARY_SIZE)
    return np.cos(angles), np.sin(angles)


class Prior:
    """How likely words are before anything is heard: log-probabilities of tokens given silence.

    The decoder is a language model too, and finds some sentences likelier than others whatever the
    audio. As in internal language model estimation (Meng and others, 2021, arXiv 2011.01991) that
    part is estimated by the same decoder without speech: here, a second of silence. What the audio
    adds to it is the evidence that a sentence was said. Each string is scored once.
    """

    def __init__(self, model: Moonshine) -> None:
        silence = model.encode(np.zeros(SAMPLE_RATE_HZ, np.float32))
        self._decoding = Decoding(model, silence)
        self._known: dict[tuple[int, ...], tuple[float, ...]] = {}

    def log_probabilities(self, strings: Sequence[tuple[int, ...]]) -> list[tuple[float, ...]]:
        """Return the log-probabilities of the tokens of each of `strings`, the end included."""
        known = {s: scores for s in strings if (scores := self._known.get(s)) is not None}
        new = [string for string in dict.fromkeys(strings) if string not in known]
        # One by one: the model's integers are quantised with one scale for a whole batch, and
        # what was asked before must not change the answer now.
        known |= {string: self._decoding.score([string])[0].log_probabilities for string in new}
        if len(self._known) > _PRIOR_CACHE_SIZE:
            self._known.clear()
        self._known |= known
        return [known[string] for string in strings]
