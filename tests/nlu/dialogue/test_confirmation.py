"""Questions that the daemon asks, and the answers to them."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.nlu.homes import (
    BEDROOM_ON,
    BLINDS,
    DOOR,
    LIGHT,
    ROWS,
    SOUNDS,
    Sounds,
    Speaker,
    home,
    published,
    question,
    reason,
    row,
)
from voice2mqtt.core.decision import Refuse
from voice2mqtt.nlu.dialogue.interpreter import Interpreter
from voice2mqtt.nlu.grammar.table import Row


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param("Bedroom.", BEDROOM_ON, id="one word"),
        pytest.param("the bedroom please", BEDROOM_ON, id="in a sentence"),
        pytest.param("bad room", BEDROOM_ON, id="by sound"),
        pytest.param("turn on the bedroom light", BEDROOM_ON, id="the whole command"),
        pytest.param("close the blinds", ["home/blinds = CLOSE"], id="another command"),
        pytest.param(
            "turn off the bedroom light",
            ["home/bedroom/light = OFF"],
            id="another command with the same word",
        ),
        pytest.param("I think my aunt painted her bedroom blue", [], id="talk with that word"),
        pytest.param("kitchen or bedroom", [], id="both"),
        pytest.param("yes", [], id="yes to what"),
        pytest.param("neither", [], id="something else"),
        pytest.param("never mind", [], id="cancel"),
        pytest.param("yes, the bedroom one", BEDROOM_ON, id="consent and choice"),
        pytest.param("no, the bedroom", BEDROOM_ON, id="no and choice"),
        pytest.param("what about the bedroom", [], id="a question"),
    ],
)
def test_a_choice_is_answered(answer: str, expected: list[str]) -> None:
    speaker = Speaker(nearest=SOUNDS)
    assert question(speaker.says("turn on the kit room light")) == "Kitchen or bedroom?"
    assert published(speaker.says(answer)) == expected


@pytest.mark.parametrize(
    ("answer", "after_s", "expected"),
    [
        pytest.param("Yes.", 1, ["home/door/front = ON"], id="yes"),
        pytest.param("yeah please", 7.9, ["home/door/front = ON"], id="just in time"),
        pytest.param("yes", 8.1, [], id="too late"),
        pytest.param("no thanks", 1, [], id="no"),
        pytest.param("cancel that", 1, [], id="cancel"),
        pytest.param("maybe", 1, [], id="something else"),
        pytest.param("close the blinds", 1, ["home/blinds = CLOSE"], id="another command"),
        pytest.param("yes, go ahead", 1, ["home/door/front = ON"], id="with encouragement"),
        pytest.param("yes open the front door", 1, ["home/door/front = ON"], id="said again"),
        pytest.param("yes open the back door", 1, [], id="something else said again"),
        pytest.param("yes but later", 1, [], id="more than consent"),
    ],
)
def test_consent(answer: str, after_s: float, expected: list[str]) -> None:
    speaker = Speaker()
    assert question(speaker.says("open the front door")) == "Open front door?"
    assert published(speaker.says(answer, after_s=after_s)) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("No, don't.", []),
        ("Nevermind.", []),
        ("please don't", []),
        ("no no not now", []),
        ("yes no", []),
        ("don't open the front door", []),
        ("no, don't open the front door", []),
        ("no, close the blinds", ["home/blinds = CLOSE"]),
        ("no thanks turn on the bad room light", BEDROOM_ON),
        ("no don't turn on the bad room light", []),
        ("stop everything", ["home/stop = ON"]),
    ],
)
def test_a_word_of_refusal_drops_the_question(answer: str, expected: list[str]) -> None:
    meant = (0, {"switch": "ON", "room": "bedroom"}, "turn on the bedroom light", 0.1)
    light = "turn on the bad room light"
    speaker = Speaker(nearest=Sounds(known={light: [meant], f"don't {light}": [meant]}))
    speaker.says("open the front door")
    assert published(speaker.says(answer)) == expected
    assert published(speaker.says("okay")) == []


@pytest.mark.parametrize(
    ("confidences", "opened"), [((0.5, 0.4), False), ((0.4, 0.5), False), ((0.8, 0.2), True)]
)
def test_a_believable_refusal_outweighs_a_consent(
    confidences: tuple[float, float], opened: bool
) -> None:
    speaker = Speaker()
    speaker.says("open the front door")
    assert bool(published(speaker.says("yes", "no", confidences=confidences))) is opened


@pytest.mark.parametrize("answer", ["not the bedroom", "no, not the bedroom", "don't bedroom"])
def test_a_negation_chooses_nothing(answer: str) -> None:
    speaker = Speaker(nearest=replace(SOUNDS, near={(answer, "bedroom"): 0.1}))
    speaker.says("turn on the kit room light")
    assert published(speaker.says(answer)) == []
    assert published(speaker.says("kitchen")) == []


@pytest.mark.parametrize(("near", "payload"), [("unlock", ["shed = OPEN"]), ("", [])])
def test_another_word_beside_the_choice_leaves_it_to_the_sound(
    near: str, payload: list[str]
) -> None:
    rows = row("u", "unlock the shed", "shed", "OPEN"), row("l", "lock the shed", "shed", "SHUT")
    speaker = Speaker(home(*rows), Sounds(near={("un lock", near): 0.1}))
    asked = speaker.says("unlock the shed", "lock the shed", confidences=(0.5, 0.5))
    assert question(asked) == "Unlock or lock?"
    assert published(speaker.says("un lock")) == payload


@given(
    before=st.sampled_from(["", "yes", "okay please", "the kitchen", "well"]),
    refusal=st.sampled_from(["no", "don't", "never mind", "not", "nope", "cancel"]),
    after=st.sampled_from(["", "yes", "the bedroom", "do it", "okay please", "sure sure"]),
    options=st.sampled_from([("open the front door",), ("turn on the kit room light",)]),
)
def test_what_contains_a_refusal_is_no_consent(
    before: str, refusal: str, after: str, options: tuple[str]
) -> None:
    speaker = Speaker(nearest=SOUNDS)
    assert question(speaker.says(*options))
    said = published(speaker.says(f"{before} {refusal} {after}"))
    assert said == [] or (refusal in ("no", "nope") and after == "the bedroom")
    assert published(speaker.says("yes")) == published(speaker.says("kitchen")) == []


@pytest.mark.parametrize(
    ("language", "yes", "no"),
    [("de", "Ja, bitte", "Nein"), ("fr", "Oui", "Non merci"), ("es", "Sí", "No"),
     ("it", "Sì, grazie", "No"), ("nl", "Ja hoor", "Nee")],
)  # fmt: skip
def test_consent_in_the_tables_language(language: str, yes: str, no: str) -> None:
    for answer, expected in ((yes, ["home/door/front = ON"]), (no, [])):
        speaker = Speaker(home(language=language))
        speaker.says("open the front door")
        assert published(speaker.says(answer)) == expected


def test_an_answer_in_time_is_not_too_late_because_the_host_is_slow() -> None:
    speaker = Speaker()
    speaker.says("open the front door")
    assert published(speaker.says("yes", after_s=7.9, late_s=5)) == ["home/door/front = ON"]


def test_a_question_stays_open_while_others_talk() -> None:
    speaker = Speaker()
    speaker.says("open the front door")
    assert "does not answer" in reason(speaker.says("and now the weather"))
    assert published(speaker.says("yes")) == ["home/door/front = ON"]
    assert published(speaker.says("yes")) == []


def test_without_a_question_yes_means_nothing() -> None:
    assert isinstance(Speaker().says("yes")[0], Refuse)


def test_the_question_whether_something_was_meant_ends_once() -> None:
    asked = Speaker().says("Close the blinds.", "What a day.", confidences=(0.5, 0.4))
    assert question(asked) == "Close the blinds?"


def test_of_two_rows_that_are_said_alike_the_first_is_meant_by_sound_too() -> None:
    rows = row("fan", "start the fan", "home/fan"), row("van", "start the (van|fan)", "home/van")
    sounds = Sounds(
        known={"start the fam": [(1, {}, "Start the fan", 0.1), (0, {}, "start the fan", 0.1)]}
    )
    assert published(Speaker(home(*rows), sounds).says("start the fam")) == ["home/fan = ON"]


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param((LIGHT, BLINDS), id="gone"),
        pytest.param((LIGHT, replace(DOOR, confirm="Really?")), id="changed"),
    ],
)
def test_a_new_table_keeps_no_question_about_a_row_that_is_gone(rows: tuple[Row, ...]) -> None:
    speaker = Speaker()
    speaker.says("open the front door")
    after = Interpreter(home(*rows))
    after.resume_from(speaker.interpreter)
    speaker.interpreter = after
    assert published(speaker.says("yes")) == []


def test_a_question_survives_a_new_table_that_moved_its_row() -> None:
    speaker = Speaker()
    speaker.says("open the front door")
    after = Interpreter(home(*reversed(ROWS)))
    after.resume_from(speaker.interpreter)
    speaker.interpreter = after
    assert published(speaker.says("yes")) == ["home/door/front = ON"]
