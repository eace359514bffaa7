"""The only import of the Azure Speech SDK: one utterance in, one outcome out.

Each utterance gets a push stream and a recogniser of its own, and the stream is closed when the
gate closes. Measured against one long-lived stream, this answers as fast (14-22 ms after the
close), keeps memory flat, and needs no healing: after most cancellations, and when a host drops
an idle connection, an SDK recogniser is dead for good.

A host may take the sentence for ended before our gate does. The rest is then recognised as a
further turn and the parts are joined, so that nothing between two turns is lost.

The SDK calls back on threads of its own; those calls only set an event or pass the interim text
on. `ResultFuture.get` blocks in C and cannot be interrupted by a signal: call `recognize` on any
thread but the main one.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import azure.cognitiveservices.speech as sdk

from voice2mqtt.core.audio import RATE_HZ, SAMPLE_BYTES, Utterance
from voice2mqtt.core.outcome import Canceled, Outcome
from voice2mqtt.errors import SettingsError
from voice2mqtt.settings.model import SpeechSettings
from voice2mqtt.settings.reader import read_text
from voice2mqtt.settings.secrets import read_secret
from voice2mqtt.speech import outcomes

log = logging.getLogger(__name__)

SECOND_BYTES = RATE_HZ * SAMPLE_BYTES

DEFAULT_HOST = "ws://127.0.0.1:5000"

_AWAY = frozenset({"ConnectionFailure", "ServiceUnavailable", "TooManyRequests"})
_RETRY_PAUSE_S = 0.5
_STOP_WITHIN_S = "SPEECH-StopRecognitionTimeoutInSeconds"

PHRASE_LIMIT = 500
"""Phrases beyond this are not sent: the documented limit of the cloud's phrase lists."""


