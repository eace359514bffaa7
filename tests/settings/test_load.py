from pathlib import Path

import pytest

from voice2mqtt.settings import load
from voice2mqtt.settings.yaml.faults import FaultsError


def _write(folder: Path, text: str) -> Path:
    path = folder / "voice2mqtt.yaml"
    path.write_text(text)
    return path


def test_relative_paths_start_at_the_folder_of_the_file(tmp_path: Path) -> None:
    path = _write(tmp_path, "mqtt: {username: v, password_file: secrets/p, ca_file: /etc/ca.pem}\n")
    settings = load.load_settings(path, environ={})
    assert settings.commands == tmp_path / "commands.yaml"
    assert settings.mqtt.password_file == tmp_path / "secrets/p"
    assert settings.mqtt.ca_file == Path("/etc/ca.pem")


def test_paths_of_each_service_start_there_too(tmp_path: Path) -> None:
    path = _write(tmp_path, "speech: {fallbacks: [{region: x, key_file: secrets/k}]}\n")
    (service,) = load.load_settings(path, environ={}).speech.fallbacks
    assert service.key_file == tmp_path / "secrets/k"


def test_a_secret_for_the_path_of_its_file_is_not_shown_for_a_service(
    tmp_path: Path,
) -> None:
    path = _write(tmp_path, "speech: {fallbacks: [{region: x, key_file: 0F3B3C9A}]}\n")
    with pytest.raises(FaultsError) as caught:
        load.load_settings(path, environ={})
    assert "key_file takes the path of a file" in caught.value.report
    assert f"{path}:1:44: " in caught.value.report
    assert "0F3B3C9A" not in caught.value.report


def test_a_recording_is_looked_for_beside_the_settings_too(tmp_path: Path) -> None:
    path = _write(tmp_path, "microphone: {device: 'wav:said.wav'}\n")
    assert load.load_settings(path, environ={}).microphone.device == f"wav:{tmp_path}/said.wav"


def test_paths_may_begin_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    path = _write(tmp_path, "commands: ~/c.yaml\nstate_dir: ~nobody-of-that-name/s\n")
    settings = load.load_settings(path, environ={})
    assert settings.commands == Path("/home/me/c.yaml")
    assert settings.state_dir == tmp_path / "~nobody-of-that-name/s"


def test_a_file_given_by_systemd_comes_before_one_beside_the_settings(tmp_path: Path) -> None:
    given = tmp_path / "credentials"
    given.mkdir()
    (given / "secrets_mqtt-password").write_text("p")
    path = _write(tmp_path, "mqtt: {username: v, password_file: secrets/mqtt-password}\n"
                            "speech: {token_file: token}\n")  # fmt: skip
    settings = load.load_settings(path, environ={"CREDENTIALS_DIRECTORY": str(given)})
    assert settings.mqtt.password_file == given / "secrets_mqtt-password"
    assert settings.speech.token_file == tmp_path / "token"


def test_a_table_takes_the_language_of_the_settings_unless_it_names_its_own(
    tmp_path: Path,
) -> None:
    path = tmp_path / "commands.yaml"
    path.write_text("commands: [{say: hallo, topic: t, payload: p}]\n")
    assert load.load_table(path, "de").language == "de"
    path.write_text("language: nl\ncommands: [{say: hallo, topic: t, payload: p}]\n")
    assert load.load_table(path, "de").language == "nl"


def test_a_wake_words_model_is_looked_for_beside_the_settings(tmp_path: Path) -> None:
    path = _write(tmp_path, "listening: {wake_word: [alexa, models/house.json]}\n")
    wake_word = load.load_settings(path, environ={}).listening.wake_word
    assert wake_word == ("alexa", f"{tmp_path}/models/house.json")
