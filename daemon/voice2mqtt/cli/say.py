"""`voice2mqtt say`: handle sentences as if they had been heard."""

import argparse
import io
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack

from voice2mqtt.cli import arguments as common
from voice2mqtt.cli.aligned import aligned_lines
from voice2mqtt.core.decision import Ask, Decision, Fire, Refuse
from voice2mqtt.core.outcome import Heard
from voice2mqtt.errors import ExitStatus
from voice2mqtt.nlu.grammar.table import CommandTable
from voice2mqtt.nlu.text.normaliser import normaliser
from voice2mqtt.pronunciation.pronouncer import pronouncer
from voice2mqtt.service import interpreters as build
from voice2mqtt.service import process_utterance
from voice2mqtt.service.process_utterance import ProcessedUtterance
from voice2mqtt.settings.load import load_table
from voice2mqtt.settings.model import Settings

STANDARD_INPUT = "-"

HELP = "handle a sentence as if it had been heard, and publish what it means"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    common.settings(parser)
    common.commands(parser)
    parser.add_argument("--dry-run", action="store_true", help="publish nothing")
    parser.add_argument("--explain", action="store_true", help="say why it was decided so")
    common.as_json(parser)
    parser.add_argument(
        "words",
        metavar="SENTENCE",
        nargs="+",
        help="what is said; - reads sentences from standard input, one a line, each on its own",
    )


def run(args: argparse.Namespace) -> int:
    """Decide, print and publish; 1 when a single sentence does nothing.

    Sentences from standard input end with 0, whatever each does.
    """
    settings = common.load(args)
    table = load_table(settings.commands, build.language_of(settings))
    interpreter = build.interpreter(settings, table, for_few_sentences=True)
    explain = _Explanation(settings, table) if args.explain else None
    many = args.words == [STANDARD_INPUT]
    decided = ProcessedUtterance(outcome=Heard(text=""))
    with ExitStack() as stack:
        publish = None if args.dry_run else _publisher(settings, stack)

        def say(words: str) -> ProcessedUtterance:
            said = process_utterance.decide(Heard(text=words), interpreter)
            if publish:
                publish(said.decisions)
            if args.json:
                _print_events(said, settings.node)
            else:
                _print(said, dry=args.dry_run, explain=explain)
            return said

        for sentence in _sentences_of_stdin() if many else [" ".join(args.words)]:
            # No state is carried from one sentence to the next.
            interpreter.reset()
            decided = say(sentence)
            while not many and not args.json and (words := _answer(decided)):
                decided = say(words)
    did = any(isinstance(decision, Fire | Ask) for decision in decided.decisions)
    return ExitStatus.OK if did or many else ExitStatus.FAILED


def _publisher(settings: Settings, stack: ExitStack) -> Callable[[Sequence[Decision]], None]:
    # A dry run has no need to wait for MQTT to be imported.
    from voice2mqtt.cli.publishing import publisher

    return stack.enter_context(publisher(settings))


def _sentences_of_stdin() -> Iterator[str]:
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    for line in sys.stdin:
        yield line.rstrip("\r\n")


def _print_events(decided: ProcessedUtterance, node: str) -> None:
    for event in decided.events(node):
        print(json.dumps(event, ensure_ascii=False), flush=True)


def _print(decided: ProcessedUtterance, *, dry: bool, explain: "_Explanation | None") -> None:
    for decision in decided.decisions:
        for line in _lines(decision, "would publish" if dry else "publish"):
            print(line)
        if explain:
            for line in explain.lines(decision):
                print(f"  {line}")


def _lines(decision: Decision, verb: str) -> list[str]:
    match decision:
        case Fire(messages=messages):
            details = [_details(m.qos, m.after_s, retain=m.retain) for m in messages]
            return [
                f"{verb}  {message.topic}  {message.payload}{detail}"
                for message, detail in zip(messages, details, strict=True)
            ]
        case Ask(question=question):
            return [f"asks  {question}"]
        case Refuse(row=row, reason=reason):
            return [f"does nothing: {f'{row}: ' if row else ''}{reason.text}"]


def _details(qos: int, after_s: float, *, retain: bool) -> str:
    parts = [
        *([f"qos {qos}"] if qos else []),
        *(["retained"] if retain else []),
        *([f"after {after_s:g} s"] if after_s else []),
    ]
    return f"  ({', '.join(parts)})" if parts else ""


class _Explanation:
    """Explains a decision, with the alignment of words and phonemes."""

    def __init__(self, settings: Settings, table: CommandTable) -> None:
        self._normaliser = normaliser(table.language)
        self._pronouncer = pronouncer(settings.speech.spoken(table.language))

    def lines(self, decision: Decision) -> list[str]:
        """Return the reason, the slots, the nearest rows and the alignment with the first."""
        row = decision.row or "no row"
        lines = [f"{row}, {decision.score:.0%} sure: {decision.reason.text}"]
        if isinstance(decision, Fire) and decision.slots:
            lines.append(", ".join(f"{name} = {value}" for name, value in decision.slots.items()))
        nearest = decision.reason.nearest
        for near in nearest:
            lines.append(f"{near.distance:.2f} away  {near.sentence}  ({near.row})")
            lines += [f"  {near.because}"] if near.because else []
        if otherwise := decision.reason.something_else:
            lines.append(f"something else: {otherwise}")
        for near in nearest[:1]:
            lines += self._alignment_lines(near.heard or decision.text, near.sentence)
        return lines

    def _alignment_lines(self, heard: str, said: str) -> list[str]:
        # numpy comes with it.
        from voice2mqtt.nlu.matching.phonetic.alignment import alignment_view

        matches = alignment_view(heard, said, self._normaliser, self._pronouncer)
        return ["", *aligned_lines(matches)]


def _answer(decided: ProcessedUtterance) -> str:
    """Return the answer of a person at a terminal, or "" if nothing was asked."""
    asked = any(isinstance(decision, Ask) for decision in decided.decisions)
    try:
        return input("> ").strip() if asked and sys.stdin.isatty() else ""
    except EOFError:
        # Ctrl-D: no answer.
        print()
        return ""
