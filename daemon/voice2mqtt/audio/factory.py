"""Builds the microphone that the settings name."""

from collections.abc import Callable
from pathlib import Path

from voice2mqtt.audio.microphone import Microphone
from voice2mqtt.audio.signal.condition import Condition, MicrophoneState
from voice2mqtt.audio.signal.energy_prefilter import EnergyPrefilter
from voice2mqtt.audio.signal.noise_suppression import NoiseSuppressedSource
from voice2mqtt.audio.signal.voice_activity import SileroVoiceActivity
from voice2mqtt.audio.sources.capture import Capture
from voice2mqtt.audio.sources.pipe import PipeSource
from voice2mqtt.audio.sources.recording import Recording
from voice2mqtt.audio.sources.source import Source
from voice2mqtt.audio.sources.wav import WavSource
from voice2mqtt.audio.wake_gate import WakeSettings
from voice2mqtt.core.audio import VoiceActivity
from voice2mqtt.core.heartbeat import UNWATCHED, Heartbeat
from voice2mqtt.settings.model import WAV_PREFIX, MicrophoneSettings

STDIN = "stdin"


def open_microphone(
    settings: MicrophoneSettings,
    on_state: Callable[[MicrophoneState], None],
    on_audio: Callable[[bytes], None] = lambda _block: None,
    heartbeat: Heartbeat = UNWATCHED,
    wake: WakeSettings | None = None,
) -> Microphone:
    """Return the microphone that `settings` name.

    `on_state` is called with each change of its condition, `on_audio` with every block. The
    capture thread beats `heartbeat`, whether or not the device works. With `wake` an utterance
    needs a wake word.

    Raises:
        InputError: A WAV file is named that cannot be used. A microphone that cannot be used is
            no error: it is waited for.
        SettingsError: They ask for noise suppression, and its library is not installed.
    """
    source = _suppressing_noise(_source(settings.device, on_state), settings)
    return Microphone(source, voice_activity(), settings.gate, on_audio, heartbeat, wake)


def open_wav(
    path: Path,
    settings: MicrophoneSettings,
    *,
    paced: bool = False,
    wake: WakeSettings | None = None,
) -> Microphone:
    """Return a microphone that plays the WAV file `path`, in real time or as fast as that goes.

    Raises:
        InputError: It is missing, unreadable, not a WAV, cut short or empty.
    """
    source = _suppressing_noise(WavSource(path, paced=paced), settings)
    return Microphone(source, voice_activity(), settings.gate, wake=wake)


def open_recording(pcm: bytes, settings: MicrophoneSettings) -> Microphone:
    """Return a microphone that plays `pcm`, 16 kHz, mono, as fast as it is read."""
    source = _suppressing_noise(Recording(pcm), settings)
    return Microphone(source, voice_activity(), settings.gate)


def _suppressing_noise(source: Source, settings: MicrophoneSettings) -> Source:
    if not settings.noise_suppression and not settings.auto_gain_dbfs:
        return source
    return NoiseSuppressedSource(
        source,
        noise_suppression=settings.noise_suppression,
        auto_gain_dbfs=settings.auto_gain_dbfs,
    )


def voice_activity() -> VoiceActivity:
    """Return a new detector as every microphone uses it."""
    return EnergyPrefilter(SileroVoiceActivity())


def _source(device: str, on_state: Callable[[MicrophoneState], None]) -> Source:
    source: Source
    if device.startswith(WAV_PREFIX):
        source = WavSource(Path(device.removeprefix(WAV_PREFIX)), paced=True)
    elif device == STDIN:
        source = PipeSource()
    else:
        return Capture(device, on_state)
    on_state(MicrophoneState(Condition.OK, device, f"listening to {device}"))
    return source
