from voice2mqtt.audio.endpointer import UtteranceEndpointer
from voice2mqtt.core.audio import PartialMatch
from voice2mqtt.core.endpointer import Closed, Opened
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


def _feed(endpointer: UtteranceEndpointer, frames: str) -> list[Opened | Closed]:
    """Give `endpointer` speech for each `S` and silence for each `.`; return what it says."""
    events = [endpointer.feed(0.9 if frame == "S" else 0.1) for frame in frames]
    return [event for event in events if event]


def test_does_not_open_on_the_frame_after_it_closed() -> None:
    endpointer = UtteranceEndpointer(SETTINGS, FRAME)
    _feed(endpointer, "SSSS")
    assert endpointer.expect(PartialMatch.COMPLETE) is None
    assert _feed(endpointer, "....") == [Closed(8 * FRAME)]
    assert _feed(endpointer, "SS") == []


def test_a_whole_command_ends_sooner() -> None:
    endpointer = UtteranceEndpointer(SETTINGS, FRAME)
    _feed(endpointer, "SSSS")
    endpointer.expect(PartialMatch.COMPLETE)
    assert _feed(endpointer, "....") == [Closed(8 * FRAME)]


def test_word_that_it_is_whole_may_end_it_at_once() -> None:
    endpointer = UtteranceEndpointer(SETTINGS, FRAME)
    _feed(endpointer, "SSSS......")
    assert endpointer.expect(PartialMatch.COMPLETE) == Closed(10 * FRAME)


def test_a_whole_command_that_might_go_on_is_waited_for_a_little() -> None:
    endpointer = UtteranceEndpointer(SETTINGS, FRAME)
    _feed(endpointer, "SSSS")
    endpointer.expect(PartialMatch.OPEN)
    assert _feed(endpointer, "." * 11) == []
    assert _feed(endpointer, ".") == [Closed(16 * FRAME)]


def test_an_unfinished_command_is_waited_for() -> None:
    endpointer = UtteranceEndpointer(SETTINGS, FRAME)
    _feed(endpointer, "SSSS....")
    assert endpointer.expect(PartialMatch.UNFINISHED) is None
    assert _feed(endpointer, "." * 30) == []
    assert _feed(endpointer, "." * 4) == [Closed(42 * FRAME)]


def test_haste_is_forgotten_when_speech_goes_on() -> None:
    for partial_match in (PartialMatch.COMPLETE, PartialMatch.OPEN):
        endpointer = UtteranceEndpointer(SETTINGS, FRAME)
        _feed(endpointer, "SSSS..")
        endpointer.expect(partial_match)
        assert _feed(endpointer, "SSSSS" + "." * 21) == []
        assert len(_feed(endpointer, ".")) == 1


def test_patience_lasts_until_another_word() -> None:
    endpointer = UtteranceEndpointer(SETTINGS, FRAME)
    _feed(endpointer, "SSSS")
    endpointer.expect(PartialMatch.UNFINISHED)
    assert _feed(endpointer, "S" * 20 + "." * 37) == []
    assert isinstance(endpointer.expect(PartialMatch.UNKNOWN), Closed)


def test_the_end_of_the_last_word_does_not_make_it_forget() -> None:
    endpointer = UtteranceEndpointer(SETTINGS, FRAME)
    _feed(endpointer, "SSSS..")
    endpointer.expect(PartialMatch.COMPLETE)
    assert _feed(endpointer, "S....") == [Closed(11 * FRAME)]


def test_what_was_expected_of_one_utterance_does_not_hold_for_the_next() -> None:
    endpointer = UtteranceEndpointer(SETTINGS, FRAME)
    _feed(endpointer, "SSSS....")
    endpointer.expect(PartialMatch.COMPLETE)
    assert endpointer.expect(PartialMatch.COMPLETE) is None
    _feed(endpointer, "." * 10 + "SSS")
    assert _feed(endpointer, "." * 21) == []


def test_who_speaks_on_after_an_interruption_says_the_rest_of_something() -> None:
    for words_between in ("", "...", "." * 21, "S" + "." * 21):
        endpointer = UtteranceEndpointer(SETTINGS, FRAME)
        _feed(endpointer, "SSSS")
        endpointer.interrupt(at_sample=2100)
        _feed(endpointer, words_between + "SSS")
        assert endpointer.has_no_beginning
        _feed(endpointer, "." * 22 + "SSS")
        assert endpointer.is_open
        assert not endpointer.has_no_beginning


def test_after_a_pause_an_interruption_is_over() -> None:
    endpointer = UtteranceEndpointer(SETTINGS, FRAME)
    endpointer.interrupt(at_sample=0)
    assert _feed(endpointer, "." * 22 + "SSS") == [Opened(25 * FRAME - 20 * FRAME)]
    assert not endpointer.has_no_beginning
