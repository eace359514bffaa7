"""Why a Speech service could not be used: one sentence a cause, with the setting to look at.

The probe finds causes by itself; `explained` finds those of the SDK's cancellations, whose texts
`docs/azure.md` lists.
"""

import re
from dataclasses import dataclass, replace

from voice2mqtt.core.outcome import Canceled, Origin
from voice2mqtt.settings.speech_settings import ServiceSettings
from voice2mqtt.settings.yaml.redaction import shown_address
from voice2mqtt.speech.address import address_setting, host_url

_PASSING_STATUS = frozenset({408, 429, 500, 502, 503, 504})
_PASSING_CLOSES = frozenset({1000, 1001, 1006, 1011, 4429})
_STATUS = re.compile(r"WebSocket upgrade failed: .*\((\d{3})\)")
_NUMBER = re.compile(r"\(code=(-?\d+)")
_TOO_MUCH = "the host has too much to do"
_CLOSED = re.compile(r"Error code: (\d+)\.(?: Error details: (.+))?")
_NO_NAME, _NO_NAME_NOW, _NO_TLS, _NO_TRUST, _PROXY_REFUSES = -2, -3, 851, 2859, 801
_NOBODY_LISTENS = 111
"""Numbers behind `code=` in the SDK's error text: of getaddrinfo, of the SDK, and errno."""


@dataclass(frozen=True, slots=True)
class HostFault:
    """A cause for which a service cannot be used."""

    sentence: str
    passes: bool = False
    """See `Canceled.passes`."""
    origin: Origin = Origin.CONNECTION


def refused_with(status: int, service: ServiceSettings, language: str) -> HostFault:
    """Return the cause when a service answers the request for a connection with `status`."""
    setting = address_setting(service)
    match status:
        case 400:
            said = f"the host does not take the request; does it know the language {language}?"
        case 401 | 403:
            said = _key_refused(status, service)
        case 404:
            said = (
                f"the host has no recognition at this path, or none for {language}; see {setting}"
            )
        case 407:
            said = "the proxy wants a login; see speech.proxy_username"
        case 408:
            said = "the host took too long to agree to a connection"
        case 429:
            said = "the host has too much to do, or the quota of the key is used up"
        case 503:
            said = "the host has too much to do, or is just starting or stopping"
        case _ if status >= 500:
            said = "the host has a fault of its own; see its log"
        case _ if 300 <= status < 400:
            said = f"the host names another address, which is not followed; write it into {setting}"
        case _:
            said = f"this is no Speech host; see {setting}"
    return HostFault(f"{said} ({status})", passes=status in _PASSING_STATUS)


def _key_refused(status: int, service: ServiceSettings) -> str:
    secret = service.key_file or service.key_env or service.token_file
    if not secret:
        return "the host wants a key; name the file that holds it as speech.key_file"
    kind = "token" if service.token_file else "key"
    verb = "does not know" if status == 401 else "does not admit"
    return f"the host {verb} the {kind} in {secret}; is it of this service and region?"


def not_trusted(why: str, certificate: str = "") -> HostFault:
    """Return the cause when TLS refuses a `certificate` (its names), and `why`."""
    return HostFault(
        f"the host's certificate{certificate and f' {certificate}'} is not trusted: {why}; name "
        "the file of its authority's certificate as speech.ca_file"
    )


def other_name(name: str, certificate: str = "") -> HostFault:
    """Return the cause when a certificate is not for the host `name`."""
    return HostFault(
        f"the host's certificate{certificate and f' {certificate}'} is not for {name}; write the "
        "name that it is for into speech.host"
    )


def without_tls() -> HostFault:
    """Return the cause when TLS was offered to a port that does not speak it."""
    return HostFault("the host speaks no TLS on this port; write ws:// for wss:// into speech.host")


def with_tls() -> HostFault:
    """Return the cause when a port speaks TLS, and was addressed without."""
    return HostFault("the host speaks TLS on this port; write wss:// for ws:// into speech.host")


def tls_failed(error: object) -> HostFault:
    """Return the cause when the two ends do not agree on how to encrypt."""
    return HostFault(f"TLS failed: {error}; see speech.host")


def no_speech_host(address: str) -> HostFault:
    """Return the cause when whoever listens hangs up, or talks of other things."""
    return HostFault(
        f"who listens at {address} hangs up, as one that is no Speech host, or is just starting; "
        "see speech.host",
        passes=True,
    )


