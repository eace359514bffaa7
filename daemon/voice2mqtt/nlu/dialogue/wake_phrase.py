"""The wake phrase: whether a sentence begins with it, and the rest of the sentence."""

from collections.abc import Sequence
from dataclasses import dataclass

from voice2mqtt.nlu.matching.candidate import PhoneticSearch
from voice2mqtt.nlu.text.normaliser import Normaliser


@dataclass
class WakeGrace:
    """Until when the wake phrase may be left out. Times are monotonic."""

    until_s: float = float("-inf")
    invited: bool = False
    """Whether the speaker was asked for a command, after the wake phrase alone."""

    @property
    def invited_until_s(self) -> float:
        """Until when a command that was asked for is expected; -inf if none was."""
        return self.until_s if self.invited else float("-inf")

    def extend(self, until_s: float) -> None:
        """Make it last until `until_s` at least."""
        self.until_s = max(self.until_s, until_s)

    def wait_until(self, until_s: float) -> None:
        """Make it last until `until_s`, if a command was asked for and has not come yet."""
        if self.invited:
            self.until_s = until_s


class WakePhrases:
    """The wake phrases, of which any one will do."""

    def __init__(
        self,
        phrases: Sequence[str],
        normaliser: Normaliser,
        phonetic: PhoneticSearch | None,
        strictness: float,
    ) -> None:
        self._normaliser = normaliser
        self._phonetic = phonetic
        self._strictness = strictness
        self._phrases = [(phrase, self._normaliser.keys(phrase)) for phrase in phrases]

    def __bool__(self) -> bool:
        return bool(self._phrases)

    def without(self, text: str, *, by_sound: bool = True) -> str | None:
        """Return what follows the wake phrase in `text`; None if it does not begin with one."""
        words = text.split()
        for _, keys in self._phrases:
            for length in range(1, len(words) + 1):
                spoken = self._normaliser.keys(" ".join(words[:length]))
                if spoken == keys:
                    return " ".join(words[length:])
                if len(spoken) >= len(keys):
                    break
        return self._without_similar(words) if by_sound else None

    def _without_similar(self, words: list[str]) -> str | None:
        """Return the same for what only sounds like a wake phrase."""
        if self._phonetic is None:
            return None
        near = [
            (self._phonetic.distance(" ".join(words[:length]), phrase), length)
            for phrase, keys in self._phrases
            for length in range(max(1, len(keys) - 1), min(len(keys) + 1, len(words)) + 1)
        ]
        distance, length = min(near, default=(1.0, 0))
        return " ".join(words[length:]) if distance <= self._strictness else None
