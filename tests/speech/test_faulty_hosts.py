"""The real Azure SDK and hosts that fail in every way: no fault holds up what is said next."""

import time

import pytest

from tests.speech.scripted import Line, Script, answering, hanging, phrase_of, scripted, silent
from tests.speech.test_azure import Spoken, ignore, recognizer
from tests.speechhost.fakes import silence, tone
from voice2mqtt.core.outcome import Canceled, Heard
from voice2mqtt.core.ports import never

SPOKEN = (silence(200), tone(900), silence(300))
AT_ONCE_S = 3.0
"""Far from the 21 s that each of these faults took, and enough for a busy machine."""
MODES = pytest.mark.parametrize("mode", ["single-shot", "continuous"])


def closing(code: int, after_s: float = 0.5) -> Script:
    """Close in the middle of the audio."""

    def serve(line: Line) -> None:
        line.hear(after_s)
        line.close(code)

    return serve


def breaking(line: Line) -> None:
    """Hear everything, and break the line before a word."""
    line.hear()
    line.cut()


def breaking_behind_the_phrase(line: Line) -> None:
    line.hear()
    line.phrase("Turn on.")
    line.cut()


def never_ending(line: Line) -> None:
    """Answer, and never end the turn."""
    line.hear()
    line.phrase("Turn on.")
    line.wait()


def without_result(line: Line) -> None:
    line.hear()
    line.tell("turn.end", {})
    line.wait()


class Waiting:
    """A `GiveUp` that has had enough after a while."""

    def __init__(self, for_s: float) -> None:
        self._until_s = time.monotonic() + for_s

    def __call__(self) -> str:
        return "somebody waits" if time.monotonic() > self._until_s else ""


@MODES
@pytest.mark.parametrize("fault", [silent, hanging, without_result, closing(1000)])
def test_a_host_that_says_nothing_is_given_up_and_the_next_sentence_served(
    fault: Script, mode: str
) -> None:
    # The SDK connects up to five times; in continuous mode a turn without a result is silence.
    with scripted(*[fault] * (5 if fault not in {silent, hanging, without_result} else 1),
                  answering("Turn on.")) as host:  # fmt: skip
        mine = recognizer(host.url, mode=mode)
        first_s = time.monotonic()
        first = mine.recognize(Spoken(*SPOKEN), ignore, Waiting(0.3))
        # A slow machine gave up before the host had seen it at all.
        host.leave_out(fault)
        second_s = time.monotonic()
        second = mine.recognize(Spoken(*SPOKEN), ignore)
        done_s = time.monotonic()
    assert not isinstance(first, Heard)
    assert second_s - first_s < AT_ONCE_S
    assert isinstance(second, Heard)
    assert done_s - second_s < AT_ONCE_S


def test_an_answer_that_is_not_waited_for_is_a_cancellation_that_says_why() -> None:
    with scripted(silent) as host:
        outcome = recognizer(host.url).recognize(Spoken(*SPOKEN), ignore, Waiting(0.2))
    assert isinstance(outcome, Canceled)
    assert outcome.code == "ServiceTimeout"
    assert outcome.details.endswith("; somebody waits")


def test_timeout_s_is_the_longest_wait_for_an_answer() -> None:
    with scripted(silent) as host:
        began_s = time.monotonic()
        outcome = recognizer(host.url, timeout_s=2).recognize(Spoken(*SPOKEN), ignore, never)
        waited_s = time.monotonic() - began_s
    assert isinstance(outcome, Canceled)
    assert 2 <= waited_s < 2 + AT_ONCE_S


@MODES
@pytest.mark.parametrize(
    "faults",
    [
        pytest.param([hanging], id="the request is not answered"),
        pytest.param([closing(1000)] * 5, id="closed with 1000 whenever it connects"),
        pytest.param([closing(1001)] * 5, id="closed with 1001 whenever it connects"),
        pytest.param([breaking], id="broken before a word"),
        pytest.param([breaking_behind_the_phrase], id="broken behind the phrase"),
    ],
)
def test_a_fault_that_passes_does_not_cost_the_sentence(faults: list[Script], mode: str) -> None:
    with scripted(*faults, answering("Turn on.")) as host:
        began_s = time.monotonic()
        outcome = recognizer(host.url, mode=mode).recognize(Spoken(*SPOKEN), ignore)
        took_s = time.monotonic() - began_s
    assert isinstance(outcome, Heard)
    assert outcome.text == "Turn on."
    # The SDK may need another attempt after one that hung; each takes two seconds.
    assert took_s < 2 + AT_ONCE_S


