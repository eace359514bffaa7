"""The ways in which the model may write a word or number of the grammar.

The model writes as people do, not in the normalised form in which a table is compared: "Twelve",
"12", "TV", "fifty" and "50". Every spelling here is normalised back to the same word.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain

from voice2mqtt.languages.language import language_named
from voice2mqtt.nlu.grammar.automaton import Automaton, Choice, Number, Wildcard, Word
from voice2mqtt.nlu.text.normaliser import normaliser
from voice2mqtt.nlu.text.speller import Forms

DIGITS = tuple("0123456789")
MAX_SPELT = 1_000
"""A slot with more numbers than this has no spellings: any digits are accepted instead."""
MAX_SPELT_DIGITS = 15
"""A longer number has no words."""


def labels(automaton: Automaton) -> Iterator[Word | Number | Wildcard]:
    """Yield the labels of `automaton` and of the automata nested in it."""
    seen: set[int] = set()
    waiting: list[Automaton] = [automaton]
    for one in waiting:
        seen.add(id(one))
        nested: Iterable[Automaton] = [x.spoken for x in one.labels if isinstance(x, Choice)]
        waiting += [spoken for spoken in nested if id(spoken) not in seen]
        yield from (label for label in one.labels if not isinstance(label, Choice))


def written_words(automaton: Automaton, language: str) -> Iterator[str]:
    """Yield what may be written of a sentence or several, a word or more; not their free text."""
    said = language_named(language)
    yield from (*said.joints, *said.contractions, *chain.from_iterable(automaton.skipped))
    for label in labels(automaton):
        match label:
            case Word():
                yield from word_spellings(label, language)
            case Number():
                for ways in (number_spellings, fraction_spellings, part_spellings):
                    yield from chain.from_iterable(ways(label, language))
                if label.decimals:
                    yield from DIGITS


@lru_cache(maxsize=50_000)
def word_spellings(word: Word, language: str = "en") -> tuple[str, ...]:
    """Return the spellings of `word` in `language` ("de", "de-AT"), without spaces."""
    spellings = [*_cased(word.surface), *_cased(word.key)]
    for words in spelt(word.key, language):
        spellings += _cased("-".join(words))
    return tuple(dict.fromkeys(spellings))


def letters_spelling(letters: str) -> str:
    """Return single letters said one after the other as they are written: TV."""
    return letters.upper()


@lru_cache(maxsize=1_000)
def number_spellings(number: Number, language: str = "en") -> tuple[tuple[str, ...], ...]:
    """Return the spellings of all numbers that may fill the slot, as words; () if too many."""
    numbers = range(number.lowest, number.highest + 1, number.step)
    if len(numbers) > MAX_SPELT:
        return ()
    spellings: dict[tuple[str, ...], None] = {}
    for value in numbers:
        spellings[str(value),] = None
        for words in normaliser(language).spell(value):
            for form in (words, *_hyphenated(words, language)):
                spellings[form] = None
                spellings[form[0].capitalize(), *form[1:]] = None
    return tuple(spellings)


@lru_cache(maxsize=1_000)
def fraction_spellings(number: Number, language: str = "en") -> tuple[tuple[str, ...], ...]:
    """Return what is said before its unit for a part of one that may fill the slot: "half an"."""
    words = language_named(language)
    return tuple(
        tuple(f"{article} {fraction} {link}".split())
        for fraction, part in words.fractions.items()
        if number.lowest <= part <= number.highest and _may_have(number, part)
        for article in ("", *words.fraction_articles)
        for link in ("", *words.fraction_links)
    )


@lru_cache(maxsize=1_000)
def part_spellings(number: Number, language: str = "en") -> tuple[tuple[str, ...], ...]:
    """Return what is said after a number, or after its unit, to add a part: "and a half"."""
    parts = language_named(language).parts.items()
    return tuple(tuple(words.split()) for words, part in parts if _may_have(number, part))


def one_spelling(number: Number, unit: Word, language: str = "en") -> tuple[str, ...]:
    """Return how one of `unit` is said with an article, if one may fill the slot: "an hour"."""
    numbers = range(number.lowest, number.highest + 1, number.step)
    return normaliser(language).ones.get(unit.key, ()) if 1 in numbers else ()


def is_singular(unit: Word, language: str = "en") -> bool:
    """Return whether `unit` is said of one alone: "hour", not "hours"."""
    return unit.key in normaliser(language).ones


def spelt(word: str, language: str) -> Forms:
    """Return the ways to say `word` in `language`; () if it is no number, or too long a one."""
    is_number = word.isdecimal() and len(word) <= MAX_SPELT_DIGITS
    return normaliser(language).spell(int(word)) if is_number else ()


def _may_have(number: Number, part: float) -> bool:
    return number.decimals and part * number.parts == int(part * number.parts)


def _cased(text: str) -> tuple[str, str, str]:
    return text, text.lower(), text[:1].upper() + text[1:]


def _hyphenated(words: tuple[str, ...], language: str) -> Iterator[tuple[str, ...]]:
    """Yield `words` with tens and ones joined: twenty-five."""
    tens = normaliser(language).key(words[-2]) if len(words) > 1 else ""
    if tens.isdecimal() and int(tens) in range(20, 100, 10):
        yield (*words[:-2], f"{words[-2]}-{words[-1]}")
