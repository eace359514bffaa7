from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from voice2mqtt.core.decision import Ask, Decision, Fire, Nearest, Reason, Refuse
from voice2mqtt.core.outcome import Canceled, Heard, NoMatch, Outcome
from voice2mqtt.service.process_utterance import ProcessedUtterance
from voice2mqtt.service.replies import Replies

HEARD = Heard(text="x")
AWAY = Canceled(reason="Error", code="ConnectionFailure")
WHY = Reason(text="only between 07:00 and 22:00")
QUESTION = Ask(row="a", text="x", score=1, question="Really?", reason=WHY)
INVITATION = Ask(row="", text="x", score=1, question="Yes?", reason=WHY)
KEPT_FROM = Refuse(text="x", row="a", reason=WHY)


@dataclass
class RecordingVoice:
    """Keeps what it was asked to sound."""

    sounds: list[str] = field(default_factory=list)

    def tone(self, name: str) -> None:
        self.sounds.append(f"<{name}>")

    def say(self, sentence: str, on_over: Callable[[], None] = lambda: None) -> None:
        self.sounds.append(sentence)
        on_over()


LATE = Refuse(text="x", row="a", reason=WHY, too_late=True)


def fire(response: str = "") -> Fire:
    return Fire(row="a", text="x", score=1, messages=(), reason=WHY, response=response)


def near(distance: float) -> Reason:
    return Reason(text="far", nearest=(Nearest(row="a", sentence="a", distance=distance),))


@pytest.mark.parametrize(
    ("outcome", "decisions", "sounds"),
    [
        pytest.param(HEARD, (fire(),), ["<done>"], id="done"),
        pytest.param(HEARD, (fire("Bye."),), ["<done>", "Bye."], id="response"),
        pytest.param(HEARD, (QUESTION,), ["Really?"], id="question"),
        pytest.param(HEARD, (INVITATION,), ["<heard>", "Yes?"], id="wake-phrase"),
        pytest.param(HEARD, (KEPT_FROM,), ["<refused>", WHY.text], id="kept-from-a-command"),
        pytest.param(HEARD, (LATE,), ["<failed>", WHY.text], id="too-late"),
        pytest.param(HEARD, (Refuse(text="x", reason=near(0.3)),), ["<refused>"], id="nearly"),
        pytest.param(HEARD, (Refuse(text="x", reason=near(0.6)),), [], id="other-talk"),
        pytest.param(HEARD, (Refuse(text="x", reason=WHY),), [], id="nothing-near"),
        pytest.param(NoMatch(reason="NotRecognized"), (), [], id="no-match"),
        pytest.param(AWAY, (), ["<failed>"], id="canceled"),
    ],
)
def test_what_sounds(outcome: Outcome, decisions: tuple[Decision, ...], sounds: list[str]) -> None:
    voice = RecordingVoice()
    Replies(voice).to(ProcessedUtterance(outcome=outcome, decisions=decisions))
    assert voice.sounds == sounds


def test_a_host_that_stays_away_sounds_once() -> None:
    voice = RecordingVoice()
    reply = Replies(voice)
    for outcome in (AWAY, AWAY, HEARD, AWAY):
        reply.to(ProcessedUtterance(outcome=outcome))
    assert voice.sounds == ["<failed>", "<failed>"]


def test_what_was_not_done_is_said() -> None:
    voice = RecordingVoice()
    Replies(voice).not_done("the broker is away")
    assert voice.sounds == ["<failed>", "the broker is away"]
