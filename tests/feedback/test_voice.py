import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import numpy as np
import pytest

from tests.speaking import spoken_pcm
from tests.virtual_sound import MICROPHONE, SPEAKER, running_sound_server
from voice2mqtt.audio.factory import open_microphone
from voice2mqtt.audio.sources.capture import Capture
from voice2mqtt.feedback.playback import DRAIN_S
from voice2mqtt.feedback.voice import ECHO_S, INVITING, SpeakerVoice
from voice2mqtt.settings.model import FeedbackSettings, MicrophoneSettings

WAIT_S = 60.0


class SuppressionLog:
    """For how long the microphone was told to hear nothing."""

    def __init__(self) -> None:
        self.suppressed_s: list[float] = []
        self._changed = threading.Condition()

    def suppress_for(self, for_s: float) -> None:
        """Note it."""
        with self._changed:
            self.suppressed_s.append(for_s)
            self._changed.notify_all()

    def wait_for(self, count: int) -> None:
        """Wait until it was told so often."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.suppressed_s) >= count, WAIT_S)


@pytest.fixture
def microphone() -> SuppressionLog:
    return SuppressionLog()


@contextmanager
def _voice(microphone: SuppressionLog, **settings: Any) -> Iterator[SpeakerVoice]:
    # ALSA's own `null` takes everything at once and makes no sound.
    chosen = FeedbackSettings(**{"device": "null", **settings})
    with closing(SpeakerVoice(chosen, "en-US", microphone.suppress_for)) as voice:
        yield voice


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline_s
        time.sleep(0.01)


def test_the_microphone_is_suppressed_for_each_sound_and_its_echo(
    microphone: SuppressionLog,
) -> None:
    with _voice(microphone) as voice:
        voice.tone("done")
        voice.say("Shall I open the front door?")
        microphone.wait_for(3)
    assert microphone.suppressed_s[0] == pytest.approx(0.16 + ECHO_S, abs=0.01)
    assert 1 < microphone.suppressed_s[1] - DRAIN_S - ECHO_S < 3
    assert microphone.suppressed_s[2] == ECHO_S


def test_who_speaks_into_the_tone_that_invites_to_speak_is_heard(
    microphone: SuppressionLog,
) -> None:
    with _voice(microphone) as voice:
        voice.tone(INVITING)
        voice.tone("done")
        microphone.wait_for(1)
    assert microphone.suppressed_s == [pytest.approx(0.16 + ECHO_S, abs=0.01)]


def test_it_is_told_when_a_sentence_has_sounded_or_will_not(microphone: SuppressionLog) -> None:
    over: list[str] = []
    told = threading.Event()

    def note(name: str) -> Callable[[], None]:
        def sounded() -> None:
            over.append(name)
            told.set()

        return sounded

    with _voice(microphone, speak=False) as voice:
        voice.say("off", note("off"))
        assert over == ["off"]
    command = ("sh", "-c", "test {text} != wrong && sleep 0.2 && espeak-ng --stdout hm")
    with _voice(microphone, speech_command=command) as voice:
        for name in ("one", "wrong", "two"):
            told.clear()
            voice.say(name, note(name))
            assert name not in over
            assert told.wait(WAIT_S)
        assert microphone.suppressed_s[-1] == ECHO_S
        for name in "abcdefgh":
            voice.say("much", note(name))
        # The voice is at the first, four wait, and those beyond are told of at once.
        assert over[4:] in (["f", "g", "h"], ["e", "f", "g", "h"])
    assert over[:4] == ["off", "one", "wrong", "two"]


def test_each_can_be_off(microphone: SuppressionLog) -> None:
    with _voice(microphone, tones=False) as voice:
        voice.tone("done")
        voice.say("yes")
        microphone.wait_for(2)
    with _voice(microphone, speak=False) as voice:
        voice.say("yes")
        voice.tone("done")
        microphone.wait_for(3)
    assert len(microphone.suppressed_s) == 3
    assert microphone.suppressed_s[0] > 1 > microphone.suppressed_s[2]


def test_a_missing_speaker_is_said_once(
    microphone: SuppressionLog, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING), _voice(microphone, device="no_such") as voice:
        voice.tone("done")
        voice.tone("refused")
        voice.tone("failed")
        microphone.wait_for(6)
        _wait_until(lambda: bool(caplog.messages))
    assert microphone.suppressed_s[1::2] == [0, 0, 0], "suppressed for nothing"
    (message,) = caplog.messages
    # aplay names the line of its source.
    assert re.sub(r"main:\d+", "main:N", message) == (
        "speaker no_such cannot be used: aplay: main:N: audio open error: No such file or "
        "directory; commands are carried out all the same"
    )


def test_a_sound_that_cannot_be_made_does_not_silence_the_next(
    microphone: SuppressionLog, caplog: pytest.LogCaptureFixture
) -> None:
    with _voice(microphone, speech_command=("espeak-ng", "--stdout", "{text}")) as voice:
        voice.say("a NUL\0 no command takes")
        voice.tone("done")
        microphone.wait_for(1)
    assert "embedded null byte" in caplog.text


def test_more_than_anybody_wants_to_hear_is_dropped_without_waiting(
    microphone: SuppressionLog,
) -> None:
    with _voice(microphone, speech_command=("sleep", "3")) as voice:
        for _ in range(20):
            voice.say("wait")
        begun_s = time.monotonic()
    assert time.monotonic() - begun_s < 2


def test_a_tone_is_heard_on_the_virtual_speaker(
    microphone: SuppressionLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_sound_server() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        heard: list[bytes] = []
        capture = Capture(MICROPHONE, lambda _state: None)
        thread = threading.Thread(target=lambda: heard.extend(capture.blocks()))
        thread.start()
        with closing(capture), _voice(microphone, device=SPEAKER) as voice:
            _wait_until(lambda: bool(heard))
            voice.tone("failed")
            _wait_until(lambda: _peak(b"".join(heard)) > 5000)
        thread.join()


def _peak(pcm: bytes) -> int:
    return int(np.abs(np.frombuffer(pcm, np.int16).astype(int)).max(initial=0))


def test_our_own_voice_begins_no_utterance(monkeypatch: pytest.MonkeyPatch) -> None:
    with running_sound_server() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        heard: list[int] = []
        listening = threading.Event()
        microphone = open_microphone(
            MicrophoneSettings(device=MICROPHONE), lambda _state: listening.set()
        )
        thread = threading.Thread(
            target=lambda: heard.extend(u.start_sample for u in microphone.utterances())
        )
        settings = FeedbackSettings(device=SPEAKER)
        voice = SpeakerVoice(settings, "en-US", microphone.suppress_for)
        with closing(microphone), closing(voice):
            thread.start()
            assert listening.wait(WAIT_S)
            voice.say("Shall I open the front door?")
            server.play(bytes(32_000 * 3))
            assert heard == []
            server.play(spoken_pcm("yes please, open the front door"))
            _wait_until(lambda: bool(heard))
        thread.join()
