"""The only import of the Azure Speech SDK: one utterance in, one outcome out.

Each utterance gets its own push stream and recogniser, and the stream is closed when the
endpointer ends the utterance. Measured against one long-lived stream, this answers as fast
(14-22 ms after the close), keeps memory constant, and needs no recovery: after most
cancellations, and when a host drops an idle connection, an SDK recogniser is unusable.

A host may end the sentence before our endpointer does. The rest is then recognised by a further
single shot and the parts are joined, so that no audio between two of them is lost.

The SDK calls back on its own threads; those calls only set an event or pass on the interim text
(`turn.py`). `ResultFuture.get` blocks in C and cannot be interrupted by a signal: call
`recognize` on any thread but the main one.
"""

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import azure.cognitiveservices.speech as sdk

from voice2mqtt import clock
from voice2mqtt.core.audio import RATE_HZ, SAMPLE_BYTES, Utterance
from voice2mqtt.core.outcome import Canceled, NoMatch, Origin, Outcome
from voice2mqtt.core.ports import GiveUp, never
from voice2mqtt.errors import SettingsError
from voice2mqtt.settings.secrets import read_secret, service_key
from voice2mqtt.settings.speech_settings import ServiceSettings, SpeechSettings
from voice2mqtt.settings.yaml.reader import read_text
from voice2mqtt.speech import host_faults, outcomes
from voice2mqtt.speech.address import DEFAULT_HOST
from voice2mqtt.speech.probe import look
from voice2mqtt.speech.retry import retried
from voice2mqtt.speech.turn import STOP_WITHIN_S, UNREACHABLE, SdkTurn, interrupt

SECOND_BYTES = RATE_HZ * SAMPLE_BYTES
_FRAME_BYTES = 1024
"""Of audio in a message: 32 ms, as the endpointer gives it. By itself the SDK waits for 100."""
_POLL_MS = 3
"""How often the SDK looks for messages while an utterance is recognised: 10 by itself. With 1, its
thread takes a quarter of a core."""

_NO_SEGMENTATION_MS = 5000
"""The longest silence that the service takes: our endpointer ends the sentence."""

_TURNED_AWAY = frozenset({"ConnectionFailure", "ServiceUnavailable", "TooManyRequests"})
_STOPPED = Canceled(reason="Error", code="Stopped", details="the recognition was stopped")

PHRASE_LIMIT = 500
"""Phrases sent at most: the documented limit of the cloud's phrase lists."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One single shot on the SDK's own microphone."""

    outcome: Outcome
    speech_ended_at_s: float
    """When speech ended, by the offset and duration in the host's answer."""


