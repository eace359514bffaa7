import pytest

from tests.speechhost.fakes import entry, with_times
from voice2mqtt.speechhost.engine import Transcript
from voice2mqtt.speechhost.protocol import sentences

TWO = Transcript(nbest=(with_times(entry("It is late. Turn off the light.")), entry("Other.")))


def test_a_transcript_is_split_after_each_sentence() -> None:
    late, light = sentences.split(TWO)
    assert [(one.nbest[0].text, one.nbest[0].lexical) for one in (late, light)] == [
        ("It is late.", "it is late"),
        ("Turn off the light.", "turn off the light"),
    ]
    assert late.nbest[0].words[-1].end_s <= light.nbest[0].words[0].begin_s
    assert late.nbest[0].confidence == pytest.approx(0.8**3)


@pytest.mark.parametrize("text", ["Turn on the light.", "It is 2.5 degrees", "late"])
def test_one_sentence_is_left_as_it_is(text: str) -> None:
    one = Transcript(nbest=(with_times(entry(text)),))
    assert sentences.split(one) == [one]
    assert sentences.without_last(one) is None


def test_without_times_nothing_is_split() -> None:
    untimed = Transcript(nbest=(entry("It is late. Turn off the light."),))
    assert sentences.split(untimed) == [untimed]


def test_all_but_the_last_sentence() -> None:
    said = with_times(entry("Yes. It is late. Good night."))
    whole = sentences.without_last(Transcript(nbest=(said,)))
    assert whole
    assert whole.nbest[0].text == "Yes. It is late."
    assert len(whole.nbest[0].words) == 4


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("Hello comma how are you question mark", "Hello, how are you?"),
        ("Hello, comma. How are you? Question, Mark.", "Hello, how are you?"),
        ("Come at ten full stop new paragraph can you question mark", "Come at ten.\n\nCan you?"),
        ("Stop exclamation mark i mean it period", "Stop! I mean it."),
        ("Milk comma I think period", "Milk, I think."),
        ("It was a long period of time.", "It was a long period of time."),
        ("The comma-separated list", "The comma-separated list"),
        ("No mark at all.", "No mark at all."),
    ],
)
def test_marks_are_written_where_their_names_were_spoken(said: str, written: str) -> None:
    assert sentences.with_marks(said, "en-US") == written


def test_marks_have_names_of_their_language() -> None:
    assert sentences.with_marks("Guten Tag Komma wie geht es Fragezeichen", "de-DE") == (
        "Guten Tag, wie geht es?"
    )
    assert sentences.with_marks("hello comma you", "xx") == "hello comma you"
