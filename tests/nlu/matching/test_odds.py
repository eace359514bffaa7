"""How much likelier a command was said than something else."""

import math

import pytest

from voice2mqtt.core.outcome import Hypothesis
from voice2mqtt.nlu.matching.candidate import Candidate
from voice2mqtt.nlu.matching.odds import Weighed, believed, credible, searchable, shares
from voice2mqtt.nlu.matching.weights import WEIGHTS

ACT, SLOPE = WEIGHTS.thresholds.act, WEIGHTS.thresholds.slope


def _weighed(share: float = 0.0, distance: float | None = None, doubt: str = "") -> Weighed:
    candidate = Candidate(row=0, sentence="close the blinds", distance=distance or 0.0)
    near = None if distance is None else candidate
    return Weighed(meaning=(candidate,), share=share, near=near, strictness=0.2, doubt=doubt)


def _heard(*confidences: float | None, within: bool = False) -> list[Hypothesis]:
    return [Hypothesis(text=str(n), confidence=c, within=within) for n, c in enumerate(confidences)]


@pytest.mark.parametrize(
    ("share", "distance", "odds"),
    [
        pytest.param(ACT, None, 0.0, id="just enough of the confidence"),
        pytest.param(1.0, None, -math.log(ACT), id="all of it"),
        pytest.param(0.0, 0.2, 0.0, id="just near enough"),
        pytest.param(0.0, 0.21, -0.01 * SLOPE, id="too far"),
        pytest.param(0.4, 0.2, math.log(0.4 / ACT + 0.6), id="both add up"),
        pytest.param(0.4, 1.0, math.log(0.4 / ACT), id="what sounds like nothing adds nothing"),
    ],
)
def test_the_odds_in_nats(share: float, distance: float | None, odds: float) -> None:
    assert _weighed(share, distance).odds() == pytest.approx(odds, abs=1e-6)


@pytest.mark.parametrize(
    ("weighed", "why"),
    [
        (_weighed(0.8), "word for word"),
        (_weighed(0.4), "the host gives this only 40%"),
        (_weighed(0.4, 0.1), "word for word, and the other readings sound like it"),
        (_weighed(0.0, 0.1), "sounds alike, 0.10 away"),
        (_weighed(0.0, 0.1, "nobody knows"), "sounds alike, 0.10 away, and nobody knows"),
    ],
)
def test_what_speaks_for_a_meaning_in_words(weighed: Weighed, why: str) -> None:
    assert weighed.why() == why


@pytest.mark.parametrize(
    ("confidences", "expected"),
    [
        pytest.param([0.3, 0.1], [0.75, 0.25], id="a part of the distribution"),
        pytest.param([0.9, 0.85], [0.9, 0.85], id="each is rated by itself"),
        pytest.param([None, None], [1.0, 1.0], id="none is told"),
        pytest.param([0.0], [1.0], id="the only one, with none"),
        pytest.param([], [], id="nothing was heard"),
    ],
)
def test_the_shares_of_confidence(confidences: list[float | None], expected: list[float]) -> None:
    assert shares(_heard(*confidences)) == pytest.approx(expected)


def test_a_hypothesis_that_the_host_hardly_believes_counts_for_nothing() -> None:
    hypotheses = _heard(0.6, 0.3, 0.06, 0.04)
    assert [one.text for one in credible(hypotheses)] == ["0", "1"]
    assert [one.text for one in searchable(hypotheses)] == ["0", "1", "2"]
    assert searchable(_heard(0.6, 0.4, within=True)) == []


def test_hypotheses_that_are_rated_by_themselves_are_no_rivals() -> None:
    sure, other = believed([_weighed(0.9), _weighed(0.85)], 0.45)
    assert [sure.share, other.share] == pytest.approx([0.9, 0.12])
    assert sure.is_credible
    assert other.is_credible
    assert not believed([_weighed(0.3)], 0.45)[0].is_credible
    assert len(believed([_weighed(1.0), _weighed(1.0), _weighed(1.0), _weighed(0.0)], 0.5)) == 2
