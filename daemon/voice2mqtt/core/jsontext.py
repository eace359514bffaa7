"""JSON that others wrote, read safely; and JSON that every broker takes."""

import json
from collections.abc import Mapping


def read_json(text: str | bytes) -> object:
    """Return the value that `text` holds.

    Raises:
        ValueError: it holds none, one that is nested deeper than anybody means, or text that is
            not valid Unicode.
    """
    # Of bytes, `json` would take halves of characters too.
    written = text.decode() if isinstance(text, bytes) else text
    try:
        value: object = json.loads(written)
        if "\\u" in written:
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return value


def to_json(value: Mapping[str, object]) -> str:
    """Return `value` as JSON in valid UTF-8, which a broker insists on."""
    return json.dumps(value, ensure_ascii=False).encode(errors="replace").decode()
