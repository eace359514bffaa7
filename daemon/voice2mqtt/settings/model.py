"""The settings as frozen values: every key with its default and its meaning.

Those of `speech:` are in `speech_settings.py`, ranges and formats in `values.py`;
`settings_reader.py` maps each error to its place in the file.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from voice2mqtt.settings.page_address import is_loopback
from voice2mqtt.settings.speech_settings import SpeechSettings
from voice2mqtt.settings.values import (
    Broker,
    ListenAddress,
    Milliseconds,
    NodeName,
    PageOrigin,
    Topic,
    WakeWords,
    Within,
)
from voice2mqtt.settings.wake_words import KEYWORD_SUFFIX

WAV_PREFIX = "wav:"
"""Prefix of a recording that replaces the microphone."""


@dataclass(frozen=True, kw_only=True)
class EndpointerSettings:
    """When an utterance begins and when it ends: the endpointer's parameters."""

    threshold: Annotated[float, Within(0, 1, exclusive=True)] = 0.5
    """Voice probability above which a frame counts as speech."""
    pre_roll_ms: Milliseconds = 640
    """Audio sent from before the gate opened, so that no first word is clipped."""
    hangover_ms: Milliseconds = 700
    """Silence that ends an utterance of which nothing is known."""
    complete_hangover_ms: Milliseconds = 128
    """Silence that ends an utterance which is a whole command already."""
    open_hangover_ms: Milliseconds = 400
    """Silence that ends a whole command which might still go on."""
    unfinished_hangover_ms: Milliseconds = 1200
    """Silence that ends an utterance which stops in the middle of a command."""
    min_speech_ms: Milliseconds = 96
    """Speech needed within 192 ms before the gate opens."""
    max_utterance_s: Annotated[float, Within(2, 60)] = 15.0


@dataclass(frozen=True, kw_only=True)
class MicrophoneSettings:
    """Which microphone is captured, and how."""

    device: str = "default"
    """An ALSA name from `voice2mqtt devices`, `wav:FILE`, or `stdin` (raw 16 kHz)."""
    capture: Literal["arecord", "sdk"] = "arecord"
    gate: EndpointerSettings = EndpointerSettings()
    noise_suppression: Annotated[int, Within(0, 4)] = 0
    auto_gain_dbfs: Annotated[int, Within(0, 31)] = 0


@dataclass(frozen=True, kw_only=True)
class MqttSettings:
    """How the broker is reached."""

    broker: Broker = "mqtt://127.0.0.1:1883"
    """One, or a list of which the next is used when one is gone."""
    base: Topic = "voice2mqtt"
    """Where our own topics begin."""
    username: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    """Certificates to trust, instead of the system's."""
    cert_file: Path | None = None
    """Our own certificate, if the broker asks for one."""
    key_file: Path | None = None
    """The key of `cert_file`."""
    client_id: str | None = None
    """By default made from `mqtt.base` and `node`."""
    keepalive_s: Annotated[int, Within(5, 3600)] = 30
    hermes: bool = False
    """Publish Rhasspy's `hermes/intent/...` as well."""

    def __post_init__(self) -> None:
        if self.password_file and not self.username:
            raise ValueError("a password needs a user; name username too")
        if bool(self.cert_file) != bool(self.key_file):
            raise ValueError("cert_file and key_file belong together; name both")
        if not self.broker:
            raise ValueError("broker names none; write its address as mqtt://host:port")

    @property
    def brokers(self) -> tuple[str, ...]:
        """The addresses, in the order in which they are tried."""
        return (self.broker,) if isinstance(self.broker, str) else self.broker


@dataclass(frozen=True, kw_only=True)
class HomeAssistantSettings:
    """How Home Assistant finds us."""

    discovery: bool = True
    prefix: Topic = "homeassistant"
    """As in Home Assistant's own settings of MQTT."""


@dataclass(frozen=True, kw_only=True)
class ListeningSettings:
    """Wake word and wake phrase, and how closely an utterance must match a command."""

    wake_word: WakeWords = ()
    """One or several, heard on this machine; without one every utterance is recognised."""
    wake_phrase: tuple[str, ...] = ()
    """One or several, read in what was recognised; without one every command counts."""
    wake_grace_s: Annotated[float, Within(0, 600)] = 0.0
    """How long after a command wake word and wake phrase may be left out."""
    strictness: Annotated[float, Within(0, 1)] = 0.2
    """Largest distance of sound that still counts as the same words; 0 is word for word."""
    margin: Annotated[float, Within(0, 1)] = 0.02
    """How far ahead of the next row the nearest should be; what is missing counts as distance."""
    ask: bool = True
    """Whether the speaker is asked when two commands are close."""
    answer_within_s: Annotated[float, Within(0, exclusive=True)] = 8.0
    repeat_within_s: Annotated[float, Within(0)] = 0.0
    """An exact repeat within this time is ignored as an echo."""

    def __post_init__(self) -> None:
        if len(self.wake_word) > 1 and any(w.endswith(KEYWORD_SUFFIX) for w in self.wake_word):
            raise ValueError(
                "a .table cannot be used beside another wake word; name it alone under wake_word"
            )


