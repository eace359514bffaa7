"""`voice2mqtt listen`: process recordings or a microphone as the daemon does; print decisions."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path

from voice2mqtt.audio.factory import open_microphone, open_wav
from voice2mqtt.cli import arguments as common
from voice2mqtt.cli.publishing import publisher
from voice2mqtt.core.audio import Wakefulness
from voice2mqtt.core.decision import Decision
from voice2mqtt.core.outcome import SILENCE, Canceled, NoMatch, Origin, Outcome
from voice2mqtt.core.ports import Recognizer, UtteranceSource
from voice2mqtt.errors import ExitStatus, InputError, UserFacingError
from voice2mqtt.nlu.dialogue.interpreter import Interpreter
from voice2mqtt.service import interpreters as build
from voice2mqtt.service import process_utterance
from voice2mqtt.service.process_utterance import ProcessedUtterance
from voice2mqtt.service.recognition import speech_services
from voice2mqtt.service.systemd.journal_entry import journal_entry
from voice2mqtt.service.wake import wake_settings
from voice2mqtt.settings.load import load_table
from voice2mqtt.settings.model import Settings
from voice2mqtt.speech.probe import host_fault

HELP = "hear recordings or a microphone as the daemon would, and show what it would do"

NO_SPEECH = NoMatch(reason=SILENCE, details="the gate stayed shut")
NO_WAKE_WORD = NoMatch(reason="NoWakeWord", details="nobody said the wake word")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    common.settings(parser)
    common.commands(parser)
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--wav", nargs="+", type=Path, metavar="FILE", help="recordings")
    source.add_argument(
        "--device", metavar="NAME", type=common.text, help="a microphone, until Ctrl-C"
    )
    parser.add_argument("--paced", action="store_true", help="play recordings in real time")
    parser.add_argument("--publish", action="store_true", help="publish what is decided")
    parser.add_argument(
        "--interim", action="store_true", help="show the words as they are recognised, too"
    )
    common.as_json(parser)


def run(args: argparse.Namespace) -> int:
    """Process each source to its end; a recording that cannot be used does not stop the others."""
    settings = common.load(args)
    table = load_table(settings.commands, build.language_of(settings))
    _expect_host(settings, args)
    interpreter = build.interpreter(settings, table)
    recognizer = speech_services.recognizer(settings, table)
    status, fault = ExitStatus.OK, ""
    with publisher(settings) if args.publish else nullcontext(_publish_nothing) as publish:
        for name in map(str, args.wav or [args.device or settings.microphone.device]):
            # No state is carried from one recording to the next.
            interpreter.reset()
            heard = False
            try:
                source = _source(name, args, settings)
                on_interim = partial(_show_interim, name, as_json=args.json)
                for decided in _processed(
                    source, recognizer, interpreter, on_interim if args.interim else _ignore
                ):
                    heard = True
                    fault = _host_fault(decided.outcome) or fault
                    publish(decided.decisions)
                    _show(decided, settings.node, name, args)
            except InputError as error:
                print(error, file=sys.stderr)
                status = error.exit_status
                continue
            if args.wav and not heard:
                outcome = NO_WAKE_WORD if settings.listening.wake_word else NO_SPEECH
                _show(ProcessedUtterance(outcome=outcome), settings.node, name, args)
    if fault:
        print(f"not recognised: {fault}", file=sys.stderr)
        print(
            "`voice2mqtt host` starts our Speech host; another one is named by speech.host.",
            file=sys.stderr,
        )
        return ExitStatus.FAILED
    return status


def _host_fault(outcome: Outcome) -> str:
    """Return why the host has not recognised; "" if it has, or was not asked."""
    if isinstance(outcome, Canceled) and outcome.origin is not Origin.HERE:
        return outcome.explanation
    return ""


def _expect_host(settings: Settings, args: argparse.Namespace) -> None:
    """Tell at once that there is no Speech host; a microphone may wait for one, a file may not."""
    fault = host_fault(settings.speech)
    if not fault:
        return
    sentence = f"not recognised: {fault}"
    if not settings.speech.is_cloud:
        file = common.settings_file(args).path
        sentence += "\n" + common.as_called(
            f"To start our Speech host, in another terminal: `voice2mqtt host --settings {file}`"
        )
    if args.wav:
        raise UserFacingError(sentence)
    print(sentence, file=sys.stderr)


def _source(name: str, args: argparse.Namespace, settings: Settings) -> UtteranceSource:
    wake = wake_settings(settings.listening, _show_wakefulness)
    if args.wav:
        return open_wav(Path(name), settings.microphone, paced=args.paced, wake=wake)
    microphone = replace(settings.microphone, device=name)
    return open_microphone(
        microphone, lambda state: print(state.sentence, file=sys.stderr), wake=wake
    )


def _processed(
    source: UtteranceSource,
    recognizer: Recognizer,
    interpreter: Interpreter,
    on_interim: Callable[[str], None],
) -> Iterator[ProcessedUtterance]:
    with closing(source):
        for utterance in source.utterances():
            outcome = process_utterance.recognize(
                utterance, recognizer, interpreter.partial_match, on_interim=on_interim
            )
            decided = process_utterance.decide(outcome, interpreter, utterance)
            source.keep_awake(interpreter.awake_until_s)
            yield decided


def _show_wakefulness(change: Wakefulness, word: str) -> None:
    if change is Wakefulness.WOKEN:
        print(f"heard the wake word: {word}", file=sys.stderr)


def _ignore(_text: str) -> None:
    """Show nothing."""


def _show_interim(name: str, text: str, *, as_json: bool) -> None:
    if as_json:
        record = {"file": name, "event": "recognizing", "text": text}
        print(json.dumps(record, ensure_ascii=False), flush=True)
    else:
        print(f"{name}: {text} …", flush=True)


def _publish_nothing(_decisions: Sequence[Decision]) -> None:
    """Publish nothing."""


def _show(decided: ProcessedUtterance, node: str, name: str, args: argparse.Namespace) -> None:
    for event in decided.events(node):
        if args.json:
            print(json.dumps({"file": name, **event}, ensure_ascii=False), flush=True)
        else:
            print(f"{name}: {journal_entry(event, dry=not args.publish).sentence}", flush=True)
