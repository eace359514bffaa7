"""`voice2mqtt train`: is this household understood, and is it still?"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from voice2mqtt.audio.factory import open_microphone
from voice2mqtt.cli import arguments as common
from voice2mqtt.cli.history.recordings import recognized
from voice2mqtt.cli.screen import show_table
from voice2mqtt.core.audio import as_wav
from voice2mqtt.core.decision import Ask
from voice2mqtt.core.outcome import SILENCE, Heard, NoMatch
from voice2mqtt.core.ports import Recognizer, UtteranceSource
from voice2mqtt.errors import ExitStatus, UserFacingError
from voice2mqtt.mqtt.muting import muted
from voice2mqtt.nlu.dialogue.interpreter import Interpreter
from voice2mqtt.nlu.grammar.table import CommandTable
from voice2mqtt.nlu.matching.exact import ExactMatcher
from voice2mqtt.nlu.text.normaliser import normaliser
from voice2mqtt.pronunciation.pronouncer import pronouncer
from voice2mqtt.review.advice import advice
from voice2mqtt.review.alias import AliasFinder
from voice2mqtt.review.training import (
    Prompt,
    Result,
    Said,
    Tally,
    judged,
    prompt_for,
    prompts,
    tallies,
)
from voice2mqtt.review.training_set import FOLDER, TrainingSentence, TrainingSet
from voice2mqtt.service import interpreters as build
from voice2mqtt.service import process_utterance
from voice2mqtt.service.checks.table_tests import words_only
from voice2mqtt.service.process_utterance import ProcessedUtterance
from voice2mqtt.service.recognition import speech_services
from voice2mqtt.settings.load import load_table
from voice2mqtt.settings.model import Settings

HELP = "say sample commands, see which are understood, and keep them as a test"

_PERCENTILES = (50, 95)
"""Of the latency, that are told."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    common.settings(parser)
    common.commands(parser)
    parser.add_argument(
        "--replay", action="store_true", help="try the recordings of earlier trainings again"
    )
    parser.add_argument("--list", action="store_true", help="only print what would be said")
    common.as_json(parser, "print the summary as JSON")
    parser.add_argument("rows", metavar="ROW", nargs="*", help="only rows of these names")


def run(args: argparse.Namespace) -> int:
    """Train, or replay; replayed, 1 if something that was right is so no more.

    Raises:
        UserFacingError: there is nothing to say or to replay, or the settings cannot be used.
    """
    settings = words_only(common.load(args))
    training = _Training(settings, common.history_path(args, settings).parent / FOLDER)
    if args.list:
        for prompt in training.prompts(args.rows):
            print(prompt.sentence)
        return ExitStatus.OK
    show = _quiet if args.json else _print_said
    if args.replay:
        recordings = training.recordings(args.rows)
        replayed = [(recording, training.replay(recording)) for recording in recordings]
        worse = [r for r, said in replayed if said and _is_worse(r, said)]
        better = [r for r, said in replayed if said and _is_better(r, said)]
        all_said = [said for _, said in replayed if said]
        for said in all_said:
            show(said)
        changes = {"worse": _sentences(worse), "better": _sentences(better)}
        training.report(all_said, changes, as_json=args.json)
        return ExitStatus.FAILED if worse else ExitStatus.OK
    all_said = []
    with muted(settings) as safe:
        if not safe:
            print("note: a daemon that runs could not be muted", file=sys.stderr)
        try:
            for said in training.say(training.prompts(args.rows)):
                show(said)
                all_said.append(said)
        except KeyboardInterrupt:
            print(file=sys.stderr)
    training.report(all_said, {}, as_json=args.json)
    return ExitStatus.OK


