"""The interfaces by which the rooms use each other; `service/composition.py` connects them.

Times (`_s`) are seconds of the daemon's clock, which goes on while the machine sleeps.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from voice2mqtt.core.audio import Utterance
from voice2mqtt.core.outcome import Outcome

GiveUp = Callable[[], str]
"""Polled while an answer is awaited: returns why it is no longer wanted, or "" while it is."""


def never() -> str:
    """Never give up."""
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

    @property
    def in_speech(self) -> bool:
        """Whether an utterance is under way at this moment. Any thread may read it."""
        ...

    def suppress_for(self, for_s: float) -> None:
        """Begin no utterance in the next `for_s` seconds; one under way goes on."""
        ...

    def keep_awake(self, until_s: float) -> None:
        """Take utterances without the wake word until then; replaces an earlier call.

        Does nothing if no wake word is needed. Any thread may call it.
        """
        ...


class Recognizer(Protocol):
    """Something that turns an utterance into an outcome."""

    def recognize(
        self, utterance: Utterance, on_interim: Callable[[str], None], give_up: GiveUp = never
    ) -> Outcome:
        """Stream `utterance` while it is spoken and return the outcome. Never raises.

        `on_interim` is called with each interim hypothesis, on a foreign thread. Once all audio
        is written, the recognition ends as `Canceled` as soon as `give_up` gives a reason.
        """
        ...

    def close(self) -> None:
        """Cancel a recognition under way; it ends within a second. Any thread may call it."""
        ...


class Pronouncer(Protocol):
    """Something that knows the pronunciation of words."""

    def pronounce(self, words: Sequence[str]) -> Sequence[tuple[str, ...]]:
        """Return the phonemes (IPA symbols) of each of `words`; () for one it cannot say."""
        ...


class Voice(Protocol):
    """Acoustic feedback for the person who speaks."""

    def tone(self, name: str) -> None:
        """Play the tone called `heard`, `done`, `refused` or `failed`; returns at once."""
        ...

    def say(self, sentence: str, on_over: Callable[[], None] = lambda: None) -> None:
        """Speak `sentence`; returns at once.

        `on_over` is called once, on any thread, when it has been spoken or is known not to be.
        """
        ...
