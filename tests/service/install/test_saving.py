"""What lets the machine's service save its table; script/test-systemd does it for real."""

from pathlib import Path

import pytest

from voice2mqtt.errors import SettingsError
from voice2mqtt.service.install import saving

FOLDER = Path("/etc/voice2mqtt")
TABLE = FOLDER / "commands.yaml"


def _steps(settings: str, table: Path = TABLE) -> list[str]:
    return [step.what for step in saving.allowing(FOLDER / settings, table)]


def test_only_the_table_changes_its_owner_and_the_folder_is_sticky() -> None:
    steps = _steps("voice2mqtt.yaml")
    assert f"chown voice2mqtt:voice2mqtt {TABLE}" in steps
    assert f"chown root:voice2mqtt {FOLDER}" in steps
    assert f"chmod 1775 {FOLDER}" in steps
    assert "write /etc/systemd/system/voice2mqtt.service.d/save-table.conf" in steps
    assert steps[-1] == "systemctl try-restart voice2mqtt.service"


def test_one_of_several_microphones_has_its_own_unit() -> None:
    steps = _steps("kitchen.yaml")
    assert "write /etc/systemd/system/voice2mqtt@.service.d/save-table.conf" in steps
    assert steps[-1] == "systemctl try-restart voice2mqtt@kitchen.service"


@pytest.mark.parametrize(
    ("settings", "table", "told"),
    [
        (Path("/home/ada/voice2mqtt.yaml"), TABLE, "can save its table already"),
        (FOLDER / "voice2mqtt.yaml", Path("/srv/commands.yaml"), "move it there"),
        (FOLDER / "voice2mqtt.yaml", Path("/etc/commands.yaml"), "move it there"),
    ],
)
def test_no_other_folder_is_opened(settings: Path, table: Path, told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        list(saving.allowing(settings, table))


def test_it_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saving, "_DROP_INS", tmp_path)
    table = tmp_path / "commands.yaml"
    table.touch()
    assert list(saving.taking_back(table)) == []
    drop_in = tmp_path / "voice2mqtt.service.d" / "save-table.conf"
    drop_in.parent.mkdir()
    drop_in.touch()
    delete, *owned = saving.taking_back(table)
    delete.do()
    assert not drop_in.exists()
    assert [step.what for step in owned] == [
        f"chown root:root {table} {tmp_path}",
        f"chmod 755 {tmp_path}",
    ]
