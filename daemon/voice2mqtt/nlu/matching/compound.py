"""Several commands in one breath: where a sentence may be cut, and what its parts say."""

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from voice2mqtt.languages.language import language_named
from voice2mqtt.nlu.grammar.automaton import Automaton
from voice2mqtt.nlu.grammar.compiler import compile_phrases
from voice2mqtt.nlu.matching.exact import ExactMatcher, Parse

MOST_COMMANDS = 4
"""Commands in one breath."""
_MOST_CUTS = 8
"""Places where a sentence is tried to be cut in two; one with more of them is no command."""


class Command(NamedTuple):
    """One of the commands in a breath."""

    text: str
    parse: Parse


def commands(
    matcher: ExactMatcher,
    text: str,
    language: str,
    rows: Container[int] | None = None,
    most: int = MOST_COMMANDS,
) -> Iterator[tuple[Command, ...]]:
    """Yield what `text` says word for word: one row (of `rows`), else up to `most` of them.

    Several come first if they leave fewer words to free text: it does not swallow a command.
    """
    parses = [parse for parse in matcher.parses(text) if rows is None or parse.row in rows]
    several: Iterable[tuple[Command, ...]] = _several(matcher, text, language, rows, most)
    if parses and parses[0].free:
        several = sorted(several, key=_own, reverse=True)
        yield from (breath for breath in several if _own(breath) > parses[0].own)
    for parse in parses:
        yield (Command(text, parse),)
    yield from several


def _several(
    matcher: ExactMatcher, text: str, language: str, rows: Container[int] | None, most: int
) -> Iterator[tuple[Command, ...]]:
    for first, rest in cuts(text, language) if most > 1 else ():
        for before in islice(commands(matcher, first, language, rows, 1), 1):
            for after in islice(commands(matcher, rest, language, rows, most - 1), 1):
                yield before + after


def _own(breath: Iterable[Command]) -> int:
    """Return how many words the rows say themselves."""
    return sum(command.parse.own for command in breath)


def cuts(text: str, language: str) -> Sequence[tuple[str, str]]:
    """Return each way to cut `text` in two; none if it has more joints than commands have."""
    found = list(islice(halves(text, language), _MOST_CUTS + 1))
    return found if len(found) <= _MOST_CUTS else ()


def halves(text: str, language: str) -> Iterator[tuple[str, str]]:
    """Yield each way to cut `text` at a comma or at the language's "and" or "then"."""
    for joint in _joints(language).finditer(text):
        first, rest = text[: joint.start()], text[joint.end() :]
        if first.strip() and rest.strip():
            yield first, rest


def joint_automaton(language: str) -> Automaton:
    """Return an automaton of the words that may stand between two commands."""
    return compile_phrases(language_named(language).joints, language)


@lru_cache(maxsize=8)
def _joints(language: str) -> re.Pattern[str]:
    words = sorted(language_named(language).joints, key=len, reverse=True)
    spoken = "|".join(map(re.escape, words))
    return re.compile(rf"[,.;:!?]*\s+(?:{spoken})(?:,|\b)\s*|[,.;:!?]+\s+", re.IGNORECASE)
