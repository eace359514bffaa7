"""Certificates, their keys and their authorities, loaded from the files that the settings name."""

import ssl
from pathlib import Path

from voice2mqtt.errors import SettingsError
from voice2mqtt.settings.yaml.reader import read_text


def load_certificate(context: ssl.SSLContext, cert: Path, key: Path | None = None) -> None:
    """Have `context` show the certificate in `cert`; its key is there too, or in the file `key`.

    Raises:
        SettingsError: a file cannot be read, the two do not fit, or the key is encrypted.
    """
    key = key or cert

    def refuse() -> str:
        raise SettingsError(
            f"{key}: the private key is encrypted, and nobody is there to type; decrypt it with "
            f"`openssl pkey -in {key} -out plain.pem`"
        )

    for path in (cert, key):
        read_text(path)
    try:
        context.load_cert_chain(cert, key, password=refuse)
    except ssl.SSLError as error:
        raise SettingsError(
            f"{cert} and its key do not fit ({error.reason}); name a certificate and the key that "
            "it was made for, both in PEM form"
        ) from error


def verifying_context(authority: Path | None) -> ssl.SSLContext:
    """Return what verifies servers, by the authorities in a file or else those of the system.

    Raises:
        SettingsError: the file cannot be read, or holds none.
    """
    if authority:
        read_text(authority)
    try:
        return ssl.create_default_context(cafile=authority)
    except ssl.SSLError as error:
        raise SettingsError(
            f"{authority} holds no certificate in PEM form; name the file of the authority's "
            "certificate"
        ) from error
