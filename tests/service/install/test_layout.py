"""Where things go."""

from pathlib import Path

from voice2mqtt.service.install.layout import MACHINE, of_package, of_person


def test_a_package_is_made_elsewhere_than_it_will_be(tmp_path: Path) -> None:
    layout = of_package(tmp_path)
    assert layout.staged
    assert not MACHINE.staged
    assert not layout.is_installed
    assert layout.at(layout.prefix) == tmp_path / "opt" / "voice2mqtt"
    assert layout.at(layout.settings / "commands.yaml") == tmp_path / "etc/voice2mqtt/commands.yaml"


def test_a_persons_folders_are_where_their_session_says() -> None:
    layout = of_person({"HOME": "/home/ada", "XDG_CONFIG_HOME": "/home/ada/conf"})
    assert layout.settings == Path("/home/ada/conf/voice2mqtt")
    assert layout.units == Path("/home/ada/conf/systemd/user")
    assert layout.prefix == Path("/home/ada/.local/share/voice2mqtt")
