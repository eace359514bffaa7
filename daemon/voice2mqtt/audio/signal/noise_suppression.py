"""A source with noise suppression and automatic gain. The only use of webrtc-noise-gain.

Off by default: what sounds better to people need not be recognised better.
"""

from collections.abc import Iterator

from voice2mqtt.audio.sources.source import Source
from voice2mqtt.core.audio import RATE_HZ, SAMPLE_BYTES
from voice2mqtt.errors import SettingsError, how_to_add

_CHUNK_BYTES = RATE_HZ // 100 * SAMPLE_BYTES
"""The library takes 10 ms at a time."""


class NoiseSuppressedSource:
    """Yields what `source` yields, processed, up to 10 ms later."""

    def __init__(self, source: Source, *, noise_suppression: int, auto_gain_dbfs: int) -> None:
        """Suppress noise at strength 0 to 4 and aim for 0 to 31 dB below full scale (0 is off).

        Raises:
            SettingsError: The library is not installed.
        """
        try:
            from webrtc_noise_gain import AudioProcessor
        except ImportError as error:
            raise SettingsError(
                "microphone.noise_suppression and auto_gain_dbfs need webrtc-noise-gain; "
                f"{how_to_add('clean')}; or set both to 0"
            ) from error
        self._source = source
        self._processor = AudioProcessor(auto_gain_dbfs, noise_suppression)

    @property
    def live(self) -> bool:
        """Whether the audio is captured in real time."""
        return self._source.live

    def blocks(self) -> Iterator[bytes]:
        """Yield whole chunks of 10 ms, and the empty blocks of the source."""
        pending = b""
        for block in self._source.blocks():
            if not block:
                pending = b""
                yield block
                continue
            pending += block
            whole = len(pending) - len(pending) % _CHUNK_BYTES
            processed = [
                self._processor.Process10ms(pending[at : at + _CHUNK_BYTES]).audio
                for at in range(0, whole, _CHUNK_BYTES)
            ]
            pending = pending[whole:]
            if processed:
                yield b"".join(processed)
        if pending:
            yield pending

    def close(self) -> None:
        """End `blocks` at once. Any thread may call it."""
        self._source.close()
