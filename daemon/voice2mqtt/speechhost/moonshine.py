"""The acoustic model: Moonshine tiny, driven by onnxruntime.

It turns audio into an encoding, and an encoding with the tokens so far into how likely each next
token is. It knows nothing of words, grammars or confidences.

The decoder file wants its attention mask counted in audio samples: it strides the mask by
`_SAMPLES_PER_FRAME` itself, so that a mask of one entry per frame fails on long audio.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime

from voice2mqtt.errors import UnavailableError
from voice2mqtt.speechhost.tokens import END, START

Floats = npt.NDArray[np.float32]

SAMPLE_RATE_HZ = 16_000
_PACKAGE = "moonshine-voice"
_SAMPLES_PER_FRAME = 384
_LAYERS = 6
_HEADS = 8
_HEAD_SIZE = 36
_LEAST_SAMPLES = 1_600
"""The convolutions in front of the encoder need some audio to stand on."""


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


class Moonshine:
    """The loaded model. Any thread may use it; calls at once are safe and share the cores."""

    def __init__(self, folder: Path, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self._encoder, self.decoder = (
            onnxruntime.InferenceSession(
                str(folder / name), options, providers=["CPUExecutionProvider"]
            )
            for name in ("encoder_model.ort", "decoder_model_merged.ort")
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

    def __init__(self, model: Moonshine, encoding: Encoding, width: int) -> None:
        self._decoder = model.decoder
        names = [f"present.{layer}.decoder.{kind}" for layer, kind in _CACHES]
        fixed = [f"present.{layer}.encoder.{kind}" for layer, kind in _CACHES]
        feeds = _first_feeds(encoding, np.array([[START]], np.int64))
        logits, *caches = self._decoder.run(["logits", *names, *fixed], feeds)
        self.first = _log_softmax(logits[:, -1])
        """Log-probabilities of the first token, one row."""
        self._outputs = ["logits", *names]
        self._past = caches[: len(names)]
        self._mask = np.ones((width, feeds["encoder_attention_mask"].shape[1]), np.int64)
        self._frames = np.repeat(encoding.frames, width, axis=0)
        self._fixed = [np.repeat(cache, width, axis=0) for cache in caches[len(names) :]]

    def step(self, parents: Sequence[int], tokens: Sequence[int]) -> Floats:
        """Extend beam `parents[i]` by `tokens[i]`; row i is what may follow.

        Returns log-probabilities; the new beams replace the old ones.
        """
        order = np.array(parents)
        same = np.array_equal(order, np.arange(len(self._past[0])))
        past = self._past if same else [cache[order] for cache in self._past]
        feeds = self._feeds(np.array(tokens, np.int64)[:, None], past)
        logits, *self._past = self._decoder.run(self._outputs, feeds)
        return _log_softmax(logits[:, -1])

    def score(self, strings: Sequence[Sequence[int]]) -> list[float]:
        """Return the log-probability that each of `strings`, the end included, was said."""
        width = len(self._mask)
        scores: list[float] = []
        for place in range(0, len(strings), width):
            scores += self._score(strings[place : place + width])
        return scores

    def _score(self, strings: Sequence[Sequence[int]]) -> list[float]:
        longest = max(map(len, strings))
        tokens = np.full((len(strings), longest), END, np.int64)
        for row, string in enumerate(strings):
            tokens[row, : len(string)] = string
        begun = np.concatenate([np.full((len(strings), 1), START), tokens[:, :-1]], axis=1)
        empty = np.zeros((len(strings), _HEADS, 0, _HEAD_SIZE), np.float32)
        feeds = self._feeds(begun, [empty] * len(self._fixed))
        (logits,) = self._decoder.run(["logits"], feeds)
        chosen = np.take_along_axis(logits, tokens[..., None], axis=2)[..., 0]
        likely = chosen - _log_sum_exp(logits)
        return [float(likely[row, : len(string)].sum()) for row, string in enumerate(strings)]

    def _feeds(
        self, tokens: npt.NDArray[np.int64], past: Sequence[Floats]
    ) -> dict[str, npt.NDArray[np.generic]]:
        count = len(tokens)
        feeds: dict[str, npt.NDArray[np.generic]] = {
            "encoder_attention_mask": self._mask[:count],
            "input_ids": tokens,
            "encoder_hidden_states": self._frames[:count],
            "use_cache_branch": np.array([True]),
        }
        for (layer, kind), decoder, fixed in zip(_CACHES, past, self._fixed, strict=True):
            feeds[f"past_key_values.{layer}.decoder.{kind}"] = decoder
            feeds[f"past_key_values.{layer}.encoder.{kind}"] = fixed[:count]
        return feeds


_CACHES = [(layer, kind) for layer in range(_LAYERS) for kind in ("key", "value")]


def _first_feeds(
    encoding: Encoding, tokens: npt.NDArray[np.int64]
) -> dict[str, npt.NDArray[np.generic]]:
    frames = encoding.frames.shape[1]
    feeds: dict[str, npt.NDArray[np.generic]] = {
        "encoder_attention_mask": np.ones((1, frames * _SAMPLES_PER_FRAME), np.int64),
        "input_ids": tokens,
        "encoder_hidden_states": encoding.frames,
        "use_cache_branch": np.array([False]),
    }
    for layer, kind in _CACHES:
        empty = np.zeros((1, _HEADS, 0, _HEAD_SIZE), np.float32)
        zeros = np.zeros((1, _HEADS, frames, _HEAD_SIZE), np.float32)
        feeds[f"past_key_values.{layer}.decoder.{kind}"] = empty
        feeds[f"past_key_values.{layer}.encoder.{kind}"] = zeros
    return feeds


def _log_sum_exp(logits: Floats) -> Floats:
    peak = logits.max(axis=-1)
    total: Floats = peak + np.log(np.exp(logits - peak[..., None]).sum(axis=-1))
    return total


def _log_softmax(logits: Floats) -> Floats:
    result: Floats = logits - _log_sum_exp(logits)[..., None]
    return result
