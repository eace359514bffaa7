"""Replies to the speaker: tones, questions, refusals.

Talk that was not meant for us gets no reply: a refusal sounds only if the sentence was close to a
command, or policy refused the command.
"""

from collections.abc import Callable
from functools import partial

from voice2mqtt.core.decision import Ask, Fire, Refuse
from voice2mqtt.core.outcome import Canceled
from voice2mqtt.core.ports import Voice
from voice2mqtt.service.process_utterance import ProcessedUtterance

NEAR = 0.4
"""Phonetic distance below which a refused sentence was probably meant as a command; set by hand."""


class Replies:
    """Replies through `voice`; knows whether a lost Speech host was already reported."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        self._host_away = False

    def to(
        self, processed: ProcessedUtterance, asked: Callable[[str], None] = lambda _question: None
    ) -> None:
        """Reply to `processed`; `asked` is called with each question once it has sounded."""
        canceled = isinstance(processed.outcome, Canceled)
        if canceled and not self._host_away:
            # Only once: with a television on it would sound all evening.
            self._voice.tone("failed")
        self._host_away = canceled
        fired = [decision for decision in processed.decisions if isinstance(decision, Fire)]
        if fired:
            self._voice.tone("done")
        for decision in processed.decisions:
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
        """Say that a command was not carried out, and why. Any thread."""
        self._voice.tone("failed")
        self._voice.say(reason)
