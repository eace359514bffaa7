from itertools import count

import pytest

from tests.speechhost.fakes import LoudnessActivity, entry, silence, tone, with_times
from voice2mqtt.nlu.grammar.table import Json
from voice2mqtt.speechhost.engine import Transcript
from voice2mqtt.speechhost.jobs import Abandon, Hasten, Transcribe, Urgency
from voice2mqtt.speechhost.protocol import turn as turn_module
from voice2mqtt.speechhost.protocol.request_options import read_address, read_options
from voice2mqtt.speechhost.protocol.turn import Action, Send, Turn

LIGHT = Transcript(nbest=(entry("Turn on the light."),))
NOTHING = Transcript()
TICKS_PER_MS = 10_000


class Talk:
    """A turn, with the audio clock of its client."""

    def __init__(self, mode: str = "INTERACTIVE", **context: Json) -> None:
        address = read_address("/stt/speech/universal/v2")
        assert address
        detection: dict[str, Json] = {"mode": mode}
        options = read_options(address, {"phraseDetection": detection, **context})
        self.turn = Turn(options, LoudnessActivity(), count())
        self.now_s = 100.0
        self.sent = 0

    def hear(self, pcm: bytes) -> list[Action]:
        """In pieces of 100 ms, as the SDK sends them."""
        actions: list[Action] = []
        for at in range(0, len(pcm), 3200):
            piece = pcm[at : at + 3200]
            self.sent += len(piece) // 2 * 625
            self.now_s += len(piece) / 32_000
            actions += self.turn.feed(piece, self.sent, self.now_s)
        return actions

    def end(self) -> list[Action]:
        return self.turn.stream_ended(self.now_s)

    def wait(self, duration_s: float) -> list[Action]:
        self.now_s += duration_s
        return self.turn.tick(self.now_s)


def paths(actions: list[Action]) -> list[str]:
    return [action.path for action in actions if isinstance(action, Send)]


def body(actions: list[Action], path: str) -> dict[str, Json]:
    found, *acknowledgement = (
        action.body for action in actions if isinstance(action, Send) and action.path == path
    )
    assert [body["RecognitionStatus"] for body in acknowledgement] in ([], ["EndOfDictation"])
    return found


def answered(actions: list[Action]) -> list[Json]:
    """The statuses of all phrases."""
    sent = [action for action in actions if isinstance(action, Send)]
    return [one.body["RecognitionStatus"] for one in sent if one.path == "speech.phrase"]


def acknowledged(actions: list[Action]) -> Json:
    """Up to where the client may forget its audio."""
    bodies = [action.body for action in actions if isinstance(action, Send)]
    (found,) = (one for one in bodies if one.get("RecognitionStatus") == "EndOfDictation")
    return found["Offset"]


def work(actions: list[Action]) -> Transcribe:
    *interim, found = (action for action in actions if isinstance(action, Transcribe))
    assert {one.urgency for one in interim} <= {Urgency.INTERIM}
    return found


ANSWER = ["speech.endDetected", "speech.phrase", "speech.phrase", "turn.end"]
"""Of the phrases, the second acknowledges the audio behind the first."""
WITHOUT_WORDS = ["speech.endDetected", "speech.phrase", "turn.end"]


def test_a_speculative_result_that_was_right_is_the_answer_at_once() -> None:
    talk = Talk()
    actions = talk.hear(silence(300) + tone(900) + silence(200))
    assert paths(actions) == ["speech.startDetected"]
    speculative = work(actions)
    assert speculative.urgency is Urgency.PAUSE
    heard = talk.turn.transcribed(speculative.job_id, LIGHT)
    assert body(heard, "speech.hypothesis")["Text"] == "turn on the light"
    actions = talk.end()
    assert paths(actions) == ANSWER
    assert body(actions, "speech.phrase")["DisplayText"] == "Turn on the light."
    assert not [action for action in actions if isinstance(action, Transcribe)]
    assert talk.turn.ended


def test_an_interim_hypothesis_is_sent_again_when_a_pause_confirms_it() -> None:
    talk = Talk()
    interim = work(talk.hear(silence(300) + tone(1600)))
    assert interim.urgency is Urgency.INTERIM
    assert paths(talk.turn.transcribed(interim.job_id, LIGHT)) == ["speech.hypothesis"]
    speculative = work(talk.hear(silence(200)))
    assert speculative.urgency is Urgency.PAUSE
    assert paths(talk.turn.transcribed(speculative.job_id, LIGHT)) == ["speech.hypothesis"]


