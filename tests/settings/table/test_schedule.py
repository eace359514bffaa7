import pytest

from tests.settings.reading import document
from voice2mqtt.settings.table.schedule import DAYS_OF_WEEK, HOURS
from voice2mqtt.settings.yaml.faults import Faults, FaultsError
from voice2mqtt.settings.yaml.nodes import MappingNode, Node
from voice2mqtt.settings.yaml.schema import read


def _node(written: str) -> Node:
    read = document(f"k: {written}\n")
    assert isinstance(read, MappingNode)
    return read.entries[0].value


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        pytest.param("07:00-22:00", (420, 1320), id="by-day"),
        pytest.param("22:30 - 6:15", (1350, 375), id="by-night"),
        pytest.param("18:00–24:00", (1080, 1440), id="to-midnight"),
    ],
)
def test_hours_are_minutes_since_midnight(written: str, meant: tuple[int, int]) -> None:
    assert read(HOURS, _node(written), Faults("x.yaml")) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        pytest.param("mon-fri", {0, 1, 2, 3, 4}, id="working-days"),
        pytest.param("Sat, Sunday", {5, 6}, id="two-in-one-text"),
        pytest.param("[tue, thu]", {1, 3}, id="list"),
        pytest.param("fri-mon", {4, 5, 6, 0}, id="over-the-end-of-the-week"),
    ],
)
def test_days_count_from_monday(written: str, meant: set[int]) -> None:
    assert read(DAYS_OF_WEEK, _node(written), Faults("x.yaml")) == meant


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        pytest.param(
            "7-22", "'7-22' are no hours; write them as \"07:00-22:00\"", id="without-minutes"
        ),
        pytest.param(
            "07:00-25:00",
            "'07:00-25:00' is not on the clock; a day goes from 00:00 to 24:00",
            id="25-hours",
        ),
        pytest.param(
            "07:00-07:00",
            "'07:00-07:00' ends when it begins; leave it out for the whole day",
            id="never",
        ),
        pytest.param("7", 'expected text, found a number; put it in quotes: "7"', id="number"),
    ],
)
def test_what_are_no_hours_is_told(written: str, sentence: str) -> None:
    faults = Faults("x.yaml")
    assert read(HOURS, _node(written), faults) is None
    with pytest.raises(FaultsError) as caught:
        faults.raise_any()
    assert caught.value.report == f"x.yaml:1:4: {sentence}"


def test_what_is_no_day_is_told() -> None:
    faults = Faults("x.yaml")
    read(DAYS_OF_WEEK, _node("mon-fir"), faults)
    with pytest.raises(FaultsError) as caught:
        faults.raise_any()
    assert caught.value.report == "x.yaml:1:4: 'fir' is no day; did you mean fri?"
