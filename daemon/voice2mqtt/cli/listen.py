"""`voice2mqtt listen`: recordings or a microphone through the whole path, decisions shown."""

import argparse
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from voice2mqtt.cli import arguments as common
from voice2mqtt.cli.publishing import publisher
from voice2mqtt.core.outcome import NoMatch
from voice2mqtt.core.ports import Ear
from voice2mqtt.ear.opening import open_microphone, open_wav
from voice2mqtt.errors import ExitStatus
from voice2mqtt.service import build, hearing
from voice2mqtt.service.entry import entry
from voice2mqtt.service.hearing import Hearing
from voice2mqtt.settings.load import load_table
from voice2mqtt.settings.model import Settings

HELP = "hear recordings or a microphone as the daemon would, and show what it would do"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    common.settings(parser)
    common.commands(parser)
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--wav", nargs="+", type=Path, metavar="FILE", help="recordings")
    source.add_argument("--device", metavar="NAME", help="a microphone, until Ctrl-C")
    parser.add_argument("--paced", action="store_true", help="play recordings in real time")
    parser.add_argument("--publish", action="store_true", help="publish what is decided")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def run(args: argparse.Namespace) -> int:
    """Hear until the source ends."""
    settings = common.load(args)
    table = load_table(settings.commands, build.language_of(settings))
    interpreter = build.interpreter(settings, table)
    recognizer = build.recognizer(settings, table)
    with ExitStack() as stack:
        publish = stack.enter_context(publisher(settings)) if args.publish else None
        for name, ear in _ears(args, settings):
            stack.callback(ear.close)
            # Each recording is a conversation of its own.
            interpreter.forget()
            heard = False
            for utterance in ear.utterances():
                heard = True
                outcome = hearing.recognize(utterance, recognizer, interpreter)
                decided = hearing.decide(outcome, interpreter, utterance)
                if publish:
                    publish(decided.decisions)
                _show(decided, settings.node, name, as_json=args.json)
            if args.wav and not heard:
                silent = Hearing(
                    outcome=NoMatch(reason="nobody spoke", details="the gate stayed shut")
                )
                _show(silent, settings.node, name, as_json=args.json)
    return ExitStatus.OK


def _ears(args: argparse.Namespace, settings: Settings) -> Iterator[tuple[str, Ear]]:
    if args.wav:
        for wav in args.wav:
            yield str(wav), open_wav(wav, settings.microphone, paced=args.paced)
        return
    device = args.device or settings.microphone.device
    microphone = settings.microphone.model_copy(update={"device": device})
    yield device, open_microphone(microphone, lambda state: print(state.sentence))


def _show(decided: Hearing, node: str, name: str, *, as_json: bool) -> None:
    for event in decided.events(node):
        if as_json:
            print(json.dumps({"file": name, **event}, ensure_ascii=False), flush=True)
        else:
            print(f"{name}: {entry(event).sentence}", flush=True)