def test_a_speculative_job_still_under_way_is_hastened_when_the_phrase_ends() -> None:
    talk = Talk()
    speculative = work(talk.hear(silence(300) + tone(900) + silence(200)))
    actions = talk.end()
    assert actions[1:] == [Hasten(job_id=speculative.job_id)]
    assert paths(actions) == ["speech.endDetected"]
    assert paths(talk.turn.transcribed(speculative.job_id, LIGHT)) == ANSWER[1:]


def test_a_speculative_job_is_forgotten_when_speech_goes_on() -> None:
    talk = Talk()
    speculative = work(talk.hear(tone(600) + silence(200)))
    actions = talk.hear(tone(300))
    assert actions == [Abandon(job_id=speculative.job_id)]
    assert talk.turn.transcribed(speculative.job_id, LIGHT) == []
    final = work(talk.end())
    assert final.urgency is Urgency.ANSWER
    assert final.pcm.startswith(tone(600) + silence(200) + tone(300))


def test_a_speculative_job_that_failed_is_made_again() -> None:
    talk = Talk()
    speculative = work(talk.hear(tone(600) + silence(200)))
    assert talk.turn.transcribed(speculative.job_id, None) == []
    final = work(talk.end())
    assert final.job_id != speculative.job_id
    assert paths(talk.turn.transcribed(final.job_id, LIGHT)) == ANSWER[1:]


def test_the_answer_tells_the_speech_and_all_audio_is_acknowledged_behind_it() -> None:
    talk = Talk()
    actions = talk.hear(silence(300) + tone(900) + silence(800))
    assert paths(actions) == ["speech.startDetected", "speech.endDetected"]
    talk.hear(silence(100))  # was on its way when the client was told of the end
    actions = talk.turn.transcribed(work(actions).job_id, LIGHT)
    phrase = body(actions, "speech.phrase")
    assert phrase["Offset"] == 288 * TICKS_PER_MS
    assert phrase["Duration"] == 928 * TICKS_PER_MS
    assert acknowledged(actions) == 2100 * TICKS_PER_MS


def test_speech_behind_the_phrase_is_left_for_the_next_turn() -> None:
    talk = Talk()
    actions = talk.hear(tone(900) + silence(800))
    talk.hear(silence(100) + tone(300))
    actions = talk.turn.transcribed(work(actions).job_id, LIGHT)
    assert body(actions, "speech.phrase")["Duration"] == 928 * TICKS_PER_MS
    assert acknowledged(actions) == 1792 * TICKS_PER_MS  # the frame in which the tone begins


@pytest.mark.parametrize(
    ("pcm", "result", "status"),
    [
        pytest.param(silence(500), None, "InitialSilenceTimeout", id="silence"),
        pytest.param(b"", None, "InitialSilenceTimeout", id="nothing"),
        pytest.param(tone(500), NOTHING, "NoMatch", id="no words"),
        pytest.param(tone(500), LIGHT, "Success", id="words"),
    ],
)
def test_what_a_closed_stream_is_answered(
    pcm: bytes, result: Transcript | None, status: str
) -> None:
    talk = Talk()
    actions = talk.hear(pcm) + talk.end()
    if result:
        actions += talk.turn.transcribed(work(actions).job_id, result)
    phrase = body(actions, "speech.phrase")
    assert phrase["RecognitionStatus"] == status
    answer = ANSWER if status == "Success" else WITHOUT_WORDS
    assert paths(actions)[-len(answer) :] == answer
    if status != "Success":
        assert (phrase["Offset"], phrase["Duration"]) == (talk.sent, 0)


def test_silence_ends_an_open_stream() -> None:
    talk = Talk(phraseDetection={"initialSilenceTimeout": 3000})
    actions = talk.hear(silence(5100))
    assert body(actions, "speech.phrase")["RecognitionStatus"] == "InitialSilenceTimeout"
    assert talk.turn.ended


def test_noise_that_never_stops_is_babble() -> None:
    talk = Talk()
    actions = talk.hear(tone(30_200))
    final = next(a for a in actions if isinstance(a, Transcribe) and a.urgency is Urgency.ANSWER)
    phrase = body(talk.turn.transcribed(final.job_id, NOTHING), "speech.phrase")
    assert phrase["RecognitionStatus"] == "BabbleTimeout"


