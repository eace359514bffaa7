"""What the Speech host made of one utterance."""

from dataclasses import dataclass

SILENCE = "InitialSilenceTimeout"
"""Why no words were found where there was no speech."""

CUT = "Cut"
"""Why a recognition is given up of which only a part was heard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypothesis:
    """One of the readings that the host offers, with its confidence from 0 to 1."""

    text: str
    confidence: float | None = None
    lexical: str = ""
    outside: bool = False
    """Whether the host listened for a table, and finds it likelier that this was said instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Words were recognised."""

    text: str
    """As displayed by the host: cased and punctuated."""
    hypotheses: tuple[Hypothesis, ...] = ()
    """The n-best list, best first; empty if the host sends none."""
    language: str = ""
    duration_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NoMatch:
    """Audio was processed, but no words were found in it."""

    reason: str
    """The SDK's name for it, such as `NotRecognized`; `SILENCE` if nothing was said."""
    details: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Canceled:
    """The recognition was given up: host down, key refused, time run out, sentence cut off."""

    reason: str
    """The SDK's cancellation reason, such as `Error` or `EndOfStream`; or `CUT`."""
    code: str = ""
    """The SDK's error code, such as `ConnectionFailure`."""
    details: str = ""
    """First line of the SDK's error text, or where a sentence was cut off."""


Outcome = Heard | NoMatch | Canceled
