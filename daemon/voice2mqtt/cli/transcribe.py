"""`voice2mqtt transcribe`: recordings to text, or to decisions, without a Speech host."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from voice2mqtt.audio.signal.voice_activity import SileroVoiceActivity
from voice2mqtt.audio.sources.wav import WavSource
from voice2mqtt.cli import arguments as common
from voice2mqtt.cli import engine_options
from voice2mqtt.cli.screen import progress
from voice2mqtt.core.audio import RATE_HZ
from voice2mqtt.core.outcome import SILENCE, Heard, Hypothesis, NoMatch, Outcome
from voice2mqtt.errors import ExitStatus, InputError
from voice2mqtt.nlu.dialogue.policy import LocalTime
from voice2mqtt.service import interpreters as build
from voice2mqtt.service import process_utterance
from voice2mqtt.service.process_utterance import ProcessedUtterance
from voice2mqtt.service.systemd.journal_entry import journal_entry
from voice2mqtt.settings.watched_files import WatchedFiles, WatchedTable
from voice2mqtt.speechhost.engine import Engine, EngineGrammar, NBestEntry, Transcript
from voice2mqtt.speechhost.protocol.endpointer import Ended, PhraseEndpointer
from voice2mqtt.speechhost.serving.grammar_source import grammar_of

HELP = "turn recordings into text, or into what the daemon would do about them"

END_SILENCE_MS = 700
"""Silence that ends a phrase, as `microphone.gate.hangover_ms`."""
LONGEST_PHRASE_MS = 30_000
"""A longer phrase is cut; set by hand."""
_DAY_MIN = 24 * 60

Advance = Callable[[float], None]
Begin = Callable[[str], Callable[["TranscribedPhrase"], None]]
"""Given a file name, returns a function that prints its phrases."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscribedPhrase:
    """Speech between two pauses; a silent recording is one phrase without a transcript."""

    begin_s: float
    end_s: float
    transcript: Transcript | None

    @property
    def span(self) -> dict[str, object]:
        """Its position in the recording, for JSON."""
        return {"begin_s": round(self.begin_s, 3), "end_s": round(self.end_s, 3)}

    @property
    def readings(self) -> tuple[NBestEntry, ...]:
        """The hypotheses, best first."""
        return self.transcript.nbest if self.transcript else ()

    @property
    def outcome(self) -> Outcome:
        """The outcome a Speech host would report."""
        if self.transcript is None:
            return NoMatch(reason=SILENCE)
        if not self.readings:
            return NoMatch(reason="NotRecognized", details="no words were found")
        return Heard(
            text=self.readings[0].text,
            hypotheses=tuple(
                Hypothesis(
                    text=reading.text,
                    confidence=reading.confidence,
                    lexical=reading.lexical,
                    outside=reading.out_of_grammar,
                    within=reading.openly is False,
                )
                for reading in self.readings
            ),
            duration_s=self.end_s - self.begin_s,
        )


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    common.file(
        parser,
        "--settings",
        "hear with the table and the language of these settings, and tell decisions",
    )
    common.commands(parser)
    engine_options.arguments(parser)
    parser.add_argument(
        "--at",
        metavar="HH:MM",
        type=_minute,
        default=12 * 60,
        help="the time of today at which each file begins, for rows with hours (12:00)",
    )
    common.as_json(parser)
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path, help="WAV files")


