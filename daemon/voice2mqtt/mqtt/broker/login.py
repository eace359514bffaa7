"""The login at the broker, from the settings; their faults are found before connecting."""

import ssl
from dataclasses import dataclass, replace
from pathlib import Path

from voice2mqtt.errors import SettingsError
from voice2mqtt.mqtt.broker.address import BrokerAddress, parse_address
from voice2mqtt.mqtt.broker.delivery import Cause, ConnectionLost, Delivery
from voice2mqtt.settings.certificates import load_certificate, verifying_context
from voice2mqtt.settings.file_changes import FileVersion, file_version
from voice2mqtt.settings.model import MqttSettings
from voice2mqtt.settings.yaml.reader import read_text

LARGEST_BYTES = 1 << 20
"""Largest message we take; controls, bids and states of devices are far smaller. Set by hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Where the broker is, and how a client logs in there."""

    addresses: tuple[BrokerAddress, ...]
    """The broker in use comes first, and after it those that are tried when it is gone."""
    client_id: str
    will: Delivery | None
    keepalive_s: int
    username: str | None = None
    password_file: Path | None = None
    """Read at every connection, so that a corrected password needs no restart."""
    tls: ssl.SSLContext | None = None
    largest_bytes: int = LARGEST_BYTES
    """No larger message is taken from the broker."""

    @property
    def address(self) -> BrokerAddress:
        """Where the broker in use is."""
        return self.addresses[0]

    def moved_on(self) -> "Login":
        """Return the login at the next broker."""
        first, *others = self.addresses
        return replace(self, addresses=(*others, first))

    def password(self) -> str | None:
        """Return the password as it stands in its file now.

        Raises:
            ConnectionLost: the file cannot be read.
        """
        file = self.password_file
        try:
            return file.read_text().rstrip("\r\n") if file else None
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            reason = f"the password file {file} cannot be read ({why})"
            raise ConnectionLost(reason, Cause.CREDENTIALS) from error

    def password_file_version(self) -> FileVersion:
        """Return what changes when the password file is written."""
        return file_version(self.password_file) if self.password_file else None


class _TidySocket(ssl.SSLSocket):
    """Closes itself when the handshake fails; paho leaves that to the garbage collector."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise


def login_from(settings: MqttSettings, node: str, will: Delivery | None) -> Login:
    """Return the login of `node`.

    Raises:
        SettingsError: a file cannot be read or is no certificate, or settings contradict.
    """
    addresses = tuple(map(parse_address, settings.brokers))
    if len({address.tls for address in addresses}) > 1:
        # Whoever can break a connection would decide that the next one is not encrypted.
        raise SettingsError("mqtt.broker: use mqtts:// or wss:// for all of the brokers or none")
    if settings.password_file:
        read_text(settings.password_file)
    return Login(
        addresses=addresses,
        client_id=settings.client_id or f"{settings.base}-{node}",
        will=will,
        keepalive_s=settings.keepalive_s,
        username=settings.username,
        password_file=settings.password_file,
        tls=_tls(settings, addresses[0]),
    )


def _tls(settings: MqttSettings, address: BrokerAddress) -> ssl.SSLContext | None:
    """Return a context that verifies the broker's certificate and name; there is no other."""
    if not address.tls:
        for name in ("ca_file", "cert_file", "key_file"):
            if getattr(settings, name):
                raise SettingsError(
                    f"mqtt.{name} is of no use without mqtts:// or wss:// in mqtt.broker"
                )
        return None
    context = verifying_context(settings.ca_file)
    # Python 3.13 sets it by default, and then refuses authorities made at home as mosquitto's
    # documentation says. Chain, dates and name are still verified.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.sslsocket_class = _TidySocket
    if settings.cert_file:
        load_certificate(context, settings.cert_file, settings.key_file)
    return context
