"""Captions, dictation and commits, as the real Azure Speech SDK for Python shows them."""

import threading
from collections.abc import Callable, Sequence

import azure.cognitiveservices.speech as sdk
import pytest

from tests.speechhost.azure_client import Client, configured
from tests.speechhost.fakes import ScriptedEngine, entry, silence, tone
from tests.speechhost.hosting import WITHIN_S, hosting
from voice2mqtt.speechhost.engine import EngineGrammar, Transcript, never

LONG = (
    "It is late and the light in the kitchen is still on. Turn it off before you go to bed, "
    "and close the window in the living room. Good night."
)
MS = 10_000
"""Ticks."""


class Paced(ScriptedEngine):
    """Hears three words of `LONG` in each second."""

    def transcribe(
        self,
        pcm: bytes,
        grammar: EngineGrammar | None,
        abandoned: Callable[[], bool] = never,
        languages: Sequence[str] = (),
        *,
        timed: bool = False,
    ) -> Transcript:
        words = LONG.split()[: round(3.3 * len(pcm) / 32_000)]
        self.nbest = (entry(" ".join(words)),)
        return super().transcribe(pcm, grammar, abandoned, languages, timed=timed)


class InSentences(ScriptedEngine):
    """Hears all of `LONG` at the first pause, and behind it what is left."""

    def transcribe(
        self,
        pcm: bytes,
        grammar: EngineGrammar | None,
        abandoned: Callable[[], bool] = never,
        languages: Sequence[str] = (),
        *,
        timed: bool = False,
    ) -> Transcript:
        heard = super().transcribe(pcm, grammar, abandoned, languages, timed=timed)
        if timed:
            self.nbest = (entry("Good night."),)
        return heard


class Listener:
    """Everything that a continuous recogniser tells of some audio, sent as fast as it goes."""

    def __init__(self, config: sdk.SpeechConfig, pcm: bytes) -> None:
        client = Client(config)
        self.told: list[sdk.SpeechRecognitionResult] = []
        stopped = threading.Event()
        client.recognizer.recognizing.connect(lambda event: self.told.append(event.result))
        client.recognizer.recognized.connect(lambda event: self.told.append(event.result))
        client.recognizer.session_stopped.connect(lambda _event: stopped.set())
        client.stream.write(pcm)
        client.stream.close()
        client.recognizer.start_continuous_recognition_async().get()
        assert stopped.wait(WITHIN_S)
        client.recognizer.stop_continuous_recognition_async().get()

    @property
    def interim(self) -> list[sdk.SpeechRecognitionResult]:
        return [one for one in self.told if one.reason is sdk.ResultReason.RecognizingSpeech]

    @property
    def final(self) -> list[sdk.SpeechRecognitionResult]:
        return [one for one in self.told if one.reason is sdk.ResultReason.RecognizedSpeech]

    def assert_nothing_is_lost(self) -> None:
        """Microsoft's program for captions drops a result that ends before the one before it."""
        ends = [one.offset + one.duration for one in self.told if one.text]
        assert ends == sorted(ends)

    @property
    def texts(self) -> list[str]:
        return [result.text for result in self.final if result.text]


def test_hypotheses_come_about_three_a_second_of_audio_at_any_pace() -> None:
    with hosting(Paced()) as host:
        heard = Listener(configured(host.url), silence(300) + tone(8000) + silence(1000))
    (text,) = heard.texts
    assert len(text.split()) >= 25
    seconds = heard.final[0].duration / MS / 1000
    assert 2.2 * seconds <= len(heard.interim) <= 4 * seconds
    words = [len(result.text.split()) for result in heard.interim]
    # A caption shows them as they come, so no step may be large.
    assert max(later - earlier for earlier, later in zip([0, *words], words, strict=False)) <= 6
    assert max(words) >= len(text.split()) - 6
    heard.assert_nothing_is_lost()


@pytest.mark.parametrize("strategy", ["Semantic", "Default"])
def test_sentences_are_phrases_where_they_are_asked_for(strategy: str) -> None:
    with hosting(InSentences(LONG)) as host:
        config = configured(host.url)
        config.set_property(sdk.PropertyId.Speech_SegmentationStrategy, strategy)
        heard = Listener(config, silence(300) + tone(8000) + silence(2000))
    heard.assert_nothing_is_lost()
    if strategy == "Default":
        assert heard.texts == [LONG]
        return
    assert heard.texts == [
        "It is late and the light in the kitchen is still on.",
        "Turn it off before you go to bed, and close the window in the living room.",
        "Good night.",
    ]
    ends = [result.offset + result.duration for result in heard.final]
    assert ends == sorted(ends)
    assert all(end <= later.offset for end, later in zip(ends, heard.final[1:], strict=False))


@pytest.mark.parametrize("dictating", [True, False])
def test_marks_are_dictated_by_their_names(dictating: bool) -> None:
    said = "Hello comma how are you question mark"
    with hosting(ScriptedEngine(said)) as host:
        config = configured(host.url)
        if dictating:
            config.enable_dictation()
        heard = Listener(config, tone(2000) + silence(1500))
    assert heard.texts == ["Hello, how are you?" if dictating else said]


@pytest.mark.parametrize("spoken", [True, False])
def test_a_commit_is_answered_at_once_by_its_token(spoken: bool) -> None:
    answered = threading.Event()
    told: list[sdk.SpeechRecognitionResult] = []

    def tell(event: sdk.SpeechRecognitionEventArgs) -> None:
        told.append(event.result)
        answered.set()

    with hosting(ScriptedEngine("Turn on.")) as host:
        client = Client(configured(host.url))
        client.recognizer.recognized.connect(tell)
        client.recognizer.start_continuous_recognition_async().get()
        client.stream.write(tone(1000) if spoken else silence(1000))
        token = client.stream.commit()
        assert answered.wait(WITHIN_S)
        client.recognizer.stop_continuous_recognition_async().get()
    assert told[0].commit_token == token > 0
    assert told[0].text == ("Turn on." if spoken else "")
    assert told[0].reason is sdk.ResultReason["RecognizedSpeech" if spoken else "NoMatch"]
