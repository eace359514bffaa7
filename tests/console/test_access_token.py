"""The token is made once, for its owner alone."""

import stat
from pathlib import Path

import pytest

from voice2mqtt.console.access_token import made_token, token_in
from voice2mqtt.errors import SettingsError


def test_it_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "console-token"
    assert token_in(path) == ""
    token = made_token(path)
    assert len(token) >= 32
    assert made_token(path) == token_in(path) == token
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_folder_that_takes_no_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "secrets").write_text("a file")
    with pytest.raises(SettingsError, match=r"console-token: .* console\.token_file"):
        made_token(tmp_path / "secrets" / "console-token")