class AzureRecognizer:
    """Recognises with the SDK against a host, a container or the cloud; `Recognizer` port."""

    def __init__(
        self,
        settings: SpeechSettings,
        *,
        max_utterance_s: float = 15.0,
        endpointed: bool = True,
        probing: bool = True,
        on_sent: Callable[[float], None] = lambda _seconds: None,
    ) -> None:
        """Keep the settings for every utterance; nothing is connected yet.

        Args:
            settings: which host, and how long to wait for it.
            max_utterance_s: the longest utterance that the endpointer lets through.
            endpointed: whether our endpointer ends the sentence, or the host.
            probing: whether a host that cannot be reached is probed for the cause, which may take
                two seconds.
            on_sent: called with the seconds of audio written, for the daily limit.

        Raises:
            SettingsError: the settings name no usable host.
        """
        self._config = _config(settings, max_utterance_s)
        if endpointed and settings.segmentation == "time":
            # A host that ends the sentence earlier would cut off a speaker who pauses.
            silence = sdk.PropertyId.Speech_SegmentationSilenceTimeoutMs
            silence_ms = settings.segmentation_silence_ms or _NO_SEGMENTATION_MS
            self._config.set_property(silence, str(silence_ms))
        self._settings = settings
        self._probing = probing
        self._languages = list(settings.languages)
        self._phrases = list(settings.phrases)
        self._phrase_weight = settings.phrase_weight
        self._continuous = settings.mode == "continuous"
        self._token_file = settings.token_file
        self._timeout_s = settings.timeout_s
        self._retry_s = settings.retry_s
        self._on_sent = on_sent
        self._closed = threading.Event()
        self._over: deque[SdkTurn] = deque()
        """Answered, and not yet released."""
        self._interrupt: Callable[[], None] = lambda: None

    def prepare(self, phrases: Sequence[str]) -> None:
        """Use `phrases`, behind those of the settings, from the next utterance on."""
        unique = dict.fromkeys([*self._settings.phrases, *phrases])
        self._phrases = list(unique)[:PHRASE_LIMIT]

    def recognize(
        self, utterance: Utterance, on_interim: Callable[[str], None], give_up: GiveUp = never
    ) -> Outcome:
        """Stream `utterance` while it is spoken; see the `Recognizer` port.

        After a fault that may pass it is tried again, with the whole utterance, for `retry_s`.
        """
        attempt = partial(self._attempt, utterance, on_interim, give_up)
        return retried(attempt, self._retry_s, give_up, self._closed)

    def microphone(self, device: str) -> Callable[[], Shot]:
        """Open the SDK's own microphone, an ALSA name; return a function for one single shot.

        Silence too ends a shot, when the host decides so.

        Raises:
            RuntimeError: the device cannot be opened.
        """
        named = {"use_default_microphone": True} if device == "default" else {"device_name": device}
        try:
            recognizer = self._recognizer(sdk.audio.AudioConfig(**named))
        except (RuntimeError, SettingsError) as error:
            raise RuntimeError(_microphone_fault(device, error)) from error
        self._interrupt = partial(interrupt, recognizer)

        def shoot() -> Shot:
            began_s = clock.now_s()
            try:
                result = recognizer.recognize_once_async().get()
                outcome = self._explained(outcomes.of_result(result))
            except RuntimeError as error:
                return Shot(_fault(error), clock.now_s())
            now_s = clock.now_s()
            self._on_sent(now_s - began_s)
            # The age of a sentence counts from its end in the audio, not from the answer.
            spoken_s = (result.offset + result.duration) / outcomes.TICKS_PER_S
            return Shot(outcome, min(began_s + spoken_s, now_s) if spoken_s else now_s)

        return shoot

    def _attempt(
        self, utterance: Utterance, on_interim: Callable[[str], None], give_up: GiveUp
    ) -> Outcome:
        try:
            outcome, sent_s = self._take_turn(utterance, on_interim, give_up)
        except (RuntimeError, SettingsError) as error:
            # The SDK failed, or the token cannot be read at the moment.
            return _fault(error)
        outcome = self._explained(outcome)
        if not _was_turned_away(outcome):
            self._on_sent(sent_s)
        return outcome

    def _explained(self, outcome: Outcome) -> Outcome:
        """Return `outcome` with its cause; where the SDK does not tell it, the host is asked."""
        if not isinstance(outcome, Canceled):
            return outcome
        told = host_faults.explained(outcome, self._settings, self._settings.language)
        if self._probing and told.code == "ConnectionFailure" and not self._closed.is_set():
            found = look(self._settings, self._settings.language)
            return host_faults.with_fault(told, found) if found else told
        return told

    def _take_turn(
        self, utterance: Utterance, on_interim: Callable[[str], None], give_up: GiveUp
    ) -> tuple[Outcome, float]:
        """Return the outcome of `utterance`, and how many seconds of audio were written."""
        turn = self._begin(on_interim)
        sent = 0
        try:
            for frame in utterance.frames():
                turn.write(frame)
                sent += len(frame)
                if turn.is_unreachable:
                    # There may be time for another attempt before the sentence is over.
                    turn.abandon()
                    return UNREACHABLE, 0.0
            if self._closed.is_set():
                turn.interrupt()
            outcome = turn.finish(self._timeout_s, give_up)
            if self._closed.is_set() and isinstance(outcome, NoMatch):
                # A session that is stopped ends as one in which nothing was said.
                outcome = _STOPPED
        except BaseException:
            turn.abandon()
            raise
        if isinstance(outcome, Canceled):
            turn.abandon()
        else:
            self._over.append(turn)
        return outcome, sent / SECOND_BYTES

    def _begin(self, on_interim: Callable[[str], None]) -> SdkTurn:
        stream = sdk.audio.PushAudioInputStream()
        recognizer = self._recognizer(sdk.audio.AudioConfig(stream=stream))
        connection = sdk.Connection.from_recognizer(recognizer)
        turn = SdkTurn(stream, recognizer, connection, on_interim, continuous=self._continuous)
        self._interrupt = turn.interrupt
        # The previous turn is released here and not at its end, where the 50 ms that the SDK takes
        # for it would delay the command.
        self._release_turns()
        return turn

    def _release_turns(self) -> None:
        with contextlib.suppress(IndexError):
            while True:
                self._over.pop().release()

    def close(self) -> None:
        """Cancel a recognition under way; the SDK makes no further calls."""
        self._closed.set()
        self._interrupt()
        self._release_turns()

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
            phrase_list = sdk.PhraseListGrammar.from_recognizer(recognizer)
            for phrase in self._phrases:
                phrase_list.addPhrase(phrase)
            phrase_list.setWeight(self._phrase_weight)
        return recognizer


