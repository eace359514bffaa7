"""A sentence as a WAV file, by the text-to-speech command in the settings."""

import io
import subprocess
import wave
from collections.abc import Sequence

from voice2mqtt.feedback.playback import PlaybackError

SPEECH_TIMEOUT_S = 10.0
"""For the command; the time to answer begins only when the question was spoken. Set by hand."""


def spoken(sentence: str, language: str, command: Sequence[str]) -> bytes:
    """Return `sentence` as the WAV that `command` writes to its standard output.

    `{text}` and `{language}` in its arguments are filled in; no shell sees them. Without `{text}`
    the sentence is on its standard input, where the list of processes does not show it.

    Raises:
        PlaybackError: The command is missing, fails or writes no WAV.
    """
    # A sentence must not be read as an option.
    text = sentence.lstrip("-")
    filled = [part.replace("{text}", text).replace("{language}", language) for part in command]
    try:
        done = subprocess.run(
            filled,
            input=b"" if any("{text}" in part for part in command) else sentence.encode(),
            capture_output=True,
            timeout=SPEECH_TIMEOUT_S,
            check=True,
            start_new_session=True,
        )
    except (FileNotFoundError, PermissionError) as error:
        raise PlaybackError(f"there is no {filled[0]} to speak with; install it") from error
    except subprocess.TimeoutExpired as error:
        raise PlaybackError(f"{filled[0]} did not speak within {SPEECH_TIMEOUT_S:g} s") from error
    except OSError as error:
        raise PlaybackError(f"{filled[0]} cannot speak: {error.strerror}") from error
    except subprocess.CalledProcessError as error:
        lines = error.stderr.decode(errors="replace").strip().splitlines() or [str(error)]
        raise PlaybackError(f"{filled[0]} cannot speak: {lines[-1]}") from error
    duration_s(done.stdout)
    return done.stdout


def duration_s(wav: bytes) -> float:
    """Return the duration of `wav`.

    Raises:
        PlaybackError: It is no WAV.
    """
    try:
        with wave.open(io.BytesIO(wav)) as file:
            frame_bytes = file.getnchannels() * file.getsampwidth()
            # In a WAV written to a pipe, the length in the header is wrong.
            return len(wav) / float(frame_bytes * file.getframerate())
    except (wave.Error, EOFError) as error:
        raise PlaybackError("the speech command wrote no WAV") from error
