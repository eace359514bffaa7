"""What becomes of what is heard or typed: published, asked, refused, held back, and told."""

from collections.abc import Callable

import pytest

from tests.broker import wait_until
from tests.fakes import SpokenUtterance
from tests.service.stage import ROOT, Stage
from voice2mqtt import clock
from voice2mqtt.core.audio import PartialMatch, Utterance, Wakefulness
from voice2mqtt.core.event import Event
from voice2mqtt.core.outcome import Canceled, NoMatch, Outcome
from voice2mqtt.core.ports import GiveUp, never
from voice2mqtt.mqtt.control import Control
from voice2mqtt.service.inbox import WakefulnessChanged
from voice2mqtt.service.watching.live_report import LiveReport
from voice2mqtt.settings.model import FeedbackSettings, ListeningSettings


def test_what_is_heard_is_published_and_told(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage("Turn on the light.", "what a lovely day", NoMatch(reason="NotRecognized"))

    def direct() -> None:
        stage.seen.wait_for(f"{ROOT}/availability", lambda said: said == "online")
        for _ in range(3):
            stage.microphone.speak()
        events = stage.events(3)
        assert [e["event"] for e in events] == ["command", "unmatched", "no_match"]
        assert len({e["id"] for e in events}) == 3
        assert stage.seen.on("home/light")[0].payload == "ON"
        assert "NotRecognized" in str(events[2]["reason"])

    stage.play(direct)
    assert [e["event"] for e in stage.told] == ["command", "unmatched", "no_match"]
    activities = [m.payload for m in stage.seen.on(f"{ROOT}/activity") if not m.retained]
    assert activities[-3:] == ["hearing", "recognising", "idle"]


def test_the_first_words_are_shown_while_the_utterance_goes_on(
    make_stage: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = make_stage("turn on the light")
    recognize = stage.recognizer.recognize

    def with_interim(
        utterance: Utterance, on_interim: Callable[[str], None], give_up: GiveUp = never
    ) -> Outcome:
        on_interim("turn on")
        stage.seen.wait_for(f"{ROOT}/activity", lambda said: said == "recognising")
        assert not spoken[0].read
        on_interim("turn on the")
        return recognize(utterance, on_interim, give_up)

    spoken: list[SpokenUtterance] = []
    monkeypatch.setattr(stage.recognizer, "recognize", with_interim)

    def direct() -> None:
        stage.seen.wait_for(f"{ROOT}/availability", lambda said: said == "online")
        utterance = SpokenUtterance()
        spoken.append(utterance)
        stage.microphone.put(utterance)
        stage.events(1)

    stage.play(direct)
    shown = [m.payload for m in stage.seen.on(f"{ROOT}/activity") if not m.retained]
    assert shown[-4:] == ["hearing", "recognising", "recognising", "idle"]


def test_the_wake_word_is_shown_at_once(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage("Turn on the light.")
    looking_on: list[Event] = []
    stage.daemon._executor._live = LiveReport(looking_on.append)

    def direct() -> None:
        stage.seen.wait_for(f"{ROOT}/availability", lambda said: said == "online")
        for change in (Wakefulness.WOKEN, Wakefulness.WAITING, Wakefulness.ASLEEP):
            stage.daemon._inbox.put(WakefulnessChanged(change, "alexa"))
        (event,) = stage.events(1)
        assert (event["event"], event["reason"]) == ("woken", "alexa")
        stage.mute(on=True)
        stage.daemon._inbox.put(WakefulnessChanged(Wakefulness.WOKEN, "alexa"))
        stage.mute(on=False)
        stage.microphone.speak()
        assert [event["event"] for event in stage.events(2)] == ["woken", "command"]

    stage.play(direct)
    activities = [m.payload for m in stage.seen.on(f"{ROOT}/activity") if not m.retained]
    assert activities[-5:] == ["woken", "idle", "hearing", "recognising", "idle"]
    watched = [event["activity"] for event in looking_on if event["event"] == "activity"]
    assert watched == activities[-5:]


def test_what_is_said_to_a_muted_node_leaves_nobody_awake(
    make_stage: Callable[..., Stage],
) -> None:
    stage = make_stage()

    def direct() -> None:
        stage.seen.wait_for(f"{ROOT}/availability", lambda said: said == "online")
        stage.daemon._inbox.put(WakefulnessChanged(Wakefulness.WOKEN, "alexa"))
        stage.seen.wait_for(f"{ROOT}/activity", lambda said: said == "woken")
        stage.mute(on=True)
        stage.microphone.speak()
        wait_until(
            lambda: stage.seen.on(f"{ROOT}/activity")[-1].payload == "idle", "nobody to be awake"
        )

    stage.play(direct)


def test_the_microphone_stays_awake_for_an_answer_and_for_listen(
    make_stage: Callable[..., Stage],
) -> None:
    listening = ListeningSettings(wake_word=("alexa",), answer_within_s=5)
    stage = make_stage("open the door", "no", listening=listening)
    kept = stage.microphone.kept_awake_until_s

    def direct() -> None:
        stage.microphone.speak()
        wait_until(lambda: bool(kept) and kept[-1] > clock.now_s(), "an answer to be waited for")
        assert kept[-1] < clock.now_s() + 5.1
        stage.microphone.speak()
        wait_until(lambda: kept[-1] < clock.now_s(), "the wake word to be needed")
        stage.seen.send(f"{ROOT}/listen/set", "PRESS")
        wait_until(lambda: kept[-1] > clock.now_s(), "the next utterance to be waited for")

    stage.play(direct)


def test_a_cancellation_is_told_with_its_details(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(Canceled(reason="Error", code="ConnectionFailure", details="refused"))

    def direct() -> None:
        stage.microphone.speak()
        (event,) = stage.events(1)
        assert event["event"] == "canceled"
        assert event["code"] == "ConnectionFailure"
        assert "refused" in str(event["reason"])

    stage.play(direct)


def test_the_table_tells_the_endpointer_how_the_sentence_stands(
    make_stage: Callable[..., Stage],
) -> None:
    stage = make_stage("turn on the light", "turn on the")

    def direct() -> None:
        first, second = stage.microphone.speak(), stage.microphone.speak()
        stage.events(2)
        assert first.partial_matches == [PartialMatch.COMPLETE]
        assert second.partial_matches == [PartialMatch.UNFINISHED]

    stage.play(direct)


def test_muted_nothing_is_sent_and_nothing_done(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage("turn on the light", "turn off the light")

    def direct() -> None:
        stage.seen.wait_for(f"{ROOT}/availability", lambda said: said == "online")
        stage.mute(on=True)
        stage.microphone.speak()
        stage.seen.send(f"{ROOT}/say/set", "turn on the light")
        assert stage.events(1)[0]["reason"] == "muted"
        stage.mute(on=False)
        stage.microphone.speak()
        assert stage.events(2)[1]["event"] == "command"

    stage.play(direct)
    assert stage.recognizer.asked == 1
    assert [m.payload for m in stage.seen.on("home/light")] == ["ON"]


def test_what_another_room_may_have_done_is_held_back_and_told(
    make_stage: Callable[..., Stage],
) -> None:
    stage = make_stage("turn on the light")
    # It does not answer: its line is slow.
    stage.seen.send("voice2mqtt/attic/availability", "online", retain=True)

    def direct() -> None:
        stage.seen.wait_for(f"{ROOT}/availability", lambda said: said == "online")
        wait_until(lambda: bool(stage.daemon._adapter.arbitration.others), "the attic to be known")
        stage.microphone.speak()
        (event,) = stage.events(1)
        assert event["event"] == "held_back"
        assert "in touch with attic" in str(event["reason"])

    stage.play(direct)
    assert not stage.seen.on("home/light")


def test_a_typed_sentence_that_waited_too_long_is_not_carried_out(
    make_stage: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = make_stage()
    put_control = stage.daemon._inbox.put_control
    ages_s = iter((11.0, 0.0))

    def put_late(control: Control, now_s: float) -> str:
        return put_control(control, now_s - next(ages_s))

    monkeypatch.setattr(stage.daemon._inbox, "put_control", put_late)

    def direct() -> None:
        stage.seen.wait_for(f"{ROOT}/availability", lambda said: said == "online")
        stage.seen.send(f"{ROOT}/say/set", "turn on the light")
        stage.seen.send(f"{ROOT}/say/set", "turn off the light")
        late, in_time = stage.events(2)
        assert (late["event"], late["row"]) == ("unmatched", "light")
        assert "late" in str(late["reason"])
        assert in_time["event"] == "command"
        stage.seen.wait_for("home/light")

    stage.play(direct)
    assert [m.payload for m in stage.seen.on("home/light")] == ["OFF"]


def test_a_typed_sentence_is_handled_as_if_heard(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage()

    def direct() -> None:
        stage.seen.wait_for(f"{ROOT}/availability", lambda said: said == "online")
        stage.seen.send(f"{ROOT}/say/set", "open the door")
        assert stage.events(1)[0]["question"] == "Really?"
        stage.seen.send(f"{ROOT}/say/set", "yes")
        assert stage.seen.wait_for("home/door").payload == "OPEN"

    stage.play(direct)


def test_an_open_question_is_shown_until_it_is_answered(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage("open the door", NoMatch(reason="NotRecognized"), "what a day", "no")

    def direct() -> None:
        stage.seen.wait_for(f"{ROOT}/availability", lambda said: said == "online")
        for count in range(1, 5):
            stage.microphone.speak()
            stage.events(count)

    stage.play(direct)
    shown = [m.payload for m in stage.seen.on(f"{ROOT}/activity") if not m.retained]
    rests = [said for said in shown if said in {"asking", "idle"}]
    assert rests[-4:] == ["asking", "asking", "asking", "idle"]


def test_half_a_sentence_is_told_and_answers_no_question(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage("open the door", "yes")

    def direct() -> None:
        stage.seen.wait_for(f"{ROOT}/availability", lambda said: said == "online")
        stage.microphone.speak()
        stage.microphone.speak(cut="its end was not heard")
        told = stage.events(2)[1]
        assert (told["event"], told["reason"]) == ("canceled", "Cut: its end was not heard")
        assert stage.seen.on("home/door") == []
        stage.microphone.speak()
        assert stage.seen.wait_for("home/door").payload == "OPEN"

    stage.play(direct)
    assert stage.recognizer.asked == 2


def _slow_voice() -> FeedbackSettings:
    """Return a voice that has to think for longer than an answer is waited for."""
    script = "sleep 0.8; exec espeak-ng -v en --stdout -- hm"
    # ALSA's own `null` takes everything at once and makes no sound.
    return FeedbackSettings(tones=False, device="null", speech_command=("sh", "-c", script))


@pytest.mark.parametrize("said", ["open the door", "house"])
def test_the_time_for_an_answer_begins_when_the_question_has_sounded(
    make_stage: Callable[..., Stage], said: str
) -> None:
    # Both are asked: for consent, and for the command after the wake phrase alone.
    answer = "yes" if said == "open the door" else "open the door"
    listening = ListeningSettings(answer_within_s=0.4, wake_phrase=("house",), wake_grace_s=0.0)
    stage = make_stage("house " + said.replace("house", ""), "hm", answer, said,
                       feedback=_slow_voice(), listening=listening)  # fmt: skip

    def direct() -> None:
        stage.seen.wait_for(f"{ROOT}/availability", lambda said: said == "online")
        stage.microphone.speak()
        assert stage.events(1)[0]["event"] == "ask"
        # The microphone is suppressed when the sound begins, and again when it is over.
        wait_until(lambda: len(stage.microphone.suppressed_s) == 2, "end of the question")
        stage.microphone.speak()
        assert stage.events(2)[1]["event"] == "unmatched"
        stage.microphone.speak()
        answered = stage.events(3)[2]
        assert (answered["row"], answered["event"] != "unmatched") == ("door", True)

    stage.play(direct)


def test_a_question_that_has_sounded_is_not_open_for_ever(make_stage: Callable[..., Stage]) -> None:
    listening = ListeningSettings(answer_within_s=0.2)
    stage = make_stage("open the door", "yes", feedback=_slow_voice(), listening=listening)

    def direct() -> None:
        stage.seen.wait_for(f"{ROOT}/availability", lambda said: said == "online")
        stage.microphone.speak()
        stage.seen.wait_for(f"{ROOT}/activity", lambda said: said == "asking")
        assert not stage.microphone.suppressed_s
        wait_until(
            lambda: stage.seen.on(f"{ROOT}/activity")[-1].payload == "idle", "end of the wait"
        )
        assert len(stage.microphone.suppressed_s) == 2
        stage.microphone.speak()
        assert stage.events(2)[1]["event"] == "unmatched"

    stage.play(direct)


def test_an_utterance_that_is_tried_again_ended_once(
    make_stage: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = make_stage("turn on the light")
    stage.recognizer.attempts = 3
    ended: list[float] = []
    monkeypatch.setattr(stage.daemon._adapter.arbitration, "speech_ended", ended.append)

    def direct() -> None:
        stage.microphone.speak()
        stage.events(1)

    stage.play(direct)
    assert len(ended) == 1


def test_a_typed_command_passes_though_no_word_may_be_told(
    make_stage: Callable[..., Stage],
) -> None:
    stage = make_stage(log_text=False)

    def direct() -> None:
        stage.seen.wait_for(f"{ROOT}/availability", lambda said: said == "online")
        stage.seen.send(f"{ROOT}/say/set", "turn on the light")
        (event,) = stage.events(1)
        assert (event["text"], event["latency_ms"]) == ("", None)

    stage.play(direct)
