"""What can be said, as the page shows it."""

import json
from pathlib import Path

from voice2mqtt.console.table_view import table_document
from voice2mqtt.settings.load import load_table

TABLE = """
lists:
  room: [kitchen, {in: lounge, out: living}]
  level: {range: {from: 0, to: 100, step: 10}}
commands:
  - name: light
    say: dim the {room} to {level}
    topic: home/{room}
    payload: {level: "{level}"}
    also_heard_as: ["din the {room} to {level}"]
    confirm: Really?
    between: "22:00-06:30"
    days: [mon, tue]
    cooldown_s: 5
    strictness: 0.1
    wake: false
"""


def test_a_row_is_shown_with_all_that_concerns_it(tmp_path: Path) -> None:
    path = tmp_path / "commands.yaml"
    path.write_text(TABLE)
    document = json.loads(json.dumps(table_document(load_table(path))))
    (row,) = document["rows"]
    assert row["name"] == "light"
    assert row["line"] == 7
    assert row["sentences"] == 2 * 11
    assert row["examples"][0] == "dim the kitchen to 0"
    assert row["messages"][0]["payload"] == '{level: "{level}"}'
    assert row["notes"] == [
        "asks: Really?", "22:00–06:30", "Mon Tue", "once in 5 s", "strictness 0.1",
        "no wake phrase needed",
    ]  # fmt: skip
    assert [each["values"] for each in document["lists"]] == [
        [{"in": "kitchen", "out": "kitchen"}, {"in": "lounge", "out": "living"}],
        [{"in": "0 to 100 in steps of 10", "out": ""}],
    ]
