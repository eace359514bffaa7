"""The bodies of the messages about one phrase, in the simple and the detailed format.

Positions are in ticks of 100 ns since the first audio of the turn. Offset plus Duration, the end
of the speech, tells the client how much of its audio is acknowledged; after a break it sends the
rest again.
"""

import re
from functools import lru_cache
from typing import Literal

from voice2mqtt.core.audio import RATE_HZ
from voice2mqtt.languages.language import language_named, primary_of
from voice2mqtt.nlu.grammar.table import Json
from voice2mqtt.nlu.text.normaliser import normaliser
from voice2mqtt.speechhost.engine import NBestEntry, TimedWord, Transcript
from voice2mqtt.speechhost.protocol.audio_format import TICKS_PER_S
from voice2mqtt.speechhost.protocol.frames import COMMIT_TOKEN
from voice2mqtt.speechhost.protocol.refusals import UNKNOWN_LANGUAGE, language_fault
from voice2mqtt.speechhost.protocol.request_options import Profanity, RequestOptions

TICKS_PER_SAMPLE = TICKS_PER_S // RATE_HZ

MAX_NBEST = 10
MIN_UNDERSTOOD = 0.58
"""What is heard worse was hardly said in the model's language. Of 46 sentences in eight languages
by espeak-ng none came to more than 0.57; of 84 English ones by seven voices two had less, both
misheard, and of 80 recordings of people, half of them at 10 dB, none."""

NoWordsStatus = Literal[
    "InitialSilenceTimeout", "BabbleTimeout", "NoMatch", "EndOfDictation", "Error"
]


def success(
    transcript: Transcript, options: RequestOptions, *, audio_begin: int, offset: int, end: int
) -> dict[str, Json]:
    """Return the body for words that were recognised; `transcript` is not empty.

    `audio_begin` is where the audio of `transcript` begins; `offset` and `end` are of the speech
    in it, as far as its words do not tell better.
    """
    best = transcript.nbest[0]
    if options.timed and best.words:
        offset = min(offset, audio_begin + ticks(best.words[0].begin_s))
        end = max(end, audio_begin + ticks(best.words[-1].end_s))
    body: dict[str, Json] = {
        "RecognitionStatus": "Success",
        "Offset": offset,
        "Duration": max(0, end - offset),
        "DisplayText": censor(best.text, options.profanity, transcript.language),
        "Channel": 0,
    }
    if options.detailed:
        body["NBest"] = [
            _nbest_object(entry, transcript.language, options, audio_begin)
            for entry in transcript.nbest[:MAX_NBEST]
        ]
    if options.languages:
        body["PrimaryLanguage"] = identified(transcript, options)
    if options.diarized:
        body["SpeakerId"] = "Unknown"
    if options.warning:
        body["Warning"] = options.warning
    return body


def without_words(status: NoWordsStatus, *, consumed: int) -> dict[str, Json]:
    """Return the body for a phrase in which no words were found."""
    return {"RecognitionStatus": status, "Offset": consumed, "Duration": 0, "Channel": 0}


def committed(token: str) -> dict[str, Json]:
    """Return what tells a client that a phrase ended with its commit, nothing without `token`."""
    return {"clientAudioMetadata": {COMMIT_TOKEN: token}} if token else {}


def hypothesis(
    text: str, options: RequestOptions, *, offset: int, duration: int
) -> dict[str, Json]:
    """Return the body for an interim result, with lexical words."""
    text = censor(text, options.profanity, options.language)
    return {"Text": text, "Offset": offset, "Duration": duration, "Channel": 0}


def identified(transcript: Transcript, options: RequestOptions) -> dict[str, Json]:
    """Return the language that was spoken: that of the model, as far as it understood, or none."""
    understood = transcript.nbest[0].understood
    if understood < MIN_UNDERSTOOD or language_fault(options, transcript.language):
        return {"Language": UNKNOWN_LANGUAGE, "Confidence": "Unknown"}
    return {"Language": transcript.language, "Confidence": "Low"}


def censor(text: str, profanity: Profanity, language: str) -> str:
    """Return `text` with profanity as the client wants it."""
    match profanity:
        case "raw":
            return text
        case "masked":
            return _profanities(primary_of(language)).sub(
                lambda word: "*" * len(word.group()), text
            )
        case "removed":
            return _removed(_profanities(primary_of(language)), text)


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
    digits = normaliser(primary_of(language)).in_digits(text)
    return re.sub(r"[,.?!](?!\d)", "", digits).lower()


def ticks(seconds: float) -> int:
    """Return a time as the protocol has it."""
    return round(seconds * TICKS_PER_S)


def _nbest_object(
    entry: NBestEntry, language: str, options: RequestOptions, audio_begin: int
) -> dict[str, Json]:
    words = [_word_object(word, audio_begin) for word in entry.words] if options.timed else []
    timed: dict[str, Json] = {"Words": list(words)} if words else {}
    itn = inverse_normalised(entry.text, language)
    # These two are not of the protocol; the SDK passes on members that it does not know.
    outside: dict[str, Json] = {"OutsideGrammar": True} if entry.out_of_grammar else {}
    decoded: dict[str, Json] = {} if entry.openly is None else {"Openly": entry.openly}
    if entry.token_score is not None:
        decoded["TokenScore"] = round(entry.token_score, 4)
    return {
        "Confidence": round(entry.confidence, 4),
        "Lexical": entry.lexical,
        "ITN": itn,
        "MaskedITN": censor(itn, options.profanity, language),
        "Display": censor(entry.text, options.profanity, language),
        **timed,
        **outside,
        **({"Decoded": decoded} if decoded else {}),
    }


def _word_object(word: TimedWord, audio_begin: int) -> dict[str, Json]:
    return {
        "Word": word.word,
        "Offset": audio_begin + ticks(word.begin_s),
        "Duration": ticks(word.end_s - word.begin_s),
        "Confidence": round(word.confidence, 4),
    }
