"""What values of settings may be: ranges and formats, each with the sentence for a wrong one.

Each check returns the value, in its usual form, or raises ValueError with what is wrong and,
behind a semicolon, what to do.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import parse_qsl, urlsplit

from voice2mqtt.settings.page_address import check_listen, check_origin
from voice2mqtt.settings.wake_words import BUILT_IN, is_model
from voice2mqtt.settings.yaml.redaction import is_secret_name, shown_address

_NODE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_REGION = re.compile(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*")
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,63}")
LANGUAGE_TAG = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def _address(*schemes: str, paths: Sequence[str] = (), secret_hint: str) -> Callable[[str], str]:
    """Return a check for URLs of `schemes`; only those in `paths` may have a path or a query.

    `secret_hint` says where a secret belongs.
    """

    def check(address: str) -> str:
        """Return `address` if it is a usable URL."""
        if "@" in address.partition("?")[0]:
            raise ValueError(f"a name or password has no place in an address; {secret_hint}")
        try:
            parts = urlsplit(address)
            valid = parts.scheme in schemes and parts.hostname and parts.port != 0
        except ValueError:
            valid = False
        if not valid:
            known = f" ({', '.join(schemes)} are known)" if len(schemes) > 1 else ""
            raise ValueError(
                f"{shown_address(address)} is not an address; write it as {schemes[0]}://host:port"
                f"{known}"
            )
        asked = parse_qsl(f"{parts.query}&{parts.fragment}", keep_blank_values=True)
        if any(is_secret_name(name) for name, _ in asked):
            raise ValueError(f"a key has no place in an address, which is logged; {secret_hint}")
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

    return check


def _topic(topic: str) -> str:
    if not topic or any(character in topic for character in "+#\0") or topic.startswith("/"):
        raise ValueError(f"'{topic}' cannot begin a topic; use words joined by /, without + and #")
    return topic.rstrip("/")


def _node_name(name: str) -> str:
    if not _NODE_NAME.fullmatch(name):
        raise ValueError(f"'{name}' cannot be a node's name; use up to 64 letters, digits, - and _")
    return name


def _language(tag: str) -> str:
    if not LANGUAGE_TAG.fullmatch(tag):
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


def _variable(name: str) -> str:
    if not _VARIABLE.fullmatch(name):
        # Not shown: it may be the secret itself.
        raise ValueError(
            "the name of an environment variable in capitals is wanted, such as SPEECH_KEY"
        )
    return name


def _wake_word(word: str) -> str:
    if not is_model(word) and word not in BUILT_IN:
        raise ValueError(
            f"there is no model for the wake word '{word}'; use one of {', '.join(BUILT_IN)}, or "
            "the path of a model, a .json or a .table"
        )
    return word


@dataclass(frozen=True)
class Within:
    """A check that a number is from `lowest` to `highest`; `exclusive` excludes both."""

    lowest: float
    highest: float = math.inf
    exclusive: bool = False

    def __call__(self, value: float) -> float:
        """Return `value` if it is within the limits."""
        inside = self.lowest <= value <= self.highest
        if not inside or (self.exclusive and value in (self.lowest, self.highest)):
            wanted = f"{'more than' if self.exclusive else 'at least'} {self.lowest:g}"
            if math.isfinite(self.highest):
                ends = ", ends excluded" if self.exclusive else ""
                wanted = f"between {self.lowest:g} and {self.highest:g}{ends}"
            raise ValueError(f"{value:g} is not {wanted}")
        return value


Milliseconds = Annotated[int, Within(0, 10_000)]
WakeWords = tuple[Annotated[str, _wake_word], ...]
Topic = Annotated[str, _topic]
ListenAddress = Annotated[str, check_listen]
PageOrigin = Annotated[str, check_origin]
NodeName = Annotated[str, _node_name]
LanguageTag = Annotated[str, _language]
Variable = Annotated[str, _variable]
Region = Annotated[str, _region]
Host = Annotated[
    str,
    _address(
        *("ws", "wss"),
        secret_hint="a Speech service takes a key instead, in a file named by key_file or "
        "token_file",
    ),
]
Endpoint = Annotated[
    str,
    _address(
        *("wss", "ws", "https", "http"),
        paths=("wss", "ws", "https", "http"),
        secret_hint="write it into a file of its own, named by key_file or token_file",
    ),
]
Proxy = Annotated[
    str, _address("http", secret_hint="use the keys proxy_username and proxy_password_file")
]
_Broker = Annotated[
    str,
    _address(
        *("mqtt", "mqtts", "ws", "wss"),
        paths=("ws", "wss"),
        secret_hint="use the keys username and password_file",
    ),
]
Broker = _Broker | tuple[_Broker, ...]
