"""What the Speech host recognised in one utterance."""

from dataclasses import dataclass
from enum import Enum

SILENCE = "InitialSilenceTimeout"
"""The SDK's reason for `NoMatch` where there was no speech."""

CUT = "Cut"
"""Our reason for `Canceled` where only a part of the utterance was captured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypothesis:
    """One entry of the host's n-best list, with its confidence from 0 to 1."""

    text: str
    confidence: float | None = None
    lexical: str = ""
    outside: bool = False
    """Whether the host decoded with a grammar and finds this out-of-grammar sentence likelier."""
    within: bool = False
    """Whether the host found it as a sentence of a grammar: it has been compared with the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Words were recognised."""

    text: str
    """The display form: cased and punctuated."""
    hypotheses: tuple[Hypothesis, ...] = ()
    """The n-best list, best first; empty if the host sends none."""
    language: str = ""
    duration_s: float = 0.0
    service: str = ""
    """Which Speech service answered, if there are several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoMatch:
    """Audio was processed, but no words were found in it."""

    reason: str
    """The SDK's name for it, such as `NotRecognized`; `SILENCE` if nothing was said."""
    details: str = ""
    service: str = ""


class Origin(Enum):
    """Where a recognition failed."""

    HERE = "here"
    """Not at the host: what was said was cut off or too old, or the fault is ours."""
    CONNECTION = "connection"
    """Before the host agreed to recognise: whoever connects to it meets the same."""
    ANSWER = "answer"
    """In its answer, or for lack of one: only a recognition shows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Canceled:
    """The recognition failed: host down, key refused, timed out, or sentence cut off."""

    reason: str
    """The SDK's cancellation reason, such as `Error` or `EndOfStream`; or `CUT`."""
    code: str = ""
    """The SDK's error code, such as `ConnectionFailure`."""
    details: str = ""
    """First line of the SDK's error text, or where a sentence was cut off."""
    explanation: str = ""
    """The cause and what to look at, in a sentence for a person; "" if the rest says it."""
    origin: Origin = Origin.HERE
    service: str = ""
    passes: bool = False
    """Whether it may pass by itself within seconds, so that trying again makes sense."""


Outcome = Heard | NoMatch | Canceled
