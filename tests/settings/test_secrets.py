from pathlib import Path

import pytest

from voice2mqtt.errors import SettingsError
from voice2mqtt.settings.model import MqttSettings, Settings
from voice2mqtt.settings.secrets import exposed_secrets, read_secret
from voice2mqtt.settings.speech_settings import SpeechSettings


def test_a_secret_is_its_file_without_the_end_of_the_line(tmp_path: Path) -> None:
    path = tmp_path / "p"
    path.write_bytes(b" s3cret \r\n")
    assert read_secret(path) == " s3cret "


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        pytest.param("\n", "the file is empty; write the secret into it", id="empty"),
        pytest.param(
            "a\nb\n", "there is more than one line; keep the secret alone in it", id="two-lines"
        ),
    ],
)
def test_what_is_no_secret_is_told(content: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "p"
    path.write_text(content)
    with pytest.raises(SettingsError) as caught:
        read_secret(path)
    assert str(caught.value) == f"{path}: {sentence}"


def test_secrets_that_everybody_can_read_are_named(tmp_path: Path) -> None:
    for name, mode in (("open", 0o644), ("shut", 0o600)):
        (tmp_path / name).write_text("x")
        (tmp_path / name).chmod(mode)
    settings = Settings(
        mqtt=MqttSettings(username="v", password_file=tmp_path / "open"),
        speech=SpeechSettings(key_file=tmp_path / "shut"),
    )
    assert exposed_secrets(settings) == (tmp_path / "open",)


def test_a_secret_that_is_not_there_is_not_exposed(tmp_path: Path) -> None:
    settings = Settings(speech=SpeechSettings(token_file=tmp_path / "none"))
    assert exposed_secrets(settings) == ()
