from pathlib import Path

import pytest

from voice2mqtt.feedback.playback import PlaybackError
from voice2mqtt.feedback.spoken import duration_s, spoken
from voice2mqtt.settings.model import FeedbackSettings

ESPEAK = FeedbackSettings().speech_command


def test_espeak_speaks() -> None:
    question = spoken("Shall I open the front door?", "en-US", ESPEAK)
    assert 1 < duration_s(question) < 3
    assert duration_s(spoken("Gute Nacht", "de-DE", ESPEAK)) > 0.3


@pytest.mark.parametrize("text", ["--stdin", "{text}"])
def test_no_shell_and_no_option_hides_in_a_sentence(text: str, tmp_path: Path) -> None:
    path = tmp_path / "owned"
    speaks = (*ESPEAK[:-1], text)
    assert duration_s(spoken(f"; touch {path} $(touch {path})", "en-US", speaks)) > 0.3
    assert duration_s(spoken(f"--phonout={path}", "en-US", speaks)) > 0.3
    assert not path.exists()


def test_the_list_of_processes_does_not_show_what_is_spoken(tmp_path: Path) -> None:
    told = tmp_path / "told"
    # What another user sees of the command while it runs, and of what it runs itself.
    script = f'cat /proc/*/cmdline > {told}; exec "$@"'
    assert duration_s(spoken("forget zebraname", "en", ("sh", "-c", script, "sh", *ESPEAK))) > 0.3
    assert b"espeak-ng" in told.read_bytes()
    assert b"zebraname" not in told.read_bytes()


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        (("no-such-speaker",), "there is no no-such-speaker to speak with; install it"),
        (("sh", "-c", "echo no voice >&2; exit 3"), "sh cannot speak: no voice"),
        (("echo", "{text}"), "the speech command wrote no WAV"),
        (("true",), "the speech command wrote no WAV"),
    ],
)
def test_a_command_that_does_not_speak_is_named(command: tuple[str, ...], problem: str) -> None:
    with pytest.raises(PlaybackError) as caught:
        spoken("hello", "en-US", command)
    assert str(caught.value) == problem
