"""What the Speech host needs of a recogniser, whichever it is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from voice2mqtt.nlu.grammar.automaton import Automaton


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedWord:
    """A spoken word, and when it was said, in seconds since the beginning of the audio."""

    word: str
    """As in `NBestEntry.lexical`."""
    begin_s: float
    end_s: float
    confidence: float
    """Probability that it was said."""
    character: int = 0
    """Of `NBestEntry.text`, with which it begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NBestEntry:
    """One hypothesis of what was said."""

    text: str
    """As displayed: cased and punctuated."""
    lexical: str
    """The words alone, lower case, numbers as words."""
    confidence: float
    """Probability that this is what was said; those of one transcript sum to at most 1."""
    out_of_grammar: bool = False
    """Whether there was a table of commands, and this is likelier than any of them."""
    token_score: float | None = None
    """Log-probability of a token on average, in nats, as the decoder scored it; None: not told."""
    openly: bool | None = None
    """Whether it was decoded without the table, not as a sentence of it; None: not told."""
    understood: float = 1.0
    """How well the words are heard one by one, as the geometric mean of their probabilities.

    Speech of another language is heard badly, however sure it is that it is none of a table.
    """
    words: tuple[TimedWord, ...] = ()
    """Those of `lexical`, in order; empty if nobody asked when they were said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What was said: an n-best list, empty when it was not speech."""

    nbest: tuple[NBestEntry, ...] = ()
    language: str = "en-US"
    """Of the model that heard it; `Engine.language`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineGrammar:
    """What is likely to be said."""

    automaton: Automaton
    forced: bool
    """True: a table of commands; what is none of them is open dictation. False: a phrase list."""
    command_rows: int | None = None
    """So many rows, the first ones, are commands, which "and" may join; None is all."""
    language: str = "en"
    """In which its numbers are said."""
    weight: float = 1.0
    """Of a phrase list: how much it helps; 0 is not at all."""


def never() -> bool:
    """Return False: the work is never abandoned."""
    return False


class Engine(Protocol):
    """Audio to text. May be called from several threads at once."""

    language: str
    """Of its model, such as `en-US`; of several, that of clients that name none."""
    languages: frozenset[str]
    """The codes of all that it knows, such as `en`."""

    def prepare(self, grammar: EngineGrammar) -> None:
        """Do now what would make the first transcription with `grammar` slow; may take seconds."""
        ...

    def transcribe(
        self,
        pcm: bytes,
        grammar: EngineGrammar | None,
        abandoned: Callable[[], bool] = never,
        languages: Sequence[str] = (),
        *,
        timed: bool = False,
    ) -> Transcript:
        """Return what was said in `pcm` (16 kHz, 16 bit, mono); without `grammar`, open dictation.

        Speech outside the grammar comes back as open dictation hears it. `abandoned` is asked
        every few milliseconds; once it is true, the call returns at once without hypotheses.
        `languages` are those of which the client speaks one ("de-DE"); an engine of one language
        answers in that. `timed` asks for the words of each hypothesis with their times; an engine
        that cannot tell them leaves them out.
        """
        ...
