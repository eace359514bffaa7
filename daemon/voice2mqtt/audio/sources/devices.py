"""The capture devices of this machine, by the names that belong in the settings.

Names with `CARD=` stay the same whatever the order in which cards are found; numbers do not.
"""

import re
import subprocess
from dataclasses import dataclass, replace

from voice2mqtt.audio.signal.condition import Condition
from voice2mqtt.audio.sources.arecord_errors import condition_of, sentence_for
from voice2mqtt.audio.sources.sound_server import ALSA
from voice2mqtt.audio.sources.sound_sources import run_program, sound_sources
from voice2mqtt.errors import UnavailableError

_PLUGINS = {
    *("null", "lavrate", "samplerate", "speexrate", "speex", "jack", "oss", "upmix", "vdownmix"),
    *("a52", "arcamav", "ladspa", "usbstream"),
}
"""ALSA plugins, which are listed but are no devices."""
_VARIANTS = {
    *("hw", "sysdefault", "front", "dsnoop", "dmix", "iec958", "hdmi", "usbstream"),
    *("surround21", "surround40", "surround41", "surround50", "surround51", "surround71"),
}
"""Other names of cards that `plughw:` covers."""


_ONE_SAMPLE = (
    *("-t", "raw", "-f", "S16_LE", "-r", "16000", "-c", "1", "-s", "1", "--dump-hw-params"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureDevice:
    """One capture device."""

    name: str
    """What to write under `microphone.device`."""
    description: str
    channels: str = ""
    """What it offers: a number, or from - to."""
    rates_hz: str = ""
    condition: Condition = Condition.OK
    problem: str = ""
    """Why it cannot be used now and what to do; "" if it can."""
    chosen: bool = False
    default: bool = False
    """Whether the sound server gives this one to a program that names none."""


def list_devices(chosen: str, server: str = ALSA) -> list[CaptureDevice]:
    """Return every capture device, and `chosen` even if it is not there.

    `server` is the kind of sound server; its microphones are listed by their own names, too.

    Raises:
        UnavailableError: There is no arecord.
    """
    names = _listed(_arecord("-L").stdout)
    found = [_probed(name, description, chosen) for name, description in names.items()]
    # ALSA lists names that are for playing only, or for a sound server that is not there.
    absent = {Condition.MISSING, Condition.NO_SERVER}
    devices = [device for device in found if device.chosen or device.condition not in absent]
    for source in sound_sources(server):
        if source.name not in names:
            names[source.name] = source.description
            device = _probed(source.name, source.description, chosen)
            devices.append(replace(device, default=source.is_default))
    if chosen not in names:
        devices.append(_probed(chosen, "named in the settings", chosen))
    return devices


def _listed(text: str) -> dict[str, str]:
    """Return the names and descriptions in the output of `arecord -L`."""
    names: dict[str, str] = {}
    for block in re.split(r"\n(?=\S)", text.rstrip("\n")):
        name, *description = (line.strip() for line in block.splitlines() or [""])
        if name and name not in _PLUGINS and name.partition(":")[0] not in _VARIANTS:
            names[name] = description[0] if description else ""
    return names


def _probed(name: str, description: str, chosen: str) -> CaptureDevice:
    """Open `name` for one sample and see."""
    device = CaptureDevice(name=name, description=description, chosen=name == chosen)
    try:
        opened = _arecord("-D", name, *_ONE_SAMPLE)
        # What the card itself offers, not what ALSA makes of it.
        bare = name.removeprefix("plug")
        offer = opened if bare == name else _arecord("-D", bare, *_ONE_SAMPLE)
    except subprocess.TimeoutExpired:
        return _broken(device, Condition.STALLED)
    if opened.returncode:
        return _broken(device, condition_of(opened.stderr), opened.stderr)
    return replace(
        device,
        channels=_offered(offer.stderr, "CHANNELS"),
        rates_hz=_offered(offer.stderr, "RATE"),
    )


def _broken(device: CaptureDevice, condition: Condition, errors: str = "") -> CaptureDevice:
    problem = sentence_for(condition, device.name, errors)
    return replace(device, condition=condition, problem=problem)


def _offered(parameters: str, name: str) -> str:
    """Return the line of `--dump-hw-params` for `name` as a number or a range."""
    found = re.search(rf"^{name}: +[\[(]?(\d+)(?: (\d+))?", parameters, re.MULTILINE)
    if not found:
        return ""
    lowest, highest = found.groups()
    return f"{lowest}-{highest}" if highest else str(lowest)


def _arecord(*arguments: str) -> subprocess.CompletedProcess[str]:
    try:
        return run_program("arecord", *arguments)
    except FileNotFoundError as error:
        raise UnavailableError("there is no arecord; install alsa-utils") from error
