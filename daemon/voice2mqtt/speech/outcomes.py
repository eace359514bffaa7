"""SDK results to outcomes, with every detail the SDK gives. Knows its values, not its calls."""

import json
from collections.abc import Sequence
from typing import Any

from voice2mqtt.core.outcome import SILENCE, Canceled, Heard, Hypothesis, NoMatch, Outcome
from voice2mqtt.settings.redaction import shown_address

TICKS_PER_S = 10_000_000


def of_result(result: Any) -> Outcome:
    """Return the outcome of an SDK `SpeechRecognitionResult`."""
    match result.reason.name:
        case "RecognizedSpeech" if result.text.strip():
            return _heard(result)
        case "RecognizedSpeech":
            return NoMatch(reason="NotRecognized", details="the host answered with no words")
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
    """Return the first line of an SDK error text, without call stack, session and secrets."""
    text = str(error).strip()
    for end in ("[CALL STACK BEGIN]", "\n", " SessionId:"):
        text = text.split(end, maxsplit=1)[0].strip()
    return shown_address(text)


def join(parts: Sequence[Outcome]) -> Outcome:
    """Return the one outcome of an utterance that the host may have cut into several."""
    heard = [part for part in parts if isinstance(part, Heard)]
    canceled = [part for part in parts if isinstance(part, Canceled)]
    if canceled:
        # Half a sentence is not to be acted on.
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


def _heard(result: Any) -> Heard:
    document = json.loads(result.json) if result.json else {}
    language = document.get("PrimaryLanguage") or {}
    return Heard(
        text=result.text,
        hypotheses=tuple(
            Hypothesis(
                text=item.get("Display") or item.get("Lexical") or "",
                confidence=item.get("Confidence"),
                lexical=item.get("Lexical", ""),
                outside=item.get("OutsideGrammar", False),
            )
            for item in document.get("NBest") or ()
        ),
        language=language.get("Language", ""),
        duration_s=result.duration / TICKS_PER_S,
    )