class AzureRecognizer:
    """Recognises with the SDK against a host, a container or the cloud; `Recognizer` port."""

    def __init__(
        self,
        settings: SpeechSettings,
        *,
        max_utterance_s: float = 15.0,
        gated: bool = True,
        on_sent: Callable[[float], None] = lambda _seconds: None,
    ) -> None:
        """Keep the settings for every utterance; nothing is connected yet.

        Args:
            settings: who recognises, and how long to wait for it.
            max_utterance_s: the longest utterance that the gate lets through.
            gated: whether a gate of ours ends the sentence, or the host.
            on_sent: told the seconds of audio written, for metering.

        Raises:
            SettingsError: the settings name no usable host.
        """
        self._config = _config(settings, max_utterance_s)
        if gated:
            # A host that ends the sentence earlier would cut a speaker who thinks.
            silence = sdk.PropertyId.Speech_SegmentationSilenceTimeoutMs
            self._config.set_property(silence, "5000")
        self._languages = list(settings.languages)
        self._phrases: list[str] = []
        self._continuous = settings.mode == "continuous"
        self._token_file = settings.token_file
        self._timeout_s = settings.timeout_s
        self._retry_s = settings.retry_s
        self._on_sent = on_sent
        self._closed = threading.Event()
        self._active: sdk.SpeechRecognizer | None = None

    def prepare(self, phrases: Sequence[str]) -> None:
        """Use `phrases` as hints from the next utterance on."""
        self._phrases = list(phrases)[:PHRASE_LIMIT]

    def recognize(self, utterance: Utterance, on_interim: Callable[[str], None]) -> Outcome:
        """Stream `utterance` while it is spoken; see the `Recognizer` port.

        A host that cannot be reached is tried again, with the whole utterance, for `retry_s`.
        """
        outcome = self._attempt(utterance, on_interim)
        give_up_s = time.monotonic() + self._retry_s
        while (
            _is_away(outcome)
            and time.monotonic() < give_up_s
            and not self._closed.wait(_RETRY_PAUSE_S)
        ):
            outcome = self._attempt(utterance, on_interim)
        return outcome

    def microphone(self, device: str) -> Callable[[], Outcome]:
        """Open the SDK's own microphone, an ALSA name; return what recognises one single shot.

        Silence ends a shot too, when the host says so.

        Raises:
            RuntimeError: the device cannot be opened.
        """
        named = {"use_default_microphone": True} if device == "default" else {"device_name": device}
        try:
            recognizer = self._recognizer(sdk.audio.AudioConfig(**named))
        except (RuntimeError, SettingsError) as error:
            raise RuntimeError(outcomes.first_line(error)) from error
        self._active = recognizer

        def shoot() -> Outcome:
            began_s = time.monotonic()
            try:
                outcome = outcomes.of_result(recognizer.recognize_once_async().get())
            except RuntimeError as error:
                return _fault(error)
            self._on_sent(time.monotonic() - began_s)
            return outcome

        return shoot

    def _attempt(self, utterance: Utterance, on_interim: Callable[[str], None]) -> Outcome:
        try:
            outcome, sent_s = self._take_turn(utterance, on_interim)
        except (RuntimeError, SettingsError) as error:
            # The SDK is at its end, or the token cannot be read at this moment.
            return _fault(error)
        if not _is_away(outcome):
            self._on_sent(sent_s)
        return outcome

    def _take_turn(
        self, utterance: Utterance, on_interim: Callable[[str], None]
    ) -> tuple[Outcome, float]:
        """Return what was made of `utterance`, and how many seconds of audio were written."""
        # The last recogniser is let go here, and not at the end of its turn: the 50 ms that
        # the SDK takes for it must not stand between speech and command.
        turn = _Turn(self._recognizer, on_interim, continuous=self._continuous)
        self._active = turn.recognizer
        sent = 0
        for frame in utterance.frames():
            turn.write(frame)
            sent += len(frame)
        if self._closed.is_set():
            _interrupt(turn.recognizer)
        return turn.finish(self._timeout_s), sent / SECOND_BYTES

    def close(self) -> None:
        """Give up a recognition under way."""
        self._closed.set()
        if self._active is not None:
            _interrupt(self._active)

    def _recognizer(self, audio: sdk.audio.AudioConfig) -> sdk.SpeechRecognizer:
        if self._token_file:
            self._config.authorization_token = read_secret(self._token_file)
        if self._languages:
            recognizer = sdk.SpeechRecognizer(
                self._config,
                audio,
                auto_detect_source_language_config=sdk.languageconfig.AutoDetectSourceLanguageConfig(
                    languages=self._languages
                ),
            )
        else:
            recognizer = sdk.SpeechRecognizer(self._config, audio)
        if self._phrases:
            hints = sdk.PhraseListGrammar.from_recognizer(recognizer)
            for phrase in self._phrases:
                hints.addPhrase(phrase)
        return recognizer


class _News:
    """What the SDK tells of a turn, on its threads.

    It knows nothing of the recogniser, which would otherwise hold itself, and its connection to
    the host, until the garbage is collected.
    """

    def __init__(self, on_interim: Callable[[str], None]) -> None:
        self._on_interim = on_interim
        self.parts: list[Outcome] = []
        self.started = threading.Event()
        self.ended = threading.Event()

    def begin(self, _event: object) -> None:
        self.started.set()

    def end(self, _event: object) -> None:
        self.ended.set()

    def interim(self, event: Any) -> None:
        try:
            self._on_interim(event.result.text)
        except Exception:  # nothing of ours may unwind into the SDK's thread
            log.exception("the interim hypothesis %r was dropped", event.result.text)

    def part(self, event: Any) -> None:
        self.parts.append(outcomes.of_result(event.result))

    def cancel(self, event: Any) -> None:
        outcome = outcomes.of_cancellation(event.cancellation_details)
        if outcome.reason != "EndOfStream":
            self.parts.append(outcome)


