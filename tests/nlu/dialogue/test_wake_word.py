"""What a wake word, heard in the audio, means for what was recognised."""

import pytest

from tests.nlu.homes import KITCHEN_ON, SOUNDS, Speaker, published, question, reason
from voice2mqtt.core.audio import PartialMatch
from voice2mqtt.core.decision import Refuse
from voice2mqtt.nlu.dialogue.policy import Policy

ALEXA = Policy(wake_words=("alexa",))
BOTH = Policy(wake_words=("alexa",), wake_phrases=("house",))


@pytest.mark.parametrize("policy", [ALEXA, BOTH], ids=["word", "both"])
@pytest.mark.parametrize(
    "text", ["Alexa, turn on the kitchen light.", "Turn on the kitchen light.", "alexa alexa"]
)
def test_the_wake_word_may_be_recognised_with_the_command(policy: Policy, text: str) -> None:
    decisions = Speaker(policy=policy).says(text, aloud=True)
    assert published(decisions) == ([] if text == "alexa alexa" else KITCHEN_ON)


def test_a_hypothesis_with_the_wake_word_is_read_without_it() -> None:
    decisions = Speaker(nearest=SOUNDS, policy=ALEXA).says("Alexa turn on the kitten light")
    assert published(decisions) == KITCHEN_ON


def test_the_wake_phrase_may_follow_the_wake_word() -> None:
    decisions = Speaker(policy=BOTH).says("House, turn on the kitchen light.", aloud=True)
    assert published(decisions) == KITCHEN_ON


def test_a_typed_sentence_needs_the_phrase_and_not_the_word() -> None:
    assert published(Speaker(policy=ALEXA).says("turn on the kitchen light")) == KITCHEN_ON
    (refuse,) = decisions = Speaker(policy=BOTH).says("turn on the kitchen light")
    assert isinstance(refuse, Refuse)
    assert "wake phrase was not said" in reason(decisions)
    assert published(Speaker(policy=BOTH).says("House turn on the kitchen light")) == KITCHEN_ON


def test_the_wake_word_alone_is_answered_and_a_command_may_follow_without_it() -> None:
    speaker = Speaker(policy=ALEXA)
    assert question(speaker.says("Alexa.", aloud=True))
    assert speaker.interpreter.awake_until_s > speaker.now_s
    assert published(speaker.says("turn on the kitchen light", aloud=True)) == KITCHEN_ON
    assert speaker.interpreter.awake_until_s <= speaker.now_s


def test_an_open_question_and_the_grace_keep_it_awake() -> None:
    speaker = Speaker(policy=Policy(wake_words=("alexa",), wake_grace_s=10))
    assert speaker.interpreter.awake_until_s < speaker.now_s
    speaker.says("turn on the kitchen light", aloud=True)
    assert speaker.interpreter.awake_until_s == speaker.now_s + 10
    asking = Speaker(policy=ALEXA)
    assert question(asking.says("open the front door", aloud=True))
    assert asking.interpreter.awake_until_s == asking.now_s + ALEXA.answer_within_s
    asking.says("no", aloud=True)
    assert asking.interpreter.awake_until_s < asking.now_s


def test_the_endpointer_waits_for_what_follows_the_wake_word() -> None:
    interpreter = Speaker(policy=ALEXA).interpreter
    assert interpreter.partial_match("Alexa") is PartialMatch.UNFINISHED
    assert interpreter.partial_match("Alexa turn on the kitchen light") is PartialMatch.COMPLETE
