import threading
import time
from collections.abc import Callable, Iterator
from typing import Self

import numpy as np
import pytest

from tests.virtual_sound import MICROPHONE, PrivateSoundServer, running_sound_server
from voice2mqtt.audio.signal.condition import Condition, MicrophoneState
from voice2mqtt.audio.sources.capture import Capture

WAIT_S = 60.0
RECOVERY_S = 5.0


class Listener:
    """Reads a capture on a thread, and remembers all that it heard and was told."""

    def __init__(self, make: Callable[[Callable[[MicrophoneState], None]], Capture]) -> None:
        self.pieces: list[bytearray] = [bytearray()]
        """What was heard, a piece between two gaps."""
        self.states: list[MicrophoneState] = []
        self._changed = threading.Condition()
        self.capture = make(self._note)
        self._thread = threading.Thread(target=self._listen)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.capture.close()
        self._thread.join(WAIT_S)
        assert not self._thread.is_alive()

    @property
    def conditions(self) -> list[Condition]:
        """What it was told, in order."""
        return [state.condition for state in self.states]

    def wait_for(self, condition: Condition) -> None:
        """Wait until `condition` was told."""
        with self._changed:
            done = self._changed.wait_for(lambda: condition in self.conditions, WAIT_S)
        assert done, f"{condition} not in {self.states}"

    def wait_until_listening(self) -> None:
        """Wait for the microphone's return, as long as that may take."""
        with self._changed:
            done = self._changed.wait_for(lambda: self.states[-1].listening, RECOVERY_S)
        assert done, self.states

    def wait_for_audio(self, pieces: int = 1) -> None:
        """Wait until there is audio in the last of so many pieces."""
        with self._changed:
            assert self._changed.wait_for(
                lambda: len(self.pieces) >= pieces and self.pieces[-1], WAIT_S
            )

    def _note(self, state: MicrophoneState) -> None:
        with self._changed:
            self.states.append(state)
            self._changed.notify_all()

    def _listen(self) -> None:
        for block in self.capture.blocks():
            with self._changed:
                if block:
                    self.pieces[-1] += block
                elif self.pieces[-1]:
                    self.pieces.append(bytearray())
                self._changed.notify_all()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[PrivateSoundServer]:
    with running_sound_server() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def listener(server: PrivateSoundServer) -> Iterator[Listener]:
    del server
    with Listener(lambda on_state: Capture(MICROPHONE, on_state)) as listener:
        listener.wait_for(Condition.OK)
        yield listener


def _scripted(script: str) -> Listener:
    return Listener(lambda on_state: Capture("hw:9", on_state, command=("sh", "-c", script)))


def _recovers(server: PrivateSoundServer, listener: Listener, pieces: int) -> None:
    """Check that the microphone is back in time, and that what is said then is heard whole."""
    listener.wait_until_listening()
    spoken = np.random.default_rng(1).integers(-3000, 3000, 8000).astype(np.int16).tobytes()
    server.play(spoken)
    listener.wait_for_audio(pieces)
    deadline_s = time.monotonic() + WAIT_S
    while spoken not in listener.pieces[-1]:
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


def test_a_killed_and_restarted_server_is_named_and_waited_for(
    server: PrivateSoundServer, listener: Listener
) -> None:
    server.kill()
    listener.wait_for(Condition.LOST)
    listener.wait_for(Condition.NO_SERVER)
    server.start()
    _recovers(server, listener, pieces=2)


def test_a_removed_device_is_reopened_by_name(
    server: PrivateSoundServer, listener: Listener
) -> None:
    server.unplug()
    listener.wait_for(Condition.LOST)
    listener.wait_for(Condition.MISSING)
    server.plug()
    _recovers(server, listener, pieces=2)


def test_a_stalled_server_is_noticed(server: PrivateSoundServer, listener: Listener) -> None:
    server.stall()
    listener.wait_for(Condition.STALLED)
    server.resume()
    _recovers(server, listener, pieces=2)


def test_a_microphone_that_comes_late_is_waited_for(server: PrivateSoundServer) -> None:
    server.unplug()
    with Listener(lambda on_state: Capture(MICROPHONE, on_state)) as listener:
        listener.wait_for(Condition.MISSING)
        server.plug()
        listener.wait_until_listening()


def test_an_unknown_name_is_said_to_be_missing() -> None:
    with Listener(lambda on_state: Capture("no_such_name", on_state)) as listener:
        listener.wait_for(Condition.MISSING)
    assert listener.states[0].sentence == (
        "microphone no_such_name is not there; plug it in, or put another name from "
        "`voice2mqtt devices` under microphone.device"
    )


def test_a_busy_device_is_named() -> None:
    # No virtual microphone is ever busy: these are arecord's words for one that is.
    busy = "echo 'audio open error: Device or resource busy' >&2; exit 1"
    with _scripted(busy) as listener:
        listener.wait_for(Condition.BUSY)
    assert listener.conditions == [Condition.BUSY]
    assert "in use by another program" in listener.states[0].sentence


def test_a_raw_device_at_another_rate_is_refused() -> None:
    warning = "Warning: rate is not accurate (requested = 16000Hz, got = 48000Hz)"
    with _scripted(f"echo '{warning}' >&2; sleep 0.2; printf ab; sleep 9") as listener:
        listener.wait_for(Condition.UNSUITABLE)
    assert listener.pieces == [bytearray()]
    assert "write plughw: in place of hw:" in listener.states[0].sentence


def test_a_command_that_is_not_there_is_named() -> None:
    missing = Listener(lambda on_state: Capture("hw:0", on_state, command=("no-arecord",)))
    with missing as listener:
        listener.wait_for(Condition.FAILED)
    assert "no-arecord: No such file or directory" in listener.states[0].sentence


def test_what_it_complains_of_is_read_however_much_it_is() -> None:
    script = "yes 'pcm_read: some complaint' | head -c 200000 >&2; printf ab; sleep 9"
    with _scripted(script) as listener:
        listener.wait_for_audio()


@pytest.mark.parametrize("words", ["overrun!!! (at least 12.3 ms long)", "Suspended. Done."])
def test_where_arecord_lost_some_is_a_gap(words: str) -> None:
    script = f"printf abcd; sleep 0.3; echo '{words}' >&2; sleep 0.3; printf efgh; sleep 9"
    with _scripted(script) as listener:
        listener.wait_for_audio(pieces=2)
    assert listener.pieces[:2] == [bytearray(b"abcd"), bytearray(b"efgh")]


def test_half_a_sample_is_kept_for_the_next_block() -> None:
    script = "printf abc; sleep 0.1; printf defgh; sleep 9"
    with _scripted(script) as listener:
        listener.wait_for_audio()
        listener.wait_for(Condition.OK)
        deadline_s = time.monotonic() + WAIT_S
        while len(listener.pieces[0]) < 8:
            assert time.monotonic() < deadline_s
            time.sleep(0.01)
    assert listener.pieces[0] == b"abcdefgh"


def test_it_closes_at_once_while_it_waits() -> None:
    with _scripted("exit 1") as listener:
        listener.wait_for(Condition.FAILED)
        begun_s = time.monotonic()
    assert time.monotonic() - begun_s < 1
