"""Whether a Speech service can be used, without the SDK and without audio.

The SDK takes a second to report that a host is down, does not say what is wrong with a
certificate, and tells it only when somebody has spoken. A probe asks for a connection as the SDK
does, with the same key, and ends it at once.
"""

import base64
import http.client
import re
import secrets
import socket
import ssl
from contextlib import closing
from typing import Any
from urllib.parse import quote, urlsplit

from voice2mqtt.errors import SettingsError
from voice2mqtt.settings.secrets import read_secret, service_key
from voice2mqtt.settings.speech_settings import ServiceSettings, SpeechSettings
from voice2mqtt.settings.yaml.reader import read_text
from voice2mqtt.settings.yaml.redaction import shown_address
from voice2mqtt.speech import host_faults as faults
from voice2mqtt.speech.address import DEFAULT_HOST, cloud_host, host_url, service_name
from voice2mqtt.speech.host_faults import HostFault

PROBE_WITHIN_S = 2.0
_NO_TUNNEL = re.compile(r"Tunnel connection failed: (\d+)")
"""What `http.client` says when a proxy refuses."""
_PATH = "/speech/recognition/interactive/cognitiveservices/v1"
_UNIVERSAL_PATH = "/stt/speech/universal/v2"
_MISMATCHES = frozenset({62, 64})
"""OpenSSL's verify codes for a certificate of another name or address."""
_NO_TLS = frozenset({
    "WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "UNEXPECTED_EOF_WHILE_READING",
})  # fmt: skip
"""OpenSSL's reasons when the other end does not speak TLS."""


def look(service: ServiceSettings, language: str) -> HostFault | None:
    """Ask for a connection; return why it is not granted, or None if it is."""
    return _Probe(service, language).look()


def host_fault(speech: SpeechSettings) -> str:
    """Return why none of the services can be used; "" if one can."""
    faults: list[str] = []
    for service in speech.services:
        fault = look(service, speech.language)
        if fault is None:
            return ""
        name = f"{service_name(service)}: " if speech.fallbacks else ""
        faults.append(f"{name}{fault.sentence}")
    return "; ".join(faults)


def is_ready(service: ServiceSettings) -> bool:
    """Return whether the service has a `/ready`, as containers have, and says that it is."""
    return _Probe(service, "").is_ready()


