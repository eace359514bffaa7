"""The real engine with its own models, on synthetic speech."""

import json
import sys
from pathlib import Path

import pytest

from voice2mqtt.audio.sources.wav import WavSource
from voice2mqtt.audio.wake_word import MicroWakeWordDetector
from voice2mqtt.demo import stage
from voice2mqtt.errors import SettingsError

SILENCE = bytes(32_000)


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Each text as speech between silences."""
    wav = tmp_path_factory.mktemp("said") / "said.wav"
    found = {}
    for text in ("alexa", "okay nabu", "turn on the kitchen light"):
        stage.speak(text, stage.flite("rms"), wav)
        found[text] = SILENCE + b"".join(WavSource(wav).blocks()) + SILENCE
    return found


def _heard(detector: MicroWakeWordDetector, pcm: bytes) -> list[str]:
    words = (detector.feed(pcm[at : at + 640]) for at in range(0, len(pcm), 640))
    return [word for word in words if word]


def test_its_words_are_heard_once_each_and_nothing_else(said: dict[str, bytes]) -> None:
    detector = MicroWakeWordDetector(["alexa", "okay nabu"])
    audio = said["turn on the kitchen light"] + said["alexa"] + said["okay nabu"] + said["alexa"]
    assert _heard(detector, audio) == ["alexa", "okay nabu", "alexa"]


def test_after_a_reset_half_a_word_is_none(said: dict[str, bytes]) -> None:
    detector, pcm = MicroWakeWordDetector(["alexa"]), said["alexa"]
    middle = len(pcm) // 4 * 2
    assert _heard(detector, pcm[:middle]) == []
    detector.reset()
    assert _heard(detector, pcm[middle:]) == []
    assert _heard(detector, pcm) == ["alexa"]


def _own_model(folder: Path, **described: object) -> Path:
    """Describe a model of one's own in `folder`, and return the description."""
    import pymicro_wakeword

    built_in = Path(pymicro_wakeword.__file__).parent / "models"
    (folder / "own.tflite").write_bytes((built_in / "alexa.tflite").read_bytes())
    description = json.loads((built_in / "alexa.json").read_text())
    path = folder / "own.json"
    path.write_text(json.dumps(description | {"model": "own.tflite"} | described))
    return path


def test_a_model_of_ones_own_is_called_what_its_file_says(
    tmp_path: Path, said: dict[str, bytes]
) -> None:
    model = _own_model(tmp_path, wake_word="Hey House")
    assert _heard(MicroWakeWordDetector([str(model)]), said["alexa"]) == ["hey house"]


@pytest.mark.parametrize(
    ("described", "told"),
    [
        ({"model": "gone.tflite"}, "gone.tflite cannot be read"),
        ({"micro": {}}, "does not describe"),
    ],
)
def test_a_description_that_is_wrong_is_refused(
    tmp_path: Path, described: dict[str, object], told: str
) -> None:
    with pytest.raises(SettingsError, match=told):
        MicroWakeWordDetector([str(_own_model(tmp_path, **described))])


@pytest.mark.parametrize("content", ["", "[]", "{}", "no JSON"])
def test_a_file_that_describes_nothing_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "model.json"
    path.write_text(content)
    with pytest.raises(SettingsError, match="does not describe a model"):
        MicroWakeWordDetector([str(path)])


def test_a_model_that_would_end_the_process_is_refused(tmp_path: Path) -> None:
    path = _own_model(tmp_path)
    (tmp_path / "own.tflite").write_bytes(b"no model" * 100)
    with pytest.raises(SettingsError, match="no model of TensorFlow Lite"):
        MicroWakeWordDetector([str(path)])


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymicro_wakeword", None)
    with pytest.raises(SettingsError, match="voice2mqtt install --extra wake"):
        MicroWakeWordDetector(["alexa"])
