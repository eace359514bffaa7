"""The settings as frozen values, with every default. The only list of settings there is.

Ranges and forms are checked here; that a file says them in the right place, and where it went
wrong, is `reader.py`'s business.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

_Positive = Annotated[float, Field(gt=0)]
_Milliseconds = Annotated[int, Field(ge=0, le=10_000)]


class Section(BaseModel):
    """A part of the settings: frozen, no unknown keys, no guessing between types."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Gate(Section):
    """When the ear opens, and when it takes the sentence for ended."""

    threshold: Annotated[float, Field(gt=0, lt=1)] = 0.5
    """Voice probability above which a frame counts as speech."""
    pre_roll_ms: _Milliseconds = 640
    """Audio sent from before the gate opened, so that no first word is clipped."""
    hangover_ms: _Milliseconds = 700
    """Silence that ends an utterance of which nothing is known."""
    complete_hangover_ms: _Milliseconds = 250
    """Silence that ends an utterance which is a whole command already."""
    unfinished_hangover_ms: _Milliseconds = 1200
    """Silence that ends an utterance which stops in the middle of a command."""
    min_speech_ms: _Milliseconds = 96
    """Speech needed within 192 ms before the gate opens."""
    max_utterance_s: Annotated[float, Field(ge=2, le=60)] = 15.0


class MicrophoneSettings(Section):
    """Which microphone, and how it is used."""

    device: str = "default"
    """An ALSA name from `voice2mqtt devices`, `wav:FILE`, or `stdin` (raw 16 kHz)."""
    capture: Literal["arecord", "sdk"] = "arecord"
    gate: Gate = Gate()
    noise_suppression: Annotated[int, Field(ge=0, le=4)] = 0
    auto_gain_dbfs: Annotated[int, Field(ge=0, le=31)] = 0


class SpeechSettings(Section):
    """Who recognises the words."""

    host: str | None = None
    """`ws://host:5000`; the default if nothing else is named is ws://127.0.0.1:5000."""
    endpoint: str | None = None
    region: str | None = None
    key_file: Path | None = None
    token_file: Path | None = None
    ca_file: Path | None = None
    language: str = "en-US"
    languages: tuple[str, ...] = ()
    """Two to four languages to tell apart; replaces `language`."""
    mode: Literal["single-shot", "continuous"] = "single-shot"
    phrase_list: bool = True
    """Tell the host the table's phrases, as hints."""
    timeout_s: Annotated[float, Field(ge=2, le=60)] = 20.0
    """Longest wait for an answer after speech has ended."""
    daily_limit_s: Annotated[float, Field(ge=0)] = 0.0
    """Seconds of audio a day that may be sent to the host; 0 is no limit."""


class MqttSettings(Section):
    """How the broker is reached."""

    broker: str = "mqtt://127.0.0.1:1883"
    base: str = "voice2mqtt"
    username: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    client_id: str | None = None
    """By default made from `mqtt.base` and `node`."""
    keepalive_s: Annotated[int, Field(ge=5, le=3600)] = 30
    hermes: bool = False
    """Publish Rhasspy's `hermes/intent/...` as well."""


class HomeAssistantSettings(Section):
    """How Home Assistant finds us."""

    discovery: bool = True
    prefix: str = "homeassistant"


class ListeningSettings(Section):
    """What must be said before a command, and how near a miss may be."""

    wake_phrase: tuple[str, ...] = ()
    wake_grace_s: Annotated[float, Field(ge=0, le=600)] = 0.0
    """After a command the wake phrase may be left out for so long."""
    strictness: Annotated[float, Field(ge=0, le=1)] = 0.25
    """Largest distance of sound that still counts as the same words; 0 is word for word."""
    margin: Annotated[float, Field(ge=0, le=1)] = 0.08
    """How far ahead of the next row the nearest must be."""
    ask: bool = True
    """Whether a close call is put to the speaker as a question."""
    answer_within_s: _Positive = 8.0
    repeat_within_s: Annotated[float, Field(ge=0)] = 0.0
    """An exact repeat within so long is taken for an echo."""


class FeedbackSettings(Section):
    """What the house hears back."""

    tones: bool = True
    device: str = "default"
    """An ALSA playback name."""
    speak: bool = True
    speech_command: tuple[str, ...] = ("espeak-ng", "-v", "{language}", "--stdout", "{text}")
    """Writes a WAV to its standard output."""


class RoomsSettings(Section):
    """Several nodes that may hear the same sentence."""

    agree: bool = True
    window_ms: Annotated[int, Field(ge=20, le=1000)] = 120


class PrivacySettings(Section):
    """What is kept of what was said."""

    log_text: bool = True


class Settings(Section):
    """Everything `voice2mqtt.yaml` can say."""

    node: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")] = "voice"
    microphone: MicrophoneSettings = MicrophoneSettings()
    speech: SpeechSettings = SpeechSettings()
    listening: ListeningSettings = ListeningSettings()
    feedback: FeedbackSettings = FeedbackSettings()
    mqtt: MqttSettings = MqttSettings()
    home_assistant: HomeAssistantSettings = HomeAssistantSettings()
    rooms: RoomsSettings = RoomsSettings()
    privacy: PrivacySettings = PrivacySettings()
    state_dir: Path | None = None
    """Where counters survive a restart; by default systemd's STATE_DIRECTORY, else
    ~/.local/state/voice2mqtt."""
    commands: Path = Path("commands.yaml")
