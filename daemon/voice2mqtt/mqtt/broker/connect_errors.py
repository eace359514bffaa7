"""Why a connection failed, in words that say what to check."""

import socket
import ssl

from voice2mqtt.mqtt.broker.address import BrokerAddress
from voice2mqtt.mqtt.broker.delivery import Cause, ConnectionLost

_NOT_AUTHORIZED = {
    "Bad user name or password",
    "Not authorized",
    "Banned",
    "Bad authentication method",
}


def reason_of(error: Exception, address: BrokerAddress) -> str:
    """Return what `error` means to a person who wrote `address` into the settings."""
    match error:
        case ssl.SSLCertVerificationError():
            reason = f"its certificate is not trusted: {error.verify_message} (see mqtt.ca_file)"
        case ssl.SSLError():
            reason = f"TLS failed: {error.reason or error} ({question(address)})"
        case socket.gaierror():
            reason = f"the name {address.host} is not known"
        case ConnectionRefusedError():
            reason = "nobody listens there; is the broker running?"
        case TimeoutError():
            reason = "no answer in time; is the address right, and no firewall in between?"
        case ConnectionError() if address.websocket:
            reason = f"it refused the websocket at {address.path} ({question(address)})"
        case ConnectionError():
            reason = f"it hung up ({question(address)})"
        case OSError():
            reason = error.strerror or str(error)
        case _:
            reason = str(error)
    return reason


def question(address: BrokerAddress) -> str:
    """Return what to check when something answers that is no MQTT broker as we expect it."""
    kind = "websockets" if address.websocket else "plain MQTT"
    secure = " over TLS, with a client certificate if it wants one" if address.tls else ""
    return f"does it expect {kind}{secure} on port {address.port}?"


def refusal(said: str) -> ConnectionLost:
    """Return the loss for a broker that refused us and `said` why (an MQTT reason)."""
    if said == "Unsupported protocol version":
        return ConnectionLost("it does not speak MQTT 5", Cause.VERSION)
    if said in _NOT_AUTHORIZED:
        hint = "see mqtt.username and mqtt.password_file"
        return ConnectionLost(f"it refused us: {said} ({hint})", Cause.CREDENTIALS)
    return ConnectionLost(f"it refused us: {said}", Cause.NETWORK)
