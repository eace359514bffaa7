"""Tones and spoken sentences, one after the other, on a thread of their own.

While something is played, the microphone is suppressed, except for the tone that invites to speak:
who speaks into it must be heard, and its one note is not taken for speech. A speaker that is
missing, slow or stuck delays no command.
"""

import logging
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from enum import Enum

from voice2mqtt.feedback.playback import DRAIN_S, Playback, PlaybackError
from voice2mqtt.feedback.spoken import duration_s, spoken
from voice2mqtt.feedback.tones import tone
from voice2mqtt.settings.model import FeedbackSettings

ECHO_S = 0.3
"""How long the room and the sound card's buffers still sound after the end."""

CLOSE_S = 1.0
"""A text-to-speech command that hangs must not hold up the end of the daemon."""

MOST_WAITING = 4
"""Sounds that may be queued; further ones are dropped, for they would come too late."""

INVITING = "heard"
"""The tone that invites to speak."""


class _Kind(Enum):
    """What the microphone would take a sound for."""

    NOISE = "noise"
    PERHAPS_SPEECH = "perhaps speech"
    SPEECH = "speech"


_Sound = tuple[bytes, _Kind]
"""A WAV, and what it is taken for."""

_Queued = tuple[Callable[[], _Sound], Callable[[], None]]
"""Makes the sound, and is called when it has ended."""

log = logging.getLogger(__name__)


class SpeakerVoice:
    """Plays on `settings.device`; `close` it in the end."""

    def __init__(
        self, settings: FeedbackSettings, language: str, suppress_for: Callable[[float], None]
    ) -> None:
        """`suppress_for` is called with the seconds for which the microphone is to be ignored."""
        self._settings = settings
        self._language = language
        self._suppress_for = suppress_for
        self._playback = Playback(settings.device)
        self._queue: queue.Queue[_Queued | None] = queue.Queue(MOST_WAITING)
        self._warned = ""
        self._thread = threading.Thread(target=self._play_all, name="voice", daemon=True)
        self._thread.start()

    def tone(self, name: str) -> None:
        """Play the tone called `heard`, `done`, `refused` or `failed`; returns at once."""
        if self._settings.tones:
            kind = _Kind.NOISE if name == INVITING else _Kind.PERHAPS_SPEECH
            self._put(lambda: (tone(name), kind))

    def say(self, sentence: str, on_over: Callable[[], None] = lambda: None) -> None:
        """Speak `sentence`; returns at once.

        `on_over` is called once, on any thread, when it has been spoken or is known not to be.
        """
        if self._settings.speak and sentence:
            command = self._settings.speech_command
            self._put(lambda: (spoken(sentence, self._language, command), _Kind.SPEECH), on_over)
        else:
            on_over()

    def close(self) -> None:
        """Stop playing, and drop what is queued."""
        with suppress(queue.Empty):
            while True:
                self._queue.get_nowait()
        self._queue.put(None)
        self._playback.close()
        self._thread.join(CLOSE_S)

    def _put(self, sound: Callable[[], _Sound], on_over: Callable[[], None] = lambda: None) -> None:
        try:
            self._queue.put_nowait((sound, on_over))
        except queue.Full:
            on_over()

    def _play_all(self) -> None:
        while queued := self._queue.get():
            sound, on_over = queued
            try:
                try:
                    self._play(*sound())
                finally:
                    on_over()
                self._warned = ""
            except PlaybackError as error:
                self._warn(str(error))
            except Exception:  # one sound must not keep the next from being played
                log.exception("a fault while a sound was played")

    def _play(self, wav: bytes, kind: _Kind) -> None:
        lasts_s = duration_s(wav)
        if kind is _Kind.NOISE:
            self._playback.play(wav, lasts_s)
            return
        # Speech may begin late, behind the buffers, and would be taken for a person's.
        drain_s = DRAIN_S if kind is _Kind.SPEECH else 0.0
        self._suppress_for(lasts_s + ECHO_S + drain_s)
        try:
            self._playback.play(wav, lasts_s)
        except PlaybackError:
            # Nothing is played: listen again at once.
            self._suppress_for(0.0)
            raise
        if kind is _Kind.SPEECH:
            self._suppress_for(ECHO_S)

    def _warn(self, problem: str) -> None:
        if problem != self._warned:
            self._warned = problem
            log.warning("%s; commands are carried out all the same", problem)