def test_a_single_shot_is_over_when_it_is_answered() -> None:
    with scripted(never_ending) as host:
        mine = recognizer(host.url)
        began_s = time.monotonic()
        outcomes = [mine.recognize(Spoken(*SPOKEN), ignore) for _ in range(2)]
        took_s = time.monotonic() - began_s
    assert [type(outcome) for outcome in outcomes] == [Heard, Heard]
    assert took_s < AT_ONCE_S


def test_half_of_what_was_said_is_not_the_answer_when_the_line_breaks() -> None:
    def half(line: Line) -> None:
        line.hear(0.5)
        line.tell("speech.phrase", phrase_of("Turn on.", 4_000_000))
        line.hear()
        line.cut()

    with scripted(half, silent) as host:
        mine = recognizer(host.url, mode="continuous", retry_s=0)
        outcome = mine.recognize(Spoken(*SPOKEN), ignore, Waiting(1.0))
    assert isinstance(outcome, Canceled)


DEEP = "[" * 100_000 + "]" * 100_000


@MODES
@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"NBest": [1, 2]}, id="n-best of numbers"),
        pytest.param({"NBest": {"Display": "Turn on."}}, id="n-best is an object"),
        pytest.param({"NBest": "Turn on."}, id="n-best is text"),
        pytest.param({"NBest": [None]}, id="n-best of nothing"),
        pytest.param({"NBest": [{"Confidence": -1}]}, id="confidence below 0"),
        pytest.param({"NBest": [{"Confidence": 1.5}]}, id="confidence above 1"),
        pytest.param({"NBest": [{"Confidence": "0.9"}]}, id="confidence is text"),
        pytest.param({"NBest": [{"Confidence": [0.9]}]}, id="confidence is a list"),
        pytest.param({"NBest": [{"Confidence": 10**400}]}, id="confidence without end"),
        pytest.param({"NBest": [{"Display": 5}]}, id="display is a number"),
        pytest.param({"NBest": [{"Lexical": ["turn"]}]}, id="lexical is a list"),
        pytest.param({"PrimaryLanguage": "en-US"}, id="language is text"),
        pytest.param({"PrimaryLanguage": ["en-US"]}, id="language is a list"),
        pytest.param({"PrimaryLanguage": {"Language": 5}}, id="language is a number"),
    ],
)
def test_an_answer_of_the_wrong_form_is_a_cancellation_with_its_reason(
    fields: dict[str, object], mode: str
) -> None:
    def malformed(line: Line) -> None:
        line.hear()
        line.answer("Turn on.", **fields)
        line.wait()

    with scripted(malformed, answering("Turn on.")) as host:
        mine = recognizer(host.url, mode=mode)
        first = mine.recognize(Spoken(*SPOKEN), ignore)
        second = mine.recognize(Spoken(*SPOKEN), ignore)
    assert isinstance(first, Canceled)
    assert first.details
    assert isinstance(second, Heard)


@MODES
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(DEEP, id="deep"),
        pytest.param(
            '{"RecognitionStatus": "Success", "DisplayText": "Turn on.", "Offset": 0,'
            f' "Duration": 12000000, "NBest": {DEEP}}}',
            id="a deep n-best",
        ),
        pytest.param('{"RecognitionStatus": "Success", "DisplayText": 5}', id="a number for words"),
        pytest.param('"Success"', id="text"),
        pytest.param("nothing of the kind", id="no JSON"),
    ],
)  # fmt: skip
def test_an_answer_that_is_no_phrase_is_a_cancellation(body: str, mode: str) -> None:
    def malformed(line: Line) -> None:
        line.hear()
        line.tell("speech.endDetected", {"Offset": line.heard_ticks})
        line.tell("speech.phrase", body)
        line.tell("turn.end", {})
        line.wait()

    # The SDK itself refuses some of these, after it has tried five times.
    with scripted(*[malformed] * 5, answering("Turn on.")) as host:
        mine = recognizer(host.url, mode=mode, retry_s=0)
        began_s = time.monotonic()
        first = mine.recognize(Spoken(*SPOKEN), ignore, Waiting(0.3))
        took_s = time.monotonic() - began_s
        host.leave_out(malformed)
        second = mine.recognize(Spoken(*SPOKEN), ignore)
    assert isinstance(first, Canceled)
    assert first.details
    assert took_s < AT_ONCE_S
    assert isinstance(second, Heard)
