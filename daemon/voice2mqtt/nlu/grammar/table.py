"""The command table as values: what the owner wrote, before it is compiled."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TypeVar

from voice2mqtt.core.decision import Expectation, SlotValue
from voice2mqtt.languages.language import primary_of

WEEK = frozenset(range(7))
EXPIRES_S = 10.0
"""Of a row that says nothing about it."""

_Of = TypeVar("_Of")


def in_language(known: Mapping[str, _Of], tag: str) -> _Of | None:
    """Return what `known` has for the language `tag` (`de-AT`), or else for a kin (`de-DE`)."""
    kin = (found for key, found in known.items() if primary_of(key) == primary_of(tag))
    return known[tag] if tag in known else next(kin, None)


Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place in a file, counted from 1 as editors do; renders as `file:line:column`."""

    file: str = ""
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListValue:
    """One value of a list: what is spoken (a template) and what it means."""

    spoken: str
    out: SlotValue


@dataclass(frozen=True, slots=True, kw_only=True)
class TextList:
    """A list of words, each with its meaning."""

    values: tuple[ListValue, ...]
    place: Place = field(default_factory=Place, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeList:
    """A range of numbers, ends included; `multiplier` scales what is said to what is meant."""

    lowest: int
    highest: int
    step: int = 1
    multiplier: float | None = None
    decimals: bool = False
    """Whether fractions between the steps may be said ("twenty point five")."""
    parts: int = 0
    """With `decimals`: 2 allows halves, 10 tenths, 0 any fraction."""
    total: tuple[float, float] | None = None
    """For one number of a duration: the limits of the sum of all of them."""
    place: Place = field(default_factory=Place, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DurationList:
    """A duration from `lowest` to `highest`, in `unit`: "an hour and ten minutes"."""

    unit: str
    """In which it is published, whatever was said: seconds, minutes, hours or days."""
    lowest: float
    highest: float
    language: str = "en"
    place: Place = field(default_factory=Place, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WildcardList:
    """Free text, one word or more."""

    place: Place = field(default_factory=Place, compare=False)


SlotList = TextList | RangeList | DurationList | WildcardList


@dataclass(frozen=True, slots=True, kw_only=True)
class Publish:
    """A message with slots still in it: `{name}` in the topic and anywhere in the payload."""

    topic: str
    payload: Json
    """Text, or a mapping or list that becomes JSON in which numbers stay numbers."""
    qos: int = 0
    retain: bool = False
    after_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What may be said, and what is then published."""

    name: str
    """The owner's name for the row, else its first template."""
    say: tuple[str, ...]
    publish: tuple[Publish, ...]
    defaults: Mapping[str, SlotValue] = field(default_factory=lambda: MappingProxyType({}))
    confirm: str = ""
    """A question that must be answered with yes before anything is published; "" for none."""
    between: tuple[int, int] | None = None
    """Minutes since midnight, local time; may pass midnight."""
    days: frozenset[int] = WEEK
    """0 is Monday."""
    expires_s: float = EXPIRES_S
    """The row is not carried out later than this after the end of the sentence."""
    cooldown_s: float = 0.0
    strictness: float | None = None
    """Largest phonetic distance that is accepted, 0 to 1; None takes the setting."""
    wake: bool = True
    """Whether the row needs the wake phrase"""
    also_heard_as: tuple[str, ...] = ()
    """Further templates, as a recogniser hears the row in a household's accent."""
    expect: Expectation | None = None
    """May hold slots in topic and payload, like `Publish`."""
    response: str = ""
    places: tuple[Place, ...] = field(default=(), compare=False)
    """Where each template of `say` stands."""

    @property
    def is_timed(self) -> bool:
        """Whether it is limited to hours or days."""
        return self.between is not None or len(self.days) < len(WEEK)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableTest:
    """The owner's own test: hearing this publishes exactly that."""

    hear: str
    publish: tuple[tuple[str, str], ...]
    """(topic, payload) of each message; () is nothing."""
    place: Place = field(default_factory=Place, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandTable:
    """A whole command table."""

    rows: tuple[Row, ...]
    lists: Mapping[str, SlotList] = field(default_factory=lambda: MappingProxyType({}))
    rules: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Expansion rules: name to template."""
    rule_places: Mapping[str, Place] = field(
        default_factory=lambda: MappingProxyType({}), compare=False
    )
    skip_words: tuple[str, ...] = ()
    """Words that may be said anywhere between others and mean nothing: "please"."""
    language: str = "en"
    translations: Mapping[str, "CommandTable"] = field(default_factory=lambda: MappingProxyType({}))
    """The same rows as they are said in each of the languages (`de-DE`) that `say` names; a row
    that is not said in it has no template."""
    tests: tuple[TableTest, ...] = ()

    def at_any_time(self) -> "CommandTable":
        """Return the table with no hours, pauses and questions: all that is left is words."""
        rows = (
            replace(row, between=None, days=WEEK, cooldown_s=0.0, confirm="") for row in self.rows
        )
        return replace(self, rows=tuple(rows))

    @property
    def longest_expiry_s(self) -> float:
        """The largest `expires_s` of all rows."""
        return max((row.expires_s for row in self.rows), default=EXPIRES_S)
