"""The Speech host: can it be reached, and does it understand a sentence of the table?"""

import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from voice2mqtt.audio.factory import open_wav
from voice2mqtt.core.outcome import Canceled, Heard, NoMatch, Outcome
from voice2mqtt.errors import UserFacingError
from voice2mqtt.feedback.playback import PlaybackError
from voice2mqtt.feedback.spoken import spoken
from voice2mqtt.nlu.grammar.enumerate import ANYTHING, sentences
from voice2mqtt.nlu.grammar.table import CommandTable
from voice2mqtt.service import interpreters as build
from voice2mqtt.service.checks.check_result import CheckResult, error, ok, skipped, warning
from voice2mqtt.service.checks.table_tests import published, unconditional_interpreter
from voice2mqtt.service.recognition import speech_services
from voice2mqtt.settings.model import Settings
from voice2mqtt.settings.speech_settings import ServiceSettings
from voice2mqtt.speech.address import service_name
from voice2mqtt.speech.probe import look

_NAME = "Speech host"
_ANSWER_WITHIN_S = 10.0
_ELSE = (
    "check host and port in speech.host; "
    "ours is started by `voice2mqtt host --settings FILE`, and says when it is ready"
)
SLOW_S = 2.0
"""Answers that take longer are felt as slow; set by hand."""


def check_host(settings: Settings, table: CommandTable, *, own_host: bool) -> Iterator[CheckResult]:
    """Yield whether each service can be reached, and what one makes of a synthesised sentence.

    `own_host` tells whether our host is installed as a service here.
    """
    services = settings.speech.services
    faults = [(each, fault) for each in services if (fault := look(each, each.language))]
    none_left = len(faults) == len(services)
    for service, fault in faults:
        said, cure = _told(fault.sentence, service, own_host=own_host)
        result = error if none_left else warning
        yield result(_NAME, f"{service_name(service)} cannot be used: {said}", cure)
    if none_left:
        return
    down = [service for service, _ in faults]
    name = service_name(next(service for service in services if service not in down))
    sentence = next(example_sentences(table), "")
    if not sentence:
        yield skipped(_NAME, f"{name} is there; the table has no sentence without free text to try")
        return
    try:
        outcome, took_s = _recognize(sentence, settings, table)
    except (PlaybackError, UserFacingError) as failure:
        told = f"{name} is there, but could not be tried: {failure}"
        yield error(_NAME, told, "see the line above")
        return
    yield _judged(outcome, took_s, sentence, settings, table, name)


def example_sentences(table: CommandTable) -> Iterator[str]:
    """Yield sentences that publish something and have no free text: the owner's tests first."""
    yield from (test.hear for test in table.tests if test.publish)
    said = (shown[0] for _, _, shown in sentences(table, 1) if shown)
    yield from (each for each in said if ANYTHING not in each)


def _told(fault: str, service: ServiceSettings, *, own_host: bool) -> tuple[str, str]:
    """Return what is wrong, and what to do about it."""
    said, _, hint = fault.partition("; ")
    url = service.host or service.endpoint or ""
    if "is not known" in said and not (service.region or service.endpoint):
        hint = "correct the name in speech.host, or write the address: `ws://192.168.1.20:5000`"
    elif ("nobody listens" in said or "no answer" in said) and not service.region:
        here = not url or any(name in url for name in ("127.0.0.1", "localhost", "[::1]"))
        hint = _start(here=here, own_host=own_host)
    elif not hint or hint.startswith("see speech.host"):
        hint = _ELSE
    return said, hint


def _start(*, here: bool, own_host: bool) -> str:
    """Return how a host is started that is `here`, on this machine, or elsewhere."""
    if here and own_host:
        return (
            "`systemctl restart voice2mqtt-host`; `journalctl -u voice2mqtt-host` says why it ended"
        )
    if here:
        return (
            "start one: `voice2mqtt host --settings FILE`; as a service: `voice2mqtt install`; if "
            "it is elsewhere, correct speech.host"
        )
    return (
        "start it there, and correct speech.host if it is wrong; ours answers other machines with "
        "`voice2mqtt host --listen 0.0.0.0:5000`"
    )


def _recognize(sentence: str, settings: Settings, table: CommandTable) -> tuple[Outcome, float]:
    """Return the host's outcome for `sentence` as a voice synthesiser speaks it, and its time."""
    language = build.language_of(settings)
    wav = spoken(sentence, language, settings.feedback.speech_command)
    speech = replace(settings.speech, retry_s=0.0, timeout_s=_ANSWER_WITHIN_S)
    recognizer = speech_services.recognizer(replace(settings, speech=speech), table)
    outcome: Outcome = NoMatch(reason="the gate stayed shut")
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        file.write(wav)
        file.flush()
        began_s = time.monotonic()
        for utterance in open_wav(Path(file.name), settings.microphone).utterances():
            outcome = recognizer.recognize(utterance, lambda _interim: None)
        took_s = time.monotonic() - began_s
    recognizer.close()
    return outcome, took_s


def _judged(
    outcome: Outcome,
    took_s: float,
    sentence: str,
    settings: Settings,
    table: CommandTable,
    name: str,
) -> CheckResult:
    """Return what the service `name` makes of `sentence`."""
    match outcome:
        case Heard():
            return _heard(outcome, took_s, sentence, settings, table, name)
        case NoMatch():
            return warning(
                _NAME,
                f"{name} answers, but heard no words in a spoken '{sentence}'",
                f"is its language speech.language ({settings.speech.first_language})? Try your own "
                "voice: `voice2mqtt listen --device NAME`",
            )
        case Canceled():
            fault = outcome.explanation or outcome.details or outcome.code
            said, cure = _told(fault, settings.speech, own_host=False)
            return error(_NAME, f"{name} is there, but does not recognise: {said}", cure)


def _heard(
    outcome: Heard,
    took_s: float,
    sentence: str,
    settings: Settings,
    table: CommandTable,
    name: str,
) -> CheckResult:
    name, told = outcome.service or name, f"heard '{outcome.text}'"
    interpreter = unconditional_interpreter(table, settings)
    wanted = published(Heard(text=sentence), interpreter)
    if published(outcome, interpreter) != wanted:
        return warning(
            _NAME,
            f"{name} {told} where a synthesised voice said '{sentence}'",
            "let our host know the table (`voice2mqtt host --settings FILE`), or try your own "
            "voice: `voice2mqtt listen --device NAME`",
        )
    if took_s > SLOW_S:
        return warning(
            _NAME,
            f"{name} {told}, but only after {took_s:.1f} s",
            "run it on a faster machine, or end what else keeps this one busy (`top`)",
        )
    return ok(_NAME, f"{name} {told} in {took_s * 1000:.0f} ms")
