"""The words of a language that CLDR does not have, read from its data file in this folder.

`de.toml` is German; a key that a file leaves out is taken from `und.toml`, which is also used for a
language without a file. The models below are the schema and say what each key means;
`docs/languages.md` shows how to write a file. A template may use hassil's brackets.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Annotated

from voice2mqtt.core.typed import typed

FALLBACK = "und"
"""The BCP 47 code of an undetermined language"""
_OF_FALLBACK = "{und}"
"""In a text or a list: stands for the words of the fallback"""


def _minute(minute: int) -> int:
    if not 0 <= minute <= 60:
        raise ValueError("expected a minute from 0 to 60")
    return minute


@dataclass(frozen=True, kw_only=True)
class TimeWords:
    """Phrases for times at, before or after one minute of the hour."""

    minute: Annotated[int, _minute]
    say: tuple[str, ...]
    """`{h}` is the hour, `{n}` the hour to come, `{t}` both in digits; `{m}` are minutes more,
    `{d}` fewer than ten more, `{e}` ten or more, `{l}` minutes less."""


@dataclass(frozen=True, kw_only=True)
class ContradictionWords:
    """Words by which a sentence contradicts one that it sounds like."""

    opposites: tuple[str, ...] = ()
    """Lines of words none of which is misheard for another of its line"""
    kinds: tuple[str, ...] = ()
    """The same, except that words of the table may be misheard for one another"""
    denials: tuple[str, ...] = ()
    """Besides the negations of the language"""
    subjects: tuple[str, ...] = ()
    """Subjects of a report: "I opened the door" is no command"""
    elided: tuple[str, ...] = ()
    """Of all these, the words that an apostrophe joins to the next word"""


@dataclass(frozen=True, kw_only=True)
class DurationWords:
    """The units of a duration, as templates whose first form is the plural."""

    days: str
    hours: str
    quarters: str = ""
    """Of an hour, where the language has a word for it: "drie kwartier"."""
    minutes: str
    seconds: str
    joint: str
    """Between two of them: "an hour and ten minutes"."""


@dataclass(frozen=True, kw_only=True)
class CheatSheetWords:
    """The texts of a cheat sheet besides the owner's sentences."""

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
    days: tuple[str, str, str, str, str, str, str]
    """From Monday on."""


@dataclass(frozen=True, kw_only=True)
class SuggestedRows:
    """What `voice2mqtt table suggest` lets be said to each kind of device, as templates.

    `{light}`, `{switch}`, ... is the name of a device; `{light_state}`, ... one of its states.
    """

    light: str
    light_states: tuple[str, str]
    """On, off."""
    switch: str
    switch_states: tuple[str, str]
    cover: str
    cover_states: tuple[str, str, str]
    """Open, close, stop."""
    scene: str
    climate: str
    """With the number `temperature`."""


