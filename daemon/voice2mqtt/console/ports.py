"""What the page needs of the daemon; `cli` gives it one."""

from collections.abc import Sequence
from typing import Protocol

from voice2mqtt.core.event import Event


class WatchedDaemon(Protocol):
    """The running daemon, as the page sees it. Any thread may call it."""

    @property
    def in_speech(self) -> bool:
        """Whether an utterance is under way at the microphone."""
        ...

    def state_document(self) -> Event:
        """Return the state as it is published."""
        ...

    def dry_run(self, sentence: str) -> Sequence[Event]:
        """Return the events of `sentence` as if it had been heard; nothing else happens."""
        ...

    def dry_run_recording(self, pcm: bytes) -> Sequence[Event]:
        """Return the events of what is said in `pcm`, 16 kHz, mono; takes as long as the host.

        Raises:
            UnavailableError: nothing more may be sent to the Speech host today.
        """
        ...

    def say(self, sentence: str) -> str:
        """Handle `sentence` as if it had been heard; return why it is not taken, or ""."""
        ...

    def mute(self, *, on: bool) -> None:
        """Stop carrying out commands, or begin again."""
        ...

    def reload(self) -> None:
        """Read the command table again."""
        ...