def open_keyword_recognizer(
    model: Path,
) -> tuple[sdk.audio.PushAudioInputStream, sdk.KeywordRecognizer, sdk.KeywordRecognitionModel]:
    """Return a stream, the SDK's keyword recogniser that listens to it, and its model.

    Raises:
        RuntimeError: the SDK cannot open the file.
    """
    opened = sdk.KeywordRecognitionModel(str(model))
    stream = sdk.audio.PushAudioInputStream()
    return stream, sdk.KeywordRecognizer(sdk.audio.AudioConfig(stream=stream)), opened


def _fault(error: Exception) -> Canceled:
    said = outcomes.first_line(error)
    canceled = Canceled(reason="Error", code=type(error).__name__, details=said)
    if isinstance(error, SettingsError):
        # Settings that cannot be used keep the probe of the host from connecting, too.
        return replace(canceled, explanation=said, origin=Origin.CONNECTION)
    return replace(canceled, explanation=f"the Speech SDK failed: {said}")


def _was_turned_away(outcome: Outcome) -> bool:
    """Return whether the host has taken no audio, so that none is to be paid for."""
    if not isinstance(outcome, Canceled):
        return False
    return outcome.origin is Origin.CONNECTION or outcome.code in _TURNED_AWAY


def _microphone_fault(device: str, error: Exception) -> str:
    said = outcomes.first_line(error)
    if "SPXERR_MIC" not in said:
        return said
    return (
        f"the Speech SDK cannot open the microphone {device}; is it there, and used by nobody "
        f"else? see microphone.device and `voice2mqtt devices` ({said})"
    )


def _config(settings: SpeechSettings, max_utterance_s: float) -> sdk.SpeechConfig:
    key = service_key(settings)
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
    if settings.endpoint_id:
        config.endpoint_id = settings.endpoint_id
    _set_network(config, settings)
    config.speech_recognition_language = settings.language
    config.output_format = sdk.OutputFormat.Detailed
    if settings.profanity:
        config.set_profanity(sdk.ProfanityOption[settings.profanity.capitalize()])
    named = sdk.PropertyId
    for known, value in {
        named.SpeechServiceConnection_LanguageIdMode: (
            "Continuous" if settings.language_id == "continuous" else None
        ),
        named.Speech_SegmentationStrategy: (
            "Semantic" if settings.segmentation == "semantic" else None
        ),
        named.Speech_SegmentationSilenceTimeoutMs: settings.segmentation_silence_ms,
        named.Speech_SegmentationMaximumTimeMs: settings.segmentation_max_ms,
        named.SpeechServiceConnection_EndSilenceTimeoutMs: settings.end_silence_ms,
    }.items():
        if value is not None:
            config.set_property(known, str(value))
    whole_ms = round((max_utterance_s + settings.timeout_s) * 1000)
    for name, text in {
        "SPEECH-OneShotRecognition-OperationTimeoutMs": str(whole_ms),
        STOP_WITHIN_S: "1",
        # These two are not documented; measured with version 1.53 of the SDK.
        "SPEECH-BytesPerFrame": str(_FRAME_BYTES),
        "SPEECH-USPPollingInterval": str(_POLL_MS),
        # A file read faster than it was spoken must not be slowed down to real time.
        "SPEECH-TransmitLengthBeforeThrottleMs": "60000",
    }.items():
        config.set_property_by_name(name, text)
    return config


def _set_network(config: sdk.SpeechConfig, settings: ServiceSettings) -> None:
    if settings.proxy:
        proxy = urlsplit(settings.proxy)
        password = settings.proxy_password_file
        config.set_proxy(
            proxy.hostname,
            proxy.port or 80,
            settings.proxy_username,
            read_secret(password) if password else None,
        )
    if settings.ca_file:
        config.set_property_by_name("OPENSSL_SINGLE_TRUSTED_CERT", read_text(settings.ca_file))
