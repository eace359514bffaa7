"""The pronunciation of words by espeak-ng: over a hundred languages, in one long-lived process.

Pronunciations are cached in memory only: a table of 450 words takes a third of a second, and what
was said at home must not end up on a disk.
"""

import os
import random
import select
import subprocess
import time
import unicodedata
import weakref
from collections.abc import Iterator, Sequence

from voice2mqtt.pronunciation.ipa import phonemes

_PROGRAM = "espeak-ng"
_SPEED = 349
"""Words a minute: it speaks although nobody listens, which takes half the time at twice the usual
175. The phonemes stay the same; from 450 on it takes longer, since it then compresses the sound."""
_CALL_TIMEOUT_S = 3.0
_WORD_TIMEOUT_S = 0.02
"""Added for each word: a large table may take long, a sentence that was heard may not."""
_MAX_CACHED_WORDS = 5_000
_MAX_WORD_LENGTH = 500
"""Characters; longer words are cut."""
_MAX_WRITE = 2000
"""Characters written before the answer is read, so that neither pipe fills up."""
_MAX_PER_LETTER = 4
"""Phonemes of a letter that is read; the name of a letter has many more."""
_LANGUAGE_MARK = "("
"""Begins the mark of a change of language: "(en)"."""


class Espeak:
    """The Pronouncer of one espeak-ng voice. Not thread-safe."""

    def __init__(self, voice: str) -> None:
        self._cache: dict[str, tuple[str, ...]] = {}
        self._process = _Process(voice)

    def pronounce(self, words: Sequence[str]) -> Sequence[tuple[str, ...]]:
        """Return the phonemes of each of `words`, in IPA; () for one that espeak-ng cannot read.

        Raises:
            OSError: espeak-ng cannot be started.
            SubprocessError: it failed, or did not end in time.
        """
        # A Japanese voice skips some ideographs in a word, but names each that stands alone.
        asked = dict.fromkeys([*words, *filter(_is_ideograph, "".join(words))])
        unknown = [word for word in asked if word not in self._cache]
        if len(self._cache) + len(unknown) > _MAX_CACHED_WORDS:
            self._cache.clear()
            unknown = list(asked)
        self._cache.update(zip(unknown, self._ask(unknown), strict=True))
        return [
            self._cache[word] if all(map(self._cache.get, filter(_is_ideograph, word))) else ()
            for word in words
        ]

    def _ask(self, words: list[str]) -> list[tuple[str, ...]]:
        if not words:
            return []
        lines = self._process.pronounce(words)
        if len(lines) == len(words):
            return [_read(word, line) for word, line in zip(words, lines, strict=True)]
        if len(words) == 1:
            return [_read(words[0], " ".join(lines))]
        # A word with a full stop comes back as two lines. A binary search for it needs a few
        # calls, where one call for each word would take seconds.
        middle = len(words) // 2
        return self._ask(words[:middle]) + self._ask(words[middle:])


def has_voice(voice: str) -> bool:
    """Return whether espeak-ng is installed and speaks `voice`, such as `en-us`."""
    try:
        command = [_PROGRAM, "-q", "-v", voice, ""]
        result = subprocess.run(command, capture_output=True, check=False, timeout=_CALL_TIMEOUT_S)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return result.returncode == 0


def _read(word: str, line: str) -> tuple[str, ...]:
    """Return the phonemes in `line`; () if it only names the letters of `word`.

    For a foreign script a voice says "Chinese letter" for each character, or spells it in English.
    Latin letters may well be English words: a German says "Timer".
    """
    sounds = phonemes(line)
    letters = [letter for letter in word if letter.isalpha()]
    if all(unicodedata.name(letter, "").startswith("LATIN") for letter in letters):
        return sounds
    is_named = len(sounds) > _MAX_PER_LETTER * len(letters)
    return () if is_named or _LANGUAGE_MARK in line else sounds


def _is_ideograph(character: str) -> bool:
    """Return whether it stands for a word and not for a sound."""
    return not character.isascii() and "IDEOGRAPH-" in unicodedata.name(character, "")


