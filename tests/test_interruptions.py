"""Half a sentence is never acted on: the microphone or the daemon fails while somebody speaks.

Everything is real: espeak-ng, a virtual ALSA microphone, arecord, the Azure SDK, our host and the
shipped table, mosquitto.
"""

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.broker import Broker, wait_until
from tests.speaking import spoken_pcm
from tests.test_end_to_end import COMMANDS, EVENT, WITHIN_S, Room, room
from voice2mqtt.audio.utterance import NO_END
from voice2mqtt.demo import stage

SENTENCE = spoken_pcm("Set the temperature to twenty one degrees.")
STOPPED_S = 3.0


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    folder = tmp_path_factory.mktemp("house")
    with (
        stage.speech_host(folder, "--commands", str(COMMANDS)) as url,
        Broker(folder) as broker,
        room(folder, broker, url) as house,
    ):
        house.speak("Turn on the kitchen light.")
        yield house


def _arecord(daemon: int) -> int:
    """Return the process that captures for `daemon`."""
    children = [
        int(child)
        for thread in Path(f"/proc/{daemon}/task").iterdir()
        for child in (thread / "children").read_text().split()
    ]
    (found,) = (c for c in children if Path(f"/proc/{c}/comm").read_text().strip() == "arecord")
    return found


def kill_arecord(house: Room) -> None:
    os.kill(_arecord(house.daemon.pid), signal.SIGKILL)


def stop_the_daemon(house: Room) -> None:
    house.daemon.send_signal(signal.SIGSTOP)
    threading.Timer(STOPPED_S, house.daemon.send_signal, [signal.SIGCONT]).start()


def _done(house: Room) -> list[str]:
    return [m.payload for m in house.seen.messages if m.topic.startswith("home/")]


def _wait_for_microphone(house: Room, states_before: int) -> None:
    """Wait until the microphone has been gone, and is back."""

    def is_back() -> bool:
        states = house.seen.on("voice2mqtt/test/state")[states_before:]
        there = [json.loads(state.payload)["microphone"] for state in states]
        return False in there and there[-1]

    wait_until(is_back, "microphone", WITHIN_S)


def _last_event(house: Room) -> str:
    return str(json.loads(house.seen.on(EVENT)[-1].payload)["event"])


def _times_hearing(house: Room) -> int:
    return [m.payload for m in house.seen.on("voice2mqtt/test/activity")].count("hearing")


def _interrupt_sentence(house: Room, fail: Callable[[Room], None]) -> dict[str, object]:
    """Have `fail` happen as soon as a sentence is heard; return the event that follows."""
    before, heard = len(house.seen.on(EVENT)), _times_hearing(house)
    speaking = threading.Thread(target=house.sound.play, args=[SENTENCE])
    speaking.start()
    wait_until(lambda: _times_hearing(house) > heard, "the sentence to be heard", WITHIN_S)
    fail(house)
    speaking.join()
    events = house.seen.wait_for_count(EVENT, before + 1, WITHIN_S)
    told: dict[str, object] = json.loads(events[before].payload)
    return told


@pytest.mark.parametrize("fail", [kill_arecord, stop_the_daemon])
def test_a_sentence_that_is_interrupted_is_told_and_not_carried_out(
    house: Room, fail: Callable[[Room], None]
) -> None:
    done, states = _done(house), len(house.seen.on("voice2mqtt/test/state"))
    told = _interrupt_sentence(house, fail)
    assert (told["event"], told["reason"]) == ("canceled", f"Cut: {NO_END}")
    if fail is kill_arecord:
        _wait_for_microphone(house, states)
    # Its rest may be told, too; what is said next is carried out, and nothing before it.
    house.sound.play(spoken_pcm("Turn off the bedroom light."))
    wait_until(lambda: _last_event(house) == "command", "the next command", WITHIN_S)
    assert _done(house) == [*done, "OFF"]


def test_a_daemon_that_is_ended_does_not_act_on_half_a_sentence(house: Room) -> None:
    done = _done(house)
    told = _interrupt_sentence(house, lambda house: house.daemon.send_signal(signal.SIGTERM))
    assert told["reason"] == f"Cut: {NO_END}"
    house.daemon.wait(WITHIN_S)
    assert _done(house) == done
