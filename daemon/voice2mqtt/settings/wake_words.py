"""What `listening.wake_word` can name: a wake word that the engine knows, or a model's file."""

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

BUILT_IN = ("alexa", "hey jarvis", "hey mycroft", "okay nabu")
"""The wake words of which pymicro-wakeword carries the models."""

MICRO_SUFFIX = ".json"
"""The description of a model of microWakeWord, beside which the model itself lies."""

KEYWORD_SUFFIX = ".table"
"""A keyword model of the Azure SDK."""


def is_model(word: str) -> bool:
    """Return whether `word` is the path of a model, and no wake word by name."""
    return word.endswith((MICRO_SUFFIX, KEYWORD_SUFFIX))


def spoken_forms(words: Sequence[str]) -> tuple[str, ...]:
    """Return how `words` are said; a model is called what its file says, or else by its name."""
    return tuple(_said_in(Path(word)) if is_model(word) else word for word in words)


def _said_in(model: Path) -> str:
    if model.suffix == MICRO_SUFFIX:
        # The service of another user, or a host on another machine, may not be able to read it.
        with suppress(OSError, ValueError):
            described = json.loads(model.read_text(encoding="utf-8"))
            said = described.get("wake_word") if isinstance(described, dict) else None
            if isinstance(said, str) and said.strip():
                return said.strip().lower()
    return model.stem.replace("_", " ").replace("-", " ").lower()
