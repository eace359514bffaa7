"""The command table as the page shows it: what can be said, and what is then published."""

from collections.abc import Mapping, Sequence

from voice2mqtt.nlu.grammar.enumerate import sentences
from voice2mqtt.nlu.grammar.table import (
    CommandTable,
    DurationList,
    Json,
    RangeList,
    Row,
    SlotList,
    TextList,
    WildcardList,
)
from voice2mqtt.settings.yaml.writer import inline

_EXAMPLES = 6
"""Sentences of a row that are shown; set by hand."""
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def table_document(table: CommandTable) -> Mapping[str, object]:
    """Return the rows, each with examples, and the lists, as JSON values."""
    examples = {name: (total, shown) for name, total, shown in sentences(table, _EXAMPLES)}
    return {
        "language": table.language,
        "rows": [_row(row, *examples[row.name]) for row in table.rows],
        "lists": [_list(name, values) for name, values in table.lists.items()],
        "tests": len(table.tests),
    }


def _row(row: Row, total: int, examples: Sequence[str]) -> Mapping[str, object]:
    return {
        "name": row.name,
        "line": row.places[0].line if row.places else None,
        "say": list(row.say),
        "also": list(row.also_heard_as),
        "sentences": total,
        "examples": list(examples),
        "messages": [
            {"topic": m.topic, "payload": _payload(m.payload), "qos": m.qos, "retain": m.retain}
            for m in row.publish
        ],
        "notes": _notes(row),
    }


def _payload(payload: Json) -> str:
    return payload if isinstance(payload, str) else inline(payload)


def _notes(row: Row) -> list[str]:
    """Return what holds the row back, in a few words each."""
    notes = []
    if row.confirm:
        notes.append(f"asks: {row.confirm}")
    if row.between:
        notes.append("–".join(f"{minute // 60:02}:{minute % 60:02}" for minute in row.between))
    if len(row.days) < len(_DAYS):
        notes.append(" ".join(_DAYS[day] for day in sorted(row.days)))
    if row.cooldown_s:
        notes.append(f"once in {row.cooldown_s:g} s")
    if row.strictness is not None:
        notes.append(f"strictness {row.strictness:g}")
    if not row.wake:
        notes.append("no wake phrase needed")
    return notes


def _list(name: str, values: SlotList) -> Mapping[str, object]:
    match values:
        case TextList():
            spoken = [{"in": value.spoken, "out": str(value.out)} for value in values.values]
        case RangeList():
            step = f" in steps of {values.step}" if values.step != 1 else ""
            spoken = [{"in": f"{values.lowest} to {values.highest}{step}", "out": ""}]
        case DurationList():
            spoken = [{"in": f"a duration, in {values.unit}", "out": ""}]
        case WildcardList():
            spoken = [{"in": "any words", "out": ""}]
    return {"name": name, "values": spoken, "line": values.place.line}
