from pathlib import Path

import pytest

from voice2mqtt.audio.signal.condition import Condition
from voice2mqtt.audio.sources.arecord_errors import condition_of, sentence_for


@pytest.mark.parametrize(
    ("complaint", "condition"),
    [
        ("arecord: main:831: audio open error: No such file or directory", Condition.MISSING),
        ("arecord: main:831: audio open error: No such device", Condition.MISSING),
        ("arecord: main:831: audio open error: Device or resource busy", Condition.BUSY),
        ("arecord: main:831: audio open error: Permission denied", Condition.DENIED),
        ("arecord: main:831: audio open error: Connection refused", Condition.NO_SERVER),
        ("arecord: xrun:1672: xrun: prepare error: Input/output error", Condition.LOST),
        ("arecord: set_params:1349: Channels count non available", Condition.UNSUITABLE),
        ("", Condition.FAILED),
    ],
)
def test_arecord_s_words_become_a_condition(
    tmp_path: Path, complaint: str, condition: Condition
) -> None:
    assert condition_of(complaint, sound_nodes=tmp_path) is condition


def test_devices_that_nobody_may_open_are_not_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = "arecord: main:831: audio open error: No such file or directory"
    node = tmp_path / "pcmC0D0c"
    node.touch()
    assert condition_of(missing, sound_nodes=tmp_path) is Condition.MISSING
    # Root, as whom the tests may run, may read anything.
    monkeypatch.setattr("os.access", lambda path, mode: (path, mode) != (node, 4))
    assert condition_of(missing, sound_nodes=tmp_path) is Condition.DENIED


def test_a_failure_without_a_known_cause_tells_arecord_s_words() -> None:
    said = "Recording raw data 'stdin' : Signed 16 bit\narecord: strange: things\nmore\n"
    assert sentence_for(Condition.FAILED, "hw:1", said) == (
        "microphone hw:1 cannot be used: arecord: strange: things"
    )
    assert "ended without a word" in sentence_for(Condition.FAILED, "hw:1")


@pytest.mark.parametrize(
    ("device", "package"),
    [("pipewire:NODE=alsa_input.usb", "pipewire-alsa"), ("pulse:desk", "libasound2-plugins")],
)
def test_a_sound_server_that_alsa_does_not_know_lacks_a_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, device: str, package: str
) -> None:
    said = (
        f"ALSA lib pcm.c:2666:(snd_pcm_open_noupdate) Unknown PCM {device}\n"
        "arecord: main:831: audio open error: No such file or directory\n"
    )
    (tmp_path / "pcmC0D0c").touch()
    monkeypatch.setattr("os.access", lambda *_: False)
    condition = condition_of(said, sound_nodes=tmp_path)
    assert condition is Condition.MISSING
    assert package in sentence_for(condition, device, said)
