"""Tables on a terminal, static or live. The only import of rich."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext

from rich.console import Console
from rich.live import Live
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

REFRESH_HZ = 10
"""Set by hand."""

Cells = Sequence[str]


def is_terminal() -> bool:
    """Return whether standard output is a terminal."""
    return sys.stdout.isatty()


def show_table(headings: Cells, rows: Sequence[Cells]) -> None:
    """Print a table; in a pipe each row is one line."""
    # A pipe has no width; 400 columns keep each row on one line.
    Console(highlight=False, width=None if is_terminal() else 400).print(_table(headings, rows))


@contextmanager
def progress(what: str, total: float) -> Iterator[Callable[[float], None]]:
    """Draw a progress bar on a terminal; yield a function that advances it by an amount."""
    watched = sys.stderr.isatty()
    with Progress(
        console=Console(stderr=True),
        transient=True,
        disable=not watched,
        redirect_stdout=is_terminal(),
    ) as bar:
        task = bar.add_task(what, total=total)
        yield lambda amount: bar.advance(task, amount)


_SIGNS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "error": ("✗", "red")}
_NO_SIGN = ("-", "dim")


def show_check(check: str, severity: str, sentence: str, cure: str) -> None:
    """Print what a check found in a few lines: a coloured sign, the sentence, its cure below."""
    sign, colour = _SIGNS.get(severity, _NO_SIGN)
    table = Table.grid(padding=(0, 1))
    table.add_column(width=1, style=f"bold {colour}")
    table.add_column(width=14, style="bold")
    table.add_column(overflow="fold")
    table.add_row(Text(sign), Text(check), Text(sentence))
    if cure:
        table.add_row("", Text("→", justify="right", style=colour), Text(cure, style=colour))
    Console(highlight=False, width=None if is_terminal() else 400).print(table)


def working(what: str) -> AbstractContextManager[object]:
    """Return what shows that something is being done, until it is left; on a terminal only."""
    return Console(stderr=True).status(what) if sys.stderr.isatty() else nullcontext()


def live_table(
    headings: Cells,
    rows: Callable[[], Sequence[Cells]],
    caption: Callable[[], str] = str,
    *,
    stays: bool = True,
) -> AbstractContextManager[object]:
    """Return a table that is redrawn in place until it is left; its last state stays, if it may.

    `rows` and `caption`, the line below the table, are called `REFRESH_HZ` times a second, on a
    thread of its own.
    """
    return Live(
        get_renderable=lambda: _table(headings, rows(), caption()),
        refresh_per_second=REFRESH_HZ,
        transient=not stays,
    )


def bar(share: float, width: int = 30) -> str:
    """Return a bar, `share` of which (0 to 1) is filled."""
    filled = round(max(0.0, min(1.0, share)) * width)
    return "█" * filled + "·" * (width - filled)


def _table(headings: Cells, rows: Sequence[Cells], caption: str = "") -> Table:
    table = Table(
        box=None,
        padding=(0, 2, 0, 0),
        header_style="dim",
        caption=_plain(caption) or None,
        caption_justify="left",
    )
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(_plain(cell) for cell in row))
    return table


def _plain(cell: str) -> str:
    """Return `cell` with rich's markup escaped."""
    return cell.replace("[", r"\[")
