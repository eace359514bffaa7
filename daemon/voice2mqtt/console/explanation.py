"""The words of the table above the words that were heard, sound by sound."""

from collections.abc import Mapping, Sequence

from voice2mqtt.core.ports import Pronouncer
from voice2mqtt.nlu.matching.phonetic.alignment import Match, alignment_view
from voice2mqtt.nlu.text.normaliser import normaliser

_LONGEST = 400
"""Characters of a sentence that is aligned; set by hand."""


class Explanation:
    """Aligns sentences in one language. Not thread-safe, as its pronouncer is not."""

    def __init__(self, language: str, pronouncer: Pronouncer) -> None:
        self._normaliser = normaliser(language)
        self._pronouncer = pronouncer

    def alignment(self, heard: str, said: str) -> Sequence[Mapping[str, object]]:
        """Return the groups of words of `said`, a sentence of the table, and what stands for them.

        Each has `said`, `heard`, their sounds, and what the difference costs; 0 is the same sound.
        """
        if max(len(heard), len(said)) > _LONGEST:
            return ()
        return shown(alignment_view(heard, said, self._normaliser, self._pronouncer))


def shown(matches: Sequence[Match]) -> Sequence[Mapping[str, object]]:
    """Return the groups of words as JSON values, for the page to draw."""
    return [
        {
            "said": match.said,
            "heard": match.heard,
            "said_sounds": match.said_sounds,
            "heard_sounds": match.heard_sounds,
            "cost": round(match.cost, 2),
        }
        for match in matches
    ]
