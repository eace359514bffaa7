import os
import subprocess
from pathlib import Path

import pytest

from tests.audio.fakes import silence, speech
from voice2mqtt.audio.factory import open_microphone, open_wav
from voice2mqtt.audio.signal.condition import MicrophoneState
from voice2mqtt.audio.sources.pipe import PipeSource
from voice2mqtt.core.audio import as_wav
from voice2mqtt.errors import InputError
from voice2mqtt.settings.model import MicrophoneSettings


def _ignore(state: MicrophoneState) -> None:
    del state


def _wav(path: Path, pcm: bytes) -> Path:
    path.write_bytes(as_wav(pcm))
    return path


def test_a_wav_file_can_be_the_microphone(tmp_path: Path) -> None:
    path = _wav(tmp_path / "a.wav", silence(3))
    settings = MicrophoneSettings(device=f"wav:{path}")
    assert list(open_microphone(settings, _ignore).utterances()) == []
    assert list(open_wav(path, settings).utterances()) == []


def test_a_spoken_sentence_is_one_utterance(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    subprocess.run(["espeak-ng", "-w", path, "turn on the kitchen light"], check=True)
    settings = MicrophoneSettings()
    (utterance,) = open_wav(path, settings).utterances()
    heard = b"".join(utterance.frames())
    assert utterance.start_sample == 0
    assert 1.0 < len(heard) / 32_000 < 3.5
    assert -40 < utterance.loudness_db < -5


def test_a_bad_wav_file_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        open_microphone(MicrophoneSettings(device=f"wav:{tmp_path / 'none'}"), _ignore)


def test_a_pipe_is_read_until_it_ends() -> None:
    read, write = os.pipe()
    audio = speech(2)
    os.write(write, audio[:1001])
    os.write(write, audio[1001:])
    os.close(write)
    assert b"".join(PipeSource(read).blocks()) == audio
    os.close(read)


def test_a_pipe_can_be_closed_while_nothing_comes() -> None:
    read, write = os.pipe()
    source = PipeSource(read)
    source.close()
    assert list(source.blocks()) == []
    os.close(read)
    os.close(write)
