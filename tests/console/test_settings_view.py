"""The settings in force, with the place where each is written."""

from pathlib import Path

from voice2mqtt.console.settings_view import settings_in_force
from voice2mqtt.settings.load import load_written


def test_what_is_written_has_its_line_and_a_default_has_none(tmp_path: Path) -> None:
    path = tmp_path / "voice2mqtt.yaml"
    (tmp_path / "password").write_text("hunter2\n")
    path.write_text(
        "node: kitchen\nmqtt:\n  username: voice\n  password_file: password\n"
        "microphone: {gate: {threshold: 0.6}}\n"
    )
    entries = {str(entry["key"]): entry for entry in settings_in_force(load_written(path))}
    assert entries["node"]["line"] == 1
    assert entries["mqtt.password_file"]["line"] == 4
    assert entries["microphone.gate.threshold"] == {
        "key": "microphone.gate.threshold", "value": "0.6", "line": 5,
    }  # fmt: skip
    assert entries["rooms.window_ms"] == {"key": "rooms.window_ms", "value": "120", "line": None}
    assert "hunter2" not in str(entries)
