"""Whose the sound of a machine is, by what lies in /run, /tmp and /var."""

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from voice2mqtt.service.install.sound_owner import sound_owner, sound_sessions

OTHER = 54321
"""A user number that nobody has."""


class Serve(Protocol):
    """Binds sockets below the root of a machine."""

    def __call__(self, *paths: str) -> Path: ...


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    # The path of a socket is short.
    monkeypatch.chdir(tmp_path)
    with ExitStack() as open_sockets:

        def bind(*paths: str) -> Path:
            for path in paths:
                Path(path).parent.mkdir(parents=True, exist_ok=True)
                open_sockets.enter_context(socket.socket(socket.AF_UNIX)).bind(path)
            return tmp_path

        yield bind


@pytest.mark.parametrize(
    ("paths", "server"),
    [
        pytest.param(["pipewire-0"], "PipeWire", id="pipewire"),
        pytest.param(["pulse/native"], "PulseAudio", id="pulseaudio"),
        pytest.param(["pulse/native", "pipewire-0"], "PipeWire", id="pipewire-as-pulseaudio"),
        pytest.param(["bus"], None, id="a-session-without-sound"),
    ],
)
def test_a_sound_server_is_seen(paths: list[str], server: str | None, serve: Serve) -> None:
    root = serve(*(f"run/user/{OTHER}/{path}" for path in paths))
    assert [each.server for each in sound_sessions(root)] == ([server] if server else [])


def test_a_file_left_behind_is_no_sound_server(tmp_path: Path) -> None:
    (tmp_path / "run/user/1000").mkdir(parents=True)
    (tmp_path / "run/user/1000/pipewire-0").touch()
    assert sound_sessions(tmp_path) == []


def test_a_socket_alone_leaves_the_sound_to_the_machine(serve: Serve) -> None:
    # As on Raspberry Pi OS Lite, where a package has brought PulseAudio along.
    root = serve(f"run/user/{OTHER}/pulse/native")
    assert [each.lasts for each in sound_sessions(root)] == [False]
    assert sound_owner(root) is None


@pytest.mark.parametrize("display", [f"run/user/{OTHER}/wayland-0", "tmp/.X11-unix/X0"])
def test_a_session_with_a_display_has_the_sound(display: str, serve: Serve) -> None:
    owner = sound_owner(serve(f"run/user/{OTHER}/pipewire-0", display))
    assert owner is not None
    assert (owner.user, owner.server, owner.owner) == (OTHER, "PipeWire", str(OTHER))


def test_a_session_that_lingers_has_the_sound(serve: Serve) -> None:
    root = serve(f"run/user/{OTHER}/pipewire-0")
    (root / "var/lib/systemd/linger").mkdir(parents=True)
    (root / "var/lib/systemd/linger" / str(OTHER)).touch()
    assert sound_owner(root) is not None


def test_our_own_session_comes_before_others(serve: Serve) -> None:
    mine = f"run/user/{os.getuid()}/pulse/native"
    owner = sound_owner(serve(f"run/user/{OTHER}/pipewire-0", mine, "tmp/.X11-unix/X0"))
    assert owner is not None
    assert owner.user == os.getuid()


def test_the_login_screen_is_whoever_logs_in(serve: Serve) -> None:
    owner = sound_owner(serve("run/user/113/pipewire-0", "run/user/113/wayland-0"))
    assert owner is not None
    assert owner.owner == "whoever logs in at its screen"
