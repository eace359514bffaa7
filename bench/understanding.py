"""Decision time with ten thousand rows, over forty devices in forty rooms."""

import gc
import random
import statistics
import time
from collections.abc import Iterator
from itertools import islice, product

from bench.pipeline import NOON
from bench.process import resident_mb
from bench.report import Options, Report
from voice2mqtt.core.outcome import Heard, Hypothesis
from voice2mqtt.memory import exempt_from_collection
from voice2mqtt.nlu.dialogue.interpreter import Interpreter
from voice2mqtt.nlu.grammar.table import (
    CommandTable,
    ListValue,
    Publish,
    RangeList,
    Row,
    SlotList,
    TextList,
)
from voice2mqtt.nlu.matching.phonetic.search import PhoneticMatcher
from voice2mqtt.nlu.text.normaliser import normaliser
from voice2mqtt.pronunciation.pronouncer import pronouncer

ROWS = 10_000
ROOMS = [
    f"{side}{room}"
    for side, room in product(("", "upper ", "north ", "old ", "guest "),
                              ("kitchen", "bedroom", "study", "attic", "hall", "bathroom",
                               "garage", "cellar"))
]  # fmt: skip
DEVICES = [
    f"{kind}{device}"
    for kind, device in product(("", "left ", "tall ", "reading ", "second "),
                                ("lamp", "fan", "heater", "blind", "speaker", "socket", "valve",
                                 "camera"))
]  # fmt: skip
ACTIONS = (
    "(turn|switch) {switch} [the] {device} in [the] {room} [please]",
    "set [the] {device} in [the] {room} to {{level}} [percent]",
    "(raise|open) [the] {device} in [the] {room}",
    "(lower|close) [the] {device} in [the] {room}",
    "what is [the state of] the {device} in [the] {room}",
    "(dim|fade) [the] {device} in [the] {room} (by {{level}} percent|a little)",
    "[please] (lock|block) [the] {device} in [the] {room} for {{level}} minutes",
)
LISTS: dict[str, SlotList] = {
    "switch": TextList(
        values=(ListValue(spoken="on", out="ON"), ListValue(spoken="off", out="OFF"))
    ),
    "level": RangeList(lowest=0, highest=100),
}


def run(options: Options) -> Report:
    """Build the table, then decide about its sentences and about talk."""
    report = Report("understanding, ten thousand rows")
    table = CommandTable(rows=tuple(islice(_rows(), ROWS)), lists=LISTS)
    assert len(table.rows) == ROWS
    normaliser(table.language)
    gc.collect()
    before_mb = resident_mb()
    started_s, started_cpu_s = time.perf_counter(), time.process_time()
    interpreter = Interpreter(table)
    report.add("build, processor time", time.process_time() - started_cpu_s, "s", 5)
    report.add("build, wall clock", time.perf_counter() - started_s, "s")
    exempt_from_collection()
    automaton = interpreter.automaton
    report.add("states", len(automaton.offsets) - 1)
    report.add("arcs", len(automaton.targets))

    trials = 500 if options.quick else 5000
    rng = random.Random(1)
    said = [_said(rng.choice(table.rows), rng) for _ in range(trials)]
    talk = [" ".join(rng.sample(sentence.split(), 4)) for sentence in said]
    for what, sentences in (("a command", said), ("talk of the table's words", talk)):
        took = [_timed_ms(interpreter, text) for text in sentences]
        wall_ms, cpu_ms = (sorted(times) for times in zip(*took, strict=True))
        p99 = int(len(took) * 0.99)
        report.add(f"exact decide, {what}, median", statistics.median(wall_ms), "ms")
        report.add(f"exact decide, {what}, p99", wall_ms[p99], "ms", 2)
        report.add(f"exact decide, {what}, p99, processor time", cpu_ms[p99], "ms", 2)
    _nearest(report, interpreter, said[: 40 if options.quick else 400], rng)
    wrong = sum(_decide(interpreter, _said(row, rng)) != row.name for row in table.rows[::17])
    report.add("sentences not matched by their own row", wrong, "", 0)
    gc.collect()
    report.add("resident growth", resident_mb() - before_mb, "MB", 60)
    return report


def _nearest(report: Report, interpreter: Interpreter, said: list[str], rng: random.Random) -> None:
    """Time the search by sound for misheard commands and for talk."""
    words = normaliser("en")
    nearest = PhoneticMatcher(interpreter.automaton, words, pronouncer("en-US"))
    misheard = [_misheard(sentence, rng) for sentence in said]
    talk = [" ".join(rng.sample(sentence.split(), 4)) for sentence in said]
    for what, sentences in (("misheard", misheard), ("talk", talk)):
        wall_ms, cpu_ms = [], []
        for text in sentences:
            hypotheses = [Hypothesis(text=text)]
            started_s, started_cpu_s = time.perf_counter(), time.thread_time()
            nearest.search(hypotheses)
            wall_ms.append((time.perf_counter() - started_s) * 1000)
            cpu_ms.append((time.thread_time() - started_cpu_s) * 1000)
        p99 = int(len(sentences) * 0.99)
        report.add(f"nearest sound, {what}, median", statistics.median(wall_ms), "ms")
        report.add(f"nearest sound, {what}, p99", sorted(wall_ms)[p99], "ms", 30)
        report.add(f"nearest sound, {what}, p99, processor time", sorted(cpu_ms)[p99], "ms", 30)


def _misheard(sentence: str, rng: random.Random) -> str:
    """Return `sentence` with one letter of a longer word swapped for another."""
    letters = list(sentence)
    places = [at for at, letter in enumerate(letters) if letter in "dtkpmnbgl"]
    letters[rng.choice(places)] = rng.choice("dtkpmnbgl")
    return "".join(letters)


def _rows() -> Iterator[Row]:
    for action, device, room in product(ACTIONS, DEVICES, ROOMS):
        say = action.replace("{device}", device).replace("{room}", room)
        say = say.replace("{{", "{").replace("}}", "}")
        topic = f"home/{room}/{device}/set".replace(" ", "-")
        yield Row(name=say, say=(say,), publish=(Publish(topic=topic, payload=action),))


def _said(row: Row, rng: random.Random) -> str:
    """Return one sentence of `row`."""
    text = row.say[0]
    while "(" in text or "[" in text:
        closing = min(at for at in (text.find(")"), text.find("]")) if at >= 0)
        opening = max(text.rfind("(", 0, closing), text.rfind("[", 0, closing))
        inside = text[opening + 1 : closing].split("|")
        choices = inside if text[opening] == "(" else [*inside, ""]
        text = text[:opening] + rng.choice(choices) + text[closing + 1 :]
    return text.replace("{switch}", "on").replace("{level}", str(rng.randrange(101)))


def _decide(interpreter: Interpreter, text: str) -> str:
    return interpreter.decide(Heard(text=text), 0.0, NOON)[0].row


def _timed_ms(interpreter: Interpreter, text: str) -> tuple[float, float]:
    """Return how long a decision takes, by the wall clock and in processor time."""
    started_s, started_cpu_s = time.perf_counter(), time.thread_time()
    _decide(interpreter, text)
    took_s, took_cpu_s = time.perf_counter() - started_s, time.thread_time() - started_cpu_s
    return took_s * 1000, took_cpu_s * 1000
