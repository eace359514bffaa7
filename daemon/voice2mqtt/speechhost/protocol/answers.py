"""The bodies of the messages about one phrase, in the simple and the detailed format.

Positions are in ticks of 100 ns since the first audio of the turn. Offset plus Duration tells
the client how much of its audio is acknowledged; after a break it sends the rest again.
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

MAX_NBEST = 10

NoWordsStatus = Literal[
    "InitialSilenceTimeout", "BabbleTimeout", "NoMatch", "EndOfDictation", "Error"
]


def success(
    transcript: Transcript, options: RequestOptions, *, offset: int, duration: int
) -> dict[str, Json]:
    """Return the body for words that were recognised; `transcript` is not empty."""
    best = transcript.nbest[0]
    body: dict[str, Json] = {
        "RecognitionStatus": "Success",
        "Offset": offset,
        "Duration": duration,
        "DisplayText": censor(best.text, options.profanity, transcript.language),
        "Channel": 0,
    }
    if options.detailed:
        body["NBest"] = [
            _nbest_object(entry, transcript.language, options.profanity)
            for entry in transcript.nbest[:MAX_NBEST]
        ]
    if options.languages:
        body["PrimaryLanguage"] = {
            "Language": spoken_language(options, transcript.language),
            "Confidence": "Unknown",
        }
    return body


def without_words(status: NoWordsStatus, *, consumed: int) -> dict[str, Json]:
    """Return the body for a phrase in which no words were found."""
    return {"RecognitionStatus": status, "Offset": consumed, "Duration": 0, "Channel": 0}


def hypothesis(
    best: NBestEntry, options: RequestOptions, *, offset: int, duration: int
) -> dict[str, Json]:
    """Return the body for an interim result."""
    text = censor(best.lexical, options.profanity, options.language)
    return {"Text": text, "Offset": offset, "Duration": duration, "Channel": 0}


def spoken_language(options: RequestOptions, heard: str) -> str:
    """Return by which of the client's names to call the language that was `heard`."""
    offered = options.offered_languages
    alike = [name for name in offered if _base(name) == _base(heard)]
    return next((name for name in alike if name.lower() == heard.lower()), (*alike, *offered)[0])


def censor(text: str, profanity: Profanity, language: str) -> str:
    """Return `text` with profanity as the client wants it."""
    match profanity:
        case "raw":
            return text
        case "masked":
            return _profanities(_base(language)).sub(lambda word: "*" * len(word.group()), text)
        case "removed":
            return _removed(_profanities(_base(language)), text)


@lru_cache(maxsize=16)
def _profanities(language: str) -> re.Pattern[str]:
    words = language_named(language).profanity
    return re.compile(rf"\b(?:{'|'.join(words)})\b" if words else r"(?!)", re.IGNORECASE)


def _removed(words: re.Pattern[str], text: str) -> str:
    """Return `text` without `words` and the punctuation that belonged to them."""
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


def _nbest_object(entry: NBestEntry, language: str, profanity: Profanity) -> dict[str, Json]:
    itn = inverse_normalised(entry.text, language)
    # Not of the protocol; the SDK passes on members that it does not know.
    outside: dict[str, Json] = {"OutsideGrammar": True} if entry.out_of_grammar else {}
    return {
        "Confidence": round(entry.confidence, 4),
        "Lexical": entry.lexical,
        "ITN": itn,
        "MaskedITN": censor(itn, profanity, language),
        "Display": censor(entry.text, profanity, language),
        **outside,
    }
