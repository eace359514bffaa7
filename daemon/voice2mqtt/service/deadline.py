"""How long the outcome of one utterance is worth waiting for."""

from collections.abc import Callable

from voice2mqtt import clock
from voice2mqtt.core.audio import Utterance

GIVE_WAY_S = 4.0
"""How long an utterance that has ended is waited for while the next one has begun already.

The next one, which takes a second to say, is then still carried out within five seconds of its
end. Hosts usually answer within one second; for a slower one the older utterance is given up.
"""


class RecognitionDeadline:
    """The `GiveUp` of one utterance.

    Args:
        utterance: the one being recognised.
        commands_expire_s: the longest `expires_s` of the table; what is recognised later is
            too late for every command.
        another_waits: whether the next utterance has begun.
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
        """Start to count: all its audio has been read."""
        self._over_at_s = self._over_at_s or clock.now_s()

    def __call__(self) -> str:
        """Return why an answer is wanted no longer; "" as long as it is."""
        now_s = clock.now_s()
        age_s = now_s - self._utterance.speech_ended_at_s
        if age_s > self._commands_expire_s:
            return f"it was said {age_s:.0f} s ago, too long for any command of the table"
        if self._over_at_s is None or now_s - self._over_at_s < GIVE_WAY_S:
            return ""
        return "it gives way to what was said next" if self._another_waits() else ""
