"""One problem of a command table, with its place and its cure."""

from dataclasses import dataclass
from typing import Literal

from voice2mqtt.nlu.grammar.table import Place, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One problem of a table."""

    place: Place
    problem: str
    cure: str
    severity: Literal["warning", "error"] = "warning"

    def __str__(self) -> str:
        return f"{self.place}: {self.severity}: {self.problem}; {self.cure}"


def place_of(row: Row, template: int = 0) -> Place:
    """Return the place of a template of `row`, if it is known."""
    return row.places[template] if template < len(row.places) else Place()


def name_of(row: Row) -> str:
    """Return how a finding about another row refers to `row`."""
    return " ".join(filter(None, (row.name, f"({place_of(row)})" if row.places else "")))
