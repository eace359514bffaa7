"""Home Assistant's sentences in all its languages, imported and then said.

Sentences are drawn from the templates of the package `home-assistant-intents`, in a home of a few
areas and devices. Those that hassil, the reference, understands as the block they were drawn from
go through `table import` and `say --json -`, and must come out as hassil has them.
"""

import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from hassil import expression as hassil
from hassil import recognize_best
from hassil.intents import (
    IntentData,
    Intents,
    RangeSlotList,
    SlotList,
    TextSlotList,
    WildcardSlotList,
)
from hassil.numbers import get_rbnf_engine

from bench.report import Options, Report

PACKAGE = "home-assistant-intents==2026.11.25"
QUICK = ("en", "nl", "ru", "zh-CN")
FIRST = (
    *("en", "de", "fr", "es", "it", "nl", "ru", "pl", "hu"),
    *("pt", "sv", "da", "nb", "fi", "cs", "el", "uk", "ko"),
)
"""The languages of which 99 % are wanted"""
SENTENCES, QUICK_SENTENCES = 150, 40
_DOMAINS = (
    *("light", "media_player", "cover", "climate", "fan", "switch", "valve", "lock"),
    *("binary_sensor", "todo", "vacuum", "person", "weather", "scene", "sensor", "script"),
    *("lawn_mower", "input_boolean"),
)
_FREE = 5
"""The word of the home that fills free text"""
_OPTIONAL = 0.5
_IN_WORDS = 0.3


@dataclass(frozen=True)
class Sample:
    """What is said, and what hassil makes of it."""

    text: str
    intent: str
    slots: Mapping[str, Any]
    template: str


def run(options: Options) -> Report:
    """Count in each language what is understood as hassil does."""
    report = Report("Home Assistant's sentences")
    with tempfile.TemporaryDirectory() as scratch:
        data = options.data or _fetched(Path(scratch))
        languages = QUICK if options.quick else sorted(path.stem for path in data.glob("*.json"))
        for language in languages:
            most = QUICK_SENTENCES if options.quick else SENTENCES
            samples = list(samples_of(data / f"{language}.json", most))
            _measure(report, data / f"{language}.json", samples, Path(scratch))
    return report


def _fetched(scratch: Path) -> Path:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
    subprocess.run([*pip, "--target", str(scratch / "package"), PACKAGE], check=True)
    return scratch / "package" / "home_assistant_intents" / "data"


@cache
def _words() -> Mapping[str, Sequence[str]]:
    words: Mapping[str, Sequence[str]] = yaml.safe_load(
        Path(__file__).with_name("ha_homes.yaml").read_text()
    )
    return words


def home(language: str) -> dict[str, Any]:
    """Return a home in `language`, as the fixtures of Home Assistant's tests have it."""
    words = _words()[language]
    areas, floors, things = words[:3], words[3:5], words[5:]
    between = "" if language in ("ja", "th", "zh-CN", "zh-HK", "zh-TW") else " "
    names = [*things, *(f"{area}{between}{thing}" for area in areas for thing in things)]
    names += [f"{floor}{between}{thing}" for floor in floors for thing in things]
    return {
        "language": language,
        "floors": [{"name": name, "id": f"floor_{n}"} for n, name in enumerate(floors)],
        "areas": [{"name": name, "id": f"area_{n}"} for n, name in enumerate(areas)],
        "entities": [
            {"name": name, "id": f"{_DOMAINS[n % len(_DOMAINS)]}.thing_{n}"}
            for n, name in enumerate(names)
        ],
    }


def samples_of(path: Path, most: int) -> Iterator[Sample]:
    """Yield sentences of the intents in `path` that hassil understands as they were meant."""
    intents = Intents.from_dict(json.loads(path.read_text()))
    known = home(path.stem)
    lists: dict[str, SlotList] = {
        "area": TextSlotList.from_strings([each["name"] for each in known["areas"]], name="area"),
        "floor": TextSlotList.from_strings([e["name"] for e in known["floors"]], name="floor"),
        "name": TextSlotList.from_tuples(
            [
                (each["name"], each["name"], {"domain": each["id"].split(".")[0]})
                for each in known["entities"]
            ],
            name="name",
        ),
    }
    rng = random.Random(path.stem)
    blocks = [(name, data) for name, intent in intents.intents.items() for data in intent.data]
    seen: set[str] = set()
    for _ in range(3 * most):
        intent, data = rng.choice(blocks)
        template = rng.choice(data.sentences)
        try:
            text = _Drawing(intents, lists, data, path.stem, rng).draw(template.expression)
        except KeyError:
            continue
        text = " ".join(text.split())
        here = {"area": known["areas"][0]["name"]} if "area" in data.requires_context else None
        found = recognize_best(
            text,
            intents,
            slot_lists=lists,
            intent_context=here,
            language=path.stem,
            best_slot_name="name",
        )
        if found is None or found.intent.name != intent or text in seen:
            continue
        seen.add(text)
        spoken = {e.name: _plain(e.value) for e in found.entities_list if e.text_clean}
        yield Sample(text, intent, spoken, template.text or "")
        if len(seen) == most:
            return


def _plain(value: object) -> object:
    return value.strip() if isinstance(value, str) else value


