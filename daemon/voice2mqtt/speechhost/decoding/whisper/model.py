"""Whisper (Radford and others, 2022), a model of some hundred languages, run by faster-whisper.

Whisper hears windows of 30 s and pads what is shorter. The encoder takes shorter windows as
well: a command of 3 s is heard as well in one of 5 s, in a seventh of the time.
"""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

import ctranslate2
import faster_whisper
import numpy as np

from voice2mqtt.core.resampler import Samples
from voice2mqtt.errors import InputError, UnavailableError
from voice2mqtt.speechhost.decoding.dictation import Dictated
from voice2mqtt.speechhost.decoding.whisper.speech import Vocabulary, WhisperDictation

DEFAULT_MODEL = "base"
SAMPLE_RATE_HZ = 16_000
_FRAMES_PER_S = 100
_MIN_WINDOW_S = 4.0
_MAX_WINDOW_S = 30.0
"""What the model was made for; the rest of longer audio is not heard."""
_MARGIN_S = 2.0
"""Of silence behind the audio: with less, the model repeats what it heard."""
_BEAMS = 5
_TOKENS_PER_S = 20.0
"""Of fast speech in a script of which a letter is a token or two"""
_FEWEST_TOKENS = 10
_MAX_TOKENS = 224
"""Of one window, in the model"""
_END = "<|endoftext|>"
_ANY_TEXT = -1
"""Stands for what the model suppresses by itself: signs of music and the like."""
_MARKS = ".,?!-'%"
_LEAST = 1e-12
"""Probabilities are rounded to this, so that they have a logarithm."""


class _EncodedSpeech:
    """See `speech.EncodedSpeech`."""

    def __init__(
        self,
        model: faster_whisper.WhisperModel,
        features: ctranslate2.StorageView,
        duration_s: float,
    ) -> None:
        """`features` are [1, frame of 20 ms, value]; `duration_s` is without added silence."""
        self._whisper = model
        self._model = model.model
        self._tokenizer = model.hf_tokenizer
        self._features = features
        self._max_tokens = min(int(duration_s * _TOKENS_PER_S) + _FEWEST_TOKENS, _MAX_TOKENS)

    def language(self, candidates: Sequence[str]) -> str:
        """See `EncodedSpeech`."""
        (found,) = self._model.detect_language(self._features)
        likelihood = {token.strip("<|>"): probability for token, probability in found}
        return max(candidates, key=lambda code: likelihood.get(code, 0.0))

    def dictate(self, language: str, vocabulary: Vocabulary | None = None) -> WhisperDictation:
        """See `EncodedSpeech`."""
        prompt = [*self._start(language), self._token("<|notimestamps|>")]
        (found,) = self._model.generate(
            self._features,
            [prompt],
            beam_size=_BEAMS,
            num_hypotheses=_BEAMS,
            # Sums of log-probabilities, not their means.
            length_penalty=0,
            # The library takes half of it.
            max_length=2 * self._max_tokens,
            return_scores=True,
            return_no_speech_prob=True,
            suppress_tokens=[_ANY_TEXT] if vocabulary is None else list(vocabulary),
        )
        hypotheses = tuple(
            Dictated(
                text=self._tokenizer.decode(tokens).strip(),
                log_probability=score,
                tokens=len(tokens) + 1,
            )
            for tokens, score in zip(found.sequences_ids, found.scores, strict=True)
        )
        return WhisperDictation(hypotheses, found.no_speech_prob)

    def score(self, language: str, text: str) -> Sequence[float]:
        """See `EncodedSpeech`."""
        (found,) = self._model.align(
            self._features,
            self._start(language),
            [_tokens(self._whisper, f" {text}")],
            [2 * self._features.shape[1]],
        )
        return [math.log(max(p, _LEAST)) for p in found.text_token_probs]

    def _start(self, language: str) -> list[int]:
        task = ("<|startoftranscript|>", f"<|{language}|>", "<|transcribe|>")
        return [self._token(token) for token in task]

    def _token(self, token: str) -> int:
        return int(self._tokenizer.token_to_id(token))


def _tokens(model: faster_whisper.WhisperModel, text: str) -> list[int]:
    """Return the tokens of `text` as the model writes them.

    The tokenizer file of a model may lack the rule that joins a space and a "t"; tokens that it
    never writes, the model finds unlikely whatever was said.
    """
    tokenizer = model.hf_tokenizer
    pieces = tokenizer.encode(text, add_special_tokens=False).tokens
    while True:
        joined = [tokenizer.token_to_id("".join(pair)) for pair in pairwise(pieces)]
        known = [token for token in joined if token is not None]
        if not known:
            return [int(tokenizer.token_to_id(piece)) for piece in pieces]
        at = joined.index(min(known))
        pieces[at : at + 2] = ["".join(pieces[at : at + 2])]


class Whisper:
    """The loaded model. Thread-safe; what several threads ask is done one after another."""

    def __init__(self, model: str, threads: int) -> None:
        """Load `model`, a folder or the name of one that the library downloads.

        Raises:
            InputError: the folder holds no model, or there is no model of that name.
            UnavailableError: it could not be downloaded.
        """
        self._model = _loaded(model, threads)
        self.languages: frozenset[str] = frozenset(self._model.supported_languages)
        """Codes of what it knows: "de"."""

    def vocabulary(self, words: Iterable[str]) -> Vocabulary:
        """See `WhisperModel`: all tokens but those of the words, of marks, and the end."""
        tokenizer = self._model.hf_tokenizer
        # Behind an apostrophe or a hyphen a word has no space before it.
        spelt = {text for word in words for text in (word, f" {word}")}
        kept = {token for text in (*spelt, *_MARKS) for token in _tokens(self._model, text)}
        kept.add(tokenizer.token_to_id(_END))
        return tuple(token for token in range(tokenizer.get_vocab_size()) if token not in kept)

    def encode(self, samples: Samples) -> _EncodedSpeech:
        """Encode `samples` (16 kHz, -1 to 1), at most half a minute of them."""
        duration_s = min(len(samples) / SAMPLE_RATE_HZ, _MAX_WINDOW_S)
        window_s = min(max(duration_s + _MARGIN_S, _MIN_WINDOW_S), _MAX_WINDOW_S)
        samples = samples[: int(window_s * SAMPLE_RATE_HZ)]
        samples = np.pad(samples, (0, int(window_s * SAMPLE_RATE_HZ) - len(samples)))
        frames = int(window_s * _FRAMES_PER_S)
        features = self._model.feature_extractor(samples)[:, :frames]
        return _EncodedSpeech(self._model, self._model.encode(features), duration_s)


def _loaded(model: str, threads: int) -> faster_whisper.WhisperModel:
    folder = Path(model)
    if folder.is_dir() and not (folder / "model.bin").is_file():
        raise InputError(f"{folder} holds no Whisper model for CTranslate2; name its folder")
    if not folder.is_dir() and len(folder.parts) > 1 and folder.is_absolute():
        raise InputError(f"there is no folder {folder}; name that of a Whisper model")
    try:
        return faster_whisper.WhisperModel(
            model, device="cpu", compute_type="int8", cpu_threads=threads
        )
    except ValueError as error:
        known = ", ".join(faster_whisper.available_models())
        raise InputError(f"{model} is no model of Whisper; there are {known}") from error
    except RuntimeError as error:
        raise InputError(
            f"the Whisper model in {model} is damaged or not whole; fetch it once more"
        ) from error
    except Exception as error:  # the download raises whatever its libraries do
        raise UnavailableError(
            f"the Whisper model {model} cannot be downloaded; name its folder with --model"
        ) from error
