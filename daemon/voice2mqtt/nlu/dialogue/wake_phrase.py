"""The wake phrase: whether a sentence begins with it, and what is left without it."""

from collections.abc import Sequence
from dataclasses import dataclass

from voice2mqtt.nlu.matching.candidate import PhoneticSearch
from voice2mqtt.nlu.text.normaliser import Normaliser


@dataclass
class Opening:
    """Until when a command is taken without the wake phrase. Times are monotonic."""

    until_s: float = float("-inf")
    invited: bool = False
    """Whether the speaker was asked for that command."""

    @property
    def invited_until_s(self) -> float:
        """Until when a command that was asked for is waited for; long ago if none was."""
        return self.until_s if self.invited else float("-inf")

    def widen(self, until_s: float) -> None:
        """Last until then at least."""
        self.until_s = max(self.until_s, until_s)

    def wait_until(self, until_s: float) -> None:
        """Last until then, if a command that was asked for has not come yet."""
        if self.invited:
            self.until_s = until_s


class WakePhrases:
    """The phrases of one house; any of them wakes it."""

    def __init__(
        self,
        phrases: Sequence[str],
        normaliser: Normaliser,
        nearest: PhoneticSearch | None,
        strictness: float,
    ) -> None:
        self._normaliser = normaliser
        self._nearest = nearest
        self._strictness = strictness
        self._phrases = [(phrase, self._keys(phrase)) for phrase in phrases]

    def __bool__(self) -> bool:
        return bool(self._phrases)

    def without(self, text: str, *, by_sound: bool = True) -> str | None:
        """Return what follows the wake phrase in `text`; None if it does not begin with one."""
        words = text.split()
        for _, keys in self._phrases:
            for length in range(1, len(words) + 1):
                spoken = self._keys(" ".join(words[:length]))
                if spoken == keys:
                    return " ".join(words[length:])
                if len(spoken) >= len(keys):
                    break
        return self._without_alike(words) if by_sound else None

    def _without_alike(self, words: list[str]) -> str | None:
        """As `without`, for what only sounds like a wake phrase."""
        if self._nearest is None:
            return None
        near = [
            (self._nearest.distance(" ".join(words[:length]), phrase), length)
            for phrase, keys in self._phrases
            for length in range(max(1, len(keys) - 1), min(len(keys) + 1, len(words)) + 1)
        ]
        distance, length = min(near, default=(1.0, 0))
        return " ".join(words[length:]) if distance <= self._strictness else None

    def _keys(self, text: str) -> list[str]:
        return [token.key for token in self._normaliser.tokens(text)]
