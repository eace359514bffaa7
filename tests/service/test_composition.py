"""The threads that the daemon's composition lists are those that its code starts."""

import ast
import re
from pathlib import Path

from voice2mqtt.service import composition

PACKAGE = Path(composition.__file__).parents[1]
OTHER_PROGRAMS = ("cli/", "demo/", "speechhost/", "audio/monitor")
"""Not of the daemon: other commands, and what only they use."""


def _starts_threads(source: Path) -> bool:
    text = source.read_text()
    # To look at every call of the package would take a second.
    return "threading.T" in text and any(
        isinstance(node, ast.Call)
        and ast.unparse(node.func) in {"threading.Thread", "threading.Timer"}
        for node in ast.walk(ast.parse(text))
    )


def test_every_file_that_starts_a_thread_is_listed() -> None:
    sources = {source: str(source.relative_to(PACKAGE))[:-3] for source in PACKAGE.rglob("*.py")}
    starting = {
        name
        for source, name in sources.items()
        if not name.startswith(OTHER_PROGRAMS) and _starts_threads(source)
    }
    rows = re.compile(r"^    \S+(?: own)? +(\w+/[\w/]+) ", re.MULTILINE)
    listed = set(rows.findall(composition.__doc__ or ""))
    assert listed == starting
