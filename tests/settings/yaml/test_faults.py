import pytest

from voice2mqtt.errors import ExitStatus
from voice2mqtt.nlu.grammar.table import Place
from voice2mqtt.settings.yaml.faults import Fault, Faults, FaultsError, count, did_you_mean


def test_a_fault_reads_like_a_compilers_with_its_line_and_a_caret() -> None:
    faults = Faults("home/c.yaml", "commands:\n  - sya: good night\n")
    faults.add(faults.place(2, 5), "unknown key sya", "did you mean say?")
    with pytest.raises(FaultsError) as caught:
        faults.raise_any()
    assert str(caught.value) == (
        "home/c.yaml:2:5: unknown key sya; did you mean say?\n"
        "      - sya: good night\n"
        "        ^\n"
        "1 problem; nothing was started."
    )
    assert caught.value.exit_status == ExitStatus.CONFIG


def test_faults_are_told_in_the_order_of_the_file() -> None:
    faults = Faults("c.yaml", "a\nb\nc\n")
    for line in (3, 1, 2):
        faults.add(faults.place(line, 1), f"in line {line}")
    with pytest.raises(FaultsError) as caught:
        faults.raise_any()
    assert [fault.problem for fault in caught.value.faults] == [
        "in line 1",
        "in line 2",
        "in line 3",
    ]
    assert str(caught.value).endswith("3 problems; nothing was started.")


def test_nothing_is_raised_when_nothing_is_wrong() -> None:
    Faults("c.yaml", "a").raise_any()


@pytest.mark.parametrize(
    ("line", "column", "below"),
    [
        pytest.param("\tx: 1", 2, "    \t^", id="tabs-stay-tabs"),
        pytest.param("灯: 1", 2, "      ^", id="a-wide-character-is-two-columns"),
        pytest.param("e\u0301: 1", 3, "     ^", id="a-combining-accent-is-none"),
        pytest.param("ab", 9, "      ^", id="behind-the-end-is-the-end"),
    ],
)
def test_the_caret_stands_below_the_character(line: str, column: int, below: str) -> None:
    fault = Fault(place=Place(file="c.yaml", line=1, column=column), problem="p", line=line)
    assert str(fault).split("\n")[-1] == below


def test_of_a_very_long_line_only_the_neighbourhood_is_shown() -> None:
    line = "a" * 5_000 + "!" + "b" * 5_000
    fault = Fault(place=Place(file="c.yaml", line=1, column=5_001), problem="p", line=line)
    _, shown, below = str(fault).split("\n")
    assert len(shown) < 120
    assert shown[below.index("^")] == "!"


def test_a_spot_behind_the_end_of_the_file_is_shown_at_its_last_words() -> None:
    place = Faults("c.yaml", "a: [1\n\n").place(3, 1)
    assert (place.line, place.column) == (1, 6)


@pytest.mark.parametrize(
    ("written", "known", "hint"),
    [
        pytest.param("palyoad", ("topic", "payload"), "did you mean payload?", id="near"),
        pytest.param("Topic", ("topic", "payload"), "did you mean topic?", id="other-case"),
        pytest.param("xyz", ("topic", "payload"), "known here: topic, payload", id="far"),
        pytest.param("xyz", (), "", id="nothing-known"),
    ],
)
def test_did_you_mean(written: str, known: tuple[str, ...], hint: str) -> None:
    assert did_you_mean(written, known) == hint


def test_one_thing_and_several() -> None:
    assert (count(1, "row"), count(0, "row"), count(2, "row")) == ("1 row", "0 rows", "2 rows")