def run(args: argparse.Namespace) -> int:
    """Transcribe each file in turn; one that cannot be used does not stop the others."""
    if args.commands and not args.settings:
        args.settings = common.settings_file(argparse.Namespace()).path
    watched = WatchedFiles(args.settings, args.commands, args.wake_phrase).read()
    grammar = grammar_of(watched)
    sources: list[tuple[str, WavSource]] = []
    status = ExitStatus.OK
    for path in args.files:
        try:
            sources.append((str(path), WavSource(path)))
        except InputError as error:
            print(error, file=sys.stderr)
            status = error.exit_status
    if not sources:
        return status
    begin = _decisions(args, watched) if watched.table else _texts(args, named=len(args.files) > 1)
    engine = engine_options.engine(args, watched.language)(len(os.sched_getaffinity(0)))
    with progress("transcribing", sum(source.duration_s for _, source in sources)) as advance:
        for name, source in sources:
            show, spoken = begin(name), False
            for phrase in transcribe(source, engine, grammar, advance):
                spoken = True
                show(phrase)
            if not spoken:
                show(TranscribedPhrase(begin_s=0, end_s=source.duration_s, transcript=None))
    return status


def transcribe(
    source: WavSource, engine: Engine, grammar: EngineGrammar | None, advance: Advance
) -> Iterator[TranscribedPhrase]:
    """Yield the phrases of a recording; `advance` is given the seconds newly done."""
    done_s = 0.0
    for ended in _spoken(source):
        transcript = engine.transcribe(ended.pcm, grammar)
        end_s = ended.end / RATE_HZ
        advance(end_s - done_s)
        done_s = end_s
        yield TranscribedPhrase(begin_s=ended.onset / RATE_HZ, end_s=end_s, transcript=transcript)
    advance(source.duration_s - done_s)


def _spoken(source: WavSource) -> Iterator[Ended]:
    endpointer = PhraseEndpointer(
        SileroVoiceActivity(),
        initial_silence_ms=LONGEST_PHRASE_MS,
        end_silence_ms=END_SILENCE_MS,
        longest_phrase_ms=LONGEST_PHRASE_MS,
    )
    for block in source.blocks():
        yield from (event for event in endpointer.hear(block) if isinstance(event, Ended))
    yield from (event for event in endpointer.finish() if isinstance(event, Ended))


def _texts(args: argparse.Namespace, *, named: bool) -> Begin:
    def show(name: str, phrase: TranscribedPhrase) -> None:
        readings = phrase.readings
        text = readings[0].text if readings else ""
        if args.json:
            record = {
                "file": name,
                **phrase.span,
                "text": text,
                "readings": [
                    {"text": reading.text, "confidence": round(reading.confidence, 4)}
                    for reading in readings
                ],
            }
            print(json.dumps(record, ensure_ascii=False), flush=True)
        else:
            print(f"{name}: {text}" if named else text, flush=True)

    return lambda name: partial(show, name)


def _decisions(args: argparse.Namespace, watched: WatchedTable) -> Begin:
    settings = common.load(args)
    assert watched.table
    interpreter = build.interpreter(settings, watched.table)
    weekday = process_utterance.local_time().weekday

    def begin(name: str) -> Callable[[TranscribedPhrase], None]:
        # No state is carried from one recording to the next; each begins at `--at`.
        interpreter.reset()
        return partial(show, name)

    def show(name: str, phrase: TranscribedPhrase) -> None:
        minute = args.at + int(phrase.end_s / 60)
        local = LocalTime(minute=minute % _DAY_MIN, weekday=(weekday + minute // _DAY_MIN) % 7)
        outcome = phrase.outcome
        decided = ProcessedUtterance(
            outcome=outcome, decisions=interpreter.decide(outcome, phrase.end_s, local)
        )
        for event in decided.events(settings.node):
            if args.json:
                record = {"file": name, **phrase.span, **event}
                print(json.dumps(record, ensure_ascii=False), flush=True)
            else:
                print(f"{name}: {journal_entry(event, dry=True).sentence}", flush=True)

    return begin


def _minute(text: str) -> int:
    hour, colon, minute = text.partition(":")
    clock = colon and hour.isdecimal() and minute.isdecimal()
    if not clock or int(hour) > 23 or int(minute) > 59:
        raise argparse.ArgumentTypeError(f"{text!r} is no time of day, such as 07:30")
    return int(hour) * 60 + int(minute)
