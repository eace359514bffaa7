"""Which settings are used when none are named."""

from pathlib import Path

import pytest

from voice2mqtt.settings import search
from voice2mqtt.settings.search import NAME, settings_file


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """Every place in the order of the search; nothing is there yet."""
    places = {
        "yours": tmp_path / "home" / ".config" / "voice2mqtt" / NAME,
        "the machine's": tmp_path / "etc" / NAME,
        "the checkout's": tmp_path / "checkout" / "config" / NAME,
        "as shipped": tmp_path / "prefix" / "share" / "voice2mqtt" / "config" / NAME,
    }
    monkeypatch.setattr(search, "INSTALLED", places["the machine's"])
    monkeypatch.setattr(search, "ROOT", tmp_path / "checkout")
    monkeypatch.setattr("sysconfig.get_path", lambda _name, _scheme: str(tmp_path / "prefix"))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    return places


def _write(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("node: hall\n")


def test_each_place_comes_before_the_next(places: dict[str, Path], tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path / "home")}
    for why, path in reversed(places.items()):
        _write(path)
        found = settings_file(environ=environ)
        assert (found.path, found.why) == (path, why)
        assert str(found) == f"{path} ({why})"
    environ["VOICE2MQTT_SETTINGS"] = "/x/none.yaml"
    found = settings_file(environ=environ)
    assert str(found) == "/x/none.yaml (named by $VOICE2MQTT_SETTINGS)"
    found = settings_file(Path("y.yaml"), environ)
    assert str(found) == "y.yaml (named by --settings)"


def test_the_folder_of_configuration_may_be_another(
    places: dict[str, Path], tmp_path: Path
) -> None:
    _write(places["yours"])
    other = tmp_path / "other" / "voice2mqtt" / NAME
    _write(other)
    home = str(tmp_path / "home")
    named = settings_file(environ={"HOME": home, "XDG_CONFIG_HOME": str(tmp_path / "other")})
    assert named.path == other
    relative = settings_file(environ={"HOME": home, "XDG_CONFIG_HOME": "other"})
    assert relative.path == places["yours"], "as the standard has it"


def test_a_checkout_may_be_where_one_stands(places: dict[str, Path]) -> None:
    _write(places["as shipped"])
    _write(Path("config", NAME))
    found = settings_file(environ={})
    assert str(found) == "config/voice2mqtt.yaml (the checkout's)"


def test_a_link_that_leads_nowhere_is_used_so_that_it_is_told(
    places: dict[str, Path], tmp_path: Path
) -> None:
    _write(places["as shipped"])
    places["yours"].parent.mkdir(parents=True)
    places["yours"].symlink_to("nowhere")
    assert settings_file(environ={"HOME": str(tmp_path / "home")}).path == places["yours"]


def test_where_nothing_is_the_machines_are_asked_for(places: dict[str, Path]) -> None:
    assert settings_file(environ={"VOICE2MQTT_SETTINGS": ""}).path == places["the machine's"]
