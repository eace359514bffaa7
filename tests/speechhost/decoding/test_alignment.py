import math
from functools import cache
from itertools import pairwise
from pathlib import Path
from statistics import median

import numpy as np
import pytest

from tests.speechhost.fakes import silence
from tests.speechhost.recordings import novel
from voice2mqtt.audio.sources.wav import WavSource
from voice2mqtt.demo import stage
from voice2mqtt.speechhost.decoding import alignment
from voice2mqtt.speechhost.decoding.lexical import lexical
from voice2mqtt.speechhost.decoding.moonshine import Moonshine, model_folder
from voice2mqtt.speechhost.decoding.tokenizer import Tokenizer, read_tokenizer
from voice2mqtt.speechhost.engine import NBestEntry, TimedWord, never


@cache
def _model() -> tuple[Moonshine, Tokenizer]:
    folder = model_folder()
    return Moonshine(folder), read_tokenizer(folder / "tokenizer.bin")


def timed(pcm: bytes, text: str, confidence: float = 0.9) -> tuple[TimedWord, ...]:
    samples = np.frombuffer(pcm, "<i2").astype(np.float32) / np.float32(32_768)
    model, tokenizer = _model()
    entry = NBestEntry(text=text, lexical=lexical(text), confidence=confidence)
    encoding = model.encode(samples)
    (found,) = alignment.timed([entry], samples, encoding, model, tokenizer, never)
    assert [word.word for word in found.words] == entry.lexical.split()
    return found.words


def test_words_that_stand_apart_are_found_where_they_are(tmp_path: Path) -> None:
    pcm, begins_s, ends_s = silence(500), [], []
    for word in ["turn", "on", "the", "kitchen", "light"]:
        stage.speak(word, stage.flite("slt"), tmp_path / "word.wav")
        spoken = np.frombuffer(b"".join(WavSource(tmp_path / "word.wav").blocks()), "<i2")
        loud = np.flatnonzero(np.abs(spoken) > 500)
        begins_s.append(len(pcm) / 32_000)
        pcm += spoken[loud[0] : loud[-1]].tobytes()
        ends_s.append(len(pcm) / 32_000)
        pcm += silence(150)
    words = timed(pcm + silence(300), "Turn on the kitchen light.")
    begins = [abs(word.begin_s - at_s) for word, at_s in zip(words, begins_s, strict=True)]
    ends = [abs(word.end_s - at_s) for word, at_s in zip(words, ends_s, strict=True)]
    assert median(begins + ends) < 0.05
    assert max(begins + ends) < 0.25


@pytest.mark.parametrize(
    "text",
    [
        "It was the best of times, it was the worst of times.",
        "Set it to -20.5%, for $5 million at 7:30.",
        "Of - all & none ...",
    ],
)
def test_words_follow_each_other_whether_they_were_said_or_not(text: str) -> None:
    words = timed(novel(), text)
    assert all(one.begin_s <= one.end_s <= two.begin_s + 1e-6 for one, two in pairwise(words))
    assert words[0].begin_s >= 0
    assert words[-1].end_s <= len(novel()) / 32_000


def test_the_confidence_of_a_sentence_is_shared_among_its_words() -> None:
    words = timed(novel(), "It was the best of limes.", confidence=0.5)
    assert math.prod(word.confidence for word in words) == pytest.approx(0.5)
    assert min(words, key=lambda word: word.confidence).word == "limes"


def test_more_words_than_fit_into_the_audio_share_it() -> None:
    words = timed(silence(200), "It was the best of times, it was the worst of times.")
    assert words[-1].end_s <= 0.2 + 1e-6
    assert all(one.begin_s <= two.begin_s for one, two in pairwise(words))


def test_nothing_is_aligned_for_nobody() -> None:
    model, tokenizer = _model()
    entry = NBestEntry(text="Stop.", lexical="stop", confidence=1)
    samples = np.zeros(16_000, np.float32)
    encoding = model.encode(samples)
    assert alignment.timed([entry], samples, encoding, model, tokenizer, lambda: True) == []
