"""What the rooms need of each other, by role. `service` introduces them."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from voice2mqtt.core.audio import Utterance
from voice2mqtt.core.decision import Message
from voice2mqtt.core.outcome import Outcome

GiveUp = Callable[[], str]
"""Says why an answer is wanted no longer; "" as long as it is. Asked again and again."""


def never() -> str:
    """Want every answer, however late."""
    return ""


class UtteranceSource(Protocol):
    """Somewhere utterances come from."""

    def utterances(self) -> Iterator[Utterance]:
        """Yield each utterance as soon as it begins, in order; end when `close` was called."""
        ...

    def close(self) -> None:
        """Stop listening. What was already captured is still yielded. Any thread may call it."""
        ...

    def another_waits(self) -> bool:
        """Return whether a further utterance has begun. Any thread may call it."""
        ...

    def suppress_for(self, for_s: float) -> None:
        """Open for nothing in the next `for_s` seconds; an utterance under way goes on."""
        ...


class Recognizer(Protocol):
    """Something that turns an utterance into an outcome."""

    def recognize(
        self, utterance: Utterance, on_interim: Callable[[str], None], give_up: GiveUp = never
    ) -> Outcome:
        """Stream `utterance` while it is spoken and return what was made of it. Never raises.

        `on_interim` is given each interim hypothesis, on a foreign thread. Once all audio is
        written, an answer that is awaited in vain is `Canceled` when `give_up` says why.
        """
        ...

    def close(self) -> None:
        """Give up a recognition under way; it ends within a second. Any thread may call it."""
        ...


class Publisher(Protocol):
    """Somewhere messages can be delivered."""

    def publish(
        self, message: Message, on_done: Callable[[str], None], said_s: float | None = None
    ) -> None:
        """Hand `message` over; never blocks, never raises.

        It expires counted from `said_s` (monotonic), when its sentence ended; else from now.
        `on_done` is called exactly once, on a foreign thread, with "" when the broker has
        acknowledged it, else with the reason why it was not carried out.
        """
        ...


class Pronouncer(Protocol):
    """Something that knows how words sound."""

    def pronounce(self, words: Sequence[str]) -> Sequence[tuple[str, ...]]:
        """Return the phonemes (IPA symbols) of each of `words`; () for one it cannot say."""
        ...


class Voice(Protocol):
    """Something the speaker can hear."""

    def tone(self, name: str) -> None:
        """Play the tone called `heard`, `done`, `refused` or `failed`; returns at once."""
        ...

    def say(self, sentence: str, on_over: Callable[[], None] = lambda: None) -> None:
        """Speak `sentence`; returns at once.

        `on_over` is called once, on any thread, when it has sounded or is known not to.
        """
        ...