class _Training:
    def __init__(self, settings: Settings, folder: Path) -> None:
        self._settings = settings
        self._table: CommandTable = load_table(settings.commands, build.language_of(settings))
        self._interpreter: Interpreter = build.interpreter(settings, self._table.at_any_time())
        words = normaliser(self._table.language)
        self._matcher = ExactMatcher(self._interpreter.automaton, words)
        self._recognizer: Recognizer = speech_services.recognizer(settings, self._table)
        self._set = TrainingSet(folder)

    def prompts(self, rows: Sequence[str]) -> tuple[Prompt, ...]:
        """Return what is to be said.

        Raises:
            UserFacingError: that is nothing.
        """
        unknown = set(rows) - {row.name for row in self._table.rows}
        found = prompts(self._table, self._matcher, rows)
        if unknown or not found:
            missing = ", ".join(sorted(unknown)) or "that could be said"
            raise UserFacingError(f"the table has no row {missing}")
        return found

    def say(self, wanted: Sequence[Prompt]) -> Iterator[Said]:
        """Yield what becomes of each prompt, which is shown and then said; record it."""
        source = open_microphone(
            self._settings.microphone, lambda state: print(state.sentence, file=sys.stderr)
        )
        with closing(source):
            utterances = self._processed(source)
            for number, prompt in enumerate(wanted, 1):
                print(f"{number} of {len(wanted)}, say: {prompt.sentence}", file=sys.stderr)
                processed = next(utterances, None)
                if processed is None:
                    return
                said = _said(prompt, processed)
                if self._settings.privacy.log_text and processed.utterance:
                    wav = as_wav(b"".join(processed.utterance.frames()))
                    self._set.add(prompt.sentence, wav, said.result)
                yield said

    def _processed(self, source: UtteranceSource) -> Iterator[ProcessedUtterance]:
        """Yield each utterance with words in it; a cough is none."""
        for utterance in source.utterances():
            self._interpreter.reset()
            outcome = process_utterance.recognize(
                utterance, self._recognizer, self._interpreter.partial_match
            )
            if outcome != NoMatch(reason=SILENCE):
                yield process_utterance.decide(outcome, self._interpreter, utterance)

    def recordings(self, rows: Sequence[str]) -> list[TrainingSentence]:
        """Return the recordings to replay.

        Raises:
            UserFacingError: there are none.
        """
        found = list(self._set.recordings())
        if not found:
            raise UserFacingError("there are no recordings; run `voice2mqtt train` first")
        expected = [(r, prompt_for(r.sentence, self._table, self._matcher)) for r in found]
        return [r for r, prompt in expected if not rows or (prompt and prompt.row in rows)]

    def replay(self, recording: TrainingSentence) -> Said | None:
        """Return what becomes of `recording` now; None if the table no longer says it."""
        prompt = prompt_for(recording.sentence, self._table, self._matcher)
        if prompt is None:
            return None
        self._interpreter.reset()
        wav = recording.path.read_bytes()
        return _said(prompt, recognized(wav, self._recognizer, self._interpreter))

    def report(
        self, all_said: Sequence[Said], changes: dict[str, list[str]], *, as_json: bool
    ) -> None:
        """Print the summary."""
        language = self._settings.speech.spoken(self._table.language)
        words = normaliser(self._table.language)
        finder = AliasFinder(self._table, self._interpreter.automaton, words, pronouncer(language))
        rows, values = tallies(all_said)
        whole = Tally()
        for said in all_said:
            whole.add(said)
        advised = advice(all_said, finder)
        if as_json:
            summary = {
                **_as_json(whole),
                "rows": {name: _as_json(tally) for name, tally in rows.items()},
                "values": {name: _as_json(tally) for name, tally in values.items()},
                "advice": advised,
                **changes,
            }
            print(json.dumps(summary, ensure_ascii=False))
            return
        print()
        _print_tallies("row", rows)
        _print_tallies("value", values)
        _print_tallies("", {"all": whole})
        for line in advised:
            print(f"- {line}")
        for name, sentences in changes.items():
            for sentence in sentences:
                print(f"{name} than before: {sentence}")


def _said(prompt: Prompt, processed: ProcessedUtterance) -> Said:
    outcome = processed.outcome
    return Said(
        prompt=prompt,
        result=judged(prompt, processed.decisions),
        heard=outcome.text if isinstance(outcome, Heard) else "",
        decisions=processed.decisions,
        latency_ms=processed.latency_ms,
    )


def _print_said(said: Said) -> None:
    latency = f", {said.latency_ms:.0f} ms" if said.latency_ms is not None else ""
    print(f"  {said.result.value}{latency}: {said.prompt.sentence}", flush=True)
    if said.result is Result.RIGHT:
        return
    print(f"    heard “{said.heard}”" if said.heard else "    no words were heard")
    for decision in said.decisions:
        asked = f"asks “{decision.question}”: " if isinstance(decision, Ask) else ""
        row = f"row “{decision.row}”: " if decision.row else ""
        print(f"    {row}{asked}{decision.reason.text}")


def _quiet(_said: Said) -> None:
    """Print nothing."""


def _print_tallies(heading: str, found: dict[str, Tally]) -> None:
    headings = (heading, *(result.value for result in Result), "median ms", "95 % ms")
    cells = [
        (
            name,
            *(str(tally.results[result] or "·") for result in Result),
            *(
                "" if (ms := tally.latency_ms(percent)) is None else f"{ms:.0f}"
                for percent in _PERCENTILES
            ),
        )
        for name, tally in found.items()
    ]
    show_table(headings, cells)


def _as_json(tally: Tally) -> dict[str, object]:
    return {
        **{result.value: count for result, count in tally.results.items()},
        "latency_ms": {str(percent): tally.latency_ms(percent) for percent in _PERCENTILES},
    }


def _is_worse(recording: TrainingSentence, said: Said) -> bool:
    return recording.result is Result.RIGHT and said.result is not Result.RIGHT


def _is_better(recording: TrainingSentence, said: Said) -> bool:
    return recording.result is not Result.RIGHT and said.result is Result.RIGHT


def _sentences(recordings: Sequence[TrainingSentence]) -> list[str]:
    return [recording.sentence for recording in recordings]
