from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.nlu.grammars import tables
from tests.nlu.homes import (
    BEDROOM_ON,
    BLINDS,
    DIM,
    DOOR,
    KITCHEN_ON,
    LIGHT,
    LISTS,
    NOON,
    ROWS,
    SOUNDS,
    WOKEN,
    Sounds,
    Speaker,
    home,
    published,
    question,
    reason,
    row,
)
from voice2mqtt.core.audio import PartialMatch
from voice2mqtt.core.decision import Ask, Fire, Refuse, SlotValue
from voice2mqtt.core.outcome import Canceled, Heard, Hypothesis, NoMatch
from voice2mqtt.nlu.dialogue.interpreter import Interpreter
from voice2mqtt.nlu.dialogue.policy import LocalTime, Policy
from voice2mqtt.nlu.grammar.table import CommandTable, Row, WildcardList
from voice2mqtt.nlu.matching.candidate import Candidate


def test_a_command_is_published_with_its_slots() -> None:
    (fire,) = Speaker().says("Turn on the living room lights.")
    assert isinstance(fire, Fire)
    assert (fire.row, fire.score, dict(fire.slots)) == (
        "light",
        1.0,
        {"switch": "ON", "room": "living"},
    )
    assert published((fire,)) == ["home/living/light = ON"]


@pytest.mark.parametrize(
    "text",
    ["what a lovely light", "please turn on the kitchen light now", "turn on the", "", "...", "on"],
)
def test_only_a_whole_sentence_is_a_command(text: str) -> None:
    (refuse,) = Speaker().says(text)
    assert isinstance(refuse, Refuse)
    assert refuse.reason.text


@pytest.mark.parametrize("outcome", [NoMatch(reason="NotRecognized"), Canceled(reason="Error")])
def test_without_words_there_is_nothing_to_decide(outcome: NoMatch | Canceled) -> None:
    assert Interpreter(home()).decide(outcome, 0.0, NOON) == ()


@pytest.mark.parametrize(
    ("texts", "confidences", "expected", "asked"),
    [
        pytest.param(
            ["turn on the kitchen lied", "turn on the kitchen light"], (0.9, 0.85), KITCHEN_ON, "",
            id="the second is a command",
        ),
        pytest.param(
            ["turn on the kitchen light", "turn on the bedroom light"], (0.9, 0.85), KITCHEN_ON, "",
            id="scores only rank",
        ),
        pytest.param(
            ["what a lovely evening", "turn on the bedroom light"], (0.9, 0.3), [], "",
            id="far less believed than something else",
        ),
        pytest.param(
            ["turn on the kitchen light", "turn on the bedroom light"], (0.8, 0.2), KITCHEN_ON, "",
            id="a distribution with a clear best",
        ),
        pytest.param(
            ["turn on the kitchen light", "turn on the bedroom light"], (0.5, 0.4), [],
            "Kitchen or bedroom?",
            id="a distribution with a close rival",
        ),
        pytest.param(
            ["turn on the bedroom light", "turn on the kitchen light", "turn on kitchen lights"],
            (0.25, 0.3, 0.3), [], "Kitchen or bedroom?",
            id="what means the same adds up but leaves a doubt",
        ),
        pytest.param(
            ["turn on the bedroom light", "turn on the kitchen light", "turn on kitchen lights"],
            (0.2, 0.4, 0.35), KITCHEN_ON, "",
            id="what means the same adds up",
        ),
        pytest.param(
            ["close the blinds", "clothes the blind", "rose the blinds"], (0.4, 0.3, 0.3), [],
            "Close the blinds?",
            id="nothing holds enough of the belief",
        ),
        pytest.param(
            ["what a lovely evening", "close the blinds"], (0.6, 0.2), [], "",
            id="a distribution that lies elsewhere",
        ),
        pytest.param(
            ["turn on the kitchen light", "turn on the bedroom light"], (None, None), KITCHEN_ON,
            "", id="no confidences",
        ),
    ],
)  # fmt: skip
def test_the_n_best_list_is_weighed(
    texts: list[str], confidences: tuple[float | None, ...], expected: list[str], asked: str
) -> None:
    decisions = Speaker().says(*texts, confidences=confidences)
    assert published(decisions) == expected
    assert question(decisions) == asked


