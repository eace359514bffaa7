"""What is decided tells why."""

import pytest

from tests.nlu.homes import SOUNDS, Speaker


@pytest.mark.parametrize(
    ("texts", "confidences", "told"),
    [
        pytest.param(["turn on the kitchen light"], [], "nothing else was heard", id="own words"),
        pytest.param(
            ["turn on the kitchen light", "turn on the bedroom light", "what a lovely evening"],
            [0.8, 0.15, 0.05],
            "of the host's confidence 'turn on the bedroom light' 15%, no command 5%",
            id="shares",
        ),
        pytest.param(
            ["turn on the kitten light"],
            [],
            "0.20 away: 'turn on the kitten light', taken literally",
            id="near",
        ),
        pytest.param(
            ["learn of the mighty"],
            [],
            "0.20 away: 'learn of the mighty', taken literally",
            id="far",
        ),
        pytest.param(["hm"], [], "'hm', taken literally", id="nothing near"),
    ],
)
def test_a_reason_tells_what_speaks_for_something_else(
    texts: list[str], confidences: list[float], told: str
) -> None:
    (decision,) = Speaker(nearest=SOUNDS).says(*texts, confidences=confidences)
    assert decision.reason.something_else == told
