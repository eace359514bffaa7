"""What the speaker hears of what was decided: tones, questions, refusals.

Talk that was not meant for us gets no sound: only who came close to a command, or was kept from
one, is told so.
"""

from collections.abc import Callable
from functools import partial

from voice2mqtt.core.decision import Ask, Fire, Refuse
from voice2mqtt.core.outcome import Canceled
from voice2mqtt.core.ports import Voice
from voice2mqtt.service.process_utterance import ProcessedUtterance

NEAR = 0.4
"""Distance of sound below which a refused sentence was probably meant as a command."""


class Replies:
    """Speaks through `voice`; remembers whether the host was away already."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        self._host_away = False

    def to(
        self, heard: ProcessedUtterance, asked: Callable[[str], None] = lambda _question: None
    ) -> None:
        """Let the speaker hear how it went; `asked` is given each question once it has sounded."""
        canceled = isinstance(heard.outcome, Canceled)
        if canceled and not self._host_away:
            # Once is enough: a television would have it sound all evening.
            self._voice.tone("failed")
        self._host_away = canceled
        fired = [decision for decision in heard.decisions if isinstance(decision, Fire)]
        if fired:
            self._voice.tone("done")
        for decision in heard.decisions:
            match decision:
                case Fire(response=response) if response:
                    self._voice.say(response)
                case Ask(row=row, question=question):
                    if not row:
                        self._voice.tone("heard")
                    self._voice.say(question, partial(asked, question))
                case Refuse(too_late=True):
                    self._voice.tone("failed")
                    self._voice.say(decision.reason.text)
                case Refuse() if decision.row:
                    self._voice.tone("refused")
                    self._voice.say(decision.reason.text)
                case Refuse(reason=reason) if reason.nearest and reason.nearest[0].distance < NEAR:
                    self._voice.tone("refused")

    def not_done(self, reason: str) -> None:
        """Let the speaker hear that a command was not carried out."""
        self._voice.tone("failed")
        self._voice.say(reason)