@dataclass
class _Drawing:
    """Draws a sentence from a template."""

    intents: Intents
    lists: Mapping[str, SlotList]
    data: IntentData
    language: str
    rng: random.Random

    def draw(self, node: hassil.Expression) -> str:
        match node:
            case hassil.TextChunk():
                return node.original_text
            case hassil.Alternative(is_optional=True):
                said = [item for item in node.items if not _is_empty(item)]
                if not said or self.rng.random() < _OPTIONAL:
                    return ""
                return self.draw(self.rng.choice(said))
            case hassil.Alternative():
                return self.draw(self.rng.choice(node.items))
            case hassil.Permutation():
                return " ".join(map(self.draw, self.rng.sample(node.items, len(node.items))))
            case hassil.RuleReference():
                rules = {**self.intents.expansion_rules, **self.data.expansion_rules}
                return self.draw(rules[node.rule_name].expression)
            case hassil.ListReference():
                return self._slot(node)
        assert isinstance(node, hassil.Group)
        return "".join(map(self.draw, node.items))

    def _slot(self, node: hassil.ListReference) -> str:
        lists = {**self.intents.slot_lists, **self.lists, **self.data.slot_lists}
        known = lists[node.list_name]
        if isinstance(known, WildcardSlotList):
            return _words()[self.language][_FREE].lower()
        if isinstance(known, TextSlotList):
            allowed = [value for value in known.values if self._is_allowed(value.context)]
            if not allowed:
                raise KeyError(node.list_name)
            return self.draw(self.rng.choice(allowed).text_in)
        assert isinstance(known, RangeSlotList)
        number = self.rng.choice(list(known.get_numbers()))
        if known.digits and not (known.words and self.rng.random() < _IN_WORDS):
            return str(number)
        try:
            engine = get_rbnf_engine(known.words_language or self.language)
            return engine.format_number(number).text.replace("\u00ad", "")
        except ValueError:
            return str(number)

    def _is_allowed(self, context: Mapping[str, Any] | None) -> bool:
        wanted = self.data.requires_context.get("domain")
        wanted = [wanted] if isinstance(wanted, str) else wanted
        return wanted is None or not context or context.get("domain") in wanted


def _is_empty(node: hassil.Expression) -> bool:
    return isinstance(node, hassil.TextChunk) and node.is_empty


def _measure(report: Report, path: Path, samples: Sequence[Sample], scratch: Path) -> None:
    language = path.stem
    counted = understood(path, samples, scratch)
    right = counted["right"] + counted["slots"]
    total = max(1, len(samples))
    goal = 99 if language in FIRST else 95
    note = f"{counted['refused']} refused, {counted['wrong']} wrong, of {len(samples)}"
    report.add(f"{language}: right intent", 100 * right / total, "%", goal, "high", note)
    if right:
        report.add(f"{language}: right slots", 100 * counted["right"] / right, "%", 97, "high")
    report.add(f"{language}: imported after", counted["import_ms"] / 1000, "s")
    report.add(f"{language}: all said after", counted["say_ms"] / 1000, "s")


def understood(path: Path, samples: Sequence[Sample], scratch: Path) -> Counter[str]:
    """Return how many of `samples` are right, have wrong slots, are refused or wrong."""
    counted: Counter[str] = Counter()
    language = path.stem
    fixtures, table = scratch / f"{language}-home.yaml", scratch / f"{language}.yaml"
    fixtures.write_text(yaml.safe_dump(home(language), allow_unicode=True))
    settings = scratch / f"{language}-settings.yaml"
    settings.write_text(
        f"node: bench\nspeech: {{host: 'ws://127.0.0.1:5000', language: {language}}}\n"
        f"mqtt: {{broker: 'mqtt://127.0.0.1:1'}}\ncommands: {table}\n"
    )
    started_s = time.perf_counter()
    done = _voice2mqtt("table", "import", str(path), str(fixtures))
    counted["import_ms"] = round((time.perf_counter() - started_s) * 1000)
    if done.returncode:
        print(f"{language}: import ends with {done.returncode}: {done.stderr[:300]}")
        counted["refused"] = len(samples)
        return counted
    table.write_text(done.stdout)
    (scratch / f"{language}.notes").write_text(done.stderr)
    started_s = time.perf_counter()
    said = _voice2mqtt(
        "say", "--json", "--dry-run", "--settings", str(settings), "-",
        said="".join(f"{sample.text}\n" for sample in samples),
    )  # fmt: skip
    counted["say_ms"] = round((time.perf_counter() - started_s) * 1000)
    events = [json.loads(line) for line in said.stdout.splitlines()]
    by_text: dict[str, list[dict[str, Any]]] = {}
    for event in events:
        by_text.setdefault(event["text"], []).append(event)
    lines = []
    for sample in samples:
        verdict, got = _verdict(sample, by_text.get(sample.text, ()))
        counted[verdict] += 1
        lines.append({"verdict": verdict, **asdict(sample), "got": got})
    (scratch / f"{language}.results").write_text(
        "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines)
    )
    if said.returncode:
        print(f"{language}: say ends with {said.returncode}: {said.stderr[-300:]}")
    return counted


def _voice2mqtt(*arguments: str, said: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "voice2mqtt", *arguments]
    return subprocess.run(command, input=said, capture_output=True, text=True, check=False)


def _verdict(sample: Sample, events: Sequence[Mapping[str, Any]]) -> tuple[str, Any]:
    messages = [message for event in events for message in event.get("messages", ())]
    if not messages:
        return "refused", [event.get("reason") for event in events]
    intents = [message["topic"].rsplit("/", 1)[-1] for message in messages]
    if intents != [sample.intent]:
        return "wrong", messages
    payload = json.loads(messages[0]["payload"] or "{}")
    same = all(_is_same(payload.get(slot), value) for slot, value in sample.slots.items())
    return ("right" if same else "slots"), payload


def _is_same(got: object, wanted: object) -> bool:
    if isinstance(wanted, int | float) and isinstance(got, int | float):
        return abs(got - wanted) < 1e-6
    return str(got).strip().casefold() == str(wanted).strip().casefold()
