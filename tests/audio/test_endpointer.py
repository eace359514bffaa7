from voice2mqtt.audio.endpointer import Closed, Endpointer, GateEvent, Opened
from voice2mqtt.core.audio import PartialMatch
from voice2mqtt.settings.model import EndpointerSettings

FRAME = 512
"""32 ms."""
SETTINGS = EndpointerSettings(
    pre_roll_ms=640,
    hangover_ms=704,
    complete_hangover_ms=128,
    open_hangover_ms=384,
    unfinished_hangover_ms=1216,
    max_utterance_s=3.2,
)


def _feed(endpointer: Endpointer, frames: str) -> list[GateEvent]:
    """Give `endpointer` speech for each `S` and silence for each `.`; return what it says."""
    events = [endpointer.feed(0.9 if frame == "S" else 0.1) for frame in frames]
    return [event for event in events if event]


def test_opens_at_the_third_frame_of_speech_and_reaches_back() -> None:
    endpointer = Endpointer(SETTINGS, FRAME)
    assert _feed(endpointer, "." * 40 + "SS") == []
    assert _feed(endpointer, "S") == [Opened((43 - 20) * FRAME)]
    assert endpointer.is_open


def test_opens_for_speech_with_holes_but_not_for_clicks() -> None:
    assert _feed(Endpointer(SETTINGS, FRAME), "S.S..S") == [Opened(0)]
    assert _feed(Endpointer(SETTINGS, FRAME), "SS....SS....SS....") == []


def test_closes_after_the_hangover() -> None:
    endpointer = Endpointer(SETTINGS, FRAME)
    _feed(endpointer, "SSSS")
    assert _feed(endpointer, "." * 21) == []
    assert _feed(endpointer, ".") == [Closed(26 * FRAME)]
    assert not endpointer.is_open


def test_does_not_open_on_the_frame_after_it_closed() -> None:
    endpointer = Endpointer(SETTINGS, FRAME)
    _feed(endpointer, "SSSS")
    assert endpointer.expect(PartialMatch.COMPLETE) is None
    assert _feed(endpointer, "....") == [Closed(8 * FRAME)]
    assert _feed(endpointer, "SS") == []


def test_the_next_utterance_begins_where_the_last_ended() -> None:
    endpointer = Endpointer(SETTINGS, FRAME)
    _feed(endpointer, "SSSS" + "." * 22)
    assert _feed(endpointer, "..SSS") == [Opened(26 * FRAME)]


def test_a_whole_command_ends_sooner() -> None:
    endpointer = Endpointer(SETTINGS, FRAME)
    _feed(endpointer, "SSSS")
    endpointer.expect(PartialMatch.COMPLETE)
    assert _feed(endpointer, "....") == [Closed(8 * FRAME)]


def test_word_that_it_is_whole_may_end_it_at_once() -> None:
    endpointer = Endpointer(SETTINGS, FRAME)
    _feed(endpointer, "SSSS......")
    assert endpointer.expect(PartialMatch.COMPLETE) == Closed(10 * FRAME)


def test_a_whole_command_that_might_go_on_is_waited_for_a_little() -> None:
    endpointer = Endpointer(SETTINGS, FRAME)
    _feed(endpointer, "SSSS")
    endpointer.expect(PartialMatch.OPEN)
    assert _feed(endpointer, "." * 11) == []
    assert _feed(endpointer, ".") == [Closed(16 * FRAME)]


def test_an_unfinished_command_is_waited_for() -> None:
    endpointer = Endpointer(SETTINGS, FRAME)
    _feed(endpointer, "SSSS....")
    assert endpointer.expect(PartialMatch.UNFINISHED) is None
    assert _feed(endpointer, "." * 30) == []
    assert _feed(endpointer, "." * 4) == [Closed(42 * FRAME)]


def test_haste_is_forgotten_when_speech_goes_on() -> None:
    for partial_match in (PartialMatch.COMPLETE, PartialMatch.OPEN):
        endpointer = Endpointer(SETTINGS, FRAME)
        _feed(endpointer, "SSSS..")
        endpointer.expect(partial_match)
        assert _feed(endpointer, "SSSSS" + "." * 21) == []
        assert len(_feed(endpointer, ".")) == 1


