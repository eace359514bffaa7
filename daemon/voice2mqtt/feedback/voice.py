"""Tones and spoken sentences, one after the other, on a thread that nobody waits for.

While something sounds, the ear is deafened. A speaker that is missing, slow or stuck costs
neither a command nor time.
"""

import logging
import queue
import threading
from collections.abc import Callable
from contextlib import suppress

from voice2mqtt.feedback.playback import DRAIN_S, Playback, PlaybackError
from voice2mqtt.feedback.spoken import duration_s, spoken
from voice2mqtt.feedback.tones import tone
from voice2mqtt.settings.model import FeedbackSettings

ECHO_S = 0.3
"""How long a room and the sound card's buffers still sound after us."""

CLOSE_S = 1.0
"""A text-to-speech command that hangs must not hold up the end of the daemon."""

MOST_WAITING = 4
"""More than this nobody wants to hear any more."""

_Sound = tuple[bytes, bool]
"""A WAV, and whether it is speech."""

_Waiting = tuple[Callable[[], _Sound], Callable[[], None]]
"""What makes a sound, and what is called when it is over."""

log = logging.getLogger(__name__)


class SpeakerVoice:
    """Plays on `settings.device`; `close` it in the end."""

    def __init__(
        self, settings: FeedbackSettings, language: str, suppress_for: Callable[[float], None]
    ) -> None:
        """Call `suppress_for` with the seconds for which the ear shall hear nothing."""
        self._settings = settings
        self._language = language
        self._suppress_for = suppress_for
        self._playback = Playback(settings.device)
        self._waiting: queue.Queue[_Waiting | None] = queue.Queue(MOST_WAITING)
        self._complained = ""
        self._thread = threading.Thread(target=self._play_all, name="voice", daemon=True)
        self._thread.start()

    def tone(self, name: str) -> None:
        """Play the tone called `heard`, `done`, `refused` or `failed`; returns at once."""
        if self._settings.tones:
            self._put(lambda: (tone(name), False))

    def say(self, sentence: str, on_over: Callable[[], None] = lambda: None) -> None:
        """Speak `sentence`; returns at once.

        `on_over` is called once, on any thread, when it has sounded or is known not to.
        """
        if self._settings.speak and sentence:
            command = self._settings.speech_command
            self._put(lambda: (spoken(sentence, self._language, command), True), on_over)
        else:
            on_over()

    def close(self) -> None:
        """Fall silent."""
        with suppress(queue.Empty):
            while True:
                self._waiting.get_nowait()
        self._waiting.put(None)
        self._playback.close()
        self._thread.join(CLOSE_S)

    def _put(self, sound: Callable[[], _Sound], on_over: Callable[[], None] = lambda: None) -> None:
        try:
            self._waiting.put_nowait((sound, on_over))
        except queue.Full:
            on_over()

    def _play_all(self) -> None:
        while waiting := self._waiting.get():
            sound, on_over = waiting
            try:
                try:
                    self._play(*sound())
                finally:
                    on_over()
                self._complained = ""
            except PlaybackError as error:
                self._complain(str(error))
            except Exception:  # what cannot be played must not silence what comes after it
                log.exception("a fault while something was to be heard")

    def _play(self, wav: bytes, speech: bool) -> None:
        lasts_s = duration_s(wav)
        # A speaker may begin late; our own voice would be taken for somebody's.
        self._suppress_for(lasts_s + ECHO_S + (DRAIN_S if speech else 0.0))
        try:
            self._playback.play(wav, lasts_s)
        except PlaybackError:
            # Nothing sounds: whoever speaks now is to be heard.
            self._suppress_for(0.0)
            raise
        if speech:
            self._suppress_for(ECHO_S)

    def _complain(self, problem: str) -> None:
        if problem != self._complained:
            self._complained = problem
            log.warning("%s; commands are carried out all the same", problem)