def test_an_engine_that_fails_is_an_error_and_not_a_silence() -> None:
    talk = Talk()
    final = work(talk.hear(tone(500)) + talk.end())
    actions = talk.turn.transcribed(final.job_id, None)
    assert body(actions, "speech.phrase")["RecognitionStatus"] == "Error"
    assert talk.turn.ended


def test_audio_that_comes_again_is_followed_by_the_live_stream() -> None:
    talk = Talk(continuation={"previousServiceTag": "x"})
    talk.hear(tone(500))
    assert talk.end() == []
    assert talk.wait(0.1) == []
    assert paths(talk.hear(tone(200))) == []
    assert work(talk.hear(silence(200))).pcm.startswith(tone(500) + tone(200))


def test_after_audio_that_came_again_nothing_may_follow() -> None:
    talk = Talk(continuation={})
    talk.hear(tone(500))
    assert talk.end() == []
    assert talk.turn.wake_at_s == pytest.approx(talk.now_s + turn_module.STREAM_GAP_S)
    actions = talk.wait(turn_module.STREAM_GAP_S)
    assert paths(actions) == ["speech.endDetected"]
    assert work(actions).urgency is Urgency.ANSWER


def test_a_client_that_falls_silent_on_the_wire_is_answered() -> None:
    talk = Talk()
    actions = talk.hear(tone(500))
    assert talk.wait(1.0) == []
    actions = talk.wait(turn_module.STARVED_S)
    assert work(actions).urgency is Urgency.ANSWER


def test_long_speech_has_hypotheses_by_one_interim_job_at_a_time() -> None:
    talk = Talk()
    first = work(talk.hear(tone(2900)))
    assert first.urgency is Urgency.INTERIM
    assert paths(talk.turn.transcribed(first.job_id, LIGHT)) == ["speech.hypothesis"]
    second = work(talk.hear(tone(500)))
    assert talk.turn.transcribed(second.job_id, LIGHT) == []  # nothing new in it


def test_a_continuous_turn_answers_in_order_until_its_audio_ends() -> None:
    talk = Talk("CONVERSATION")
    first = work(talk.hear(tone(500) + silence(700)))
    second = work(talk.hear(tone(500) + silence(700)))
    assert paths(talk.turn.transcribed(second.job_id, LIGHT)) == []
    phrases = talk.turn.transcribed(first.job_id, LIGHT)
    assert answered(phrases) == ["Success", "Success"]
    actions = talk.end()
    assert paths(actions) == WITHOUT_WORDS
    assert body(actions, "speech.phrase")["RecognitionStatus"] == "EndOfDictation"


def test_in_a_continuous_turn_only_speech_awaits_an_answer() -> None:
    talk = Talk("CONVERSATION")
    talk.hear(silence(1000))
    owed = [talk.turn.owes_answer]
    speculative = work(talk.hear(tone(600) + silence(200)))
    owed.append(talk.turn.owes_answer)
    talk.hear(silence(800))
    owed.append(talk.turn.owes_answer)
    talk.turn.transcribed(speculative.job_id, LIGHT)
    owed.append(talk.turn.owes_answer)
    assert owed == [False, True, True, False]


def test_a_single_shot_awaits_its_answer_from_the_start() -> None:
    assert Talk().turn.owes_answer


def test_a_continuous_turn_acknowledges_silence() -> None:
    talk = Talk("CONVERSATION")
    phrase = body(talk.hear(silence(15_100)), "speech.phrase")
    assert phrase["RecognitionStatus"] == "InitialSilenceTimeout"
    assert phrase["Offset"] == 15_008 * TICKS_PER_MS
    assert not talk.turn.ended


def test_a_continuous_turn_that_is_starved_answers_and_goes_on() -> None:
    talk = Talk("CONVERSATION")
    talk.hear(tone(500))
    final = work(talk.wait(turn_module.STARVED_S))
    assert answered(talk.turn.transcribed(final.job_id, LIGHT)) == ["Success"]
    following = work(talk.hear(tone(500) + silence(200)))
    assert final.pcm.startswith(tone(500))
    assert following.pcm.startswith(tone(500))


COMMITTED: Json = {"X-Client-Commit-Token": "7"}


def test_a_commit_ends_the_phrase_under_way_and_its_answer_says_so() -> None:
    talk = Talk("CONVERSATION")
    talk.hear(tone(500))
    committed = work(talk.turn.commit("7"))
    following = work(talk.hear(tone(600) + silence(700)))
    assert len(committed.pcm) == pytest.approx(32 * 500, abs=32 * 40)
    assert len(committed.pcm + following.pcm) == pytest.approx(32 * 1200, abs=32 * 40)
    answer = body(talk.turn.transcribed(committed.job_id, LIGHT), "speech.phrase")
    assert answer["clientAudioMetadata"] == COMMITTED
    assert "clientAudioMetadata" not in body(
        talk.turn.transcribed(following.job_id, LIGHT), "speech.phrase"
    )