def unknown_name(name: str, service: ServiceSettings, *, for_now: bool) -> HostFault:
    """Return the cause when a name has no address; `for_now` if nobody could be asked for it."""
    if for_now:
        return HostFault(f"the name {name} cannot be looked up; is the network there?", passes=True)
    return HostFault(f"the name {name} is not known; see {address_setting(service)}")


def nobody_listens(address: str) -> HostFault:
    """Return the cause when a connection is refused."""
    return HostFault(f"nobody listens at {address}; is the host running?", passes=True)


def silent(address: str) -> HostFault:
    """Return the cause when a connection is not answered."""
    return HostFault(
        f"no answer from {address}; is the address right, and no firewall in between?", passes=True
    )


def proxy_fault(proxy: str, what: str, *, passes: bool = False) -> HostFault:
    """Return the cause when the way through a proxy is closed."""
    said = f"the proxy {shown_address(proxy)} is no way to the host: {what}; see speech.proxy"
    return HostFault(said, passes)


def explained(canceled: Canceled, service: ServiceSettings, language: str) -> Canceled:
    """Return `canceled` with its cause, as far as the SDK's code and text tell it."""
    cause = _cause(canceled, service, language)
    return with_fault(canceled, cause) if cause else canceled


def with_fault(canceled: Canceled, cause: HostFault) -> Canceled:
    """Return `canceled` with `cause`."""
    return replace(canceled, explanation=cause.sentence, origin=cause.origin, passes=cause.passes)


def _cause(canceled: Canceled, service: ServiceSettings, language: str) -> HostFault | None:
    said = canceled.details
    if found := _STATUS.search(said):
        return refused_with(int(found[1]), service, language)
    if found := _NUMBER.search(said):
        return _unconnected(int(found[1]), service)
    if found := _CLOSED.search(said):
        return _closed(int(found[1]), found[2] or "")
    if canceled.code == "ConnectionFailure":
        return HostFault("the connection broke off, or there was none", True, Origin.ANSWER)
    return _bad_answer(canceled.code, said)


def _bad_answer(code: str, said: str) -> HostFault | None:
    """Return the cause when the host has answered something else than a result, or nothing."""
    passes = False
    match code:
        case "ServiceTimeout":
            sentence = f"the host has not answered: {said}"
        case "BadAnswer":
            sentence = said
        case "TooManyRequests" | "ServiceUnavailable":
            sentence, passes = _TOO_MUCH, True
        case "BadRequest" | "Forbidden" | "AuthenticationFailure":
            sentence = f"the host refuses the request: {said}"
        case "ServiceError" if said.startswith("Invalid response"):
            sentence = "the host's answer cannot be read; is it a Speech host? see its log"
        case "ServiceError":
            sentence, passes = "the host has a fault of its own; see its log", True
        case _:
            return None
    return HostFault(sentence, passes, Origin.ANSWER)


def _unconnected(number: int, service: ServiceSettings) -> HostFault:
    """Return the cause for the `code=` of a connection that the SDK could not open."""
    address = shown_address(service.proxy or host_url(service))
    by_number = {
        _NO_NAME: unknown_name(f"in {address}", service, for_now=False),
        _NO_NAME_NOW: unknown_name(f"in {address}", service, for_now=True),
        _NOBODY_LISTENS: nobody_listens(address),
        _NO_TLS: without_tls(),
        _NO_TRUST: not_trusted("it is for another name, or of an unknown authority"),
        _PROXY_REFUSES: HostFault("it refuses"),
    }
    cause = by_number.get(number) or silent(address)
    if service.proxy and number not in {_NO_TLS, _NO_TRUST}:
        return proxy_fault(service.proxy, cause.sentence.partition(";")[0], passes=cause.passes)
    return cause


def _closed(code: int, reason: str) -> HostFault:
    told = "".join(filter(str.isprintable, reason))
    match code:
        case 1007 if told:
            said = f"the host refuses the request: {told}; see speech.language"
        case 1007:
            said = "the host finds fault with the protocol"
        case 4429:
            said = _TOO_MUCH
        case 1008:
            said = f"the host refuses this connection{told and f': {told}'}"
        case _ if told or code in _PASSING_CLOSES:
            said = f"the host closed the connection{told and f': {told}'}"
        case _:
            said = "the host closed the connection for a reason of its own; see its log"
    return HostFault(f"{said} ({code})", code in _PASSING_CLOSES, Origin.ANSWER)
