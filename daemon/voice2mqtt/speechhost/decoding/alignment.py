"""When each word was said: the attention of the decoder, aligned with the audio.

Some heads of the cross-attention look at the sound of the token that they write. The most likely
monotonic path through their attention (Viterbi, 1967) says which frames of the audio belong to
which word. The heads look a little ahead, so that a step to another word is made dearer where the
audio is loud, and silence around a word is not counted to it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from voice2mqtt.core.audio import RATE_HZ
from voice2mqtt.speechhost.decoding.lexical import lexical_spans
from voice2mqtt.speechhost.decoding.moonshine import Decoding, Encoding, Floats, Moonshine
from voice2mqtt.speechhost.decoding.tokenizer import END, Tokenizer
from voice2mqtt.speechhost.engine import NBestEntry, TimedWord

_LOUD_STEP_NATS = 3.0
"""What a step to another word costs where the audio is as loud as it gets."""
_MIN_ATTENTION = 0.01
"""Added to all, so that a frame to which no token attends rules out nothing."""
_ABOVE_FLOOR_DB = 10.0
"""Over the quietest tenth of the frames; what is less is silence."""
_BELOW_PEAK_DB = 30.0
"""So far under the loudest frames is silence too."""


@dataclass(frozen=True, slots=True)
class _Span:
    """A stretch of the displayed text without spaces, and when it was said."""

    start: int
    """Its first character."""
    text: str
    begin_s: float
    end_s: float
    log_probability: float

    def time_s(self, character: int) -> float:
        """Return when a character of the text was begun, as if all took the same time."""
        share = (character - self.start) / len(self.text)
        return self.begin_s + min(max(share, 0.0), 1.0) * (self.end_s - self.begin_s)


def timed(
    entries: Sequence[NBestEntry],
    samples: Floats,
    encoding: Encoding,
    model: Moonshine,
    tokenizer: Tokenizer,
    abandoned: Callable[[], bool],
) -> list[NBestEntry]:
    """Return `entries` with their words timed; `encoding` is that of `samples`."""
    if not entries:
        return []
    decoding = Decoding(model, encoding)
    loudness = _Loudness.of(samples, encoding.frames.shape[1])
    found = []
    for entry in entries:
        if abandoned():
            break
        spans = list(_spans(entry.text, decoding, loudness, tokenizer))
        found.append(replace(entry, words=tuple(_words(entry, spans))))
    return found


@dataclass(frozen=True, slots=True)
class _Loudness:
    """How loud each frame is."""

    frame_s: float
    share: Floats
    """Above silence, from 0 to 1."""

    @classmethod
    def of(cls, samples: Floats, frames: int) -> "_Loudness":
        edges = np.linspace(0, len(samples), frames + 1).astype(int)[:-1]
        energy = np.add.reduceat(np.square(samples.astype(np.float64)), edges)
        level_db = 10 * np.log10(energy * frames / max(1, len(samples)) + 1e-9)
        floor_db, peak_db = np.percentile(level_db, [10, 95])
        silence_db = max(floor_db + _ABOVE_FLOOR_DB, peak_db - _BELOW_PEAK_DB)
        share = (level_db - silence_db) / max(1.0, peak_db - silence_db)
        return cls(len(samples) / RATE_HZ / frames, np.clip(share, 0, 1).astype(np.float32))


def _spans(
    text: str, decoding: Decoding, loudness: _Loudness, tokenizer: Tokenizer
) -> Iterator[_Span]:
    words = text.split()
    tokens_of = [tokenizer.encode(word) for word in words]
    string = [*(token for tokens in tokens_of for token in tokens), END]
    # What is attended to when the end is written is the end of the last word.
    owners = np.array(
        [*np.repeat(np.arange(len(words)), list(map(len, tokens_of))), len(words) - 1]
    )
    scores, attention = decoding.attention(string)
    frames = _frames_of_words(attention, owners, loudness)
    start = 0
    for number, (word, (first, last)) in enumerate(zip(words, frames, strict=True)):
        start = text.index(word, start)
        mine = np.array(scores.log_probabilities)[:-1][owners[:-1] == number]
        yield _Span(
            start=start,
            text=word,
            begin_s=first * loudness.frame_s,
            end_s=(last + 1) * loudness.frame_s,
            log_probability=float(mine.sum()),
        )
        start += len(word)


def _frames_of_words(
    attention: Floats, owners: npt.NDArray[np.int64], loudness: _Loudness
) -> list[tuple[int, int]]:
    """Return the first and the last frame of each word; `owners` are the words of the tokens."""
    count = int(owners[-1]) + 1
    loud = np.flatnonzero(loudness.share)
    begin, end = (int(loud[0]), int(loud[-1]) + 1) if len(loud) else (0, 0)
    if end - begin < len(owners):
        begin, end = 0, len(loudness.share)
    if end - begin < len(owners):
        # Words that cannot all be in so short an audio: no time is better than another.
        edges = np.linspace(begin, end, count + 1).astype(int)
        return [(int(a), max(int(a), int(b) - 1)) for a, b in pairwise(edges)]
    words = owners[_path(attention[:, begin:end], owners, loudness.share[begin:end])]
    frames = []
    for word in range(count):
        mine = begin + np.flatnonzero(words == word)
        heard = mine[loudness.share[mine] > 0]
        mine = heard if len(heard) else mine
        frames.append((int(mine[0]), int(mine[-1])))
    return frames


def _path(
    attention: Floats, owners: npt.NDArray[np.int64], loudness: Floats
) -> npt.NDArray[np.int64]:
    """Return the token of each frame: the likeliest path through all tokens in order."""
    tokens, frames = attention.shape
    scores = np.log(attention + _MIN_ATTENTION)
    begins_word = np.append(True, owners[1:] != owners[:-1])
    quieter = np.minimum(loudness, np.append(loudness[:1], loudness[:-1]))
    best = np.full(tokens, -np.inf)
    best[0] = scores[0, 0]
    stepped = np.zeros((frames, tokens), bool)
    for frame in range(1, frames):
        step = np.append(-np.inf, best[:-1]) - begins_word * _LOUD_STEP_NATS * quieter[frame]
        stepped[frame] = step > best
        best = np.maximum(step, best) + scores[:, frame]
    path = np.empty(frames, np.int64)
    path[-1] = tokens - 1
    for frame in range(frames - 1, 0, -1):
        path[frame - 1] = path[frame] - stepped[frame, path[frame]]
    return path


def _words(entry: NBestEntry, spans: Sequence[_Span]) -> Iterator[TimedWord]:
    """Yield the spoken words of `entry`; those that are written as one share its time by letters.

    The confidence of the entry is the product of what its displayed words have of it, each by how
    unlikely it was.
    """
    total = sum(span.log_probability for span in spans) or 1.0
    for words, (start, end) in lexical_spans(entry.text):
        first = [span for span in spans if span.start <= start][-1]
        last = [span for span in spans if span.start < end][-1]
        begin_s, end_s = first.time_s(start), last.time_s(end)
        confidence = entry.confidence ** (first.log_probability / total)
        letters = sum(map(len, words))
        for word in words:
            until_s = begin_s + (end_s - begin_s) * len(word) / letters
            yield TimedWord(
                word=word,
                begin_s=begin_s,
                end_s=until_s,
                confidence=confidence,
                character=start,
            )
            begin_s, letters = until_s, letters - len(word)
