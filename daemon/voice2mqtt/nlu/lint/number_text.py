"""Texts that were probably meant as numbers: YAML takes `.5` for a text, and so does JSON."""

import re

_NO_NUMBER = re.compile(
    r"[-+]?\.\d+|[-+]?\d+\.|\+\d{1,3}(\.\d+)?|\d{1,3}(_\d{3})+|0(x[\da-f]+|o[0-7]+|b[01]+)",
    re.IGNORECASE,
)


def number_meant(value: object) -> str:
    """Return how the number that `value` looks like is written; "" if it looks like none."""
    if not isinstance(value, str) or not _NO_NUMBER.fullmatch(value):
        return ""
    plain = value.replace("_", "").lower()
    return str(int(plain, 0)) if plain[1:2] in ("x", "o", "b") else f"{float(plain):.15g}"
