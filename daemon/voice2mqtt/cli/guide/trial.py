"""The first commands: they are spoken aloud, and what would be published is shown."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path

from voice2mqtt.audio.factory import open_microphone
from voice2mqtt.cli.guide.questions import Questions
from voice2mqtt.errors import UnavailableError
from voice2mqtt.service import interpreters as build
from voice2mqtt.service import process_utterance
from voice2mqtt.service.checks.speech_host import example_sentences
from voice2mqtt.service.recognition import speech_services
from voice2mqtt.service.systemd.journal_entry import journal_entry
from voice2mqtt.settings.load import load_settings, load_table
from voice2mqtt.settings.model import Settings
from voice2mqtt.speech.address import host_url
from voice2mqtt.speech.probe import host_fault

COMMANDS = 3
_HOST_WITHIN_S = 60.0
"""Longest wait for our host to load its model; set by hand."""


def try_commands(file: Path, questions: Questions) -> int:
    """Have a person say commands of the table; return how many were understood."""
    settings = load_settings(file)
    table = load_table(settings.commands, build.language_of(settings))
    wanted = list(islice(example_sentences(table), COMMANDS))
    wake = f"{settings.listening.wake_phrase[0]}, " if settings.listening.wake_phrase else ""
    interpreter = build.interpreter(settings, table)
    understood = 0
    with _host(settings, file):
        recognizer = speech_services.recognizer(settings, table)
        source = open_microphone(settings.microphone, lambda state: print(f"  {state.sentence}"))
        with closing(source):
            utterances = source.utterances()
            while understood < len(wanted):
                print(f"\nSay: {wake}{wanted[understood]}", flush=True)
                interpreter.reset()
                if (utterance := next(utterances, None)) is None:
                    raise UnavailableError(f"{settings.microphone.device} is over")
                outcome = process_utterance.recognize(
                    utterance, recognizer, interpreter.partial_match
                )
                decided = process_utterance.decide(outcome, interpreter)
                for event in decided.events(settings.node):
                    print(f"  {journal_entry(event, dry=True).sentence}")
                if questions.confirm("Is that right?", default=bool(decided.decisions)):
                    understood += 1
                elif not questions.confirm("Try it again?", default=True):
                    break
    return understood


@contextmanager
def _host(settings: Settings, file: Path) -> Iterator[None]:
    """Run our Speech host for a while if that of the settings is ours, here, and not there yet."""
    fault = host_fault(settings.speech)
    if not fault:
        yield
        return
    speech = settings.speech
    if speech.host or speech.endpoint or speech.region or speech.fallbacks:
        raise UnavailableError(f"the Speech host {host_url(speech)} is away: {fault}")
    print("  our Speech host is being started, for this trial ...", flush=True)
    program = (sys.executable, "-m", "voice2mqtt", "host", "--settings", str(file))
    with tempfile.TemporaryFile() as log:
        running = subprocess.Popen(program, stdout=log, stderr=log)
        try:
            until_s = time.monotonic() + _HOST_WITHIN_S
            while host_fault(settings.speech):
                if running.poll() is not None or time.monotonic() > until_s:
                    log.seek(0)
                    said = log.read().decode(errors="replace").strip().splitlines()[-1:]
                    raise UnavailableError(f"our Speech host does not start: {''.join(said)}")
                time.sleep(0.2)
            yield
        finally:
            running.terminate()
            running.wait()
