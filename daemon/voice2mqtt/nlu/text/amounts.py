"""What is added to an amount after its unit: "twenty degrees and a half", "five dollars fifty".

Works on keys (`normaliser.py`); the words are in the data file of the language.
"""

from collections.abc import Collection, Iterator, Mapping

from voice2mqtt.nlu.text.times import Keys, Numbers

CURRENCIES = ("€", "$", "£")


class Amounts:
    """Additions to an amount in one language: parts of a whole, and hundredths of a currency."""

    def __init__(
        self, parts: Mapping[Keys, float], cents: Collection[str], joints: Collection[str]
    ) -> None:
        self._parts = parts
        self._first = {keys[0] for keys in parts}
        self._cents = cents
        self._joints = joints

    def added(
        self, keys: Keys, numbers: Numbers, unit: str, at: int
    ) -> Iterator[tuple[int, float]]:
        """Yield (end, addition) of what is said from `at`, after the unit `unit`."""
        if at < len(keys) and keys[at] in self._first:
            for words, part in self._parts.items():
                if keys[at : at + len(words)] == words:
                    yield at + len(words), part
        if unit not in CURRENCIES:
            return
        joined = at + (at < len(keys) and keys[at] in self._joints)
        for end, number in numbers[joined] if joined < len(keys) else ():
            if number in range(1, 100):
                if end < len(keys) and keys[end] in self._cents:
                    yield end + 1, number / 100
                elif joined == at and number >= 10:
                    yield end, number / 100
