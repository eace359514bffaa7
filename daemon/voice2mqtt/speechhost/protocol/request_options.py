"""The options of a request: from its path, its query and its `speech.context` message.

Options that are missing have defaults, and unknown ones are ignored: clients send many that are
only meant for the cloud.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import accumulate
from typing import Literal, Self
from urllib.parse import parse_qs, urlsplit

from voice2mqtt.nlu.grammar.table import Json

MAX_PHRASES = 2000
MAX_PHRASES_CHARS = 100_000
"""Of all phrases together, which take most of a second to compile."""
MAX_PHRASE_CHARS = 200
MAX_WEIGHT = 2.0
"""Of phrases, as the SDK documents it."""


class Mode(Enum):
    """How many phrases a turn has, and how long a pause ends one."""

    INTERACTIVE = "interactive"
    CONVERSATION = "conversation"
    DICTATION = "dictation"


Profanity = Literal["raw", "masked", "removed"]

_PATHS = {f"/speech/recognition/{mode.value}/cognitiveservices/v1": mode for mode in Mode} | {
    "/stt/speech/universal/v2": Mode.INTERACTIVE,
    "/speech/universal/v2": Mode.INTERACTIVE,
}
_END_SILENCE_MS = {Mode.INTERACTIVE: 700, Mode.CONVERSATION: 600, Mode.DICTATION: 1000}
_LONGEST_MS = 60_000
_SEMANTIC_SILENCE_MS = 1500
"""Ends a phrase of sentences: the model ends all that it hears with a full stop."""
_INITIAL_SILENCE_MS = {Mode.INTERACTIVE: 5000, Mode.CONVERSATION: 15_000, Mode.DICTATION: 15_000}


class Phrases(tuple[str, ...]):
    """The client's phrase list, and how much it is to help."""

    weight: float

    def __new__(cls, texts: Iterable[str] = (), weight: float = 1.0) -> Self:
        """Phrases of clients that send no weight have 1."""
        made = super().__new__(cls, texts)
        made.weight = weight
        return made

    def __eq__(self, other: object) -> bool:
        return super().__eq__(other) and getattr(other, "weight", 1.0) == self.weight

    def __hash__(self) -> int:
        return super().__hash__()


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestOptions:
    """What holds for one turn."""

    mode: Mode
    language: str
    detailed: bool
    timed: bool
    """Whether to tell when each word was said; only where `detailed`."""
    profanity: Profanity
    initial_silence_ms: int
    """Silence at the start that ends the turn (or, in a continuous one, is reported)."""
    end_silence_ms: int
    """Silence that ends a phrase."""
    semantic: bool
    """Whether a phrase of a continuous turn is a sentence, rather than what is between pauses."""
    longest_phrase_ms: int
    """A phrase is cut here even if speech goes on."""
    phrases: Phrases
    phrases_left_out: int
    """How many phrases of the client are over the limits."""
    languages: tuple[str, ...]
    """Candidates for language identification; empty if the client named a single language."""
    diarized: bool
    """Whether to tell speakers apart, which nobody here can."""
    warning: str = ""
    """What the client should know about its answers."""
    continues: bool
    """After a broken connection: unacknowledged audio comes again first, as its own stream."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestAddress:
    """What a client's request line says; valid for all its turns."""

    mode: Mode
    query: Mapping[str, str]
    """Keys in lower case."""


def read_address(target: str) -> RequestAddress | None:
    """Return what the target of a request says; None if nothing is served there."""
    try:
        parts = urlsplit(target)
        query = parse_qs(parts.query, max_num_fields=100)
    except ValueError:
        return None
    mode = _PATHS.get(parts.path.rstrip("/"))
    if mode is None:
        return None
    return RequestAddress(
        mode=mode, query={key.lower(): values[-1] for key, values in query.items()}
    )


