"""How words sound, by espeak-ng: over a hundred languages, one call for any number of words.

What was pronounced is kept in memory only: a table of 450 words takes a third of a second to
pronounce, and what was said at home is not to be found on a disk.
"""

import subprocess
from collections.abc import Sequence

from voice2mqtt.pronunciation.ipa import phonemes

_PROGRAM = "espeak-ng"
_LONGEST_CALL_S = 3.0
_LONGEST_WORD_S = 0.02
"""Added for each word: a large table may take its time, a sentence that was heard may not."""
_MOST_KEPT = 50_000


class Espeak:
    """The Pronouncer of one espeak-ng voice. One thread at a time."""

    def __init__(self, voice: str) -> None:
        self._voice = voice
        self._known: dict[str, tuple[str, ...]] = {}

    def pronounce(self, words: Sequence[str]) -> Sequence[tuple[str, ...]]:
        """Return the phonemes of each of `words`, in IPA; () for one espeak-ng is silent on.

        Raises:
            OSError: espeak-ng cannot be started.
            SubprocessError: it failed, or did not end in time.
        """
        unknown = [word for word in dict.fromkeys(words) if word not in self._known]
        if len(self._known) + len(unknown) > _MOST_KEPT:
            self._known.clear()
            unknown = list(dict.fromkeys(words))
        self._known.update(zip(unknown, self._ask(unknown), strict=True))
        return [self._known[word] for word in words]

    def _ask(self, words: list[str]) -> list[tuple[str, ...]]:
        if not words:
            return []
        lines = _spoken(self._voice, words)
        if len(lines) == len(words):
            return [phonemes(line) for line in lines]
        if len(words) == 1:
            return [phonemes(" ".join(lines))]
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


def _spoken(voice: str, words: Sequence[str]) -> list[str]:
    """Return a line of IPA for each of `words`, as a rule."""
    # With --stdin it would take all lines for one.
    command = [_PROGRAM, "-q", "--ipa", "--sep=_", "-v", voice]
    spoken = subprocess.run(
        command,
        input="".join(f"{' '.join(word.split()) or '-'}\n" for word in words),
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=True,
        timeout=_LONGEST_CALL_S + _LONGEST_WORD_S * len(words),
    )
    return spoken.stdout.splitlines()