def test_a_close_call_is_refused_when_asking_is_off() -> None:
    speaker = Speaker(policy=Policy(ask=False))
    decisions = speaker.says(
        "turn on the kitchen light", "turn on the bedroom light", confidences=(0.5, 0.4)
    )
    assert published(decisions) == []
    assert isinstance(decisions[0], Refuse)
    assert "asking is off" in reason(decisions)


def test_the_lexical_form_is_tried_too() -> None:
    heard = Heard(
        text="Dim the kitchen to 1/2",
        hypotheses=(
            Hypothesis(text="Dim the kitchen to 1/2", lexical="dim the kitchen to twelve"),
        ),
    )
    assert published(Interpreter(home()).decide(heard, 0.0, NOON)) == ["home/kitchen/level = 12"]


@pytest.mark.parametrize(
    ("text", "expected", "asked", "why"),
    [
        pytest.param("turn on the kitten light", KITCHEN_ON, "", "sounds alike", id="near"),
        pytest.param(
            "turn on the kit room light", [], "Kitchen or bedroom?", "differ in room", id="two near"
        ),
        pytest.param("learn of the mighty", [], "", "0.60 away", id="too far"),
    ],
)
def test_sounds_alike(text: str, expected: list[str], asked: str, why: str) -> None:
    decisions = Speaker(nearest=SOUNDS).says(text)
    assert (published(decisions), question(decisions)) == (expected, asked)
    assert why in reason(decisions)
    assert decisions[0].reason.nearest


def test_a_refusal_names_the_nearest_first_and_nothing_that_is_nowhere_near() -> None:
    known: dict[str, list[tuple[int, Mapping[str, SlotValue], str, float]]] = {
        "what a light": [
            (0, {"switch": "ON", "room": "bedroom"}, "turn on the bedroom light", 0.95),
            (1, {"level": 1}, "dim to 1", 0.62),
            (2, {}, "close the blinds", 0.55),
        ],
        "hm": [(2, {}, "close the blinds", 0.95)],
    }

    class Likeliest(Sounds):
        def search(self, hypotheses: Sequence[Hypothesis]) -> Sequence[Candidate]:
            return super().search(hypotheses)[::-1]

    (refuse,) = Speaker(nearest=Likeliest(known=known)).says("what a light")
    assert [near.distance for near in refuse.reason.nearest] == [0.55, 0.62]
    assert refuse.reason.text.startswith("the nearest row is 0.55 away")
    (refuse,) = Speaker(nearest=Likeliest(known=known)).says("hm")
    assert not refuse.reason.nearest
    assert refuse.reason.text.startswith("no row says this")


def test_what_the_host_heard_instead_of_the_table_is_only_asked_about() -> None:
    text = "turn on the kitten light"
    instead = Heard(text=text, hypotheses=(Hypothesis(text=text, confidence=0.9, outside=True),))
    asked = Speaker(nearest=SOUNDS).interpreter.decide(instead, 0.0, NOON)
    assert published(asked) == []
    assert question(asked)
    assert "heard no command" in reason(asked)


def test_a_command_that_is_not_clear_is_carried_out_if_the_other_readings_sound_like_it() -> None:
    unclear = ("turn on the kitchen light", "turn on the kitten light")
    heard = Speaker(nearest=SOUNDS).says(*unclear, confidences=(0.5, 0.4))
    assert published(heard) == KITCHEN_ON
    otherwise = (unclear[0], "learn of the mighty")
    asked = Speaker(nearest=SOUNDS).says(*otherwise, confidences=(0.5, 0.4))
    assert published(asked) == []
    assert question(asked)


def test_the_only_hypothesis_needs_no_confidence() -> None:
    heard = Speaker(nearest=None).says("turn on the kitchen light", confidences=(0.3,))
    assert published(heard) == KITCHEN_ON
    assert reason(heard) == "word for word"


def test_a_row_may_be_stricter_than_the_table() -> None:
    strict = home(replace(LIGHT, strictness=0.05))
    assert published(Speaker(strict, SOUNDS).says("turn on the kitten light")) == []