class _Process:
    """A long-lived espeak-ng: starting it takes longer than searching a large table.

    It ends with this object, or when it fails; the next call starts another.
    """

    def __init__(self, voice: str) -> None:
        # With --stdin it would read all lines as one text. Without stdbuf its output would be
        # block-buffered.
        speaking = ["-s", str(_SPEED), "-v", voice]
        self._command = ["stdbuf", "-oL", _PROGRAM, "-q", "--ipa", "--sep=_", *speaking]
        self._running: _Running | None = None

    def pronounce(self, words: Sequence[str]) -> list[str]:
        """Return the lines of IPA for `words`: one for each, unless a word has a full stop.

        Raises:
            OSError: espeak-ng cannot be started.
            SubprocessError: it failed, or did not answer in time.
        """
        deadline_s = time.monotonic() + _CALL_TIMEOUT_S + _WORD_TIMEOUT_S * len(words)
        if self._running and not self._running.is_idle:
            self._end()
        if not self._running:
            self._running = _Running(self, self._command, deadline_s)
        try:
            return [
                line for some in _batches(words) for line in self._running.answers(some, deadline_s)
            ]
        except (OSError, subprocess.SubprocessError):
            self._end()
            raise

    def _end(self) -> None:
        running, self._running = self._running, None
        if running:
            running.end()


class _Running:
    """One process, from its start to its end."""

    def __init__(self, owner: object, command: Sequence[str], deadline_s: float) -> None:
        # In a session of its own, since the daemon still needs it after Ctrl-C, to decide on what
        # it has heard.
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.end = weakref.finalize(owner, _end, self._process)
        assert self._process.stdin
        assert self._process.stdout
        self._stdin, self._stdout = self._process.stdin.fileno(), self._process.stdout.fileno()
        self._poll = select.poll()
        self._poll.register(self._stdout, select.POLLIN)
        self._unread = b""
        # Written after the words, since espeak-ng gives no other sign that it is done. Random, so
        # that nobody can say it; short, since it is pronounced each time.
        self._sentinel = "".join(
            random.choice("bdfgklmnprstvz") + random.choice("aeiou") for _ in range(4)
        )
        try:
            self._write(self._sentinel)
            self._sentinel_line = self._line(deadline_s)
        except subprocess.SubprocessError:
            self.end()
            raise

    @property
    def is_idle(self) -> bool:
        """Whether it is alive and has no output left, which would be taken for the next answer."""
        return self._process.poll() is None and not self._unread and not self._poll.poll(0)

    def answers(self, words: Sequence[str], deadline_s: float) -> Iterator[str]:
        """Yield all lines of output for `words`."""
        self._write(*words, self._sentinel)
        while (line := self._line(deadline_s)) != self._sentinel_line:
            yield line

    def _write(self, *lines: str) -> None:
        data = "".join(f"{line}\n" for line in lines).encode(errors="replace")
        try:
            while data:
                data = data[os.write(self._stdin, data) :]
        except BrokenPipeError as error:
            raise self._ended() from error

    def _line(self, deadline_s: float) -> str:
        while b"\n" not in self._unread:
            left_s = deadline_s - time.monotonic()
            if left_s <= 0 or not self._poll.poll(left_s * 1000):
                raise subprocess.TimeoutExpired(_PROGRAM, _CALL_TIMEOUT_S)
            got = os.read(self._stdout, 65536)
            if not got:
                raise self._ended()
            self._unread += got
        line, self._unread = self._unread.split(b"\n", 1)
        return line.decode(errors="replace")

    def _ended(self) -> subprocess.CalledProcessError:
        return subprocess.CalledProcessError(self._process.wait(), _PROGRAM)


def _end(process: "subprocess.Popen[bytes]") -> None:
    with process:
        process.kill()


def _batches(words: Sequence[str]) -> Iterator[list[str]]:
    """Yield `words` as lines, in batches of about `_MAX_WRITE` characters."""
    batch: list[str] = []
    for word in words:
        batch.append(" ".join(word.split())[:_MAX_WORD_LENGTH] or "-")
        if sum(map(len, batch)) > _MAX_WRITE:
            yield batch
            batch = []
    if batch:
        yield batch
