"""What is decided tells why."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


SAID = ["turn on the kitchen light", "turn on the bedroom light", "turn on the kitten light",
        "turn off the kitchen light", "learn of the mighty", "dim the kitchen to 50"]  # fmt: skip


@given(
    heard=st.lists(
        st.tuples(st.sampled_from(SAID), st.one_of(st.none(), st.floats(0.0, 1.0))), min_size=1
    )
)
def test_whatever_a_host_believes_is_decided_about(heard: list[tuple[str, float | None]]) -> None:
    texts, confidences = zip(*heard, strict=True)
    assert Speaker(nearest=SOUNDS).says(*texts, confidences=confidences)
