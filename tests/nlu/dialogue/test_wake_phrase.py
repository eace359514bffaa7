"""What counts as addressed to the daemon: wake phrases, wake grace, mute."""

from dataclasses import replace

import pytest

from tests.nlu.homes import (
    BEDROOM_ON,
    BLINDS,
    DOOR,
    KITCHEN_ON,
    LIGHT,
    ROWS,
    SOUNDS,
    WOKEN,
    Speaker,
    home,
    published,
    question,
    reason,
    row,
)
from voice2mqtt.core.audio import PartialMatch
from voice2mqtt.nlu.dialogue.interpreter import Interpreter
from voice2mqtt.nlu.grammar.table import Row


def test_what_was_said_while_a_command_was_recognised_needs_its_wake_phrase() -> None:
    speaker = Speaker(policy=replace(WOKEN, wake_grace_s=0.0))
    speaker.says("house turn on the kitchen light", late_s=5)
    assert published(speaker.says("turn on the bedroom light", after_s=-3, late_s=4)) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("House, turn on the kitchen light.", KITCHEN_ON, id="first phrase"),
        pytest.param("hey, computer: turn on the kitchen light", KITCHEN_ON, id="second phrase"),
        pytest.param("how is turn on the kitchen light", KITCHEN_ON, id="by sound"),
        pytest.param("turn on the kitchen light", [], id="without"),
        pytest.param("turn on the house light", [], id="in the middle"),
        pytest.param("stop everything", ["home/stop = ON"], id="a row that needs none"),
        pytest.param("house stop everything", ["home/stop = ON"], id="but may have it"),
    ],
)
def test_wake_phrase(text: str, expected: list[str]) -> None:
    assert published(Speaker(nearest=SOUNDS, policy=WOKEN).says(text)) == expected


@pytest.mark.parametrize("rows", [ROWS, (LIGHT, BLINDS)])
@pytest.mark.parametrize("text", ["turn on the kitchen light", "learn of the mighty", "hello"])
def test_what_was_not_said_to_the_house_is_told_so(rows: tuple[Row, ...], text: str) -> None:
    (refuse,) = Speaker(home(*rows), SOUNDS, WOKEN).says(text)
    assert refuse.reason.text == "the wake phrase was not said"


@pytest.mark.parametrize(("after_s", "expected"), [(9.0, BEDROOM_ON), (11.0, [])])
def test_after_a_command_the_wake_phrase_may_be_left_out(
    after_s: float, expected: list[str]
) -> None:
    speaker = Speaker(policy=WOKEN)
    speaker.says("house turn on the kitchen light")
    assert published(speaker.says("turn on the bedroom light", after_s=after_s)) == expected


def test_the_wake_phrase_alone_opens_the_ear() -> None:
    speaker = Speaker(policy=replace(WOKEN, wake_grace_s=0.0))
    assert question(speaker.says("House.")) == "Yes?"
    assert published(speaker.says("turn on the kitchen light")) == KITCHEN_ON
    assert published(speaker.says("turn on the bedroom light")) == []


@pytest.mark.parametrize("answer", ["never mind", "oh no, nothing", "house never mind"])
def test_never_mind_closes_the_ear_that_the_wake_phrase_opened(answer: str) -> None:
    speaker = Speaker(policy=WOKEN)
    speaker.says("house")
    assert published(speaker.says(answer)) == []
    assert published(speaker.says("turn on the kitchen light")) == []


def test_a_row_with_a_word_of_refusal_is_still_a_command() -> None:
    speaker = Speaker(home(row("stop", "stop", "home/stop")), policy=WOKEN)
    speaker.says("house")
    assert published(speaker.says("stop")) == ["home/stop = ON"]


def test_the_ear_opened_from_outside_takes_one_command() -> None:
    speaker = Speaker(policy=replace(WOKEN, wake_grace_s=0.0))
    speaker.interpreter.accept_without_wake_phrase(speaker.now_s)
    assert published(speaker.says("turn on the kitchen light")) == KITCHEN_ON
    assert published(speaker.says("turn on the bedroom light")) == []


def test_an_answer_needs_no_wake_phrase() -> None:
    speaker = Speaker(policy=replace(WOKEN, wake_grace_s=0.0))
    speaker.says("house open the front door")
    assert published(speaker.says("yes")) == ["home/door/front = ON"]


def test_while_muted_nothing_is_done() -> None:
    speaker = Speaker()
    speaker.interpreter.muted = True
    decisions = speaker.says("close the blinds")
    assert (published(decisions), reason(decisions)) == ([], "muted")


def test_while_muted_the_wake_phrase_opens_nothing() -> None:
    speaker = Speaker(policy=WOKEN)
    speaker.interpreter.muted = True
    assert question(speaker.says("house")) == ""
    speaker.interpreter.muted = False
    assert published(speaker.says("close the blinds")) == []


def test_a_new_table_goes_on_where_the_old_one_left_off() -> None:
    speaker = Speaker(home(replace(BLINDS, cooldown_s=30.0), DOOR))
    speaker.says("close the blinds")
    speaker.says("open the front door")
    after = Interpreter(home(DOOR, replace(BLINDS, cooldown_s=30.0)))
    after.resume_from(speaker.interpreter)
    speaker.interpreter = after
    assert "cooldown" in reason(speaker.says("close the blinds"))
    speaker.says("open the front door")
    assert published(speaker.says("yes")) == ["home/door/front = ON"]


def test_prospect_after_the_wake_phrase() -> None:
    interpreter = Interpreter(home(), WOKEN)
    assert interpreter.partial_match("house") is PartialMatch.UNFINISHED
    assert interpreter.partial_match("house close the blinds") is PartialMatch.COMPLETE
