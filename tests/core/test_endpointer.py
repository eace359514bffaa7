from voice2mqtt.core.endpointer import Closed, Endpointer, Opened

FRAME = 512
"""32 ms."""


def an_endpointer() -> Endpointer:
    return Endpointer(
        FRAME,
        begin_probability=0.5,
        go_on_probability=0.35,
        begin_frames=3,
        pre_roll=20 * FRAME,
        hangover=22 * FRAME,
        longest=100 * FRAME,
    )


def _feed(endpointer: Endpointer, frames: str) -> list[Opened | Closed]:
    """Give `endpointer` voice for each `S`, faint voice for `s` and silence for each `.`."""
    probabilities = {"S": 0.9, "s": 0.4, ".": 0.1}
    events = [endpointer.feed(probabilities[frame]) for frame in frames]
    return [event for event in events if event]


def test_opens_at_the_third_frame_of_speech_and_reaches_back() -> None:
    endpointer = an_endpointer()
    assert _feed(endpointer, "." * 40 + "SS") == []
    assert _feed(endpointer, "S") == [Opened((43 - 20) * FRAME)]
    assert endpointer.is_open


def test_opens_for_speech_with_holes_but_not_for_clicks() -> None:
    assert _feed(an_endpointer(), "S.S..S") == [Opened(0)]
    assert _feed(an_endpointer(), "SS....SS....SS....") == []


def test_closes_after_the_hangover() -> None:
    endpointer = an_endpointer()
    _feed(endpointer, "SSSS")
    assert _feed(endpointer, "." * 21) == []
    assert _feed(endpointer, ".") == [Closed(26 * FRAME)]
    assert not endpointer.is_open


def test_the_next_utterance_begins_where_the_last_ended() -> None:
    endpointer = an_endpointer()
    _feed(endpointer, "SSSS" + "." * 22)
    assert _feed(endpointer, "..SSS") == [Opened(26 * FRAME)]


def test_a_too_long_utterance_ends_and_the_rest_is_a_new_one() -> None:
    endpointer = an_endpointer()
    events = _feed(endpointer, "S" * 250)
    assert events == [
        Opened(0),
        Closed(100 * FRAME, too_long=True),
        Opened(100 * FRAME),
        Closed(200 * FRAME, too_long=True),
        Opened(200 * FRAME),
    ]


def test_opens_for_nothing_while_suppressed_nor_reaches_back_into_it() -> None:
    endpointer = an_endpointer()
    _feed(endpointer, "." * 10)
    endpointer.suppress_until(until_sample=20 * FRAME)
    assert _feed(endpointer, "S" * 10) == []
    assert _feed(endpointer, "SSS") == [Opened(20 * FRAME)]


def test_what_was_said_just_before_a_suppression_opens_nothing_in_it() -> None:
    endpointer = an_endpointer()
    _feed(endpointer, "SS")
    endpointer.suppress_until(until_sample=10 * FRAME)
    assert _feed(endpointer, "SSSSSSSS" + "SS") == []
    assert _feed(endpointer, "S") == [Opened(10 * FRAME)]


def test_suppression_can_be_cut_short() -> None:
    endpointer = an_endpointer()
    endpointer.suppress_until(until_sample=100 * FRAME)
    _feed(endpointer, "S" * 10)
    endpointer.suppress_until(until_sample=12 * FRAME)
    assert _feed(endpointer, "S" * 5) == [Opened(12 * FRAME)]


def test_suppression_does_not_end_an_utterance_under_way() -> None:
    endpointer = an_endpointer()
    _feed(endpointer, "SSSS")
    endpointer.suppress_until(until_sample=30 * FRAME)
    assert _feed(endpointer, "S" * 40) == []


def test_an_interruption_ends_the_utterance_and_nothing_reaches_back_over_it() -> None:
    endpointer = an_endpointer()
    _feed(endpointer, "SSSS")
    assert endpointer.interrupt(at_sample=2100) == Closed(4 * FRAME)
    assert endpointer.interrupt(at_sample=2100) is None
    assert _feed(endpointer, "SSS") == [Opened(2100)]


def test_faint_voice_begins_nothing_but_goes_on() -> None:
    endpointer = an_endpointer()
    assert _feed(endpointer, "s" * 30) == []
    assert _feed(endpointer, "SSS" + "s" * 30 + "." * 21) == [Opened(13 * FRAME)]
    assert endpointer.speech_end == 63 * FRAME


def test_speech_that_is_not_of_one_sentence_can_be_split() -> None:
    endpointer = an_endpointer()
    _feed(endpointer, "." * 40 + "SSS...SSS")
    assert (endpointer.start, endpointer.onset) == (23 * FRAME, 40 * FRAME)
    endpointer.begin_at(45 * FRAME)
    assert (endpointer.start, endpointer.onset) == (45 * FRAME, 45 * FRAME)
    assert _feed(endpointer, "S" * 95) == []
    assert _feed(endpointer, "S") == [Closed(145 * FRAME, too_long=True)]
