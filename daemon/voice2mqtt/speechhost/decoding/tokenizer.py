"""Text to tokens and back: byte-pair encoding (Sennrich and others, 2016).

`tokenizer.bin` is one record per token, in order: a length and that many bytes. The length is one
byte below 128; else its low seven bits, the top bit set, and a second byte with the rest. Tokens 0
to 2 are special, 3 to 258 are single bytes, the rest are pieces of text in which U+2581 stands for
a space. There is no table of merges: of all neighbours whose joined text is a piece, the pair that
makes the lowest token merges first.
"""

import itertools
import math
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from voice2mqtt.errors import InputError

START = 1
END = 2
_FIRST_BYTE = 3
_FIRST_PIECE = 259
_SPACE = "\u2581"
_NO_MERGE = math.inf
_MARKER = b"<<ST_"


class Tokenizer:
    """The vocabulary of a model."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self._pieces = pieces
        self._numbers = {
            piece.decode(): number
            for number, piece in enumerate(pieces)
            if number >= _FIRST_PIECE and not piece.startswith(_MARKER)
        }

        self.is_text = np.array(
            [n >= _FIRST_PIECE and not p.startswith(_MARKER) for n, p in enumerate(pieces)]
        )
        """By token: whether it is a piece of text, neither special nor a lone byte."""
        texts = [
            p.decode(errors="replace") if n >= _FIRST_PIECE else "" for n, p in enumerate(pieces)
        ]
        self.has_letters = self.is_text & [any(map(str.isalnum, text)) for text in texts]
        """By token: whether it has a letter or digit, and is not punctuation only."""
        self.has_digits = self.is_text & [any(map(str.isdecimal, text)) for text in texts]
        """By token."""
        self.inside_word = np.array([text[:1].isalnum() or text[:1] == "'" for text in texts])
        """By token: whether it continues the word before it."""

    def __len__(self) -> int:
        return len(self._pieces)

    @lru_cache(maxsize=100_000)  # noqa: B019 - a process has one tokenizer
    def encode(self, text: str, *, begins_word: bool = True) -> tuple[int, ...]:
        """Return the tokens of `text`, a run without spaces."""
        parts = list(_SPACE + text if begins_word else text)
        merges = [self._merged(*pair) for pair in itertools.pairwise(parts)]
        while merges and (first := min(merges)) < _NO_MERGE:
            index = merges.index(first)
            parts[index : index + 2] = [parts[index] + parts[index + 1]]
            # Only the merges beside it change; to compute all anew would be quadratic.
            around = parts[max(index - 1, 0) : index + 2]
            merges[max(index - 1, 0) : index + 2] = itertools.starmap(
                self._merged, itertools.pairwise(around)
            )
        return tuple(number for part in parts for number in self._of_part(part))

    def number(self, piece: str) -> int:
        """Return the token that is exactly `piece`, such as a final full stop."""
        return self._numbers[piece]

    def decode(self, tokens: Sequence[int]) -> str:
        """Return the text of `tokens`, special ones left out."""
        parts = []
        for token in tokens:
            if _FIRST_BYTE <= token < _FIRST_PIECE:
                parts.append(bytes([token - _FIRST_BYTE]))
            elif token >= _FIRST_PIECE and not self._pieces[token].startswith(_MARKER):
                parts.append(self._pieces[token])
        return b"".join(parts).decode(errors="replace").replace(_SPACE, " ").strip()

    def _merged(self, left: str, right: str) -> float:
        return self._numbers.get(left + right, _NO_MERGE)

    def _of_part(self, part: str) -> Sequence[int]:
        if part in self._numbers:
            return (self._numbers[part],)
        return [byte + _FIRST_BYTE for byte in part.encode()]


def read_tokenizer(path: Path) -> Tokenizer:
    """Read `tokenizer.bin`; raises InputError when it is not one."""
    pieces = _records(path.read_bytes())
    if len(pieces) <= _FIRST_PIECE:
        raise InputError(f"{path} is not a tokenizer.bin of Moonshine; install it anew")
    return Tokenizer(pieces)


def _records(data: bytes) -> list[bytes]:
    """Return the records of `data`; none when they do not fit its length."""
    pieces, offset = [], 0
    while offset < len(data):
        length = data[offset]
        offset += 1
        if length >= 128 and offset < len(data):
            length += 128 * data[offset] - 128
            offset += 1
        pieces.append(data[offset : offset + length])
        offset += length
    return pieces if offset == len(data) else []
