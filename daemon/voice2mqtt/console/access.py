"""Who may do what on the page. Pure: `server.py` asks about every request before it is served.

A page on loopback is within reach of every web site that a browser of this machine shows. The
rules, in this order:

- The Host header must be a name of this page, against DNS rebinding.
- A request that came through a proxy needs `console.origin`, else all the world would be local.
- Another site's Origin, or its Sec-Fetch-Site, is refused. There are no cookies to abuse.
- The token is needed for everything that changes or says something, and with `console.origin` for
  reading too. Only the page's own files, which tell nothing, are free then.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from urllib.parse import urlsplit

from voice2mqtt.settings.model import ConsoleSettings

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_PROXY_HEADERS = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


class Need(Enum):
    """What a request is about."""

    FILES = "files"
    """The page itself: nothing of this home."""
    READ = "read"
    CHANGE = "change"
    """It changes or says something."""


@dataclass(frozen=True, slots=True)
class Denial:
    """Why a request is not served."""

    status: int
    reason: str
    """A sentence with the cure."""


class Access:
    """The rules for a page that is served as `settings` say."""

    def __init__(self, settings: ConsoleSettings, port: int) -> None:
        """`port` is the one that is listened on."""
        scheme = "https" if settings.cert_file else "http"
        hosts = {*_LOOPBACK} | ({_host(settings)} if settings.is_local else set())
        self._origins = {f"{scheme}://{host}:{port}" for host in hosts}
        self._public = settings.origin or ""
        self._origins |= {self._public} - {""}
        self._names = {urlsplit(origin).netloc for origin in self._origins}
        # A browser leaves the usual port of a scheme out.
        for origin in list(self._origins):
            short = origin.removesuffix(_DEFAULT_PORTS[urlsplit(origin).scheme])
            self._origins.add(short)
            self._names.add(urlsplit(short).netloc)

    def denial(self, need: Need, headers: Mapping[str, str], token: str) -> Denial | None:
        """Return why a request with `headers` may not do what it needs; None if it may.

        `token` is the right one, "" if there is none yet.
        """
        if (denied := self._foreign(need, headers)) or need is Need.FILES:
            return denied
        if need is Need.READ and not self._public:
            return None
        if not token:
            return Denial(401, "there is no token yet; make one with `voice2mqtt console token`")
        if not _is_right(headers.get("Authorization", ""), token):
            return Denial(401, "the token is missing or wrong; `voice2mqtt console token` shows it")
        return None

    def _foreign(self, need: Need, headers: Mapping[str, str]) -> Denial | None:
        """Return why the request does not come from this page, if it does not."""
        if headers.get("Host", "").lower() not in self._names:
            return Denial(421, "this page is not served under that name; use the address it tells")
        if not self._public and any(name in headers for name in _PROXY_HEADERS):
            return Denial(403, "a proxy is in front of the page; name its address, console.origin")
        origin = headers.get("Origin")
        if origin is not None and origin.lower() not in self._origins:
            return Denial(403, "another site may not use this page")
        # A link on another site may lead to the page, but a script there may ask for nothing.
        site = headers.get("Sec-Fetch-Site", "none")
        if need is not Need.FILES and site not in {"same-origin", "none"}:
            return Denial(403, "another site may not use this page")
        return None


def _host(settings: ConsoleSettings) -> str:
    host = settings.address[0].lower()
    return f"[{host}]" if ":" in host else host


def _is_right(authorization: str, token: str) -> bool:
    scheme, _, given = authorization.partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(
        given.strip().encode(errors="replace"), token.encode(errors="replace")
    )
