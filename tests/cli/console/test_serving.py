"""The page beside the daemon: commands matter more than the page."""

import logging
from pathlib import Path

import pytest

from tests.console.pages import made_page, served_page
from voice2mqtt.cli.console.serving import examined, served


def test_a_page_that_cannot_be_served_is_logged_and_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "first").mkdir()
    with served_page(tmp_path / "first") as page, caplog.at_level(logging.INFO):
        second, _, _ = made_page(tmp_path, f"127.0.0.1:{page.port}")
        with served(second) as address:
            assert address == ""
    assert "change console.listen" in caplog.text


def test_its_address_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    page, _, _ = made_page(tmp_path, "127.0.0.1:0")
    with caplog.at_level(logging.INFO), served(page) as address:
        assert address == f"http://127.0.0.1:{page.port}/"
    assert address in caplog.text


def test_the_doctor_examines_the_settings_of_the_daemon(tmp_path: Path) -> None:
    settings = tmp_path / "voice2mqtt.yaml"
    settings.write_text("node: a b\n")
    checks = {check["check"]: check for check in examined(settings)}
    assert checks["settings"]["severity"] == "error"
    assert str(settings) in str(checks["settings"]["sentence"])
    assert checks["broker"]["severity"] == "skipped"
