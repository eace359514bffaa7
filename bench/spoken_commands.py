"""Commands drawn from a table and spoken by synthetic voices, with what they mean."""

import random
from dataclasses import dataclass

import numpy as np

from bench import mixing, voices
from bench.pipeline import Home
from voice2mqtt.core.audio import RATE_HZ
from voice2mqtt.core.decision import Ask, Fire
from voice2mqtt.core.outcome import Heard
from voice2mqtt.demo.stage import SynthesisCommand
from voice2mqtt.nlu.grammar.enumerate import Sentences
from voice2mqtt.nlu.grammar.table import CommandTable

_BEFORE_S = 0.5
_AFTER_S = 0.5
"""About what the endpointer sends around a command."""
_VOICE_STEP = 3
"""So that the first few commands already have voices of both groups."""
_TRIES = 100
"""At most, for each command wanted."""


@dataclass(frozen=True, slots=True)
class SpokenCommand:
    """One spoken command."""

    home: Home
    text: str
    meant: Fire
    """The decision about the text itself."""
    voice: SynthesisCommand
    speech: mixing.Samples

    @property
    def name(self) -> str:
        """Of this command by this voice."""
        return f"{self.text} {self.voice}"

    @property
    def is_one_word(self) -> bool:
        """Whether it is a command of one word."""
        return " " not in self.text

    def verdict(self, outcome: Heard | None) -> str:
        """Return the result of recognising it as `outcome`.

        `right`, `asked`, `refused`, `wrong command` or `wrong value` (of a slot).
        """
        decisions = self.home.decide(outcome) if outcome else ()
        fired = [decision for decision in decisions if isinstance(decision, Fire)]
        if not fired:
            asks = any(isinstance(decision, Ask) for decision in decisions)
            return "asked" if asks else "refused"
        if [decision.messages for decision in fired] == [self.meant.messages]:
            return "right"
        same = [decision.row for decision in fired] == [self.meant.row]
        return "wrong value" if same else "wrong command"


def draw(home: Home, table: CommandTable, count: int, *, one_word: bool) -> list[SpokenCommand]:
    """Return `count` commands of `home`, all rows and voices alike, no two the same.

    They are fewer if there are no more of one word, or of more than one.
    """
    rng = random.Random(0)
    rows = [[Sentences(say, table.lists, table.rules) for say in row.say] for row in table.rows]
    found: dict[tuple[str, SynthesisCommand], SpokenCommand] = {}
    for _ in range(_TRIES * count):
        template = rng.choice(rng.choice(rows))
        text = template[rng.randrange(template.count)]
        voice = voices.ALL[_VOICE_STEP * len(found) % len(voices.ALL)]
        if (" " not in text) != one_word or (text, voice) in found:
            continue
        decisions = home.decide(Heard(text=text))
        if len(decisions) == 1 and isinstance(decisions[0], Fire):
            speech = between_silence(voices.spoken(text, voice))
            found[text, voice] = SpokenCommand(home, text, decisions[0], voice, speech)
        if len(found) == count:
            break
    return list(found.values())


def between_silence(pcm: bytes) -> mixing.Samples:
    """Return speech with as much silence around it as the endpointer sends."""
    silences = round(_BEFORE_S * RATE_HZ), round(_AFTER_S * RATE_HZ)
    return np.pad(mixing.from_pcm(pcm), silences)