@pytest.mark.parametrize(
    ("confidences", "expected"),
    [
        pytest.param((0.85, 0.06), [], id="a fourteenth of what it believes"),
        pytest.param((0.3, 0.06), KITCHEN_ON, id="a fifth of it"),
    ],
)
def test_what_the_host_hardly_believes_is_not_found_by_its_sound(
    confidences: tuple[float, ...], expected: list[str]
) -> None:
    speaker = Speaker(nearest=SOUNDS)
    heard = speaker.says("yes", "turn on the kitten light", confidences=confidences)
    assert published(heard) == expected


def test_two_rows_that_do_the_same_are_no_doubt() -> None:
    twice = home(row("a", "close [the] blinds", "t"), row("b", "close [the] blind", "t"))
    speaker = Speaker(twice)
    decisions = speaker.says("close the blinds", "close the blind", confidences=(0.5, 0.45))
    assert published(decisions) == ["t = ON"]


FREE = replace(home(), lists={**LISTS, "item": WildcardList()})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("add milk to the list and add eggs to the list", ["list = milk", "list = eggs"]),
        ("add bread and butter to the list", ["list = bread and butter"]),
        ("add bread and butter to the list and close the blinds",
         ["list = bread and butter", "home/blinds = CLOSE"]),
        ("say hello, then close the blinds", ["say = hello", "home/blinds = CLOSE"]),
        ("say hello and say goodbye and stop everything",
         ["say = hello", "say = goodbye", "home/stop = ON"]),
        ("say close the blinds and the door", ["say = close the blinds and the door"]),
        ("close the blinds and the door", ["home/blinds = CLOSE", "home/echo = the door"]),
        ("close the windows and the door", ["home/echo = close the windows and the door"]),
    ],
)  # fmt: skip
def test_free_text_swallows_no_other_command(text: str, expected: list[str]) -> None:
    free = (
        row("list", "add {item} to the list", "list", "{item}"),
        row("say", "say {item}", "say", "{item}"),
    )
    echo = row("echo", "{item}", "home/echo", "{item}")
    assert published(Speaker(replace(FREE, rows=(*free, *ROWS, echo))).says(text)) == expected


def test_what_only_sounds_like_an_unfinished_row_is_none() -> None:
    remind = row("remind", "remind me [to] {item}", "remind", "{item}")
    heard = {"remind me to": [(0, {"item": "to"}, "remind me to", 0.0)]}
    decisions = Speaker(replace(FREE, rows=(remind,)), Sounds(known=heard)).says("remind me to")
    assert published(decisions) == []
    assert "free text was left out" in reason(decisions)


def test_cooldown() -> None:
    speaker = Speaker(home(replace(BLINDS, cooldown_s=30.0), DIM))
    assert published(speaker.says("close the blinds"))
    assert "20 s of its cooldown" in reason(speaker.says("close the blinds", after_s=10.0))
    assert published(speaker.says("close the blinds", after_s=20.0))


def test_an_echo_is_not_a_second_command() -> None:
    speaker = Speaker(policy=Policy(repeat_within_s=3.0))
    assert published(speaker.says("turn on the kitchen light"))
    assert "echo" in reason(speaker.says("turn on the kitchen light"))
    assert published(speaker.says("turn on the bedroom light")) == BEDROOM_ON
    assert published(speaker.says("turn on the bedroom light", after_s=3.1)) == BEDROOM_ON


def test_hours_come_before_the_question() -> None:
    speaker = Speaker(home(replace(DOOR, between=(7 * 60, 22 * 60))))
    speaker.local = LocalTime(minute=23 * 60, weekday=0)
    decisions = speaker.says("open the front door")
    assert isinstance(decisions[0], Refuse)
    assert reason(decisions) == "only between 07:00 and 22:00"


DAY = replace(row("day", "good (night|bye)", "home/day"), between=(6 * 60, 18 * 60))


NIGHT = replace(row("night", "Good night", "home/night"), between=(18 * 60, 6 * 60))


GOOD_NIGHT = Sounds(
    known={
        "good knight": [(0, {}, "good night", 0.1), (1, {}, "Good night", 0.1)],
        "good buy": [(0, {}, "good bye", 0.1), (1, {}, "Good night", 0.1)],
    }
)