class _Probe:
    """One look at one service."""

    def __init__(self, service: ServiceSettings, language: str) -> None:
        self._service = service
        self._language = language
        self._address = shown_address(service.proxy or host_url(service))
        region = service.region
        cloud = f"wss://{cloud_host(region)}{_UNIVERSAL_PATH}" if region else ""
        self._parts = urlsplit(service.endpoint or cloud or service.host or DEFAULT_HOST)
        self._tls = self._parts.scheme in {"wss", "https"}
        self._name = self._parts.hostname or ""
        self._port = self._parts.port or (443 if self._tls else 80)

    def look(self) -> HostFault | None:
        try:
            status = self._status(self._path, self._headers())
        except SettingsError as error:
            return HostFault(str(error))
        except (OSError, http.client.HTTPException, UnicodeError) as error:
            return self._cause(error)
        return None if status == 101 else faults.refused_with(status, self._service, self._language)

    def is_ready(self) -> bool:
        try:
            return self._status("/ready", {}) == 200
        except (OSError, http.client.HTTPException, UnicodeError):
            return False

    @property
    def _path(self) -> str:
        parts, language = self._parts, quote(self._language)
        if not (self._service.endpoint or self._service.region):
            model = self._service.endpoint_id
            return f"{_PATH}?" + (f"cid={quote(model)}" if model else f"language={language}")
        return f"{parts.path or _UNIVERSAL_PATH}?{parts.query}".removesuffix("?")

    def _headers(self) -> dict[str, str]:
        service = self._service
        headers = {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": base64.b64encode(secrets.token_bytes(16)).decode(),
        }
        if key := service_key(service):
            headers["Ocp-Apim-Subscription-Key"] = key
        if service.token_file:
            headers["Authorization"] = f"Bearer {read_secret(service.token_file)}"
        return headers

    def _status(self, path: str, headers: dict[str, str]) -> int:
        """Return the status with which a GET is answered."""
        with closing(self._connection()) as connection:
            connection.request("GET", path, headers=headers)
            return connection.getresponse().status

    def _connection(self) -> http.client.HTTPConnection:
        proxy = urlsplit(self._service.proxy or "")
        host, port = proxy.hostname or self._name, proxy.port or self._port
        if self._tls:
            trust = _trusting(self._service)
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                host, port, timeout=PROBE_WITHIN_S, context=trust
            )
        else:
            connection = http.client.HTTPConnection(host, port, timeout=PROBE_WITHIN_S)
        if proxy.hostname:
            connection.set_tunnel(self._name, self._port, _login(self._service))
        return connection

    def _cause(self, error: Exception) -> HostFault:
        proxy = self._service.proxy
        match error:
            case ssl.SSLCertVerificationError():
                return self._certificate_cause(error)
            case ssl.SSLError(reason=reason):
                return faults.without_tls() if reason in _NO_TLS else faults.tls_failed(error)
            case socket.gaierror(errno=number):
                named = urlsplit(proxy).hostname if proxy else self._name
                for_now = number == socket.EAI_AGAIN
                cause = faults.unknown_name(str(named), self._service, for_now=for_now)
            case UnicodeError():
                # Python's codec for names refuses what no name can be, such as two dots in a row.
                return faults.unknown_name(self._name, self._service, for_now=False)
            case TimeoutError():
                cause = faults.silent(self._address)
            case ConnectionRefusedError():
                cause = faults.nobody_listens(self._address)
            case http.client.HTTPException() | ConnectionError():
                return (
                    faults.with_tls()
                    if self._speaks_tls()
                    else faults.no_speech_host(self._address)
                )
            case OSError() if tunnel := _NO_TUNNEL.match(str(error)):
                cause = HostFault(f"it refuses ({tunnel[1]})")
            case _:
                said = (isinstance(error, OSError) and error.strerror) or str(error)
                cause = HostFault(said.lower(), passes=True)
        if proxy:
            return faults.proxy_fault(proxy, cause.sentence.partition(";")[0], passes=cause.passes)
        return cause

    def _speaks_tls(self) -> bool:
        if self._tls or self._service.proxy:
            return False
        try:
            self._shown_certificate(_trusting_anyone())
        except (OSError, ValueError):
            return False
        return True

    def _certificate_cause(self, error: ssl.SSLCertVerificationError) -> HostFault:
        names = "" if self._service.proxy else self._certificate_names()
        if error.verify_code in _MISMATCHES:
            return faults.other_name(self._name, names)
        return faults.not_trusted(error.verify_message, names)

    def _certificate_names(self) -> str:
        """Return who the service's certificate is for and from; "" if that cannot be read."""
        try:
            shown, _ = self._shown_certificate(_trusting_anyone())
            # Python reads the names of a certificate only where it trusts it.
            trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            trust.check_hostname = False
            trust.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
            trust.load_verify_locations(cadata=ssl.DER_cert_to_PEM_cert(shown))
            _, fields = self._shown_certificate(trust)
        except (OSError, ValueError):
            return ""
        return f"“{_common_name(fields, 'subject')}”, made by “{_common_name(fields, 'issuer')}”,"

    def _shown_certificate(self, trust: ssl.SSLContext) -> tuple[bytes, dict[str, Any]]:
        """Return the certificate of the service, and its fields if `trust` trusts it."""
        with (
            socket.create_connection((self._name, self._port), timeout=PROBE_WITHIN_S) as plain,
            trust.wrap_socket(plain, server_hostname=self._name) as secured,
        ):
            shown = secured.getpeercert(binary_form=True) or b""
            return shown, dict(secured.getpeercert() or {})


def _login(service: ServiceSettings) -> dict[str, str]:
    """Return the header by which a proxy knows us."""
    if not service.proxy_username:
        return {}
    secret = service.proxy_password_file
    login = f"{service.proxy_username}:{read_secret(secret) if secret else ''}"
    return {"Proxy-Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"}


def _trusting(service: ServiceSettings) -> ssl.SSLContext:
    """Return the trust that the SDK has: the system's authorities, and those of `ca_file`."""
    trust = ssl.create_default_context()
    # Newer releases of Python want more of a certificate, or less, than the SDK does.
    trust.verify_flags &= ~(ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT)
    if service.ca_file:
        trust.load_verify_locations(cadata=read_text(service.ca_file))
    return trust


def _trusting_anyone() -> ssl.SSLContext:
    """Return what connects to anybody, to look at a certificate; nothing is sent."""
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
    return trust


def _common_name(fields: dict[str, Any], of: str) -> str:
    """Return the common name in the subject or the issuer of a certificate, or all of it."""
    names = {name: value for part in fields.get(of, ()) for name, value in part}
    return str(names.get("commonName") or ", ".join(names.values()) or "?")
