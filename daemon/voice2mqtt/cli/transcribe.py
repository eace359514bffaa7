"""`voice2mqtt transcribe`: recordings to text, or to what the daemon would do, without a host."""

import argparse
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from voice2mqtt.cli import arguments as common
from voice2mqtt.cli.screen import progress
from voice2mqtt.core.audio import RATE_HZ
from voice2mqtt.core.outcome import Heard, Hypothesis, NoMatch, Outcome
from voice2mqtt.ear.voice_activity import SileroVoiceActivity
from voice2mqtt.ear.wav import WavSource
from voice2mqtt.errors import ExitStatus
from voice2mqtt.service import build, hearing
from voice2mqtt.service.entry import entry
from voice2mqtt.settings.load import load_table
from voice2mqtt.speechhost.endpointing import Ended, Endpointer
from voice2mqtt.speechhost.engine import Engine, Grammar, Transcript
from voice2mqtt.speechhost.recogniser import MoonshineEngine
from voice2mqtt.understanding.compile import compile_table

HELP = "turn recordings into text, or into what the daemon would do about them"

END_SILENCE_MS = 700
LONGEST_PHRASE_MS = 30_000

Advance = Callable[[float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """What was said without a pause."""

    begin_s: float
    end_s: float
    transcript: Transcript

    @property
    def outcome(self) -> Outcome:
        """As a Speech host would tell it."""
        if not self.transcript.readings:
            return NoMatch(reason="NotRecognized", details="no words were found")
        return Heard(
            text=self.transcript.readings[0].text,
            hypotheses=tuple(
                Hypothesis(
                    text=reading.text, confidence=reading.confidence, lexical=reading.lexical
                )
                for reading in self.transcript.readings
            ),
            duration_s=self.end_s - self.begin_s,
        )


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    common.settings(parser)
    parser.add_argument(
        "--commands", metavar="FILE", type=Path, help="hear with this table, and tell decisions"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path, help="WAV files")


def run(args: argparse.Namespace) -> int:
    """Transcribe each file in turn."""
    sources = [(str(path), WavSource(path)) for path in args.files]
    show = _decisions(args) if args.commands else _texts(args, named=len(sources) > 1)
    grammar = None
    if args.commands:
        grammar = Grammar(automaton=compile_table(load_table(args.commands)), forced=True)
    engine = MoonshineEngine(threads=len(os.sched_getaffinity(0)))
    with progress("transcribing", sum(source.duration_s for _, source in sources)) as advance:
        for name, source in sources:
            phrases = 0
            for phrase in transcribe(source, engine, grammar, advance):
                phrases += 1
                show(name, phrase)
            if not phrases:
                show(name, Phrase(begin_s=0, end_s=source.duration_s, transcript=Transcript()))
    return ExitStatus.OK


def transcribe(
    source: WavSource, engine: Engine, grammar: Grammar | None, advance: Advance
) -> Iterator[Phrase]:
    """Yield the phrases of a recording; `advance` is told how many more seconds are done."""
    done_s = 0.0
    for ended in _spoken(source):
        transcript = engine.transcribe(ended.pcm, grammar)
        end_s = ended.end / RATE_HZ
        advance(end_s - done_s)
        done_s = end_s
        yield Phrase(begin_s=ended.onset / RATE_HZ, end_s=end_s, transcript=transcript)
    advance(source.duration_s - done_s)


def _spoken(source: WavSource) -> Iterator[Ended]:
    endpointer = Endpointer(
        SileroVoiceActivity(),
        initial_silence_ms=LONGEST_PHRASE_MS,
        end_silence_ms=END_SILENCE_MS,
        longest_phrase_ms=LONGEST_PHRASE_MS,
    )
    for block in source.blocks():
        yield from (event for event in endpointer.hear(block) if isinstance(event, Ended))
    yield from (event for event in endpointer.finish() if isinstance(event, Ended))


def _texts(args: argparse.Namespace, *, named: bool) -> Callable[[str, Phrase], None]:
    def show(name: str, phrase: Phrase) -> None:
        readings = phrase.transcript.readings
        text = readings[0].text if readings else ""
        if args.json:
            told = {
                "file": name,
                "begin_s": round(phrase.begin_s, 3),
                "end_s": round(phrase.end_s, 3),
                "text": text,
                "readings": [
                    {"text": reading.text, "confidence": round(reading.confidence, 4)}
                    for reading in readings
                ],
            }
            print(json.dumps(told, ensure_ascii=False), flush=True)
        else:
            print(f"{name}: {text}" if named else text, flush=True)

    return show


def _decisions(args: argparse.Namespace) -> Callable[[str, Phrase], None]:
    settings = common.load(args)
    interpreter = build.interpreter(
        settings, load_table(args.commands, build.language_of(settings))
    )

    def show(name: str, phrase: Phrase) -> None:
        for event in hearing.decide(phrase.outcome, interpreter).events(settings.node):
            if args.json:
                print(json.dumps({"file": name, **event}, ensure_ascii=False), flush=True)
            else:
                print(f"{name}: {entry(event).sentence}", flush=True)

    return show
