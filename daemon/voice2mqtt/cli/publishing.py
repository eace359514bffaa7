"""Publish decisions from the command line and wait for the broker's acknowledgement.

No availability, no controls, and a random client id: the running daemon may be connected under that
of the settings.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from voice2mqtt.core.decision import Decision, Fire
from voice2mqtt.errors import UnavailableError
from voice2mqtt.mqtt.broker.inquiry import login_for
from voice2mqtt.mqtt.broker.link import Link
from voice2mqtt.mqtt.broker.outbox import Outbox
from voice2mqtt.settings.model import Settings

_SLACK_S = 2.0
"""Extra wait after the last message has expired, for its report; set by hand."""
_GOODBYE_S = 1.0
"""How long the broker may take to let us go; set by hand."""


@contextmanager
def publisher(settings: Settings) -> Iterator[Callable[[Sequence[Decision]], None]]:
    """Yield a function that publishes decisions; on leaving, wait until the broker has them all.

    Raises:
        SettingsError: the settings name no broker that could be reached.
        UnavailableError: on leaving, when a message could not be published.
    """
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
                outbox.publish(message, partial(note, message.topic))

    def note(topic: str, reason: str) -> None:
        nonlocal waiting
        with answered:
            waiting -= 1
            if reason:
                failures.append(f"{topic}: {reason}")
            answered.notify()

    link = Link(
        login_for(settings.mqtt, "cli"),
        on_up=lambda: outbox.link_is_up(),  # noqa: PLW0108 - it is made below
        on_down=lambda _lost: None,
        on_message=lambda _message: None,
    )
    outbox = Outbox(link)
    outbox.start()
    link.start()
    try:
        yield publish
        with answered:
            answered.wait_for(lambda: waiting == 0, longest_s + _SLACK_S)
    finally:
        outbox.close(0.0)
        link.close(_GOODBYE_S)
    if failures:
        raise UnavailableError(f"not published: {'; '.join(failures)}")