@pytest.mark.parametrize(
    ("text", "rows", "by_day", "by_night"),
    [
        ("good night", (DAY, NIGHT), "home/day = ON", "home/night = ON"),
        ("good knight", (DAY, NIGHT), "home/day = ON", "home/night = ON"),
        ("good night and good night", (DAY, NIGHT), "home/day = ON", "home/night = ON"),
        ("good bye", (DAY, NIGHT), "home/day = ON", "only between 06:00 and 18:00"),
        ("good buy", (DAY, NIGHT), "Bye or night?", "Bye or night?"),
        ("good night", (NIGHT,), "only between 18:00 and 06:00", "home/night = ON"),
    ],
)
def test_of_two_rows_with_one_sentence_the_one_whose_hour_it_is_acts(
    text: str, rows: tuple[Row, ...], by_day: str, by_night: str
) -> None:
    for minute, expected in ((12 * 60, by_day), (23 * 60, by_night)):
        speaker = Speaker(home(*rows), GOOD_NIGHT)
        speaker.local = LocalTime(minute=minute, weekday=0)
        decisions = speaker.says(text)
        told = set(published(decisions)) | {question(decisions)} - {""} or {reason(decisions)}
        assert told == {expected}


@pytest.mark.parametrize(
    ("text", "prospect"),
    [
        ("close the blinds", PartialMatch.COMPLETE),
        ("turn on the kitchen light", PartialMatch.COMPLETE),
        ("turn on the living", PartialMatch.UNFINISHED),
        ("dim the kitchen to twenty", PartialMatch.OPEN),
        ("dim the kitchen to twenty percent", PartialMatch.COMPLETE),
        ("well", PartialMatch.UNKNOWN),
        ("", PartialMatch.UNFINISHED),
    ],
)
def test_prospect(text: str, prospect: PartialMatch) -> None:
    assert Interpreter(home()).partial_match(text) is prospect


@given(table=tables(), texts=st.lists(st.text(max_size=60), min_size=1, max_size=4))
def test_deciding_never_raises(table: CommandTable, texts: list[str]) -> None:
    interpreter = Interpreter(table, Policy(wake_phrases=("house",), wake_grace_s=5.0))
    for now_s, text in enumerate(texts):
        assert interpreter.partial_match(text) in PartialMatch
        assert interpreter.decide(Heard(text=text), float(now_s), NOON)


@pytest.mark.parametrize("text", ["... " * 50_000, "and " * 480, "x, " * 600, "house " * 50_000])
def test_deciding_about_a_monstrous_text_is_quick(text: str) -> None:
    (refuse,) = Interpreter(home(), WOKEN, SOUNDS).decide(Heard(text=text), 0.0, NOON)
    assert isinstance(refuse, Refuse)


TALK = (
    *("open the front door", "yes", "no", "cancel", "maybe", "close the blinds", "house"),
    *("house open the front door", "house close the blinds", "stop everything", "hey computer yes"),
)


@given(said=st.lists(st.tuples(st.sampled_from(TALK), st.sampled_from([0.5, 3.0, 9.0, 20.0]))))
def test_whatever_is_said_the_rules_hold(said: list[tuple[str, float]]) -> None:
    speaker = Speaker(policy=replace(WOKEN, wake_grace_s=5.0))
    asked_s = opened_s = float("-inf")
    for text, after_s in said:
        for decision in speaker.says(text, after_s=after_s):
            addressed = "house" in text or "computer" in text
            if isinstance(decision, Fire) and decision.row == "door":
                assert text in ("yes", "hey computer yes")
                assert speaker.now_s - asked_s <= 8.0
            elif isinstance(decision, Fire) and decision.row == "blinds":
                assert addressed or speaker.now_s <= max(opened_s, asked_s + 8.0)
            if isinstance(decision, Fire):
                opened_s, asked_s = speaker.now_s + 5.0, float("-inf")
            elif isinstance(decision, Ask):
                asked_s = speaker.now_s if decision.row else asked_s
                opened_s = opened_s if decision.row else speaker.now_s + 13.0
