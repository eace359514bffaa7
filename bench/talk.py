"""Talk that is no command: made-up conversation and news, spoken by many voices.

The sentences are drawn from parts with a seed, so that any number is reproducible. Many are about
lights, doors and music, which are most easily taken for commands.
"""

import random
import re
from collections.abc import Iterator, Sequence
from pydoc_data.topics import topics

from bench import voices
from voice2mqtt.demo.stage import SynthesisCommand

_WHO = ("my sister", "the neighbour", "our landlord", "she", "somebody", "the minister", "Peter",
        "the old man next door", "a spokesman for the council", "everyone at work")  # fmt: skip
_DID = ("forgot to turn off the kitchen light", "said that the heating was broken",
        "was reading in the bedroom all evening", "wanted to know if the door was locked",
        "has bought a new lamp for the study", "asked for a medium roast latte with milk",
        "opened the window because it was warm", "told me to set a timer for the eggs",
        "left the television on in the living room", "announced higher prices for electricity",
        "never closes the blinds at night", "played jazz until two in the morning",
        "could not find the switch for the lights", "paid ninety percent of the bill")  # fmt: skip
_WHEN = ("yesterday", "last week", "before the storm", "while we were on holiday", "this morning",
         "when the children came home", "in the middle of the night", "after the news")  # fmt: skip
_REMARKS = (
    "what a lovely light that is in the hall",
    "I think the bedroom light is on again",
    "don't turn off the light, I am still reading",
    "did you lock the front door when you came in",
    "the volume of the traffic went up last year",
    "we could turn the garage into an office",
    "good night stories are what she likes best",
    "the curtains in the kitchen are too short",
    "nobody turned on the heating in the study",
    "she set the table for twenty people at dinner",
    "it is ten degrees warmer than in the north",
    "the vacuum cleaner is in the hallway I think",
    "pause for a moment and think about the next song",
    "stop it, the music was much too loud anyway",
    "they are closing the back door of the theatre",
    "why would anybody paint a bathroom orange",
)
_SENTENCE = re.compile(r"[A-Z][A-Za-z ,'.;-]{40,160}[.!?]")
_OPENINGS = ("well", "you know", "and then", "honestly", "as I said", "by the way", "no")


def sentences(count: int, seed: int = 0) -> list[str]:
    """Return `count` different sentences."""
    rng = random.Random(seed)
    found: dict[str, None] = {}
    while len(found) < count:
        if rng.random() < 0.3:
            text = f"{rng.choice(_OPENINGS)} {rng.choice(_REMARKS)}"
        else:
            text = f"{rng.choice(_WHO)} {rng.choice(_DID)} {rng.choice(_WHEN)}"
        if rng.random() < 0.3:
            text += f" and {rng.choice(_WHO)} {rng.choice(_DID)}"
        found[text] = None
    return list(found)


def prose(count: int, seed: int = 0) -> list[str]:
    """Return up to `count` sentences of a larger vocabulary: those of Python's own manual."""
    text = " ".join(" ".join(topics.values()).split())
    whole = [each for each in re.split(r"(?<=[.!?]) ", text) if _SENTENCE.fullmatch(each)]
    random.Random(seed).shuffle(whole)
    return whole[:count]


def spoken(texts: list[str], by: Sequence[SynthesisCommand] = voices.ALL) -> Iterator[bytes]:
    """Yield each of `texts` as speech (16 kHz, 16 bit, mono), by one voice after the other."""
    for number, text in enumerate(texts):
        yield voices.spoken(text, by[number % len(by)])
