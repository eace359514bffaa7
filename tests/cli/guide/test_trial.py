"""Commands said into a real arecord, heard by a host whose engine is scripted."""

from pathlib import Path

import pytest

from tests.service.checks.home import SENTENCE, Home, spoken
from tests.speechhost.fakes import ScriptedEngine
from tests.speechhost.hosting import serving
from voice2mqtt.cli.guide.questions import Questions
from voice2mqtt.cli.guide.trial import try_commands
from voice2mqtt.errors import UnavailableError

NOBODY = Questions(interactive=False)
"""Takes what was understood for right."""


def test_commands_are_said_and_what_they_would_do_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(ScriptedEngine(f"{SENTENCE}.")) as url:
        home = Home(tmp_path, "mqtt://127.0.0.1:9", url)
        home.write()
        with home.microphone(spoken(tmp_path) * 30):  # a busy machine may cut some
            understood = try_commands(home.file.path, NOBODY)
    assert understood == 2, "as many as the table has sentences"
    told = capsys.readouterr().out
    assert f"Say: {SENTENCE}" in told
    assert "would publish home/kitchen/light/set = ON" in told


def test_a_host_elsewhere_that_is_away_is_told(tmp_path: Path) -> None:
    home = Home(tmp_path, "mqtt://127.0.0.1:9", "ws://127.0.0.1:9")
    home.write()
    with pytest.raises(UnavailableError, match="is away: nobody listens"):
        try_commands(home.file.path, NOBODY)


def test_a_cloud_that_is_away_is_told_and_no_host_of_ours_started(tmp_path: Path) -> None:
    home = Home(tmp_path, "mqtt://127.0.0.1:9", "")
    (tmp_path / "key").write_text("0")
    home.settings["speech"] = {
        "region": "nowhere", "key_file": str(tmp_path / "key"), "proxy": "http://127.0.0.1:9"
    }  # fmt: skip
    home.write()
    with pytest.raises(UnavailableError, match="Azure nowhere is away: the proxy"):
        try_commands(home.file.path, NOBODY)


def test_a_recording_that_is_over_is_told(tmp_path: Path) -> None:
    with serving(ScriptedEngine(f"{SENTENCE}.")) as url:
        home = Home(tmp_path, "mqtt://127.0.0.1:9", url)
        spoken(tmp_path)
        home.settings["microphone"] = {"device": f"wav:{tmp_path / 'spoken.wav'}"}
        home.write()
        with pytest.raises(UnavailableError, match=r"spoken\.wav is over"):
            try_commands(home.file.path, NOBODY)