def test_a_commit_when_nothing_is_being_said_is_answered_in_its_turn() -> None:
    talk = Talk("CONVERSATION")
    spoken = work(talk.hear(tone(500) + silence(700)))
    assert paths(talk.turn.commit("7")) == []
    first, second = (
        action.body
        for action in talk.turn.transcribed(spoken.job_id, LIGHT)
        if isinstance(action, Send) and action.path == "speech.phrase"
    )
    assert "clientAudioMetadata" not in first
    assert second["RecognitionStatus"] == "NoMatch"
    assert (second["Offset"], second["Duration"]) == (1200 * TICKS_PER_MS, 0)
    assert second["clientAudioMetadata"] == COMMITTED


def test_a_commit_ends_a_single_shot_once_somebody_speaks() -> None:
    talk = Talk()
    talk.hear(silence(500))
    assert talk.turn.commit("1") == []
    talk.hear(tone(500))
    actions = talk.turn.transcribed(work(talk.turn.commit("7")).job_id, LIGHT)
    assert body(actions, "speech.phrase")["clientAudioMetadata"] == COMMITTED
    assert talk.turn.ended
    assert talk.turn.commit("8") == []


def test_a_very_long_turn_ends_with_a_phrase() -> None:
    talk = Talk("DICTATION")
    for _ in range(40):
        talk.hear(silence(15_100))
        if talk.turn.ended:
            break
    assert talk.turn.ended
    assert talk.sent >= turn_module.LONGEST_TURN_S * 10_000_000


def test_an_abandoned_turn_leaves_no_work() -> None:
    talk = Talk("CONVERSATION")
    waiting = work(talk.hear(tone(500)) + talk.hear(silence(700)))
    speculative = work(talk.hear(tone(500) + silence(200)))
    assert talk.turn.abandon() == [
        Abandon(job_id=speculative.job_id),
        Abandon(job_id=waiting.job_id),
    ]
    assert talk.turn.transcribed(waiting.job_id, LIGHT) == []


SENTENCES = Transcript(nbest=(with_times(entry("It is late. Turn off the light.")),))


def test_an_answer_of_several_sentences_is_told_one_by_one_if_asked() -> None:
    segmentation: dict[str, Json] = {"segmentation": {"mode": "Semantic"}}
    detection: Json = {"mode": "CONVERSATION", "CONVERSATION": segmentation}
    talk = Talk(phraseDetection=detection)
    talk.hear(tone(2000))
    final = work(talk.wait(turn_module.STARVED_S))
    assert final.timed
    phrases = [
        action.body
        for action in talk.turn.transcribed(final.job_id, SENTENCES)
        if isinstance(action, Send) and action.path == "speech.phrase"
    ]
    assert [phrase["DisplayText"] for phrase in phrases] == ["It is late.", "Turn off the light."]
    first, second = phrases
    # Its third word ends at 0.85 s, and the next begins at 0.9.
    assert (first["Offset"], first["Duration"]) == (0, 8_500_000)
    assert (second["Offset"], second["Duration"]) == (9_000_000, 11_000_000)
    assert "NBest" not in first


def test_a_sentence_is_answered_once_another_has_begun() -> None:
    detection: Json = {
        "mode": "CONVERSATION",
        "CONVERSATION": {"segmentation": {"mode": "Semantic"}},
    }
    talk = Talk(phraseDetection=detection)
    pause = work(talk.hear(tone(1600) + silence(200)))
    actions = talk.turn.transcribed(pause.job_id, SENTENCES)
    assert body(actions, "speech.phrase")["DisplayText"] == "It is late."
    assert Abandon(job_id=pause.job_id) not in actions  # it has its result
    final = work(talk.hear(silence(1600)))
    # From the middle of the gap between the two sentences on, a frame of 32 ms more or less.
    assert len(final.pcm) / 32 == pytest.approx(1600 + 1500 - 875, abs=70)
    light = Transcript(nbest=(with_times(entry("Turn off the light.")),))
    answer = body(talk.turn.transcribed(final.job_id, light), "speech.phrase")
    assert answer["DisplayText"] == "Turn off the light."
    assert answer["Offset"] == 9_000_000
