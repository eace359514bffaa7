"""The SDK's keyword recogniser as a `WakeWordDetector`. It needs no account and no connection.

Each detection ends the SDK's recognition; the next begins on a new stream.
"""

import contextlib
import threading
from pathlib import Path
from typing import Any

from voice2mqtt.errors import SettingsError
from voice2mqtt.settings.wake_words import spoken_forms
from voice2mqtt.speech import outcomes
from voice2mqtt.speech.azure import open_keyword_recognizer

_PROBE = bytes(3200)
"""Silence of 0.1 s, at which the SDK opens the model."""

_REFUSED_WITHIN_S = 0.5
"""How long after the first audio the SDK takes to refuse a file that is no model; set by hand."""


_CLOSED_WITHIN_S = 3.0
"""How long `close` waits for the SDK; set by hand."""


class SdkKeywordDetector:
    """Listens for the keyword of one model; the SDK calls back on a thread of its own."""

    def __init__(self, model: Path) -> None:
        """Load `model`, a `.table` of Microsoft's Speech Studio.

        Raises:
            SettingsError: It is missing, or none that the SDK takes.
        """
        self._path = model
        (self._word,) = spoken_forms([str(model)])
        if not model.is_file():
            raise self._unusable("there is no such file")
        self._begin()
        self._stream.write(_PROBE)
        if self._refused.wait(_REFUSED_WITHIN_S):
            self.close()
            raise self._unusable(self._reason)

    def feed(self, pcm: bytes) -> str:
        """Process the next audio; return the wake word that was just said, "" if none.

        Raises:
            SettingsError: The SDK takes the model no more.
        """
        if self._refused.is_set():
            raise self._unusable(self._reason)
        if self._recognized.is_set():
            self.reset()
            return self._word
        self._stream.write(pcm)
        return ""

    def reset(self) -> None:
        """Forget the audio so far."""
        self._release()
        self._begin()

    def close(self) -> None:
        """Stop listening; the SDK makes no further calls."""
        self._release().join(_CLOSED_WITHIN_S)

    def _begin(self) -> None:
        # Events of their own for each recognition: a late callback tells nothing about the next.
        self._recognized = recognized = threading.Event()
        self._refused = refused = threading.Event()
        self._reason = ""
        try:
            parts = open_keyword_recognizer(self._path)
        except RuntimeError as error:
            raise self._unusable(outcomes.first_line(error)) from error

        self._stream: Any
        self._recognizer: Any
        self._future: Any
        self._stream, self._recognizer, model = parts

        def on_canceled(event: Any) -> None:
            self._reason = outcomes.first_line(event.cancellation_details.error_details)
            refused.set()

        self._recognizer.recognized.connect(lambda _event: recognized.set())
        self._recognizer.canceled.connect(on_canceled)
        self._future = self._recognizer.recognize_once_async(model)

    def _release(self) -> threading.Thread:
        """Release the SDK's objects, on a thread of their own: the SDK takes a second for it."""
        self._recognizer.recognized.disconnect_all()
        self._recognizer.canceled.disconnect_all()
        parts = self._stream, self._future, self._recognizer
        self._stream = self._future = self._recognizer = None
        thread = threading.Thread(target=_end, args=parts, name="sdk-release", daemon=True)
        thread.start()
        return thread

    def _unusable(self, reason: str) -> SettingsError:
        return SettingsError(
            f"{self._path} is no keyword model that the Speech SDK takes ({reason}); name a "
            ".table made with Microsoft's Speech Studio"
        )


def _end(stream: Any, future: Any, _recognizer: Any) -> None:
    """End a recognition with its audio, and drop the last references to its objects."""
    with contextlib.suppress(RuntimeError):
        stream.close()
        future.get()
