"""What recognitions and probes say of a host, and which of them is believed."""

import queue
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.speechhost.fakes import ScriptedEngine
from tests.speechhost.hosting import hosting
from voice2mqtt.core.outcome import Canceled, Heard, NoMatch, Origin, Outcome
from voice2mqtt.service.inbox import HostChanged, Inbox
from voice2mqtt.service.recognition import speech_services
from voice2mqtt.service.recognition.host_watch import HostWatch
from voice2mqtt.settings.speech_settings import SpeechSettings

WITHIN_S = 60.0
TIMED_OUT = Canceled(
    reason="Error", code="ServiceTimeout", explanation="no answer", origin=Origin.ANSWER
)
NO_KEY = Canceled(reason="Error", code="x", explanation="401", origin=Origin.CONNECTION)
RESET = Canceled(
    reason="Error", code="x", explanation="reset", origin=Origin.CONNECTION, passes=True
)


class Watched:
    """A watch whose probes find what a test says, and what it has reported."""

    def __init__(self) -> None:
        self.found = ""
        self.probed: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self.reported: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.watch = HostWatch(self._probe, self.reported.put)

    def _probe(self, well: bool) -> str:
        self.probed.put(well)
        return self.found

    def next_report(self) -> str:
        return self.reported.get(timeout=WITHIN_S)

    def probe_after(self, outcome: Outcome) -> None:
        """Note `outcome`, and wait for the probe that follows."""
        self.watch.note(outcome)
        self.probed.get(timeout=WITHIN_S)


@contextmanager
def watching() -> Iterator[Watched]:
    watched = Watched()
    watched.watch.start()
    try:
        assert watched.next_report() == ""
        assert watched.probed.get(timeout=WITHIN_S) is False
        yield watched
    finally:
        watched.watch.stop()


@pytest.mark.parametrize("fault", [TIMED_OUT, NO_KEY])
def test_what_a_probe_does_not_meet_stays_until_a_sentence_is_recognised(fault: Canceled) -> None:
    with watching() as watched:
        watched.probe_after(fault)
        assert watched.next_report() == fault.explanation
        watched.watch.note(NoMatch(reason="NotRecognized"))
        assert watched.next_report() == ""
        assert watched.reported.empty()


def test_what_a_probe_meets_too_is_over_when_the_probe_says_so() -> None:
    with watching() as watched:
        watched.probe_after(RESET)
        assert [watched.next_report(), watched.next_report()] == ["reset", ""]


def test_a_host_that_was_away_is_believed_again() -> None:
    with watching() as watched:
        watched.found = "refused"
        watched.probe_after(TIMED_OUT)
        assert [watched.next_report(), watched.next_report()] == ["no answer", "refused"]
        watched.found = ""
        assert watched.next_report() == ""


@pytest.mark.parametrize("outcome", [Heard(text="x"), Canceled(reason="Cut")])
def test_what_says_nothing_new_of_the_host_is_not_reported(outcome: Outcome) -> None:
    with watching() as watched:
        watched.watch.note(outcome)
        watched.probe_after(RESET)
        assert watched.next_report() == "reset"


def test_a_host_that_is_ready_and_refuses_the_key_is_not_there() -> None:
    inbox = Inbox()
    with hosting(ScriptedEngine("x"), keys=("right",)) as host:
        watch = speech_services.host_watch(SpeechSettings(host=host.url), inbox)
        watch.start()
        event = inbox.take(WITHIN_S)
        watch.stop()
    assert isinstance(event, HostChanged)
    assert "(401)" in event.fault
