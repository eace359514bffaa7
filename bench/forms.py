"""Forms of words in six languages, through `voice2mqtt say --json -`: right, refused and wrong.

`bench/forms` has a home's table for each language, and in `said.yaml` what recognisers write of its
commands: compounds apart, other numbers and genders, infinitives, lost accents, digits for words.
"""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import yaml

from bench.report import Options, Report

FOLDER = Path(__file__).parent / "forms"
NOTHING = "nothing"
_LEAST_RIGHT = 92.0


def run(_options: Options) -> Report:
    """Count what each language's sentences publish."""
    report = Report("forms of words, six languages")
    for language, said in yaml.safe_load((FOLDER / "said.yaml").read_text("utf-8")).items():
        expected = [(text, wanted) for wanted, texts in said.items() for text in texts]
        published = _published(language, [text for text, _ in expected])
        counts: Counter[str] = Counter()
        for (text, wanted), got in zip(expected, published, strict=True):
            kind = "right" if got == wanted else "refused" if got == NOTHING else "wrong"
            counts[kind] += 1
            if kind != "right":
                print(f"  {language}: {kind}: {text}")
        report.add(f"{language}, right", 100 * counts["right"] / len(expected), "%", _LEAST_RIGHT,
                   "high", f"of {len(expected)}")  # fmt: skip
        report.add(f"{language}, refused or asked", counts["refused"])
        report.add(f"{language}, wrong", counts["wrong"], "", 1)
    return report


def _published(language: str, texts: list[str]) -> list[str]:
    """Return what each of `texts` publishes, as `topic = payload`."""
    command = [sys.executable, "-m", "voice2mqtt", "say", "--json", "--dry-run", "-"]
    table = FOLDER / f"{language}.yaml"
    said = subprocess.run(
        [*command, "--commands", str(table)],
        input="\n".join(texts),
        capture_output=True,
        text=True,
        check=True,
    )
    sent: dict[str, list[str]] = {}
    for event in map(json.loads, said.stdout.splitlines()):
        fired = event["messages"] if event["event"] == "command" else ()
        sent.setdefault(event["id"], []).extend(f"{m['topic']} = {m['payload']}" for m in fired)
    return ["; ".join(messages) or NOTHING for messages in sent.values()]
