"""Whether the Speech host can be reached, without the SDK.

The SDK takes a second to report that a host is down, and only when somebody has spoken.
"""

import socket
from urllib.parse import urlsplit

from voice2mqtt.settings.model import SpeechSettings
from voice2mqtt.settings.yaml.redaction import shown_address
from voice2mqtt.speech.azure import DEFAULT_HOST

PROBE_WITHIN_S = 2.0


def host_url(settings: SpeechSettings) -> str:
    """Return the address of the host, for people."""
    named = settings.endpoint or settings.host
    return shown_address(named or (settings.region and f"Azure {settings.region}") or DEFAULT_HOST)


def host_fault(settings: SpeechSettings) -> str:
    """Return why the host cannot be reached, in a few words; "" if it can, or is the cloud."""
    if settings.region:
        return ""
    parts = urlsplit(settings.endpoint or settings.host or DEFAULT_HOST)
    port = parts.port or (443 if parts.scheme in {"wss", "https"} else 80)
    try:
        socket.create_connection((parts.hostname or "", port), timeout=PROBE_WITHIN_S).close()
    except (socket.gaierror, UnicodeError):
        # Python's codec for names refuses what no name can be, such as two dots in a row.
        return f"the name {parts.hostname} is not known"
    except TimeoutError:
        return "no answer"
    except OSError as error:
        return (error.strerror or str(error)).lower()
    return ""
