"""What was heard, aligned with a sentence of the table, as lines of text."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from voice2mqtt.nlu.matching.phonetic.alignment import Match


def aligned_lines(matches: "Sequence[Match]") -> list[str]:
    """Return a heading, and a line for each group of words: written, heard, how they sound."""
    cells = [("table", "heard", "sounds")]
    for match in matches:
        differs = f"{match.said_sounds or '-'}  |  {match.heard_sounds or '-'}"
        cells.append((match.said, match.heard, differs if match.cost else "the same"))
    wide = [max(len(row[column]) for row in cells) for column in (0, 1)]
    return [f"{a:<{wide[0]}}  {b:<{wide[1]}}  {c}" for a, b, c in cells] if matches else []
