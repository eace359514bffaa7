"""Several Speech services in an order: the first that works recognises.

A service that fails rests for a while, and the sentence that it failed goes to the next one, as
long as one of its commands could still be carried out.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

from voice2mqtt import clock
from voice2mqtt.core.audio import Utterance
from voice2mqtt.core.outcome import Canceled, Outcome
from voice2mqtt.core.ports import GiveUp, Recognizer, never
from voice2mqtt.speech.retry import retried

REST_S = (10.0, 30.0, 60.0, 300.0)
"""How long a service rests after failures in a row; the last repeats. Set by hand."""

log = logging.getLogger(__name__)


class PreparedRecognizer(Recognizer, Protocol):
    """A recogniser that takes hints."""

    def prepare(self, phrases: Sequence[str]) -> None:
        """Use `phrases` from the next utterance on."""
        ...


@dataclass(slots=True)
class Service:
    """A Speech service, and how it has fared."""

    name: str
    recognizer: PreparedRecognizer
    may_send: Callable[[], bool] = field(default=lambda: True)
    """Whether its daily limit leaves room."""
    failures: int = 0
    rests_until_s: float = 0.0


class FailoverRecognizer:
    """Asks the services in their order; `Recognizer` port."""

    def __init__(self, services: Sequence[Service], retry_s: float) -> None:
        """Keep a sentence that all have failed for `retry_s`, if one of the faults may pass."""
        self._services = services
        self._retry_s = retry_s
        self._closed = threading.Event()

    def prepare(self, phrases: Sequence[str]) -> None:
        """Use `phrases` from the next utterance on."""
        for service in self._services:
            service.recognizer.prepare(phrases)

    def recognize(
        self, utterance: Utterance, on_interim: Callable[[str], None], give_up: GiveUp = never
    ) -> Outcome:
        """Stream `utterance` while it is spoken; see the `Recognizer` port."""
        attempt = partial(self._ask_in_turn, utterance, on_interim, give_up)
        return retried(attempt, self._retry_s, give_up, self._closed)

    def _ask_in_turn(
        self, utterance: Utterance, on_interim: Callable[[str], None], give_up: GiveUp
    ) -> Outcome:
        allowed = [service for service in self._services if service.may_send()]
        now_s = clock.now_s()
        awake = [service for service in allowed if service.rests_until_s <= now_s]
        # If all of them rest, they are asked all the same.
        faults: list[Canceled] = []
        for service in awake or allowed:
            outcome = service.recognizer.recognize(utterance, on_interim, give_up)
            outcome = replace(outcome, service=service.name)
            if not isinstance(outcome, Canceled):
                self._works(service)
                return outcome
            faults.append(outcome)
            if give_up() or self._closed.is_set():
                # It may be no fault of the service that nobody waits for it any longer.
                break
            self._rest(service, outcome)
        return _together(faults)

    def _works(self, service: Service) -> None:
        if service.failures:
            log.info("the Speech service %s works again", service.name)
        service.failures = 0
        service.rests_until_s = 0.0

    def _rest(self, service: Service, fault: Canceled) -> None:
        rest_s = REST_S[min(service.failures, len(REST_S) - 1)]
        service.failures += 1
        service.rests_until_s = clock.now_s() + rest_s
        log.warning(
            "the Speech service %s rests for %.0f s: %s", service.name, rest_s, fault.explanation
        )

    def close(self) -> None:
        """Cancel a recognition under way. Any thread may call it."""
        self._closed.set()
        for service in self._services:
            service.recognizer.close()


def _together(faults: Sequence[Canceled]) -> Canceled:
    """Return the cancellation of a sentence that every service has failed."""
    if not faults:
        return Canceled(
            reason="Error",
            code="DailyLimit",
            explanation="the daily limit of each service is reached",
        )
    return replace(
        faults[-1],
        explanation="; ".join(f"{fault.service}: {fault.explanation}" for fault in faults),
        passes=any(fault.passes for fault in faults),
    )
