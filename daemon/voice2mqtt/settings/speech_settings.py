"""The settings of `speech:`: which services recognise, and how."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

from voice2mqtt.languages.language import primary_of
from voice2mqtt.settings.values import (
    Endpoint,
    Host,
    LanguageTag,
    Milliseconds,
    Proxy,
    Region,
    Variable,
    Within,
)

MOST_LANGUAGES = {"at-start": (4, "four"), "continuous": (10, "ten")}
"""Candidates that the cloud takes for language identification."""


@dataclass(frozen=True, kw_only=True)
class ServiceSettings:
    """One Speech service, and how it is reached."""

    name: str | None = None
    """How answers and the log call it; by default its address."""
    host: Host | None = None
    """A Speech container, or our own host; ws://127.0.0.1:5000 if nothing else is named."""
    endpoint: Endpoint | None = None
    """A complete URL of the service, instead of `host`."""
    region: Region | None = None
    """Azure's cloud, such as `westeurope`, instead of `host`; needs a key or a token."""
    endpoint_id: str | None = None
    """The deployment of a custom model (Custom Speech) at this service."""
    key_file: Path | None = None
    key_env: Variable | None = None
    """The environment variable that holds the key, instead of `key_file`."""
    token_file: Path | None = None
    """Read again for each connection, since tokens expire."""
    ca_file: Path | None = None
    """Certificates to trust besides the system's."""
    proxy: Proxy | None = None
    """A proxy on the way to the service, as http://host:port."""
    proxy_username: str | None = None
    proxy_password_file: Path | None = None
    daily_limit_s: Annotated[float, Within(0)] = 0.0
    """Seconds of audio a day that may be sent to the service; 0 is no limit."""

    def __post_init__(self) -> None:
        named = [key for key in ("host", "endpoint", "region") if getattr(self, key)]
        if len(named) > 1:
            raise ValueError(
                f"{', '.join(named[:-1])} and {named[-1]} name different services; keep one of "
                "host, endpoint and region"
            )
        known = [key for key in ("key_file", "key_env", "token_file") if getattr(self, key)]
        if self.region and not known:
            raise ValueError("a region needs a key; name key_file, key_env or token_file too")
        if len(known) > 1:
            raise ValueError(f"{' and '.join(known)} exclude each other; keep one of them")
        if self.proxy_password_file and not self.proxy_username:
            raise ValueError("a password needs a user; name proxy_username too")
        if self.proxy_username and not self.proxy:
            raise ValueError("proxy_username is for a proxy; name proxy too")


@dataclass(frozen=True, kw_only=True)
class SpeechSettings(ServiceSettings):
    """Which service recognises speech, and how."""

    language: LanguageTag = "en-US"
    languages: tuple[LanguageTag, ...] = ()
    """Two to four languages to tell apart, or up to ten continuously; replaces `language`."""
    language_id: Literal["at-start", "continuous"] = "at-start"
    """Whether the language is told once for an utterance, or may change in it."""
    mode: Literal["single-shot", "continuous"] = "single-shot"
    segmentation: Literal["time", "semantic"] = "time"
    """Whether the service ends a sentence after a silence, or where its meaning does."""
    segmentation_silence_ms: Annotated[int, Within(100, 5000)] | None = None
    """Silence after which the service ends a sentence."""
    segmentation_max_ms: Annotated[int, Within(20_000, 70_000)] | None = None
    """Longest sentence of the service."""
    end_silence_ms: Milliseconds | None = None
    """Silence after which the service ends a single shot."""
    profanity: Literal["raw", "masked", "removed"] | None = None
    """What becomes of swear words; the service decides if it is not set."""
    phrase_list: bool = True
    """Send the table's phrases to the host as hints."""
    phrases: tuple[str, ...] = ()
    """Hints beside those of the table."""
    phrase_weight: Annotated[float, Within(0, 2)] = 1.0
    """How much all hints count: 0 is not at all."""
    timeout_s: Annotated[float, Within(2, 60)] = 20.0
    """Longest wait for an answer after speech has ended, whatever the commands grant."""
    retry_s: Annotated[float, Within(0, 30)] = 5.0
    """How long an utterance already spoken is kept for a host that is away."""
    fallbacks: tuple[ServiceSettings, ...] = ()
    """Further services, in order: each is asked when those before it fail."""
    fall_back_after_s: Annotated[float, Within(1, 60)] = 3.0
    """How long an answer is waited for where there is a further service."""

    def __post_init__(self) -> None:
        super().__post_init__()
        most, in_words = MOST_LANGUAGES[self.language_id]
        if len(self.languages) == 1:
            raise ValueError("languages takes several; for a single one use the key language")
        if len(self.languages) > most:
            more = "; language_id: continuous takes ten" if self.language_id == "at-start" else ""
            raise ValueError(f"languages takes two to {in_words} of them{more}")
        if self.mode == "single-shot" and self.segmentation == "semantic":
            raise ValueError(
                "a single shot ends with the first sentence, so that there is nothing to segment "
                "by meaning; take segmentation: semantic out, or write mode: continuous"
            )
        if self.mode == "single-shot" and self.language_id == "continuous":
            raise ValueError(
                "a single shot tells its language once, at its start; take language_id: "
                "continuous out, or write mode: continuous"
            )
        if self.segmentation == "semantic" and self.segmentation_silence_ms:
            raise ValueError(
                "segmentation_silence_ms has no meaning with segmentation: semantic; keep one of "
                "them"
            )

    @property
    def first_language(self) -> str:
        """The one language, or the first of several."""
        return (*self.languages, self.language)[0]

    def spoken(self, language: str) -> str:
        """Return the `language` of a table as it is spoken here: with its region, if known."""
        first = self.first_language
        return first if primary_of(first) == primary_of(language) else language

    @property
    def is_cloud(self) -> bool:
        """Whether what is sent there may have to be paid for."""
        return bool(self.region or self.endpoint)

    @property
    def services(self) -> tuple["SpeechSettings", ...]:
        """All services in their order, each with what is shared."""
        alone = replace(self, fallbacks=())
        return (alone, *(replace(alone, **vars(further)) for further in self.fallbacks))
