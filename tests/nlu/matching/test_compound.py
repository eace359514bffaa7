"""Several commands in one utterance."""

import pytest

from tests.nlu.homes import (
    BEDROOM_ON,
    KITCHEN_ON,
    SOUNDS,
    Speaker,
    published,
    reason,
)
from voice2mqtt.core.decision import Ask, Refuse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "turn on the kitchen light and close the blinds", [*KITCHEN_ON, "home/blinds = CLOSE"],
            id="and",
        ),
        pytest.param(
            "Turn on the kitchen light, then close the blinds.",
            [*KITCHEN_ON, "home/blinds = CLOSE"], id="comma and then",
        ),
        pytest.param(
            "close the blinds. Turn on the kitchen light", ["home/blinds = CLOSE", *KITCHEN_ON],
            id="two sentences",
        ),
        pytest.param(
            "close the blinds, turn on the kitchen light and then turn on the bedroom light",
            ["home/blinds = CLOSE", *KITCHEN_ON, *BEDROOM_ON], id="three",
        ),
        pytest.param("close the blinds and the door", [], id="half a command"),
        pytest.param("close the blinds and", [], id="nothing after"),
    ],
)  # fmt: skip
def test_several_commands_in_one_breath(text: str, expected: list[str]) -> None:
    assert published(Speaker().says(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected", "why"),
    [
        pytest.param(
            "turn on the kitten light and close the blinds", [*KITCHEN_ON, "home/blinds = CLOSE"],
            "'turn on the kitten light' sounds alike", id="the first by sound",
        ),
        pytest.param(
            "close the blinds, turn on the kitten light", ["home/blinds = CLOSE", *KITCHEN_ON],
            "'turn on the kitten light' sounds alike", id="the second by sound",
        ),
        pytest.param(
            "close the blinds and stop everything and turn on the kitten light",
            ["home/blinds = CLOSE", "home/stop = ON", *KITCHEN_ON],
            "'turn on the kitten light' sounds alike", id="the last of three",
        ),
        pytest.param(
            "close the blinds and learn of the mighty", [],
            "the rest is a command, but not 'learn of the mighty': the nearest row is 0.60 away",
            id="too far",
        ),
        pytest.param(
            "turn on the kit room light and close the blinds", [],
            "the rest is a command, but not 'turn on the kit room light': two rows sound alike",
            id="two alike",
        ),
        pytest.param(
            "close the blinds and open the window", [], "but not 'open the window': no row says "
            "this; after 'open the' it goes on with {side}, but 'window' was heard",
            id="nothing near",
        ),
        pytest.param(
            "turn on the kitten light and learn of the mighty", [],
            "after 'turn on the' it goes on with {room}, but 'kitten' was heard",
            id="neither word for word",
        ),
        pytest.param(
            "dim the kitchen to one hundred and one", [], "101 is not between 0 and 100",
            id="a number is not split",
        ),
    ],
)  # fmt: skip
def test_in_one_breath_one_half_may_only_sound_alike(
    text: str, expected: list[str], why: str
) -> None:
    decisions = Speaker(nearest=SOUNDS).says(text)
    assert published(decisions) == expected
    assert why in reason(decisions)
    assert all(near.heard in SOUNDS.known for near in decisions[0].reason.nearest)


def test_what_the_host_hardly_believes_is_not_taken_for_a_half() -> None:
    talk = "what a lovely evening"
    texts = (talk, "close the blinds and turn on the kitten light")
    decisions = Speaker(nearest=SOUNDS).says(*texts, confidences=(0.9, 0.2))
    assert published(decisions) == []
    assert "no row begins with 'what'" in reason(decisions)


def test_in_one_breath_only_one_question_is_asked() -> None:
    first, second = Speaker().says("open the front door and open the back door")
    assert isinstance(first, Ask)
    assert isinstance(second, Refuse)
