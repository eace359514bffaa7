"""How words sound, by espeak-ng: over a hundred languages, one process for any number of words.

What was pronounced is kept in memory only: a table of 450 words takes a third of a second to
pronounce, and what was said at home is not to be found on a disk.
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
_LONGEST_CALL_S = 3.0
_LONGEST_WORD_S = 0.02
"""Added for each word: a large table may take its time, a sentence that was heard may not."""
_MOST_KEPT = 50_000
_LONGEST_WORD = 500
"""Characters; whatever is longer is nothing that was said."""
_MOST_AT_ONCE = 2000
"""Characters written before the answer is read: neither pipe may fill while nobody reads it."""
_MOST_OF_A_LETTER = 4
"""Phonemes of a letter that is read; of one that is only named there are many more."""
_IN_ANOTHER_LANGUAGE = "("
"""Opens the mark by which espeak-ng tells that it goes on in another language."""


class Espeak:
    """The Pronouncer of one espeak-ng voice. One thread at a time."""

    def __init__(self, voice: str) -> None:
        self._known: dict[str, tuple[str, ...]] = {}
        self._process = _Process(voice)

    def pronounce(self, words: Sequence[str]) -> Sequence[tuple[str, ...]]:
        """Return the phonemes of each of `words`, in IPA; () for one espeak-ng cannot read.

        Raises:
            OSError: espeak-ng cannot be started.
            SubprocessError: it failed, or did not end in time.
        """
        # A Japanese voice passes over some ideographs without a word; each by itself it names.
        asked = dict.fromkeys([*words, *filter(_is_ideograph, "".join(words))])
        unknown = [word for word in asked if word not in self._known]
        if len(self._known) + len(unknown) > _MOST_KEPT:
            self._known.clear()
            unknown = list(asked)
        self._known.update(zip(unknown, self._ask(unknown), strict=True))
        return [
            self._known[word] if all(map(self._known.get, filter(_is_ideograph, word))) else ()
            for word in words
        ]

    def _ask(self, words: list[str]) -> list[tuple[str, ...]]:
        if not words:
            return []
        lines = self._process.spoken(words)
        if len(lines) == len(words):
            return [_read(word, line) for word, line in zip(words, lines, strict=True)]
        if len(words) == 1:
            return [_read(words[0], " ".join(lines))]
        # A word with a full stop in it comes back as two lines. To look for it in ever smaller
        # halves needs a few calls, where one for each word would take seconds.
        middle = len(words) // 2
        return self._ask(words[:middle]) + self._ask(words[middle:])


def has_voice(voice: str) -> bool:
    """Return whether espeak-ng is installed and speaks `voice`, such as `en-us`."""
    try:
        command = [_PROGRAM, "-q", "-v", voice, ""]
        told = subprocess.run(command, capture_output=True, check=False, timeout=_LONGEST_CALL_S)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return told.returncode == 0


def _read(word: str, line: str) -> tuple[str, ...]:
    """Return the phonemes in `line`; () if it only tells what letters there are in `word`.

    A voice says of what is not written in its language "Chinese letter" for each character, or
    spells it in English. Latin letters may well be English: the "Timer" of a German.
    """
    sounds = phonemes(line)
    letters = [letter for letter in word if letter.isalpha()]
    if all(unicodedata.name(letter, "").startswith("LATIN") for letter in letters):
        return sounds
    is_named = len(sounds) > _MOST_OF_A_LETTER * len(letters)
    return () if is_named or _IN_ANOTHER_LANGUAGE in line else sounds


def _is_ideograph(character: str) -> bool:
    """Whether it stands for a word and not for a sound."""
    return not character.isascii() and "IDEOGRAPH-" in unicodedata.name(character, "")


class _Process:
    """An espeak-ng that stays open: to start it takes longer than to search a large table.

    It ends with this object, or when it fails; the next word starts another.
    """

    def __init__(self, voice: str) -> None:
        # With --stdin it would take all lines for one. Without stdbuf it would keep its answer
        # back until there is a page of it.
        self._command = ["stdbuf", "-oL", _PROGRAM, "-q", "--ipa", "--sep=_", "-v", voice]
        self._running: _Running | None = None

    def spoken(self, words: Sequence[str]) -> list[str]:
        """Return a line of IPA for each of `words`, as a rule.

        Raises:
            OSError: espeak-ng cannot be started.
            SubprocessError: it failed, or did not answer in time.
        """
        deadline_s = time.monotonic() + _LONGEST_CALL_S + _LONGEST_WORD_S * len(words)
        if self._running and not self._running.waits:
            self._end()
        if not self._running:
            self._running = _Running(self, self._command, deadline_s)
        try:
            return [
                line
                for some in _portions(words)
                for line in self._running.answers(some, deadline_s)
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
        # In a session of its own, for Ctrl-C ends the daemon, which then still decides about
        # what it has heard.
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
        self._ears, self._mouth = self._process.stdin.fileno(), self._process.stdout.fileno()
        self._poll = select.poll()
        self._poll.register(self._mouth, select.POLLIN)
        self._read = b""
        # Asked after the words, for espeak-ng tells no other way that it is done with them.
        # Nobody can say it by accident, or on purpose; and it is short, for it is said each time.
        self._end = "".join(
            random.choice("bdfgklmnprstvz") + random.choice("aeiou") for _ in range(4)
        )
        try:
            self._write(self._end)
            self._end_line = self._line(deadline_s)
        except subprocess.SubprocessError:
            self.end()
            raise

    @property
    def waits(self) -> bool:
        """Whether it lives and owes nothing; otherwise answer and question no longer agree."""
        return self._process.poll() is None and not self._read and not self._poll.poll(0)

    def answers(self, words: Sequence[str], deadline_s: float) -> Iterator[str]:
        """Yield all lines that it says for `words`."""
        self._write(*words, self._end)
        while (line := self._line(deadline_s)) != self._end_line:
            yield line

    def _write(self, *lines: str) -> None:
        data = "".join(f"{line}\n" for line in lines).encode(errors="replace")
        try:
            while data:
                data = data[os.write(self._ears, data) :]
        except BrokenPipeError as error:
            raise self._ended() from error

    def _line(self, deadline_s: float) -> str:
        while b"\n" not in self._read:
            left_s = deadline_s - time.monotonic()
            if left_s <= 0 or not self._poll.poll(left_s * 1000):
                raise subprocess.TimeoutExpired(_PROGRAM, _LONGEST_CALL_S)
            got = os.read(self._mouth, 65536)
            if not got:
                raise self._ended()
            self._read += got
        line, self._read = self._read.split(b"\n", 1)
        return line.decode(errors="replace")

    def _ended(self) -> subprocess.CalledProcessError:
        return subprocess.CalledProcessError(self._process.wait(), _PROGRAM)


def _end(process: "subprocess.Popen[bytes]") -> None:
    with process:
        process.kill()


def _portions(words: Sequence[str]) -> Iterator[list[str]]:
    """Yield `words` as lines, some at a time."""
    portion: list[str] = []
    for word in words:
        portion.append(" ".join(word.split())[:_LONGEST_WORD] or "-")
        if sum(map(len, portion)) > _MOST_AT_ONCE:
            yield portion
            portion = []
    if portion:
        yield portion
