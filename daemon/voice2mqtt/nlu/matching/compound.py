"""Several commands in one utterance: where it may be split, and what its parts say."""

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, islice
from typing import NamedTuple

from voice2mqtt.languages.language import language_named
from voice2mqtt.nlu.grammar.automaton import Automaton
from voice2mqtt.nlu.grammar.compiler import compile_phrases
from voice2mqtt.nlu.matching.exact import ExactMatcher, Parse
from voice2mqtt.nlu.text.normaliser import normaliser

MAX_COMMANDS = 4
"""Commands in one utterance."""
_MAX_SPLITS = 8
"""Places at which an utterance may be split in two; one with more of them is no command."""


class Command(NamedTuple):
    """One of the commands in an utterance."""

    text: str
    parse: Parse


def commands(
    matcher: ExactMatcher,
    text: str,
    language: str,
    rows: Container[int] | None = None,
    most: int = MAX_COMMANDS,
) -> Iterator[tuple[Command, ...]]:
    """Yield what `text` says word for word: one row (of `rows`), or else up to `most` rows.

    Those come first that leave the fewest words to free text, be it several rows: "add milk to the
    list and turn off the light" does not add "milk to the list and turn off the light".
    """
    parses = [parse for parse in matcher.parses(text) if rows is None or parse.row in rows]
    parses.sort(key=lambda parse: parse.free_words)
    several: Iterable[tuple[Command, ...]] = _several(matcher, text, language, rows, most)
    if parses and parses[0].free_words:
        several = sorted(several, key=_own_words, reverse=True)
        yield from (some for some in several if _own_words(some) > parses[0].own_words)
    for parse in parses:
        yield (Command(text, parse),)
    yield from several


def _several(
    matcher: ExactMatcher, text: str, language: str, rows: Container[int] | None, most: int
) -> Iterator[tuple[Command, ...]]:
    for first, rest in splits(text, language) if most > 1 else ():
        for before in islice(commands(matcher, first, language, rows, 1), 1):
            for after in islice(commands(matcher, rest, language, rows, most - 1), 1):
                yield before + after


def _own_words(utterance: Iterable[Command]) -> int:
    """Return how many words the rows say themselves."""
    return sum(command.parse.own_words for command in utterance)


def splits(text: str, language: str) -> Sequence[tuple[str, str]]:
    """Return each way to split `text` in two; none if there are too many to be commands."""
    found = list(islice(_all_splits(text, language), _MAX_SPLITS + 1))
    return found if len(found) <= _MAX_SPLITS else ()


def _all_splits(text: str, language: str) -> Iterator[tuple[str, str]]:
    """Yield each way to split `text` at punctuation or at the language's "and" or "then"."""
    for joint in _joints(language).finditer(text):
        first, rest = text[: joint.start()], text[joint.end() :]
        if first.strip() and rest.strip():
            yield first, rest


def splits_number(text: str, first: str, language: str) -> bool:
    """Return whether a split after `first` is inside a number: "one hundred", "and one"."""
    words = normaliser(language)
    lattice, boundary = words.lattice(text), len(words.tokens(first))
    before = chain.from_iterable(lattice.arcs[:boundary])
    return any(boundary < arc.end <= lattice.end for arc in before)


def joint_automaton(language: str) -> Automaton:
    """Return an automaton of the words that may stand between two commands."""
    return compile_phrases(language_named(language).joints, language)


@lru_cache(maxsize=8)
def _joints(language: str) -> re.Pattern[str]:
    words = sorted(language_named(language).joints, key=len, reverse=True)
    spoken = "|".join(map(re.escape, words))
    return re.compile(rf"[,.;:!?]*\s+(?:{spoken})(?:,|\b)\s*|[,.;:!?]+\s+", re.IGNORECASE)
