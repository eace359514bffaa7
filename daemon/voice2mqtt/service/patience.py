"""How long what the Speech host makes of one sentence is worth waiting for."""

import time
from collections.abc import Callable

from voice2mqtt.core.audio import Utterance

GIVE_WAY_S = 4.0
"""So long a sentence that is over waits for its words while the next one is there already.

The next one, which takes a second to say, is then still carried out within five of its end. Hosts
answer within one; one that needs more than four falls behind whoever speaks on, and it is the
older sentence that is given up.
"""


class Patience:
    """The `GiveUp` of one utterance.

    Args:
        utterance: what is being recognised.
        commands_expire_s: the longest that any command of the table may come after its sentence;
            what is recognised later could not be carried out, whatever it was.
        another_waits: whether the next sentence has begun.
    """

    def __init__(
        self,
        utterance: Utterance,
        commands_expire_s: float,
        another_waits: Callable[[], bool],
    ) -> None:
        self._utterance = utterance
        self._commands_expire_s = commands_expire_s
        self._another_waits = another_waits
        self._over_at_s: float | None = None

    def utterance_is_over(self) -> None:
        """Begin to wait: all its audio has been read."""
        self._over_at_s = self._over_at_s or time.monotonic()

    def __call__(self) -> str:
        """Return why an answer is wanted no longer; "" as long as it is."""
        now_s = time.monotonic()
        age_s = now_s - self._utterance.speech_ended_at_s
        if age_s > self._commands_expire_s:
            return f"it was said {age_s:.0f} s ago, too long for any command of the table"
        if self._over_at_s is None or now_s - self._over_at_s < GIVE_WAY_S:
            return ""
        return "it gives way to what was said next" if self._another_waits() else ""