@dataclass(frozen=True, kw_only=True)
class Examples:
    """Examples of how the words of the file are understood; a test checks them."""

    numbers: Mapping[str, float] = field(default_factory=dict)
    times: Mapping[str, str] = field(default_factory=dict)
    """Phrase to the time in digits: "7:30"."""
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
    cancel: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Language:
    """The words of one language."""

    decimal_comma: bool
    number_joint: str = ""
    """Optional within a number: "one thousand and one"."""
    points: tuple[str, ...] = ()
    """Further words for the decimal point."""
    zeros: tuple[str, ...] = ()
    """Further words for 0 in a row of digits."""
    years_in_pairs: bool = False
    """Whether "nineteen ninety nine" is 1999."""
    further_scales: Mapping[str, int] = field(default_factory=dict)
    """Words that follow a count to what they multiply it by, besides those that CLDR has"""
    next_scale_unsaid: bool = False
    """Whether a digit right after a scale counts the next one: "两万五" is 25,000."""
    ones: tuple[str, ...] = ()
    """Units with an article that means one only there: "a minute"."""
    articles: tuple[str, ...] = ()
    """Articles, which are never taken for a number that they sound like"""
    kin: tuple[str, ...] = ()
    """Languages whose numbers below 100 are understood too"""
    respelled: tuple[tuple[str, str], ...] = ()
    """(regular expression, replacement): further ways to write CLDR's number words."""
    alike: tuple[tuple[str, str], ...] = ()
    """(regular expression, replacement): one spelling for letters that are written in two ways"""
    further_numbers: Mapping[str, float] = field(default_factory=dict)
    decades: Mapping[str, int] = field(default_factory=dict)
    """Words for the years of a decade: "eighties"; a century may come before."""
    decade_endings: tuple[str, ...] = ()
    """What follows the digits of a decade: the "s" of "1980s"."""
    further_ordinals: Mapping[str, float] = field(default_factory=dict)
    ordinal_endings: tuple[str, ...] = ()
    """What follows the digits of an ordinal: the "st" of "1st"."""
    ordinal_point: bool = False
    """Whether "3." before a word is the third."""
    fractions: Mapping[str, float] = field(default_factory=dict)
    """Words to a part of one; with an article before them they are just that part"""
    fraction_articles: tuple[str, ...] = ()
    """Articles that may come before a fraction and do not mean one there"""
    fraction_links: tuple[str, ...] = ()
    """Words between a fraction and its unit: "half an hour"."""
    fractions_join: bool = False
    """Whether a fraction and its unit may be one word: "Viertelstunde"."""
    homophones: tuple[tuple[str, str], ...] = ()
    """(word, digits): before a number, a recogniser may write the word as these digits"""
    blends: Mapping[str, Mapping[float, int]] = field(default_factory=dict)
    """Word to {number heard: number said after the word}: "fourteen" may be "for ten"."""
    ones_like: Mapping[str, int] = field(default_factory=dict)
    """Article of `ones` to the number that it sounds like: "a minute" is near "eight minutes"."""
    parts: Mapping[str, float] = field(default_factory=dict)
    """Words after a number to the part that they add: "and a half"."""
    below_zero: tuple[str, ...] = ()
    """Words after a number, or its unit, that make it negative: "five below zero"."""
    bare_units: tuple[str, ...] = ()
    """Units that mean one where a part follows: "hora y media" is one and a half."""
    symbols: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Sign to the words it is read as, the usual ones first; those of a currency end with the word
    for one of it."""
    signs_said_before: tuple[str, ...] = ()
    """Signs that are written behind a number and said before it: the % of "百分之五十"."""
    cents: tuple[str, ...] = ()
    """Words for the hundredth of a currency"""
    hundredths: Mapping[str, str] = field(default_factory=dict)
    """Sign of a currency to what hundredths of it are called."""
    durations: DurationWords | None = None
    hours: Mapping[str, int] = field(default_factory=dict)
    """Names of hours: noon"""
    clock: tuple[TimeWords, ...] = ()
    elided: str = ""
    """Regular expression of what an apostrophe joins to the next word, even across a space"""
    elisions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Elided word to the words that it may stand for: "d" in "d'une" to "de"."""
    endings: tuple[str, ...] = ()
    """By which the forms of a word differ, besides none: the "s" of "lights"."""
    forms: tuple[str, ...] = ()
    """Lines of words that are forms of one without a stem in common: "luz luces"."""
    contractions: Mapping[str, str] = field(default_factory=dict)
    """Word to the words that it is short for: "im" is "in dem"."""
    yes: str
    """Template; may be repeated: "yes, go ahead"."""
    no: str
    """Template."""
    cancel: str
    """Template."""
    negations: tuple[str, ...]
    """Further words of refusal; no consent contains one"""
    fillers: tuple[str, ...]
    """Words that may come with the name of an option: "the bedroom please"."""
    courtesies: tuple[str, ...] = ()
    """Said with a command for politeness alone."""
    joints: tuple[str, ...]
    """Between two commands in one utterance."""
    disjunction: str
    """Between two things to choose from."""
    invitation: str
    """Said when nothing but the wake phrase was heard."""
    contradiction: ContradictionWords | None = None
    """None if unknown; then sound alone never acts"""
    risky: tuple[tuple[str, str], ...] = ()
    """(acts, things): a sentence with one of each lets somebody in, disarms or heats. Words with
    spaces between them; `*` stands for any letters"""
    spoken_marks: Mapping[str, str] = field(default_factory=dict)
    """Names of marks that are dictated, in lower case, to the marks"""
    capitals: tuple[str, ...] = ()
    """Words that begin with a capital wherever they stand: "I"."""
    profanity: tuple[str, ...] = ()
    """Regular expressions, each of a whole word"""
    cheat_sheet: CheatSheetWords
    suggested_rows: SuggestedRows
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
    """Return the contents of a data file; missing keys come from `und.toml`.

    Raises:
        ValueError: it is not TOML or does not match the schema; the message names file and key.
    """
    fallback = tomllib.loads((resources.files(__package__) / f"{FALLBACK}.toml").read_text("utf-8"))
    try:
        own = tomllib.loads(file.read_text("utf-8"))
        known = {key: _completed(value, fallback.get(key)) for key, value in own.items()}
        read: Language = typed(Language, fallback | known)
    except ValueError as error:
        raise ValueError(f"{file.name}: {error}") from error
    return read


def _completed(value: object, fallback: object) -> object:
    """Return `value` with the fallback's words where it says `{und}`."""
    if isinstance(value, str) and isinstance(fallback, str):
        return value.replace(_OF_FALLBACK, fallback)
    if isinstance(value, list) and isinstance(fallback, list) and _OF_FALLBACK in value:
        return [*(word for word in value if word != _OF_FALLBACK), *fallback]
    return value
