"""What a client may ask for, as the real Azure Speech SDK for Python asks for it."""

import json
from collections.abc import Iterator

import azure.cognitiveservices.speech as sdk
import pytest

from tests.speechhost.azure_client import Client, configured
from tests.speechhost.fakes import ScriptedEngine, silence, tone
from tests.speechhost.hosting import Serving, hosting
from voice2mqtt.speechhost.decoding.whisper.engine import UNTOLD_LANGUAGE

SENTENCE = "Turn on the kitchen light."
SPOKEN = silence(300) + tone(1000) + silence(1000)
TWICE = silence(300) + tone(1000) + silence(400) + tone(1000) + silence(2000)
"""With a pause that ends no phrase unless the client says so."""
MS = 10_000
"""Ticks."""


@pytest.fixture
def host() -> Iterator[Serving]:
    with hosting(ScriptedEngine(SENTENCE, "Turn off the kitchen light.")) as host:
        yield host


def end_ms(result: sdk.SpeechRecognitionResult) -> float:
    return int(result.offset + result.duration) / MS


def test_detailed_results_hold_every_hypothesis(host: Serving) -> None:
    config = configured(host.url)
    config.output_format = sdk.OutputFormat.Detailed
    result = Client(config).once(SPOKEN)
    assert result.text == SENTENCE
    nbest = json.loads(result.json)["NBest"]
    assert [one["Display"] for one in nbest] == [SENTENCE, "Turn off the kitchen light."]
    assert nbest[0]["Confidence"] == 0.9


def test_words_come_with_their_times_counted_from_the_first_audio(host: Serving) -> None:
    config = configured(host.url)
    config.request_word_level_timestamps()
    client = Client(config)
    first, second = client.once(SPOKEN), client.once(SPOKEN)
    nbest = json.loads(first.json)["NBest"]
    words = [" ".join(word["Word"] for word in one["Words"]) for one in nbest]
    assert words == ["turn on the kitchen light", "turn off the kitchen light"]
    assert nbest[0]["Words"][1]["Offset"] == 500 * MS
    assert nbest[0]["Words"][1]["Duration"] == 150 * MS
    assert 0 < nbest[0]["Words"][1]["Confidence"] <= 1
    # As of the speech, without the silence that ended it.
    assert 950 * MS <= first.duration <= 1100 * MS
    later = json.loads(second.json)["NBest"][0]["Words"][0]
    assert later["Offset"] > end_ms(first) * MS + 900 * MS
    assert second.offset <= later["Offset"] < end_ms(second) * MS


@pytest.mark.parametrize(
    ("option", "text"),
    [
        (sdk.ProfanityOption.Raw, "Turn the fucking light on."),
        (sdk.ProfanityOption.Masked, "Turn the ******* light on."),
        (sdk.ProfanityOption.Removed, "Turn the light on."),
    ],
)
def test_strong_language_is_told_as_the_client_wants_it(
    option: sdk.ProfanityOption, text: str
) -> None:
    with hosting(ScriptedEngine("Turn the fucking light on.")) as host:
        config = configured(host.url)
        config.set_profanity(option)
        config.output_format = sdk.OutputFormat.Detailed
        result = Client(config).once(SPOKEN)
    assert result.text == text
    assert json.loads(result.json)["NBest"][0]["Display"] == text


def test_how_long_silence_may_last_before_anybody_speaks(host: Serving) -> None:
    config = configured(host.url)
    config.set_property(sdk.PropertyId.SpeechServiceConnection_InitialSilenceTimeoutMs, "1500")
    result = Client(config).once(silence(2000))
    assert result.no_match_details.reason is sdk.NoMatchReason.InitialSilenceTimeout
    assert 15_000_000 <= result.offset < 21_000_000


@pytest.mark.parametrize(
    "name",
    [
        sdk.PropertyId.SpeechServiceConnection_EndSilenceTimeoutMs,
        sdk.PropertyId.Speech_SegmentationSilenceTimeoutMs,
    ],
)
def test_how_long_a_pause_may_be(host: Serving, name: sdk.PropertyId) -> None:
    assert end_ms(Client(configured(host.url)).once(TWICE)) >= 2700
    config = configured(host.url)
    config.set_property(name, "250")
    assert 1300 <= end_ms(Client(config).once(TWICE)) < 2000


def test_how_long_a_phrase_may_be(host: Serving) -> None:
    config = configured(host.url)
    config.set_property(sdk.PropertyId.Speech_SegmentationMaximumTimeMs, "20000")
    config.set_property(sdk.PropertyId.Speech_SegmentationStrategy, "Time")
    result = Client(config).once(silence(300) + tone(25_000) + silence(1000))
    assert result.text == SENTENCE
    assert 19_000 <= end_ms(result) <= 21_000


def test_noise_without_words_is_given_up() -> None:
    with hosting(ScriptedEngine()) as host:
        result = Client(configured(host.url)).once(tone(32_000))
    assert result.no_match_details.reason is sdk.NoMatchReason.InitialBabbleTimeout


@pytest.mark.parametrize("named", ["de-DE", ""])
def test_the_engine_is_told_the_language_of_the_client(named: str) -> None:
    engine = ScriptedEngine(SENTENCE)
    engine.languages = frozenset({"en", "de"})
    with hosting(engine) as host:
        config = configured(host.url)
        if named:
            config.speech_recognition_language = named
        Client(config).once(SPOKEN)
    assert engine.asked_languages
    assert set(engine.asked_languages) == {(named or UNTOLD_LANGUAGE,)}
