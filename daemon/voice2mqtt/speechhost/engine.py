"""What the Speech host needs of a recogniser, whichever it is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from voice2mqtt.nlu.grammar.automaton import Automaton


@dataclass(frozen=True, slots=True, kw_only=True)
class NBestEntry:
    """One reading of the audio."""

    text: str
    """As displayed: cased and punctuated."""
    lexical: str
    """The words alone, lower case, numbers as words."""
    confidence: float
    """Probability that this is what was said; those of one transcript sum to at most 1."""
    outside: bool = False
    """Whether a table was listened for, and that this was said instead is likelier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What was said, best reading first; no readings when it was not speech."""

    readings: tuple[NBestEntry, ...] = ()
    language: str = "en-US"
    """In which it was heard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineGrammar:
    """What is likely to be said."""

    automaton: Automaton
    forced: bool
    """True: a table of commands, outside which is only open dictation. False: a hint."""
    commands: int | None = None
    """How many of its rows, the first ones, may be said together in one breath; None is all."""
    language: str = "en"
    """In which its numbers are said."""
    weight: float = 1.0
    """Of a hint: how much it helps; 0 is not at all."""


def never() -> bool:
    """Return False: nobody gives up."""
    return False


class Engine(Protocol):
    """Audio to text. May be called from several threads at once."""

    def prepare(self, grammar: EngineGrammar) -> None:
        """Do now what would make the first transcription with `grammar` slow; may take seconds."""
        ...

    def transcribe(
        self, pcm: bytes, grammar: EngineGrammar | None, abandoned: Callable[[], bool] = never
    ) -> Transcript:
        """Return what was said in `pcm` (16 kHz, 16 bit, mono); without `grammar`, open dictation.

        Speech outside the grammar comes back as it is heard openly. Once `abandoned` is
        true, which is asked every few milliseconds, it returns at once with no readings.
        """
        ...
