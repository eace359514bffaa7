"""Publishing what a command of the prompt decided, and waiting until the broker has it."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from voice2mqtt.core.decision import Decision, Fire
from voice2mqtt.errors import UnavailableError
from voice2mqtt.mqtt.one_shot_publisher import OneShotPublisher
from voice2mqtt.settings.model import Settings

_SLACK_S = 2.0
"""Beyond the moment at which the last message would have expired."""


@contextmanager
def publisher(settings: Settings) -> Iterator[Callable[[Sequence[Decision]], None]]:
    """Yield what publishes the messages of decisions; leave when the broker has all of them.

    Raises:
        UnavailableError: on leaving, when a message could not be published.
    """
    visitor = OneShotPublisher(settings.mqtt)
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
                visitor.publish(message, partial(note, message.topic))

    def note(topic: str, reason: str) -> None:
        nonlocal waiting
        with answered:
            waiting -= 1
            if reason:
                failures.append(f"{topic}: {reason}")
            answered.notify()

    visitor.start()
    try:
        yield publish
        with answered:
            answered.wait_for(lambda: waiting == 0, longest_s + _SLACK_S)
    finally:
        visitor.close()
    if failures:
        raise UnavailableError(f"not published: {'; '.join(failures)}")