def test_patience_lasts_until_another_word() -> None:
    endpointer = Endpointer(SETTINGS, FRAME)
    _feed(endpointer, "SSSS")
    endpointer.expect(PartialMatch.UNFINISHED)
    assert _feed(endpointer, "S" * 20 + "." * 37) == []
    assert isinstance(endpointer.expect(PartialMatch.UNKNOWN), Closed)


def test_the_end_of_the_last_word_does_not_make_it_forget() -> None:
    endpointer = Endpointer(SETTINGS, FRAME)
    _feed(endpointer, "SSSS..")
    endpointer.expect(PartialMatch.COMPLETE)
    assert _feed(endpointer, "S....") == [Closed(11 * FRAME)]


def test_what_was_expected_of_one_utterance_does_not_hold_for_the_next() -> None:
    endpointer = Endpointer(SETTINGS, FRAME)
    _feed(endpointer, "SSSS....")
    endpointer.expect(PartialMatch.COMPLETE)
    assert endpointer.expect(PartialMatch.COMPLETE) is None
    _feed(endpointer, "." * 10 + "SSS")
    assert _feed(endpointer, "." * 21) == []


def test_a_too_long_utterance_ends_and_the_rest_is_a_new_one() -> None:
    endpointer = Endpointer(SETTINGS, FRAME)
    events = _feed(endpointer, "S" * 250)
    assert events == [
        Opened(0),
        Closed(100 * FRAME),
        Opened(100 * FRAME),
        Closed(200 * FRAME),
        Opened(200 * FRAME),
    ]


def test_opens_for_nothing_while_suppressed_nor_reaches_back_into_it() -> None:
    endpointer = Endpointer(SETTINGS, FRAME)
    _feed(endpointer, "." * 10)
    endpointer.suppress_until(until_sample=20 * FRAME)
    assert _feed(endpointer, "S" * 10) == []
    assert _feed(endpointer, "SSS") == [Opened(20 * FRAME)]


def test_suppression_can_be_cut_short() -> None:
    endpointer = Endpointer(SETTINGS, FRAME)
    endpointer.suppress_until(until_sample=100 * FRAME)
    _feed(endpointer, "S" * 10)
    endpointer.suppress_until(until_sample=12 * FRAME)
    assert _feed(endpointer, "S" * 5) == [Opened(12 * FRAME)]


def test_suppression_does_not_end_an_utterance_under_way() -> None:
    endpointer = Endpointer(SETTINGS, FRAME)
    _feed(endpointer, "SSSS")
    endpointer.suppress_until(until_sample=30 * FRAME)
    assert _feed(endpointer, "S" * 40) == []


def test_an_interruption_ends_the_utterance_and_nothing_reaches_back_over_it() -> None:
    endpointer = Endpointer(SETTINGS, FRAME)
    _feed(endpointer, "SSSS")
    assert endpointer.interrupt(at_sample=2100) == Closed(4 * FRAME)
    assert endpointer.interrupt(at_sample=2100) is None
    assert _feed(endpointer, "SSS") == [Opened(2100, has_no_beginning=True)]


def test_who_speaks_on_after_an_interruption_says_the_rest_of_something() -> None:
    for words_between in ("", "...", "." * 21, "S" + "." * 21):
        endpointer = Endpointer(SETTINGS, FRAME)
        _feed(endpointer, "SSSS")
        endpointer.interrupt(at_sample=2100)
        events = _feed(endpointer, words_between + "SSS" + "." * 22 + "SSS")
        assert [getattr(event, "has_no_beginning", None) for event in events] == [True, None, False]


def test_after_a_pause_an_interruption_is_over() -> None:
    endpointer = Endpointer(SETTINGS, FRAME)
    endpointer.interrupt(at_sample=0)
    assert _feed(endpointer, "." * 22 + "SSS") == [Opened(25 * FRAME - 20 * FRAME)]
