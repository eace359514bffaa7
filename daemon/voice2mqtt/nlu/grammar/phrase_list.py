"""A table as a phrase list, for a Speech host that cannot read tables.

A list holds only some of the sentences. First come those with words that none before them has, so
that every name is included; then as many of each row as there is room for.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from voice2mqtt.languages.language import language_named
from voice2mqtt.nlu.grammar.enumerate import ANYTHING, Sentences, sampled
from voice2mqtt.nlu.grammar.table import CommandTable

_TRIES = 4
"""Sentences sampled for each one wanted, since some come twice."""


def phrases(table: CommandTable, at_most: int, wake_phrases: Sequence[str] = ()) -> tuple[str, ...]:
    """Return up to `at_most` phrases of what may be said to the daemon."""
    language = language_named(table.language)
    templates = [
        [Sentences(template, table.lists, table.rules) for template in row.say]
        for row in table.rows
    ]
    templates += [[Sentences(t, {}, {})] for t in (language.yes, language.no, language.cancel)]
    covers = [[*wake_phrases]] + [[s for t in row for s in t.cover()] for row in templates]
    found: dict[str, None] = {}
    words: set[str] = set()
    for phrase in _before_free_text(_round_robin(covers)):
        if len(found) < at_most and not words.issuperset(phrase.split()):
            words.update(phrase.split())
            found[phrase] = None
    further = _round_robin(
        [chain(c, _all(t, at_most)) for c, t in zip(covers[1:], templates, strict=True)]
    )
    for phrase in _before_free_text(further):
        if len(found) >= at_most:
            break
        found[phrase] = None
    return tuple(found)


def _all(templates: list[Sentences], at_most: int) -> Iterator[str]:
    """Yield all sentences of a row, or of many a sample."""
    if sum(template.count for template in templates) <= at_most:
        return (template[n] for template in templates for n in range(template.count))
    return islice(sampled(templates), at_most * _TRIES)


def _before_free_text(sentences: Iterable[str]) -> Iterator[str]:
    """Yield each sentence up to its first free text."""
    for sentence in sentences:
        if phrase := sentence.partition(ANYTHING)[0].strip():
            yield phrase


def _round_robin(rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """Yield the first of each row, then the second of each, and so on."""
    left = [iter(row) for row in rows]
    while left:
        still = []
        for row in left:
            sentence = next(row, None)
            if sentence is not None:
                still.append(row)
                yield sentence
        left = still
