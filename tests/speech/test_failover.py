"""Several services, by the real SDK: the first that works recognises, and in time."""

import logging
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.fakes import sleep_for_an_hour
from tests.speech.scripted import Refusing, Script, ScriptedHost, answering, scripted, silent
from tests.speech.test_azure import Spoken, ignore
from tests.speechhost.fakes import silence, tone
from voice2mqtt.core.outcome import Canceled, Heard, Outcome
from voice2mqtt.nlu.grammar.table import CommandTable
from voice2mqtt.service.recognition.speech_services import recognizer
from voice2mqtt.service.recognition.usage import TotalUsage, UsageMeter
from voice2mqtt.service.store import Store
from voice2mqtt.settings.model import Settings
from voice2mqtt.settings.speech_settings import ServiceSettings, SpeechSettings
from voice2mqtt.speech.azure import AzureRecognizer
from voice2mqtt.speech.failover import FailoverRecognizer

SPOKEN = (silence(200), tone(900), silence(300))
IN_TIME_S = 5.0
"""Half of what a command may take by default."""


class Services:
    """A container, our host and the cloud, each scripted, and the recogniser for them."""

    def __init__(self, hosts: list[ScriptedHost], meters: list[UsageMeter], retry_s: float) -> None:
        first, *others = (
            ServiceSettings(name=name, host=host.url)
            for name, host in zip(("container", "ours", "cloud"), hosts, strict=False)
        )
        speech = SpeechSettings(
            name=first.name, host=first.host, retry_s=retry_s, fall_back_after_s=1.0,
            fallbacks=tuple(others),
        )  # fmt: skip
        self.hosts = hosts
        self.made = recognizer(Settings(speech=speech), CommandTable(rows=()), meters)

    def say(self) -> Outcome:
        began_s = time.monotonic()
        outcome = self.made.recognize(Spoken(*SPOKEN), ignore)
        assert time.monotonic() - began_s < IN_TIME_S
        return outcome

    def who_answers(self) -> str:
        outcome = self.say()
        assert isinstance(outcome, Heard), outcome
        assert outcome.text == outcome.service
        return outcome.service


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def services(
    stack: ExitStack, *scripts: Script, meters: list[UsageMeter] | None = None, retry_s: float = 0
) -> Services:
    hosts = [stack.enter_context(scripted(script)) for script in scripts]
    made = Services(hosts, meters or [], retry_s)
    stack.callback(made.made.close)
    return made


def test_the_first_service_answers_as_long_as_it_works(stack: ExitStack) -> None:
    mine = services(stack, answering("container"), answering("ours"))
    assert [mine.who_answers() for _ in range(3)] == ["container"] * 3
    assert mine.hosts[1].connections == 0


@pytest.mark.parametrize(
    "fault", [silent, Refusing(401), Refusing(503)], ids=["silent", "401", "503"]
)
def test_a_sentence_goes_to_the_next_and_the_failed_one_rests_and_returns(
    stack: ExitStack,
    fault: Script,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    mine = services(stack, fault, answering("ours"))
    assert mine.who_answers() == "ours"
    assert "the Speech service container rests for 10 s: " in caplog.text
    mine.hosts[0].go_on_with(answering("container"))
    assert mine.who_answers() == "ours"
    sleep_for_an_hour(monkeypatch)
    assert mine.who_answers() == "container"
    assert "the Speech service container works again" in caplog.text


def test_two_that_fail_leave_it_to_the_third(stack: ExitStack) -> None:
    mine = services(stack, Refusing(403), silent, answering("cloud"))
    assert mine.who_answers() == "cloud"


def test_when_all_fail_each_tells_why(stack: ExitStack) -> None:
    mine = services(stack, Refusing(403), Refusing(400))
    outcome = mine.say()
    assert isinstance(outcome, Canceled)
    assert outcome.explanation == (
        "container: the host wants a key; name the file that holds it as speech.key_file (403); "
        "ours: the host does not take the request; does it know the language en-US? (400)"
    )
    # There is nothing to lose by asking those that rest.
    mine.hosts[1].go_on_with(answering("ours"))
    assert mine.who_answers() == "ours"


def test_a_sentence_that_all_have_failed_is_tried_again(stack: ExitStack) -> None:
    mine = services(stack, Refusing(403), Refusing(503), retry_s=10)
    mine.hosts[1]._scripts = [Refusing(503)] * 5 + [answering("ours")]
    assert mine.who_answers() == "ours"


def test_all_are_tried_again_together_and_none_by_itself(stack: ExitStack) -> None:
    mine = services(stack, Refusing(503), Refusing(503), retry_s=0.2)
    assert isinstance(mine.made.recognize(Spoken(*SPOKEN), ignore), Canceled)
    first, last = (host.connections for host in mine.hosts)
    assert first == last


def test_each_service_has_its_daily_limit(
    stack: ExitStack, tmp_path_factory: pytest.TempPathFactory
) -> None:
    store = Store(tmp_path_factory.mktemp("state"))
    meters = [UsageMeter(store, 1.0), UsageMeter(store, 2.0, "ours")]
    mine = services(stack, answering("container"), answering("ours"), meters=meters)
    assert [mine.who_answers() for _ in range(3)] == ["container", "ours", "ours"]
    assert TotalUsage(meters).exhausted
    assert TotalUsage(meters).today_s == pytest.approx(4.2)
    assert [UsageMeter(store, 0).today_s, UsageMeter(store, 0, "ours").today_s] == pytest.approx(
        [1.4, 2.8]
    )
    outcome = mine.say()
    assert isinstance(outcome, Canceled)
    assert outcome.explanation == "the daily limit of each service is reached"


@pytest.mark.parametrize("code", [403, 503])
def test_what_a_service_refuses_does_not_count(code: int, stack: ExitStack, tmp_path: Path) -> None:
    store = Store(tmp_path)
    meters = [UsageMeter(store, 1.0), UsageMeter(store, 0, "ours")]
    mine = services(stack, Refusing(code), answering("ours"), meters=meters)
    assert mine.who_answers() == "ours"
    assert [meter.today_s for meter in meters] == pytest.approx([0, 1.4])


def test_a_single_service_is_asked_alone() -> None:
    made = recognizer(Settings(), CommandTable(rows=()))
    assert isinstance(made, AzureRecognizer)
    assert not isinstance(made, FailoverRecognizer)


def test_closing_ends_a_recognition_at_once(stack: ExitStack) -> None:
    mine = services(stack, silent, silent)
    mine.made.close()
    outcome = mine.say()
    assert isinstance(outcome, Canceled)
    assert mine.hosts[1].connections == 0
