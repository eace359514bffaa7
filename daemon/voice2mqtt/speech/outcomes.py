"""From the SDK's results to outcomes, with every detail it gives. Calls nothing of the SDK."""

import re
from collections.abc import Sequence
from typing import Annotated, Any, TypedDict

from voice2mqtt.core.jsontext import read_json
from voice2mqtt.core.outcome import SILENCE, Canceled, Heard, Hypothesis, NoMatch, Outcome
from voice2mqtt.core.typed import typed
from voice2mqtt.settings.yaml.redaction import shown_address

_CALL_STACK = re.compile(r"(?s)\[CALL STACK BEGIN\].*?(\[CALL STACK END\]|$)")
"""What the SDK says may stand before this, or behind it."""

_QUOTED = re.compile(r" SessionId:| Response text:")
"""What stands behind this is for machines."""

TICKS_PER_S = 10_000_000
"""The SDK counts durations in units of 100 ns."""


def of_result(result: Any) -> Outcome:
    """Return the outcome of an SDK `SpeechRecognitionResult`.

    An answer that cannot be read is a cancellation with its reason.
    """
    match result.reason.name:
        case "RecognizedSpeech":
            return _heard(result)
        case "NoMatch":
            return NoMatch(reason=result.no_match_details.reason.name)
        case _:
            return of_cancellation(result.cancellation_details)


def of_cancellation(details: Any) -> Canceled:
    """Return the outcome of an SDK `CancellationDetails`."""
    return Canceled(
        reason=details.reason.name,
        code=details.code.name,
        details=first_line(details.error_details),
    )


def first_line(error: object) -> str:
    """Return what an SDK error text says in one line, without call stack, session and secrets.

    The host's answer is not quoted: it may hold what was said.
    """
    text = _CALL_STACK.sub("", str(error))
    lines = (_QUOTED.split(line)[0].strip() for line in text.split("\n"))
    told = (line for line in lines if line and line != "Exception with error code:")
    return shown_address(next(told, ""))


def join(parts: Sequence[Outcome]) -> Outcome:
    """Return the outcome of an utterance that the host may have cut into `parts`."""
    heard = [part for part in parts if isinstance(part, Heard)]
    canceled = [part for part in parts if isinstance(part, Canceled)]
    if canceled:
        # Half a sentence must not be carried out.
        return canceled[0]
    if len(heard) == 1:
        return heard[0]
    if heard:
        return Heard(
            text=" ".join(part.text for part in heard),
            language=heard[0].language,
            duration_s=sum(part.duration_s for part in heard),
        )
    return parts[0] if parts else NoMatch(reason=SILENCE)


def _share(number: float) -> float:
    if not 0 <= number <= 1:
        raise ValueError("expected a number from 0 to 1")
    return number


class _Decoded(TypedDict, total=False):
    Openly: bool | None


class _Candidate(TypedDict, total=False):
    """One entry of the n-best list."""

    Display: str | None
    Lexical: str | None
    Confidence: Annotated[float, _share] | None
    OutsideGrammar: bool | None
    Decoded: _Decoded | None


class _Language(TypedDict, total=False):
    Language: str | None


class _Answer(TypedDict, total=False):
    """The fields read from a `speech.phrase` besides those that the SDK reads itself.

    It comes from an unknown host: an answer with other types is refused, other fields are ignored.
    """

    DisplayText: str | None
    NBest: tuple[_Candidate, ...] | None
    PrimaryLanguage: _Language | None


def _heard(result: Any) -> Outcome:
    try:
        answer: _Answer = typed(_Answer, read_json(result.json or "{}"))
    except ValueError as error:
        details = f"the host's answer cannot be read: {str(error)[:200]}"
        return Canceled(reason="Error", code="BadAnswer", details=details)
    if not result.text.strip():
        return NoMatch(reason="NotRecognized", details="the host answered with no words")
    return Heard(
        text=result.text,
        hypotheses=tuple(
            Hypothesis(
                text=candidate.get("Display") or candidate.get("Lexical") or "",
                confidence=candidate.get("Confidence"),
                lexical=candidate.get("Lexical") or "",
                outside=bool(candidate.get("OutsideGrammar")),
                within=(candidate.get("Decoded") or {}).get("Openly") is False,
            )
            for candidate in answer.get("NBest") or ()
        ),
        language=(answer.get("PrimaryLanguage") or {}).get("Language") or "",
        duration_s=result.duration / TICKS_PER_S,
    )
