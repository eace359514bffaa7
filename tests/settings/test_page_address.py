"""Where the page may be, and what is refused with its cure."""

from pathlib import Path

import pytest

from tests.settings.reading import settings
from voice2mqtt.settings.load import load_settings
from voice2mqtt.settings.yaml.faults import FaultsError


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("listen: 8099", "put it in quotes"),
        ("listen: 127.0.0.1", "write it as 127.0.0.1:8099"),
        ("listen: '::1:8099'", "write it as 127.0.0.1:8099"),
        ("listen: '127.0.0.1:99999'", "write it as 127.0.0.1:8099"),
        ("listen: '0.0.0.0:8099'", "origin: https://voice.example.org"),
        ("listen: '0.0.0.0:8099', origin: 'http://voice.lan'", "in the clear"),
        ("listen: '127.0.0.1:1', origin: voice.lan", "is no origin"),
        ("listen: '127.0.0.1:1', origin: 'https://voice.lan/page'", "leave the rest out"),
        ("listen: '127.0.0.1:1', cert_file: a.pem", "belong together"),
    ],
)
def test_what_is_wrong_is_told_with_its_cure(tmp_path: Path, written: str, told: str) -> None:
    path = tmp_path / "voice2mqtt.yaml"
    path.write_text(f"console: {{{written}}}\n")
    with pytest.raises(FaultsError, match=told):
        load_settings(path)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("{}", ""),
        ("{listen: '127.0.0.1:8099'}", "http://127.0.0.1:8099"),
        ("{listen: '[::1]:8099'}", "http://[::1]:8099"),
        ("{listen: '0.0.0.0:8099', origin: 'https://Voice.lan/'}", "https://voice.lan"),
    ],
)
def test_browsers_are_told_the_origin_if_there_is_one(text: str, url: str) -> None:
    assert settings(f"console: {text}\n").console.url == url
