"""Where things go, and who holds the sound."""

import socket
from contextlib import closing
from pathlib import Path

import pytest

from voice2mqtt.service.install.layout import MACHINE, of_package, of_person, sound_servers


def _serve(path: Path) -> socket.socket:
    path.parent.mkdir(parents=True)
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    return server


@pytest.mark.parametrize(
    ("path", "servers"),
    [
        pytest.param("1000/pipewire-0", {1000: "PipeWire"}, id="pipewire"),
        pytest.param("1001/pulse/native", {1001: "PulseAudio"}, id="pulseaudio"),
        pytest.param("1000/bus", {}, id="a-session-without-sound"),
    ],
)
def test_a_running_sound_server_is_seen(path: str, servers: dict[int, str], tmp_path: Path) -> None:
    with closing(_serve(tmp_path / path)):
        assert sound_servers(tmp_path) == servers


def test_pipewire_that_plays_pulseaudio_is_pipewire(tmp_path: Path) -> None:
    pulse = _serve(tmp_path / "1000/pulse/native")
    with closing(pulse), closing(socket.socket(socket.AF_UNIX)) as pipewire:
        pipewire.bind(str(tmp_path / "1000/pipewire-0"))
        assert sound_servers(tmp_path) == {1000: "PipeWire"}


def test_a_file_left_behind_is_no_sound_server(tmp_path: Path) -> None:
    (tmp_path / "1000").mkdir()
    (tmp_path / "1000" / "pipewire-0").touch()
    assert sound_servers(tmp_path) == {}


def test_a_package_is_made_elsewhere_than_it_will_be(tmp_path: Path) -> None:
    layout = of_package(tmp_path)
    assert layout.staged
    assert not MACHINE.staged
    assert layout.at(layout.prefix) == tmp_path / "opt" / "voice2mqtt"
    assert layout.at(layout.settings / "commands.yaml") == tmp_path / "etc/voice2mqtt/commands.yaml"


def test_a_persons_folders_are_where_their_session_says() -> None:
    layout = of_person({"HOME": "/home/ada", "XDG_CONFIG_HOME": "/home/ada/conf"})
    assert layout.settings == Path("/home/ada/conf/voice2mqtt")
    assert layout.units == Path("/home/ada/conf/systemd/user")
    assert layout.prefix == Path("/home/ada/.local/share/voice2mqtt")
