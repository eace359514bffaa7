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
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from voice2mqtt.errors import UnavailableError
from voice2mqtt.speechhost.tokens import END, START

Floats = npt.NDArray[np.float32]
_Feeds = dict[str, npt.NDArray[Any]]

SAMPLE_RATE_HZ = 16_000
_PACKAGE = "moonshine-voice"
_SAMPLES_PER_FRAME = 384
_LAYERS = 6
_HEADS = 8
_HEAD_SIZE = 36
_CACHES = [(layer, kind) for layer in range(_LAYERS) for kind in ("key", "value")]
_SCORED_AT_ONCE = 4
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
        # The arena would keep the largest batch ever seen; without it nothing measurable is lost.
        options.enable_cpu_mem_arena = False
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

    def __init__(self, model: Moonshine, encoding: Encoding) -> None:
        self._decoder = model.decoder
        names = [f"{layer}.decoder.{kind}" for layer, kind in _CACHES]
        fixed = [f"{layer}.encoder.{kind}" for layer, kind in _CACHES]
        self._outputs = ["logits", *(f"present.{name}" for name in names)]
        self._past_names = [f"past_key_values.{name}" for name in names]
        feeds = _first_feeds(encoding, np.array([[START]], np.int64))
        outputs = [*self._outputs, *(f"present.{name}" for name in fixed)]
        logits, *caches = self._decoder.run(outputs, feeds)
        self.first: Floats = _log_softmax(logits[:, -1])
        """Log-probabilities of the first token, one row."""
        self._past: list[Floats] = caches[: len(names)]
        # Of these there is one row, which serves every beam: the decoder's products broadcast.
        self._heard: _Feeds = {
            "encoder_attention_mask": feeds["encoder_attention_mask"],
            "encoder_hidden_states": encoding.frames,
        }
        for name, cache in zip(fixed, caches[len(names) :], strict=True):
            self._heard[f"past_key_values.{name}"] = cache

    def step(self, parents: Sequence[int], tokens: Sequence[int]) -> Floats:
        """Extend beam `parents[i]` by `tokens[i]`; row i is what may follow.

        Returns log-probabilities; the new beams replace the old ones.
        """
        order = np.array(parents)
        if not np.array_equal(order, np.arange(len(self._past[0]))):
            self._past = [cache[order] for cache in self._past]
        feeds = dict(self._heard)
        feeds["input_ids"] = np.array(tokens, np.int64)[:, None]
        feeds["use_cache_branch"] = np.array([True])
        feeds |= zip(self._past_names, self._past, strict=True)
        logits, *self._past = self._decoder.run(self._outputs, feeds)
        return _log_softmax(logits[:, -1])

    def end(self) -> None:
        """Give back most of the memory; only `score` may be called from now on."""
        self._past = []

    def score(self, strings: Sequence[Sequence[int]]) -> list[float]:
        """Return the log-probability that each of `strings`, the end included, was said."""
        scores: list[float] = []
        for place in range(0, len(strings), _SCORED_AT_ONCE):
            scores += self._score(strings[place : place + _SCORED_AT_ONCE])
        return scores

    def _score(self, strings: Sequence[Sequence[int]]) -> list[float]:
        count, longest = len(strings), max(map(len, strings))
        tokens = np.full((count, longest), END, np.int64)
        for row, string in enumerate(strings):
            tokens[row, : len(string)] = string
        feeds = dict(self._heard)
        feeds["input_ids"] = np.hstack([np.full((count, 1), START), tokens[:, :-1]])
        feeds["use_cache_branch"] = np.array([True])
        feeds |= dict.fromkeys(self._past_names, _nothing_said(count))
        (logits,) = self._decoder.run(["logits"], feeds)
        chosen = np.take_along_axis(logits, tokens[..., None], axis=2)[..., 0]
        likely = chosen - _log_sum_exp(logits)
        return [float(likely[row, : len(string)].sum()) for row, string in enumerate(strings)]


def _first_feeds(encoding: Encoding, tokens: npt.NDArray[np.int64]) -> _Feeds:
    frames = encoding.frames.shape[1]
    feeds: _Feeds = {
        "encoder_attention_mask": np.ones((1, frames * _SAMPLES_PER_FRAME), np.int64),
        "input_ids": tokens,
        "encoder_hidden_states": encoding.frames,
        "use_cache_branch": np.array([False]),
    }
    for layer, kind in _CACHES:
        zeros = np.zeros((1, _HEADS, frames, _HEAD_SIZE), np.float32)
        feeds[f"past_key_values.{layer}.decoder.{kind}"] = _nothing_said(1)
        feeds[f"past_key_values.{layer}.encoder.{kind}"] = zeros
    return feeds


def _nothing_said(count: int) -> Floats:
    return np.zeros((count, _HEADS, 0, _HEAD_SIZE), np.float32)


def _log_sum_exp(logits: Floats) -> Floats:
    peak = logits.max(axis=-1, keepdims=True)
    total = np.exp(logits - peak).sum(axis=-1)
    return np.asarray(peak[..., 0] + np.log(total), dtype=np.float32)


def _log_softmax(logits: Floats) -> Floats:
    return np.asarray(logits - _log_sum_exp(logits)[..., None], dtype=np.float32)
