"""Publish decisions from the command line and wait for the broker's acknowledgement."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from voice2mqtt.core.decision import Decision, Fire
from voice2mqtt.errors import UnavailableError
from voice2mqtt.mqtt.one_shot_publisher import OneShotPublisher
from voice2mqtt.settings.model import Settings

_SLACK_S = 2.0
"""Extra wait after the last message has expired, for its report; set by hand."""


@contextmanager
def publisher(settings: Settings) -> Iterator[Callable[[Sequence[Decision]], None]]:
    """Yield a function that publishes decisions; on leaving, wait until the broker has them all.

    Raises:
        UnavailableError: on leaving, when a message could not be published.
    """
    one_shot = OneShotPublisher(settings.mqtt)
    answered = threading.Condition()
    waiting = 0
    longest_s = 0.0
    failures: list[str] = []

    def publish(decisions: Sequence[Decision]) -> None:
        nonlocal waiting, longest_s
        for decision in decisions:
            for message in decision.messages if isinstance(decision, Fire) else ():
                with answered:
                    waiting += 1
                    longest_s = max(longest_s, message.after_s + message.expires_s)
                one_shot.publish(message, partial(note, message.topic))

    def note(topic: str, reason: str) -> None:
        nonlocal waiting
        with answered:
            waiting -= 1
            if reason:
                failures.append(f"{topic}: {reason}")
            answered.notify()

    one_shot.start()
    try:
        yield publish
        with answered:
            answered.wait_for(lambda: waiting == 0, longest_s + _SLACK_S)
    finally:
        one_shot.close()
    if failures:
        raise UnavailableError(f"not published: {'; '.join(failures)}")
