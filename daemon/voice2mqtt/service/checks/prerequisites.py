"""What the daemon needs to start: one list of checks, for `check` and for `run`."""

import os
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

from voice2mqtt.audio.signal.noise_suppression import NoiseSuppressedSource
from voice2mqtt.audio.sources.capture import Capture
from voice2mqtt.audio.sources.wav import WavSource
from voice2mqtt.errors import UserFacingError
from voice2mqtt.mqtt.broker.login import login_from
from voice2mqtt.service.wake import wake_word_detector
from voice2mqtt.settings.certificates import load_certificate, verifying_context
from voice2mqtt.settings.load import WrittenSettings
from voice2mqtt.settings.model import WAV_PREFIX, MicrophoneSettings, Settings
from voice2mqtt.settings.secrets import may_be_there, read_secret, secret_files, service_places
from voice2mqtt.settings.yaml.reader import read_text
from voice2mqtt.speech.azure import AzureRecognizer

_Check = Callable[[], object]


def verify(written: WrittenSettings, environ: Mapping[str, str] = os.environ) -> None:
    """Check all that the daemon needs to start; nothing is connected or recorded.

    Raises:
        FaultsError: some of it is missing or unfit; it has every fault with its place.
    """
    settings = written.settings
    # In an ExecReload command systemd sets MAINPID, but does not pass the credentials: a secret
    # that cannot be read there is no fault.
    reloading = "MAINPID" in environ
    unseen = False
    for key, path, check in _files(settings):
        if reloading and _is_hidden(path):
            unseen = True
        else:
            _try(written, key, check)
    _try(written, "microphone", partial(_check_microphone, settings.microphone))
    if settings.listening.wake_word:
        check = partial(_check_wake_word, settings.listening.wake_word)
        _try(written, "listening.wake_word", check)
    written.faults.raise_any()
    if not unseen:
        # What the list above does not cover, the parts check when they are made.
        for place, service in zip(
            service_places(settings.speech), settings.speech.services, strict=True
        ):
            _try(written, place, partial(AzureRecognizer, service))
        _try(written, "mqtt", partial(login_from, settings.mqtt, settings.node, None))
        written.faults.raise_any()


def _try(written: WrittenSettings, key: str, check: _Check) -> None:
    try:
        check()
    except UserFacingError as error:
        written.note(key, str(error))


def _files(settings: Settings) -> Iterator[tuple[str, Path, _Check]]:
    """Yield each file of the settings: dotted key, path, and the check for it."""
    speech, mqtt, device = settings.speech, settings.mqtt, settings.microphone.device
    for key, secret in secret_files(settings).items():
        if key != "mqtt.key_file":
            yield key, secret, partial(read_secret, secret)
    authorities = {
        f"{place}.ca_file": service.ca_file for place, service in service_places(speech).items()
    }
    for key, path in {**authorities, "mqtt.ca_file": mqtt.ca_file}.items():
        if path:
            yield key, path, partial(verifying_context, path)
    console = settings.console
    certified = {
        "mqtt": (mqtt.cert_file, mqtt.key_file),
        "console": (console.cert_file, console.key_file),
    }
    for name, (cert, its_key) in certified.items():
        if cert and its_key:
            yield f"{name}.cert_file", cert, partial(read_text, cert)
            yield f"{name}.key_file", its_key, partial(_check_certificate, cert, its_key)
    if device.startswith(WAV_PREFIX):
        recording = Path(device.removeprefix(WAV_PREFIX))
        yield "microphone.device", recording, partial(_check_recording, recording)


def _check_certificate(cert_file: Path, key_file: Path) -> None:
    # A certificate that cannot be read has a fault of its own.
    if os.access(cert_file, os.R_OK, effective_ids=True):
        load_certificate(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), cert_file, key_file)


def _check_microphone(settings: MicrophoneSettings) -> None:
    if settings.noise_suppression or settings.auto_gain_dbfs:
        NoiseSuppressedSource(
            Capture(settings.device, lambda _state: None),
            noise_suppression=settings.noise_suppression,
            auto_gain_dbfs=settings.auto_gain_dbfs,
        )


def _check_wake_word(words: tuple[str, ...]) -> None:
    wake_word_detector(words).close()


def _check_recording(path: Path) -> None:
    with suppress(OSError):
        if path.is_fifo():
            # Checking would read it to its end, and leave nothing for the daemon.
            return
    WavSource(path)


def _is_hidden(path: Path) -> bool:
    return may_be_there(path) and not os.access(path, os.R_OK, effective_ids=True)
