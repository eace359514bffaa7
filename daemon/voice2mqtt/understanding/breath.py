"""Two commands in one breath: where a sentence may be cut in two."""

import re
from collections.abc import Iterator
from functools import lru_cache

from voice2mqtt.understanding.language import language_named


def halves(text: str, language: str) -> Iterator[tuple[str, str]]:
    """Yield each way to cut `text` at a comma or at the language's "and" or "then"."""
    for joint in _joints(language).finditer(text):
        first, rest = text[: joint.start()], text[joint.end() :]
        if first.strip() and rest.strip():
            yield first, rest


@lru_cache(maxsize=8)
def _joints(language: str) -> re.Pattern[str]:
    words = sorted(language_named(language).joints, key=len, reverse=True)
    spoken = "|".join(map(re.escape, words))
    return re.compile(rf"[,.;:!?]*\s+(?:{spoken})(?:,|\b)\s*|[,.;:!?]+\s+", re.IGNORECASE)