@dataclass(frozen=True, kw_only=True)
class FeedbackSettings:
    """Tones and spoken answers."""

    tones: bool = True
    device: str = "default"
    """An ALSA playback name."""
    speak: bool = True
    speech_command: tuple[str, ...] = ("espeak-ng", "-v", "{language}", "--stdout", "--stdin")
    """Writes a WAV to its standard output."""


@dataclass(frozen=True, kw_only=True)
class RoomsSettings:
    """Several nodes that may hear the same sentence."""

    agree: bool = True
    window_ms: Annotated[int, Within(20, 1000)] = 120


@dataclass(frozen=True, kw_only=True)
class PrivacySettings:
    """What is kept of what was said."""

    log_text: bool = True


@dataclass(frozen=True, kw_only=True)
class ConsoleSettings:
    """The local web page, and who may use it."""

    listen: ListenAddress | None = None
    """Address and port of the page, such as 127.0.0.1:8099; without it there is none."""
    origin: PageOrigin | None = None
    """How browsers on other machines reach it; then everything needs the token."""
    cert_file: Path | None = None
    """The page's own certificate, for https without a proxy."""
    key_file: Path | None = None
    """The key of `cert_file`."""
    token_file: Path = Path("secrets/console-token")
    """The token that whoever changes or says something must have."""

    def __post_init__(self) -> None:
        if bool(self.cert_file) != bool(self.key_file):
            raise ValueError("cert_file and key_file belong together; name both")
        if self.listen and not self.is_local and not self.origin:
            raise ValueError(
                f"{self.listen} is reached from other machines; name the address that their "
                "browsers use, as in origin: https://voice.example.org"
            )
        if self.origin and not self.origin.startswith("https://"):
            raise ValueError(
                "the token must not cross a network in the clear; write origin: https://..., with "
                "cert_file and key_file, or behind a proxy that has the certificate"
            )

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of `listen`."""
        host, _, port = (self.listen or "127.0.0.1:0").rpartition(":")
        return host.strip("[]"), int(port)

    @property
    def is_local(self) -> bool:
        """Whether only programs of this machine can connect to `listen`."""
        return is_loopback(self.address[0])

    @property
    def url(self) -> str:
        """Where a browser finds the page; "" if there is none."""
        scheme = "https" if self.cert_file else "http"
        return "" if self.listen is None else self.origin or f"{scheme}://{self.listen}"


@dataclass(frozen=True, kw_only=True)
class HistorySettings:
    """What is kept on disk of what was heard and decided."""

    keep_days: Annotated[int, Within(0, 3650)] = 30
    """0 keeps nothing."""
    keep_audio_days: Annotated[int, Within(0, 3650)] = 0
    """How long recordings of what was refused or asked are kept; 0 keeps none."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything `voice2mqtt.yaml` can say."""

    node: NodeName = "voice"
    """Names this machine in topics and in Home Assistant."""
    microphone: MicrophoneSettings = MicrophoneSettings()
    speech: SpeechSettings = SpeechSettings()  # noqa: RUF009 - it is frozen
    listening: ListeningSettings = ListeningSettings()
    feedback: FeedbackSettings = FeedbackSettings()
    mqtt: MqttSettings = MqttSettings()
    home_assistant: HomeAssistantSettings = HomeAssistantSettings()
    rooms: RoomsSettings = RoomsSettings()
    privacy: PrivacySettings = PrivacySettings()
    console: ConsoleSettings = ConsoleSettings()
    history: HistorySettings = HistorySettings()
    state_dir: Path | None = None
    """Where what must survive a restart is kept; by default systemd's STATE_DIRECTORY, else
    ~/.local/state/voice2mqtt."""
    commands: Path = Path("commands.yaml")
    """The command table."""

    def __post_init__(self) -> None:
        if self.microphone.capture == "sdk" and self.speech.fallbacks:
            raise ValueError(
                "the SDK's microphone cannot send to another service what it has sent to one; "
                "take speech.fallbacks out, or microphone.capture: sdk"
            )
        if self.listening.wake_word and self.microphone.capture == "sdk":
            raise ValueError(
                "listening.wake_word listens to our own capture; write capture: arecord under "
                "microphone, or leave wake_word out"
            )
