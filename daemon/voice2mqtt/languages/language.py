"""What CLDR does not know about a language, read from its data file beside this one.

`de.toml` holds German; a key that a file leaves out is taken from `und.toml`, and a language
without a file has that alone. The models below are the schema: what each key means stands there,
and `docs/languages.md` shows how to write a file. Where it says template, hassil's brackets may
be used.
"""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable

from pydantic import BaseModel, ConfigDict, Field, ValidationError

FALLBACK = "und"
"""BCP 47's code of an undetermined language."""
_OF_FALLBACK = "{und}"
"""In a text or a list: the words of the fallback, too."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class TimeWords(_Section):
    """Ways to say a time at or around one minute of the hour."""

    minute: int = Field(ge=0, le=60)
    say: tuple[str, ...]
    """`{h}` is the hour, `{n}` the hour to come, `{t}` both in digits; `{m}` are minutes more,
    `{d}` fewer than ten more, `{e}` ten or more, `{l}` minutes less."""


class ContradictionWords(_Section):
    """Words by which a sentence says something else than the one it resembles."""

    opposites: tuple[str, ...] = ()
    """Each a line of words none of which is said for another."""
    kinds: tuple[str, ...] = ()
    """The same, but for words of the table: those may be misheard for one another."""
    denials: tuple[str, ...] = ()
    """Beside the language's negations."""
    subjects: tuple[str, ...] = ()
    """Subjects of a report, not of an order."""
    elided: tuple[str, ...] = ()
    """Of these, what an apostrophe joins to the next word."""


class CheatSheetWords(_Section):
    """What a cheat sheet says beside the owner's own sentences."""

    title: str
    words: str
    """Heading of the lists."""
    begin: str
    """With the wake phrases in place of {}."""
    either: str
    """Between two of them."""
    brackets: str
    """What brackets and strokes mean in Markdown."""
    grey: str
    """The same of the page, whose words are grey or underlined."""
    asks: str
    unwoken: str
    until: str
    """Between two hours or days."""
    days: tuple[str, ...] = Field(min_length=7, max_length=7)
    """From Monday on."""


class Examples(_Section):
    """What must come out of the words of this file; a test reads them."""

    numbers: Mapping[str, float] = {}
    times: Mapping[str, str] = {}
    """To the time in digits, such as "7:30"."""
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
    cancel: tuple[str, ...] = ()


class Language(_Section):
    """The words of one language."""

    decimal_comma: bool
    number_joint: str = ""
    """May stand within a number: "one thousand and one"."""
    points: tuple[str, ...] = ()
    """Further words for the decimal point."""
    zeros: tuple[str, ...] = ()
    """Further words for 0 in a row of digits."""
    years_in_pairs: bool = False
    """Whether "nineteen ninety nine" is 1999."""
    ones: tuple[str, ...] = ()
    """What is one of its kind, with an article that is no number otherwise."""
    articles: tuple[str, ...] = ()
    """Those that are no numbers; however they sound, none is one."""
    kin: tuple[str, ...] = ()
    """Languages whose small numbers are understood as well."""
    respelled: tuple[tuple[str, str], ...] = ()
    """(regular expression, replacement): further ways to write CLDR's number words."""
    alike: tuple[tuple[str, str], ...] = ()
    """(regular expression, replacement): letters that are written in two ways."""
    further_numbers: Mapping[str, float] = {}
    further_ordinals: Mapping[str, float] = {}
    ordinal_endings: tuple[str, ...] = ()
    """What follows the digits of an ordinal: the "st" of "1st"."""
    ordinal_point: bool = False
    """Whether "3." before a word is the third."""
    fractions: Mapping[str, float] = {}
    """What is said for a part of one; with an article before it, it is no more than that."""
    fraction_articles: tuple[str, ...] = ()
    """May stand before a fraction, and is no one there."""
    fraction_links: tuple[str, ...] = ()
    """May stand between a fraction and its unit: "half an hour"."""
    homophones: tuple[tuple[str, str], ...] = ()
    """(word, digits): heard before a number, the word may be written as these digits."""
    blends: Mapping[str, Mapping[float, int]] = {}
    """Word to the numbers that sound like it and another number: "for ten" is near fourteen."""
    ones_like: Mapping[str, int] = {}
    """Article of `ones` to the number that it sounds like: "a minute" is near "eight minutes"."""
    parts: Mapping[str, float] = {}
    """Said after a number for so much more."""
    symbols: Mapping[str, tuple[str, ...]] = {}
    """Sign to the words it is read as."""
    cents: tuple[str, ...] = ()
    """The hundredths of any currency."""
    hours: Mapping[str, int] = {}
    """Hours that have names."""
    clock: tuple[TimeWords, ...] = ()
    elided: str = ""
    """Regular expression: what an apostrophe joins to the next word, even over a space."""
    yes: str
    """Template; may be said several times: "yes, go ahead"."""
    no: str
    """Template."""
    cancel: str
    """Template."""
    negations: tuple[str, ...]
    """Further single words of refusal; no consent contains one."""
    fillers: tuple[str, ...]
    """Words that may stand beside the name of what is chosen."""
    joints: tuple[str, ...]
    """Between two commands in one utterance."""
    disjunction: str
    """Between two things to choose from."""
    invitation: str
    """Said when nothing but the wake phrase was heard."""
    contradiction: ContradictionWords | None = None
    """None where nobody has written them down; sound alone then never acts."""
    profanity: tuple[str, ...] = ()
    """Regular expressions of strong words, each of a whole word."""
    cheat_sheet: CheatSheetWords
    examples: Examples = Examples()


@lru_cache(maxsize=64)
def language_named(code: str) -> Language:
    """Return the words of the language `code` ("de", "de-AT")."""
    name = primary_of(code)
    folder = resources.files(__package__)
    file = folder / f"{name}.toml"
    known = name.isalpha() and file.is_file()
    return read_language(file if known else folder / f"{FALLBACK}.toml")


def primary_of(code: str) -> str:
    """Return the language of the tag `code` without region: "de" of "de-AT"."""
    return code.replace("_", "-").split("-")[0].lower()


def read_language(file: Traversable) -> Language:
    """Return what a data file says, with what it leaves out from `und.toml`.

    Raises:
        ValueError: it is no TOML or does not fit the schema; the message names file and key.
    """
    fallback = tomllib.loads((resources.files(__package__) / f"{FALLBACK}.toml").read_text("utf-8"))
    try:
        own = tomllib.loads(file.read_text("utf-8"))
        known = {key: _completed(value, fallback.get(key)) for key, value in own.items()}
        return Language.model_validate(fallback | known)
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise ValueError(f"{file.name}: {error}") from error


def _completed(value: object, fallback: object) -> object:
    """Return `value` with the fallback's words where it says `{und}`."""
    if isinstance(value, str) and isinstance(fallback, str):
        return value.replace(_OF_FALLBACK, fallback)
    if isinstance(value, list) and isinstance(fallback, list) and _OF_FALLBACK in value:
        return [*(word for word in value if word != _OF_FALLBACK), *fallback]
    return value