class _Turn:
    """One utterance on its way through the SDK."""

    def __init__(
        self,
        make_recognizer: Callable[[sdk.audio.AudioConfig], sdk.SpeechRecognizer],
        on_interim: Callable[[str], None],
        *,
        continuous: bool,
    ) -> None:
        self._stream = sdk.audio.PushAudioInputStream()
        self.recognizer = make_recognizer(sdk.audio.AudioConfig(stream=self._stream))
        self._continuous = continuous
        self._dead = False
        self._news = news = _News(on_interim)
        self.recognizer.recognizing.connect(news.interim)
        self.recognizer.session_started.connect(news.begin)
        if continuous:
            self.recognizer.recognized.connect(news.part)
            self.recognizer.canceled.connect(news.cancel)
            self.recognizer.session_stopped.connect(news.end)
            self.recognizer.start_continuous_recognition_async().get()
        else:
            self.recognizer.recognized.connect(news.end)
            self.recognizer.canceled.connect(news.end)
            self._future = self.recognizer.recognize_once_async()

    def write(self, frame: bytes) -> None:
        """Pass on audio; begin a further turn if the host has ended the last one."""
        if self._news.ended.is_set() and not self._continuous and not self._dead:
            self._collect()
            if not self._dead:
                self._news.ended.clear()
                self._future = self.recognizer.recognize_once_async()
        if not self._dead:
            self._stream.write(frame)

    def finish(self, timeout_s: float) -> Outcome:
        """End the audio and return what was made of all of it."""
        # A stream that ends before its session began costs half a second inside the SDK.
        self._news.started.wait(1.0)
        self._stream.close()
        timer = threading.Timer(timeout_s, _interrupt, (self.recognizer,))
        timer.start()
        try:
            if self._continuous:
                self._news.ended.wait(timeout_s + 2)
                self.recognizer.stop_continuous_recognition_async().get()
            elif not self._dead:
                self._collect()
        finally:
            timer.cancel()
        return outcomes.join(self._news.parts)

    def _collect(self) -> None:
        part = outcomes.of_result(self._future.get())
        self._news.parts.append(part)
        # A recogniser that canceled is dead: the rest of the audio has nowhere to go.
        self._dead = isinstance(part, Canceled)


def _fault(error: Exception) -> Canceled:
    name = type(error).__name__
    return Canceled(reason="Error", code=name, details=outcomes.first_line(error))


def _is_away(outcome: Outcome) -> bool:
    return isinstance(outcome, Canceled) and outcome.code in _AWAY


def _interrupt(recognizer: sdk.SpeechRecognizer) -> None:
    """End a recognition that may never end by itself, at once."""
    with contextlib.suppress(RuntimeError):
        # What the host did not say until now is not waited for.
        recognizer.properties.set_property_by_name(_STOP_WITHIN_S, "0")
        # Not awaited: the pending `get` returns by itself.
        recognizer.stop_continuous_recognition_async()


def _config(settings: SpeechSettings, max_utterance_s: float) -> sdk.SpeechConfig:
    key = read_secret(settings.key_file) if settings.key_file else None
    token = read_secret(settings.token_file) if settings.token_file else None
    try:
        if settings.region:
            config = sdk.SpeechConfig(subscription=key, auth_token=token, region=settings.region)
        elif settings.endpoint:
            config = sdk.SpeechConfig(endpoint=settings.endpoint, subscription=key)
        else:
            config = sdk.SpeechConfig(host=settings.host or DEFAULT_HOST, subscription=key)
    except (RuntimeError, ValueError) as error:
        raise SettingsError(f"speech: {outcomes.first_line(error)}") from error
    if token:
        config.authorization_token = token
    if settings.ca_file:
        config.set_property_by_name("OPENSSL_SINGLE_TRUSTED_CERT", read_text(settings.ca_file))
    config.speech_recognition_language = settings.language
    config.output_format = sdk.OutputFormat.Detailed
    whole_ms = round((max_utterance_s + settings.timeout_s) * 1000)
    for name, value in {
        "SPEECH-OneShotRecognition-OperationTimeoutMs": str(whole_ms),
        _STOP_WITHIN_S: "1",
        # A file read faster than it was spoken must not be slowed down to real time.
        "SPEECH-TransmitLengthBeforeThrottleMs": "60000",
    }.items():
        config.set_property_by_name(name, value)
    return config
