"""Makes the recogniser of the settings, for one Speech service or several, and their watch."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from voice2mqtt.nlu.grammar.phrase_list import phrases
from voice2mqtt.nlu.grammar.table import CommandTable
from voice2mqtt.service.inbox import HostChanged, Inbox
from voice2mqtt.service.recognition.host_watch import CLOUD_STEADY_S, STEADY_S, HostWatch
from voice2mqtt.service.recognition.usage import UsageMeter
from voice2mqtt.service.store import Store
from voice2mqtt.settings.model import Settings
from voice2mqtt.settings.speech_settings import SpeechSettings
from voice2mqtt.settings.wake_words import spoken_forms
from voice2mqtt.speech.address import service_name
from voice2mqtt.speech.azure import PHRASE_LIMIT, AzureRecognizer
from voice2mqtt.speech.failover import FailoverRecognizer, Service
from voice2mqtt.speech.probe import host_fault, is_ready


def recognizer(
    settings: Settings, table: CommandTable, meters: Sequence[UsageMeter] = ()
) -> AzureRecognizer | FailoverRecognizer:
    """Return the recogniser, through the Azure SDK, with the phrases of `table` for the host.

    What is sent to each of the services is counted by its own of `meters`, if there are any.
    """
    speech = settings.speech
    last = len(speech.services) - 1
    made = [
        AzureRecognizer(
            replace(
                service,
                # With several services, the failover tries all of them again.
                retry_s=0.0 if last else speech.retry_s,
                timeout_s=speech.fall_back_after_s if n < last else speech.timeout_s,
            ),
            max_utterance_s=settings.microphone.gate.max_utterance_s,
            endpointed=settings.microphone.capture != "sdk",
            probing=not speech.fallbacks,
            on_sent=meters[n].add if meters else lambda _seconds: None,
        )
        for n, service in enumerate(speech.services)
    ]
    chosen = made[0] if len(made) == 1 else _in_turn(settings, made, meters)
    set_phrases(chosen, settings, table)
    return chosen


def _in_turn(
    settings: Settings, made: Sequence[AzureRecognizer], meters: Sequence[UsageMeter]
) -> FailoverRecognizer:
    def may_send(number: int) -> Callable[[], bool]:
        return lambda: not (meters and meters[number].exhausted)

    services = [
        Service(service_name(service), azure, may_send(n))
        for n, (service, azure) in enumerate(zip(settings.speech.services, made, strict=True))
    ]
    return FailoverRecognizer(services, settings.speech.retry_s)


def set_phrases(
    made: AzureRecognizer | FailoverRecognizer, settings: Settings, table: CommandTable
) -> None:
    """Have `made` tell the host what `table` listens for, if the settings want that."""
    if settings.speech.phrase_list:
        listening = settings.listening
        wake_phrases = (*listening.wake_phrase, *spoken_forms(listening.wake_word))
        spoken = (table, *table.translations.values())
        each = [phrases(said, PHRASE_LIMIT // len(spoken), wake_phrases) for said in spoken]
        made.prepare([phrase for some in each for phrase in some])


def usage_meters(store: Store, speech: SpeechSettings) -> list[UsageMeter]:
    """Return what counts for each service; the first goes on with the count of a single one."""
    return [
        UsageMeter(store, service.daily_limit_s, service_name(service) if n else "")
        for n, service in enumerate(speech.services)
    ]


def host_watch(speech: SpeechSettings, inbox: Inbox) -> HostWatch:
    """Return what watches the services of `speech`, and tells `inbox`; one that works is enough."""

    def probe(well: bool) -> str:
        first = speech.services[0]
        if well and not first.is_cloud and is_ready(first):
            return ""
        return host_fault(speech)

    def on_change(fault: str) -> None:
        inbox.put(HostChanged(fault))

    paid_for = any(service.is_cloud for service in speech.services)
    return HostWatch(probe, on_change, CLOUD_STEADY_S if paid_for else STEADY_S)
