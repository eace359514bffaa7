import os
from pathlib import Path

import pytest

from voice2mqtt.audio.sources.sound_server import detect_sound_server


def _touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_no_socket_is_plain_alsa(tmp_path: Path) -> None:
    server = detect_sound_server({}, run=tmp_path, root=tmp_path)
    assert (server.kind, server.socket) == ("ALSA", "")
    assert "group audio" in server.advice


@pytest.mark.parametrize(
    ("sockets", "kind"),
    [
        pytest.param(["pulse/native"], "PulseAudio", id="pulseaudio"),
        pytest.param(["pipewire-0"], "PipeWire", id="pipewire"),
        pytest.param(["pipewire-0", "pulse/native"], "PipeWire", id="pipewire-as-pulseaudio"),
    ],
)
def test_a_session_s_server_is_found_by_anybody(
    tmp_path: Path, sockets: list[str], kind: str
) -> None:
    for socket in sockets:
        _touch(tmp_path / "user/1234" / socket)
    server = detect_sound_server({}, run=tmp_path, root=tmp_path)
    assert (server.kind, server.owner_uid) == (kind, 1234)
    assert server.socket == str(tmp_path / "user/1234" / sockets[0])
    assert "user with number 1234" in server.advice


def test_our_own_session_comes_first(tmp_path: Path) -> None:
    _touch(tmp_path / "user/1/pulse/native")
    _touch(tmp_path / "mine/pipewire-0")
    environ = {"XDG_RUNTIME_DIR": str(tmp_path / "mine")}
    server = detect_sound_server(environ, run=tmp_path, root=tmp_path)
    assert (server.kind, server.owner_uid) == ("PipeWire", os.getuid())


def test_a_server_for_the_whole_machine(tmp_path: Path) -> None:
    socket = _touch(tmp_path / "pulse/native")
    server = detect_sound_server({}, run=tmp_path, root=tmp_path)
    assert (server.kind, server.owner_uid) == ("PulseAudio", None)
    assert f"PULSE_SERVER=unix:{socket}" in server.advice


def test_a_server_named_in_the_environment(tmp_path: Path) -> None:
    socket = _touch(tmp_path / "elsewhere")
    environ = {"PULSE_SERVER": f"unix:{socket}"}
    assert detect_sound_server(environ, run=tmp_path, root=tmp_path).socket == str(socket)


def test_a_server_by_libpulses_own_variable(tmp_path: Path) -> None:
    socket = _touch(tmp_path / "native")
    server = detect_sound_server({"PULSE_RUNTIME_PATH": str(tmp_path)}, run=tmp_path, root=tmp_path)
    assert (server.kind, server.socket, server.owner_uid) == (
        "PulseAudio",
        str(socket),
        os.getuid(),
    )


@pytest.mark.parametrize(
    ("socket", "told"), [("pipewire-0", "pipewire-alsa"), ("pulse/native", "set-default-source")]
)
def test_it_is_told_how_to_change_the_default(tmp_path: Path, socket: str, told: str) -> None:
    _touch(tmp_path / "user/1" / socket)
    assert told in detect_sound_server({}, run=tmp_path, root=tmp_path).default_advice