def read_options(address: RequestAddress, context: Mapping[str, Json]) -> RequestOptions:
    """Return the options of a turn that begins with `context`, which outranks the query."""
    query = address.query
    detection, output = section(context, "phraseDetection"), section(context, "phraseOutput")
    enrichment = section(context, "enrichment") or section(detection, "enrichment")
    mode = _mode(detection, address.mode)
    segmentation = section(section(detection, mode.name), "segmentation")
    strategy = _text(member(segmentation, "mode")).lower()
    semantic = strategy == "semantic" and mode is not Mode.INTERACTIVE
    languages = _texts(member(section(context, "languageId"), "languages"))
    phrases, left_out = _phrases(context)
    form = _text(member(output, "format")) or query.get("format", "")
    detailed = form.lower() == "detailed"
    details = [text.lower() for text in _texts(member(section(output, "detailed"), "options"))]
    timed = "wordtimings" in details or query.get("wordleveltimestamps", "").lower() == "true"
    return RequestOptions(
        mode=mode,
        language=_text(member(detection, "language")) or query.get("language", "") or "en-US",
        languages=languages or tuple(filter(None, query.get("lidenabled", "").split(","))),
        detailed=detailed,
        timed=timed and detailed,
        profanity=_profanity(_text(member(enrichment, "profanity")) or query.get("profanity", "")),
        initial_silence_ms=_milliseconds(
            (member(detection, "initialSilenceTimeout"), query.get("initialsilencetimeoutms")),
            default=_INITIAL_SILENCE_MS[mode],
            at_least=500,
        ),
        end_silence_ms=_milliseconds(
            (
                member(segmentation, "segmentationSilenceTimeoutMs"),
                member(detection, "trailingSilenceTimeout"),
                query.get("endsilencetimeoutms"),
            ),
            default=_SEMANTIC_SILENCE_MS if semantic else _END_SILENCE_MS[mode],
            at_least=100,
        ),
        semantic=semantic,
        longest_phrase_ms=_milliseconds(
            (member(segmentation, "segmentationForcedTimeoutMs"),), default=30_000, at_least=2000
        ),
        phrases=phrases,
        phrases_left_out=left_out,
        diarized=member(detection, "speakerDiarization") is not None,
        continues=member(context, "continuation") is not None,
    )


def single_phrase(query: Mapping[str, str]) -> RequestAddress:
    """Return the address of a turn of one phrase, which begins with `single_phrase_context`."""
    endless = {"endsilencetimeoutms": str(_LONGEST_MS), "initialsilencetimeoutms": str(_LONGEST_MS)}
    return RequestAddress(mode=Mode.INTERACTIVE, query={**query, **endless})


def single_phrase_context() -> dict[str, Json]:
    """Return the `speech.context` of a turn that only the end of its audio ends."""
    longest: Json = {"segmentation": {"segmentationForcedTimeoutMs": _LONGEST_MS}}
    return {"phraseDetection": {Mode.INTERACTIVE.name: longest}}


def _mode(detection: Mapping[str, Json], default: Mode) -> Mode:
    try:
        return Mode(_text(member(detection, "mode")).lower())
    except ValueError:
        return default


def _profanity(asked: str) -> Profanity:
    match asked.lower():
        case "masked":
            return "masked"
        case "removed":
            return "removed"
        case _:
            return "raw"


def _milliseconds(candidates: tuple[Json, ...], *, default: int, at_least: int) -> int:
    """Return the first candidate that is a number above 0, clamped to `at_least` and a minute."""
    for candidate in candidates:
        try:
            value = int(float(candidate)) if isinstance(candidate, str | int | float) else 0
        except (ValueError, OverflowError):
            continue
        if value > 0:
            return min(max(value, at_least), _LONGEST_MS)
    return default


def _phrases(context: Mapping[str, Json]) -> tuple[Phrases, int]:
    """Return the phrases within the limits, and how many there are beyond."""
    groups = _list(member(section(context, "dgi"), "groups"))
    items = [item for group in groups for item in _list(member(group, "items"))]
    offered = _texts([member(item, "text") for item in items])
    taken = [phrase[:MAX_PHRASE_CHARS] for phrase in offered[:MAX_PHRASES]]
    ends = list(accumulate(map(len, taken)))
    del taken[bisect_right(ends, MAX_PHRASES_CHARS) :]
    bias = member(section(context, "dgi"), "bias")
    weight = bias if isinstance(bias, int | float) and 0 <= bias <= MAX_WEIGHT else 1.0
    if not weight:
        return Phrases(), 0
    return Phrases(taken, weight), len(offered) - len(taken)


def member(parent: Json | Mapping[str, Json], key: str) -> Json:
    """Return a member of an object, None if there is none; keys differ in case between clients."""
    if not isinstance(parent, Mapping):
        return None
    return next((value for name, value in parent.items() if name.lower() == key.lower()), None)


def section(parent: Json | Mapping[str, Json], key: str) -> Mapping[str, Json]:
    """Return a member of an object that is an object itself; an empty one if there is none."""
    value = member(parent, key)
    return value if isinstance(value, dict) else {}


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: Json) -> tuple[str, ...]:
    return tuple(text for text in _list(value) if isinstance(text, str) and text.strip())
