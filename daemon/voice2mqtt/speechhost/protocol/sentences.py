"""What becomes of the text of a phrase before it is told: sentences and spoken marks. Pure."""

import math
import re
from collections.abc import Collection
from dataclasses import replace
from functools import lru_cache

from voice2mqtt.languages.language import language_named, primary_of
from voice2mqtt.speechhost.engine import Transcript

_SENTENCE_END = re.compile(r"""[.?!]["')]*(?=\s+\S)""")
_MARKS = ".,;:?!"
_AMBIGUOUS = frozenset({".", ":"})
"""Marks that may have a name of one word which is common ("a long period"): such a name is only
meant where a pause is beside it."""


def split(transcript: Transcript) -> list[Transcript]:
    """Return the sentences of a transcript with timed words; itself if that is one or untimed."""
    best = transcript.nbest[0]
    ends = [match.end() for match in _SENTENCE_END.finditer(best.text)]
    if not ends or not best.words:
        return [transcript]
    stretches = zip([0, *ends], [*ends, len(best.text)], strict=True)
    parts = [_part(transcript, start, end) for start, end in stretches]
    return [part for part in parts if part.nbest[0].words]


def without_last(transcript: Transcript) -> Transcript | None:
    """Return all sentences of a transcript with timed words but the last; None if it is one."""
    *whole, last = split(transcript)
    if not whole:
        return None
    first = transcript.nbest[0].words[-len(last.nbest[0].words)]
    return _part(transcript, 0, first.character)


def _part(transcript: Transcript, start: int, end: int) -> Transcript:
    best = transcript.nbest[0]
    words = tuple(
        replace(word, character=word.character - start)
        for word in best.words
        if start <= word.character < end
    )
    entry = replace(
        best,
        text=best.text[start:end].strip(),
        lexical=" ".join(word.word for word in words),
        confidence=math.prod(word.confidence for word in words),
        words=words,
    )
    return replace(transcript, nbest=(entry,))


def punctuated(transcript: Transcript) -> Transcript:
    """Return `transcript` with marks in its text where their names were spoken."""
    marks = language_named(primary_of(transcript.language)).spoken_marks
    if not marks:
        return transcript
    language = transcript.language
    nbest = tuple(replace(one, text=with_marks(one.text, language)) for one in transcript.nbest)
    return replace(transcript, nbest=nbest)


def with_marks(text: str, language: str) -> str:
    """Return `text` with marks where their names were spoken."""
    pattern, marks = _named_marks(primary_of(language))
    capitals = language_named(language).capitals
    written, at = "", 0
    for match in pattern.finditer(text):
        name = " ".join(re.findall(r"\w+", match["name"].lower()))
        mark = marks[name]
        is_common = mark in _AMBIGUOUS and " " not in name and match.end() < len(text)
        if is_common and not set(match["before"] + match["after"]) & set(_MARKS):
            continue
        written = _joined(written, text[at : match.start()], capitals) + mark
        at = match.end()
    return _joined(written, text[at:], capitals) if written else text


def _joined(before: str, text: str, capitals: Collection[str]) -> str:
    """Return `text` after what ends in a mark, with the letter that should follow it."""
    text = text.strip()
    if not before or not text:
        return before + text
    first = text[:1].upper()
    if before[-1] in ",;:" and text.split()[0] not in capitals:
        first = text[:1].lower()
    space = "" if before.endswith("\n") else " "
    return before + space + first + text[1:]


@lru_cache(maxsize=16)
def _named_marks(language: str) -> tuple[re.Pattern[str], dict[str, str]]:
    marks = dict(language_named(language).spoken_marks)
    # A recogniser may write "question, Mark".
    spaced = (r"[\s,]+".join(map(re.escape, name.split())) for name in marks)
    names = "|".join(sorted(spaced, key=len, reverse=True))
    return (
        re.compile(
            rf"(?P<before>[\s{_MARKS}]*)(?<![\w-])(?P<name>{names})(?![\w-])(?P<after>[{_MARKS}]*\s*)"
            if names
            else r"(?!)",
            re.IGNORECASE,
        ),
        marks,
    )
