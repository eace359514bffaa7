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


class SdkKeywordDetector:
    """Listens for the keyword of one model; the SDK calls back on a thread of its own."""

    def __init__(self, model: Path) -> None:
        """Load `model`, a `.table` of Microsoft's Speech Studio.

        Raises:
            SettingsError: It is missing, or none that the SDK takes.
        """
        self._path = model
        (self._word,) = spoken_forms([str(model)])
        self._listen()
        self._stream.write(_PROBE)
        if self._refused.wait(_REFUSED_WITHIN_S):
            raise self._unusable()

    def feed(self, pcm: bytes) -> str:
        """Process the next audio; return the wake word that was just said, "" if none.

        Raises:
            SettingsError: The SDK takes the model no more.
        """
        if self._refused.is_set():
            raise self._unusable()
        if self._recognized.is_set():
            self.reset()
            return self._word
        self._stream.write(pcm)
        return ""

    def reset(self) -> None:
        """Forget the audio so far."""
        self._release()
        self._listen()

    def _listen(self) -> None:
        # Events of their own for each recognition: a late callback tells nothing about the next.
        self._recognized = recognized = threading.Event()
        self._refused = refused = threading.Event()
        self._reason = ""
        try:
            self._stream, self._recognizer, model = open_keyword_recognizer(self._path)
        except RuntimeError as error:
            self._reason = outcomes.first_line(error)
            raise self._unusable() from error

        def on_canceled(event: Any) -> None:
            self._reason = outcomes.first_line(event.cancellation_details.error_details)
            refused.set()

        self._recognizer.recognized.connect(lambda _event: recognized.set())
        self._recognizer.canceled.connect(on_canceled)
        self._future = self._recognizer.recognize_once_async(model)

    def _release(self) -> None:
        self._recognizer.recognized.disconnect_all()
        self._recognizer.canceled.disconnect_all()
        parts = self._recognizer, self._future, self._stream
        threading.Thread(target=_stop, args=parts, name="sdk-release", daemon=True).start()

    def _unusable(self) -> SettingsError:
        return SettingsError(
            f"{self._path} is no keyword model that the Speech SDK takes ({self._reason}); name a "
            ".table made with Microsoft's Speech Studio"
        )


def _stop(recognizer: Any, future: Any, stream: Any) -> None:
    with contextlib.suppress(RuntimeError):
        stream.close()
        recognizer.stop_recognition_async().get()
        future.get()
