"""The settings of `speech:`: which services recognise, and how."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from voice2mqtt.settings.values import (
    Endpoint,
    Host,
    Language,
    Proxy,
    Region,
    Section,
    Text,
    as_tuple,
)


class ServiceSettings(Section):
    """One Speech service, and how it is reached."""

    host: Host | None = None
    """A Speech container, or our own host; ws://127.0.0.1:5000 if nothing else is named."""
    endpoint: Endpoint | None = None
    """A complete URL of the service, instead of `host`."""
    region: Region | None = None
    """Azure's cloud, such as `westeurope`, instead of `host`; needs a key or a token."""
    key_file: Path | None = None
    token_file: Path | None = None
    """Read again for each connection, since tokens expire."""
    ca_file: Path | None = None
    """Certificates to trust besides the system's."""
    proxy: Proxy | None = None
    """A proxy on the way to the service, as http://host:port."""
    proxy_username: Text | None = None
    proxy_password_file: Path | None = None

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        named = [key for key in ("host", "endpoint", "region") if getattr(self, key)]
        if len(named) > 1:
            raise ValueError(
                f"{' and '.join(named)} name different services; keep one of host, endpoint and "
                "region"
            )
        if self.region and not (self.key_file or self.token_file):
            raise ValueError("a region needs a key; name key_file or token_file too")
        if self.key_file and self.token_file:
            raise ValueError("key_file and token_file exclude each other; keep one of them")
        if self.proxy_password_file and not self.proxy_username:
            raise ValueError("a password needs a user; name proxy_username too")
        if self.proxy_username and not self.proxy:
            raise ValueError("proxy_username is for a proxy; name proxy too")
        return self


class SpeechSettings(ServiceSettings):
    """Which service recognises speech, and how."""

    language: Language = "en-US"
    languages: Annotated[tuple[Language, ...], BeforeValidator(as_tuple)] = ()
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
        if len(self.languages) == 1 or len(self.languages) > 4:
            raise ValueError(
                "languages takes two to four of them; for a single one use the key language"
            )
        return self
