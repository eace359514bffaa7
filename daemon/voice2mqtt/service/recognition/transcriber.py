"""Recognises recordings beside the daemon, over the same Speech host and on the same account."""

from collections.abc import Sequence
from dataclasses import replace

from voice2mqtt.audio.factory import open_recording
from voice2mqtt.core.outcome import SILENCE, NoMatch, Outcome
from voice2mqtt.errors import UnavailableError
from voice2mqtt.nlu.grammar.table import CommandTable
from voice2mqtt.service.recognition.speech_services import recognizer
from voice2mqtt.service.recognition.usage import TotalUsage
from voice2mqtt.settings.model import Settings


class Transcriber:
    """Has a recogniser of its own for each recording, so that it never waits for the microphone."""

    def __init__(self, settings: Settings, usage: TotalUsage) -> None:
        """Count what is sent in `usage`."""
        # No automatic retry: a person waits for the answer, and can try again.
        speech = replace(settings.speech, retry_s=0.0)
        self._settings = replace(settings, speech=speech)
        self._usage = usage

    def outcomes(self, pcm: bytes, table: CommandTable) -> Sequence[Outcome]:
        """Return the outcome of each utterance in `pcm`, 16 kHz, mono; at least one.

        Raises:
            UnavailableError: the daily limit is reached.
        """
        if self._usage.exhausted:
            raise UnavailableError("the daily limit is reached; see speech.daily_limit_s")
        made = recognizer(self._settings, table, self._usage.meters)
        try:
            spoken = open_recording(pcm, self._settings.microphone).utterances()
            outcomes = [made.recognize(utterance, lambda _interim: None) for utterance in spoken]
        finally:
            made.close()
        return outcomes or [NoMatch(reason=SILENCE)]
