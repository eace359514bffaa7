"""The settings as frozen values, with every default. The only list of settings there is.

Ranges and formats are checked here; `settings_reader.py` maps each
error to its place in the file.
"""

import re
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from voice2mqtt.settings.page_address import check_listen, check_origin
from voice2mqtt.settings.yaml.redaction import is_secret_name, shown_address

_NODE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_REGION = re.compile(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*")
_LANGUAGE_TAG = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def _address(*schemes: str, paths: Sequence[str] = (), secret: str) -> AfterValidator:
    """Return a validator for URLs of `schemes`; only those in `paths` may have a path or a query.

    `secret` names the keys under which a secret belongs.
    """

    def check(address: str) -> str:
        """Return `address` if it is a usable URL."""
        try:
            parts = urlsplit(address)
            valid = parts.scheme in schemes and parts.hostname and parts.port != 0
        except ValueError:
            valid = False
        if not valid:
            raise ValueError(
                f"{shown_address(address)} is not an address; write it as {schemes[0]}://host:port "
                f"({', '.join(schemes)} are known)"
            )
        if parts.username or parts.password:
            raise ValueError(
                f"a name or password has no place in an address; use the keys {secret}"
            )
        asked = parse_qsl(f"{parts.query}&{parts.fragment}", keep_blank_values=True)
        if any(is_secret_name(name) for name, _ in asked):
            raise ValueError(
                "a key has no place in an address, which is logged; write it into a file of its "
                f"own, named by {secret}"
            )
        if parts.scheme not in paths and (parts.path.strip("/") or parts.query):
            raise ValueError(
                f"{shown_address(address)} has more than host and port; "
                + (
                    "a whole address is named by endpoint"
                    if "ws" in schemes[:1]
                    else "only ws:// and wss:// may have a path"
                )
            )
        return address

    return AfterValidator(check)


def _topic(topic: str) -> str:
    if not topic or any(character in topic for character in "+#\0") or topic.startswith("/"):
        raise ValueError(f"'{topic}' cannot begin a topic; use words joined by /, without + and #")
    return topic.rstrip("/")


def _node_name(name: str) -> str:
    if not _NODE_NAME.fullmatch(name):
        raise ValueError(f"'{name}' cannot be a node's name; use up to 64 letters, digits, - and _")
    return name


def _language(tag: str) -> str:
    if not _LANGUAGE_TAG.fullmatch(tag):
        raise ValueError(f"'{tag}' is not a language; write it as en-US or de-DE")
    return tag


def _region(name: str) -> str:
    if not _REGION.fullmatch(name):
        short = "".join(name.split()).lower()
        raise ValueError(
            f"'{name}' is not a region; write it as "
            + (short if _REGION.fullmatch(short) else "westeurope")
        )
    return name


def _as_tuple(value: object) -> object:
    """Accept a single text in place of a list."""
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


_Positive = Annotated[float, Field(gt=0)]
_Milliseconds = Annotated[int, Field(ge=0, le=10_000)]
_Text = Annotated[str, Field(min_length=1)]
_Texts = Annotated[tuple[_Text, ...], BeforeValidator(_as_tuple)]
_Topic = Annotated[str, AfterValidator(_topic)]
_Language = Annotated[str, AfterValidator(_language)]
_Region = Annotated[str, AfterValidator(_region)]
_Host = Annotated[str, _address("ws", "wss", secret="key_file or token_file")]
_Listen = Annotated[str, AfterValidator(check_listen)]
_Origin = Annotated[str, AfterValidator(check_origin)]
_Endpoint = Annotated[
    str,
    _address(
        *("wss", "ws", "https", "http"),
        paths=("wss", "ws", "https", "http"),
        secret="key_file or token_file",
    ),
]
_Broker = Annotated[
    str,
    _address(
        "mqtt", "mqtts", "ws", "wss", paths=("ws", "wss"), secret="username and password_file"
    ),
]


WAV_PREFIX = "wav:"
"""Prefix of a recording that replaces the microphone."""


class Section(BaseModel):
    """A section of the settings: frozen, no unknown keys, no conversion between types."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, hide_input_in_errors=True
    )


class EndpointerSettings(Section):
    """When an utterance begins and when it ends: the endpointer's parameters."""

    threshold: Annotated[float, Field(gt=0, lt=1)] = 0.5
    """Voice probability above which a frame counts as speech."""
    pre_roll_ms: _Milliseconds = 640
    """Audio sent from before the gate opened, so that no first word is clipped."""
    hangover_ms: _Milliseconds = 700
    """Silence that ends an utterance of which nothing is known."""
    complete_hangover_ms: _Milliseconds = 128
    """Silence that ends an utterance which is a whole command already."""
    open_hangover_ms: _Milliseconds = 400
    """Silence that ends a whole command which might still go on."""
    unfinished_hangover_ms: _Milliseconds = 1200
    """Silence that ends an utterance which stops in the middle of a command."""
    min_speech_ms: _Milliseconds = 96
    """Speech needed within 192 ms before the gate opens."""
    max_utterance_s: Annotated[float, Field(ge=2, le=60)] = 15.0


class MicrophoneSettings(Section):
    """Which microphone is captured, and how."""

    device: _Text = "default"
    """An ALSA name from `voice2mqtt devices`, `wav:FILE`, or `stdin` (raw 16 kHz)."""
    capture: Literal["arecord", "sdk"] = "arecord"
    gate: EndpointerSettings = EndpointerSettings()
    noise_suppression: Annotated[int, Field(ge=0, le=4)] = 0
    auto_gain_dbfs: Annotated[int, Field(ge=0, le=31)] = 0


class SpeechSettings(Section):
    """Which service recognises speech."""

    host: _Host | None = None
    """A Speech container, or our own host; ws://127.0.0.1:5000 if nothing else is named."""
    endpoint: _Endpoint | None = None
    """A complete URL of the service, instead of `host`."""
    region: _Region | None = None
    """Azure's cloud, such as `westeurope`, instead of `host`; needs a key or a token."""
    key_file: Path | None = None
    token_file: Path | None = None
    """Read again for each connection, since tokens expire."""
    ca_file: Path | None = None
    """Certificates to trust besides the system's."""
    language: _Language = "en-US"
    languages: Annotated[tuple[_Language, ...], BeforeValidator(_as_tuple)] = ()
    """Two to four languages to tell apart; replaces `language`."""
    mode: Literal["single-shot", "continuous"] = "single-shot"
    phrase_list: bool = True
    """Send the table's phrases to the host as hints."""
    timeout_s: Annotated[float, Field(ge=2, le=60)] = 20.0
    """Longest wait for an answer after speech has ended, whatever the commands grant."""
    retry_s: Annotated[float, Field(ge=0, le=30)] = 5.0
    """How long an utterance already spoken is kept for a host that is away."""
    daily_limit_s: Annotated[float, Field(ge=0)] = 0.0
    """Seconds of audio a day that may be sent to the host; 0 is no limit."""

    @model_validator(mode="after")
    def _agree(self) -> Self:
        named = [key for key in ("host", "endpoint", "region") if getattr(self, key)]
        if len(named) > 1:
            raise ValueError(f"{' and '.join(named)} name different services; keep one of them")
        if self.region and not (self.key_file or self.token_file):
            raise ValueError("a region needs a key; name key_file or token_file too")
        if self.key_file and self.token_file:
            raise ValueError("key_file and token_file exclude each other; keep one of them")
        if len(self.languages) == 1 or len(self.languages) > 4:
            raise ValueError(
                "languages takes two to four of them; for a single one use the key language"
            )
        return self


class MqttSettings(Section):
    """How the broker is reached."""

    broker: _Broker = "mqtt://127.0.0.1:1883"
    base: _Topic = "voice2mqtt"
    """Where our own topics begin."""
    username: _Text | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    """Certificates to trust, instead of the system's."""
    cert_file: Path | None = None
    """Our own certificate, if the broker asks for one."""
    key_file: Path | None = None
    """The key of `cert_file`."""
    client_id: _Text | None = None
    """By default made from `mqtt.base` and `node`."""
    keepalive_s: Annotated[int, Field(ge=5, le=3600)] = 30
    hermes: bool = False
    """Publish Rhasspy's `hermes/intent/...` as well."""

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.password_file and not self.username:
            raise ValueError("a password needs a user; name username too")
        if bool(self.cert_file) != bool(self.key_file):
            raise ValueError("cert_file and key_file belong together; name both")
        return self


class HomeAssistantSettings(Section):
    """How Home Assistant finds us."""

    discovery: bool = True
    prefix: _Topic = "homeassistant"
    """As in Home Assistant's own settings of MQTT."""


class ListeningSettings(Section):
    """Wake phrases, and how closely an utterance must match a command."""

    wake_phrase: _Texts = ()
    """One or several; without one every command counts."""
    wake_grace_s: Annotated[float, Field(ge=0, le=600)] = 0.0
    """How long after a command the wake phrase may be left out."""
    strictness: Annotated[float, Field(ge=0, le=1)] = 0.2
    """Largest distance of sound that still counts as the same words; 0 is word for word."""
    margin: Annotated[float, Field(ge=0, le=1)] = 0.02
    """How far ahead of the next row the nearest should be; what is missing counts as distance."""
    ask: bool = True
    """Whether the speaker is asked when two commands are close."""
    answer_within_s: _Positive = 8.0
    repeat_within_s: Annotated[float, Field(ge=0)] = 0.0
    """An exact repeat within this time is ignored as an echo."""


class FeedbackSettings(Section):
    """Tones and spoken answers."""

    tones: bool = True
    device: _Text = "default"
    """An ALSA playback name."""
    speak: bool = True
    speech_command: _Texts = ("espeak-ng", "-v", "{language}", "--stdout", "{text}")
    """Writes a WAV to its standard output."""


class RoomsSettings(Section):
    """Several nodes that may hear the same sentence."""

    agree: bool = True
    window_ms: Annotated[int, Field(ge=20, le=1000)] = 120


class PrivacySettings(Section):
    """What is kept of what was said."""

    log_text: bool = True


class ConsoleSettings(Section):
    """The local web page, and who may use it."""

    listen: _Listen | None = None
    """Address and port of the page, such as 127.0.0.1:8099; without it there is none."""
    origin: _Origin | None = None
    """How browsers on other machines reach it; then everything needs the token."""
    cert_file: Path | None = None
    """The page's own certificate, for https without a proxy."""
    key_file: Path | None = None
    """The key of `cert_file`."""
    token_file: Path = Path("secrets/console-token")
    """The token that whoever changes or says something must have."""

    @model_validator(mode="after")
    def _agree(self) -> Self:
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
        return self

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of `listen`."""
        host, _, port = (self.listen or "127.0.0.1:0").rpartition(":")
        return host.strip("[]"), int(port)

    @property
    def is_local(self) -> bool:
        """Whether only programs of this machine can connect to `listen`."""
        host = self.address[0]
        try:
            return ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"

    @property
    def url(self) -> str:
        """Where a browser finds the page; "" if there is none."""
        scheme = "https" if self.cert_file else "http"
        return "" if self.listen is None else self.origin or f"{scheme}://{self.listen}"


class HistorySettings(Section):
    """What is kept on disk of what was heard and decided."""

    keep_days: Annotated[int, Field(ge=0, le=3650)] = 30
    """0 keeps nothing."""
    keep_audio_days: Annotated[int, Field(ge=0, le=3650)] = 0
    """How long recordings of what was refused or asked are kept; 0 keeps none."""


class Settings(Section):
    """Everything `voice2mqtt.yaml` can say."""

    node: Annotated[str, AfterValidator(_node_name)] = "voice"
    """Names this machine in topics and in Home Assistant."""
    microphone: MicrophoneSettings = MicrophoneSettings()
    speech: SpeechSettings = SpeechSettings()
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
