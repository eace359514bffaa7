"""What the host says of one phrase, in the two formats that clients know.

Positions are in ticks of 100 ns since the first audio of the turn. Offset plus Duration tells
the client how much of its audio is dealt with; whatever lies behind it is sent again.
"""

import re
from functools import lru_cache
from typing import Literal

from voice2mqtt.core.audio import RATE_HZ
from voice2mqtt.languages.language import language_named
from voice2mqtt.nlu.grammar.table import Json
from voice2mqtt.nlu.text.normaliser import normaliser
from voice2mqtt.speechhost.engine import NBestEntry, Transcript
from voice2mqtt.speechhost.protocol.audio_format import TICKS_PER_S
from voice2mqtt.speechhost.protocol.request_options import Profanity, RequestOptions

TICKS_PER_SAMPLE = TICKS_PER_S // RATE_HZ

MAX_READINGS = 10

Wordless = Literal["InitialSilenceTimeout", "BabbleTimeout", "NoMatch", "EndOfDictation", "Error"]


def success(
    transcript: Transcript, wishes: RequestOptions, *, offset: int, duration: int
) -> dict[str, Json]:
    """Return the body for words that were recognised; `transcript` has at least one reading."""
    best = transcript.readings[0]
    body: dict[str, Json] = {
        "RecognitionStatus": "Success",
        "Offset": offset,
        "Duration": duration,
        "DisplayText": censor(best.text, wishes.profanity, transcript.language),
        "Channel": 0,
    }
    if wishes.detailed:
        readings = transcript.readings[:MAX_READINGS]
        body["NBest"] = [
            _nbest(reading, transcript.language, wishes.profanity) for reading in readings
        ]
    if wishes.languages:
        body["PrimaryLanguage"] = {
            "Language": spoken_language(wishes, transcript.language),
            "Confidence": "Unknown",
        }
    return body


def without_words(status: Wordless, *, consumed: int) -> dict[str, Json]:
    """Return the body for a phrase in which no words were found."""
    return {"RecognitionStatus": status, "Offset": consumed, "Duration": 0, "Channel": 0}


def hypothesis(
    reading: NBestEntry, wishes: RequestOptions, *, offset: int, duration: int
) -> dict[str, Json]:
    """Return the body for what the words seem to be so far."""
    text = censor(reading.lexical, wishes.profanity, wishes.language)
    return {"Text": text, "Offset": offset, "Duration": duration, "Channel": 0}


def spoken_language(wishes: RequestOptions, heard: str) -> str:
    """Return by which of the client's names to call the language that was `heard`."""
    offered = wishes.languages or (wishes.language,)
    alike = [name for name in offered if _base(name) == _base(heard)]
    return next((name for name in alike if name.lower() == heard.lower()), (*alike, *offered)[0])


def censor(text: str, profanity: Profanity, language: str) -> str:
    """Return `text` with strong language as the client wants it."""
    match profanity:
        case "raw":
            return text
        case "masked":
            return _strong_words(_base(language)).sub(lambda word: "*" * len(word.group()), text)
        case "removed":
            return _without(_strong_words(_base(language)), text)


@lru_cache(maxsize=16)
def _strong_words(language: str) -> re.Pattern[str]:
    words = language_named(language).profanity
    return re.compile(rf"\b(?:{'|'.join(words)})\b" if words else r"(?!)", re.IGNORECASE)


def _without(words: re.Pattern[str], text: str) -> str:
    """Return `text` without strong words and the marks that belonged to them."""
    left = " ".join(words.sub("", text).split())
    if left == text:
        return text
    left = re.sub(r"[ ,;:]+(?=[,;:.?!])", "", left).lstrip(" ,;:.?!")
    return left[:1].upper() + left[1:] if text[:1].isupper() else left


def inverse_normalised(text: str, language: str) -> str:
    """Return `text` as the protocol's ITN: numbers in digits, lower case, no marks.

    The first text of a language takes most of a second.
    """
    digits = normaliser(_base(language)).in_digits(text)
    return re.sub(r"[,.?!](?!\d)", "", digits).lower()


def _base(language: str) -> str:
    return language.lower().split("-", maxsplit=1)[0]


def _nbest(reading: NBestEntry, language: str, profanity: Profanity) -> dict[str, Json]:
    itn = inverse_normalised(reading.text, language)
    # Not the protocol's own; the SDK hands on what it does not know.
    outside: dict[str, Json] = {"OutsideGrammar": True} if reading.outside else {}
    return {
        "Confidence": round(reading.confidence, 4),
        "Lexical": reading.lexical,
        "ITN": itn,
        "MaskedITN": censor(itn, profanity, language),
        "Display": censor(reading.text, profanity, language),
        **outside,
    }
