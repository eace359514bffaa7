"""Opposites in languages without word lists: is one acted on, asked about, or refused?

One of each pair of `tests/nlu/opposites.py` stands in the table, the other is said: as it
is, and misspelt as a recogniser may do it (a letter lost, doubled, exchanged with the next one or
taken for another of the sentence, or two words joined). Beside it, what becomes of the command
itself when it is misspelt, since refusing everything would never be wrong.
"""

import random
from collections import Counter
from collections.abc import Iterable, Iterator

from tests.nlu.opposites import OPPOSITES

from bench import labels
from bench.pipeline import NOON
from bench.report import Options, Report
from voice2mqtt.core.decision import Ask, Fire
from voice2mqtt.core.outcome import Heard
from voice2mqtt.nlu.dialogue.interpreter import Interpreter
from voice2mqtt.nlu.grammar.table import CommandTable, Publish, Row
from voice2mqtt.service import interpreters as build
from voice2mqtt.settings.model import Settings

MISSPELT = 12
"""Ways to misspell each sentence."""
QUICK_MISSPELT = 2
"""With `--quick`."""


def run(options: Options) -> Report:
    """Say every opposite to a table that has only the other one."""
    report = Report("opposites")
    count = QUICK_MISSPELT if options.quick else MISSPELT
    total: dict[str, Counter[str]] = {}
    for language, pairs in OPPOSITES.items():
        here: dict[str, Counter[str]] = {}
        for side in (0, 1):
            interpreter = _interpreter(language, (pair[side] for pair in pairs))
            known = {pair[side] for pair in pairs}
            for pair in pairs:
                own, opposite = pair[side], pair[1 - side]
                said = {
                    "opposite": [opposite],
                    "opposite, misspelt": _misspelt(opposite, count),
                    "itself, misspelt": _misspelt(own, count),
                }
                for kind, texts in said.items():
                    heard = [text for text in texts if text not in known]
                    here.setdefault(kind, Counter()).update(_become(interpreter, t) for t in heard)
        _report(report, language, here)
        for kind, counts in here.items():
            total.setdefault(kind, Counter()).update(counts)
    _report(report, f"all {len(OPPOSITES)} languages", total)
    return report


def _report(report: Report, whose: str, counts: dict[str, Counter[str]]) -> None:
    for kind, of in counts.items():
        n = of.total()
        note = f"asked {of['asked']}, refused {of['refused']}; {labels.interval(of['acted'], n)}"
        goal = 0 if kind.startswith("opposite") else None
        report.add(f"{whose}: {kind}, acted on", of["acted"], "", goal, note=note)


def _become(interpreter: Interpreter, text: str) -> str:
    interpreter.reset()
    decisions = interpreter.decide(Heard(text=text), 0.0, NOON)
    if any(isinstance(decision, Fire) for decision in decisions):
        return "acted"
    return "asked" if any(isinstance(decision, Ask) for decision in decisions) else "refused"


def _interpreter(language: str, sentences: Iterable[str]) -> Interpreter:
    rows = tuple(
        Row(name=said, say=(said,), publish=(Publish(topic=f"t/{n}", payload="ON"),))
        for n, said in enumerate(sentences)
    )
    return build.interpreter(Settings(), CommandTable(rows=rows, language=language))


def _misspelt(text: str, count: int) -> list[str]:
    """Return `count` ways to misspell `text`, the same each time."""
    rng = random.Random(text)
    found = dict.fromkeys(way for way in _ways(text, rng) if way != text)
    return rng.sample(list(found), min(count, len(found)))


def _ways(text: str, rng: random.Random) -> Iterator[str]:
    letters = sorted({*text} - {" "})
    for at, letter in enumerate(text):
        if letter == " ":
            yield text[:at] + text[at + 1 :]
            continue
        yield text[:at] + text[at + 1 :]
        yield text[:at] + letter + text[at:]
        yield text[:at] + rng.choice(letters) + text[at + 1 :]
        if text[at + 1 : at + 2].strip():
            yield text[:at] + text[at + 1] + letter + text[at + 2 :]
