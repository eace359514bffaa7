"""Trying a sentence again after a fault that may pass."""

import threading
from collections.abc import Callable

from voice2mqtt import clock
from voice2mqtt.core.outcome import Canceled, Outcome
from voice2mqtt.core.ports import GiveUp

_PAUSE_S = 0.5
"""Between two attempts to reach a host. Set by hand."""


def retried(
    attempt: Callable[[], Outcome], for_s: float, give_up: GiveUp, closed: threading.Event
) -> Outcome:
    """Return the outcome of `attempt`, made again for `for_s` while its fault may pass."""
    outcome = attempt()
    until_s = clock.now_s() + for_s
    while (
        isinstance(outcome, Canceled)
        and outcome.passes
        and clock.now_s() < until_s
        and not give_up()
        and not closed.wait(_PAUSE_S)
    ):
        outcome = attempt()
    return outcome
