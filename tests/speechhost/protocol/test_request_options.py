from typing import Any

import pytest

from voice2mqtt.nlu.grammar.table import Json
from voice2mqtt.speechhost.protocol.request_options import (
    MAX_PHRASE_CHARS,
    MAX_PHRASES,
    MAX_PHRASES_CHARS,
    Mode,
    RequestOptions,
    read_address,
    read_options,
)

ONCE = "/speech/recognition/interactive/cognitiveservices/v1"


def options_of(target: str = ONCE, context: dict[str, Any] | None = None) -> RequestOptions:
    address = read_address(target)
    assert address
    return read_options(address, context or {})


@pytest.mark.parametrize(
    ("target", "mode"),
    [
        ("/speech/recognition/interactive/cognitiveservices/v1?language=en-US", Mode.INTERACTIVE),
        ("/speech/recognition/conversation/cognitiveservices/v1", Mode.CONVERSATION),
        ("/speech/recognition/dictation/cognitiveservices/v1/", Mode.DICTATION),
        ("/stt/speech/universal/v2", Mode.INTERACTIVE),
    ],
)
def test_each_path_has_its_mode(target: str, mode: Mode) -> None:
    assert options_of(target).mode is mode


@pytest.mark.parametrize(
    "target", ["/", "/my/path", "/stt/speech/universal/v3", "//[", "?" + "a&" * 1000, ""]
)
def test_elsewhere_nothing_is_served(target: str) -> None:
    assert read_address(target) is None


def test_the_universal_path_is_told_its_mode_in_the_context() -> None:
    context = {"phraseDetection": {"mode": "CONVERSATION", "language": "en-GB"}}
    options = options_of("/stt/speech/universal/v2", context)
    assert (options.mode, options.language) == (Mode.CONVERSATION, "en-GB")


@pytest.mark.parametrize(
    ("query", "context", "expected"),
    [
        pytest.param("", {}, (5000, 700, 30_000), id="nothing options"),
        pytest.param(
            "initialSilenceTimeoutMs=3000&endSilenceTimeoutMs=400",
            {},
            (3000, 400, 30_000),
            id="query",
        ),
        pytest.param(
            "initialSilenceTimeoutMs=9000&endSilenceTimeoutMs=900",
            {"phraseDetection": {"initialSilenceTimeout": 3000, "trailingSilenceTimeout": 400}},
            (3000, 400, 30_000),
            id="context before query",
        ),
        pytest.param(
            "",
            {
                "phraseDetection": {
                    "INTERACTIVE": {
                        "segmentation": {
                            "segmentationSilenceTimeoutMs": 600,
                            "segmentationForcedTimeoutMs": 20_000,
                        }
                    }
                }
            },
            (5000, 600, 20_000),
            id="segmentation",
        ),
        pytest.param("initialSilenceTimeoutMs=1", {}, (500, 700, 30_000), id="too little"),
        pytest.param("initialSilenceTimeoutMs=1e300", {}, (60_000, 700, 30_000), id="too much"),
        pytest.param("initialSilenceTimeoutMs=nan", {}, (5000, 700, 30_000), id="no number"),
        pytest.param(
            "endSilenceTimeoutMs=-5", {"phraseDetection": 3}, (5000, 700, 30_000), id="nonsense"
        ),
    ],
)
def test_times(query: str, context: dict[str, Any], expected: tuple[int, int, int]) -> None:
    options = options_of(f"{ONCE}?{query}", context)
    assert (
        options.initial_silence_ms,
        options.end_silence_ms,
        options.longest_phrase_ms,
    ) == expected


@pytest.mark.parametrize(
    ("query", "context", "detailed", "profanity"),
    [
        ("", {}, False, "raw"),
        ("format=detailed&profanity=masked", {}, True, "masked"),
        ("", {"phraseOutput": {"format": "Detailed"}}, True, "raw"),
        ("profanity=masked", {"enrichment": {"profanity": "removed"}}, False, "removed"),
        ("format=simple", {"phraseOutput": None}, False, "raw"),
    ],
)  # fmt: skip
def test_format(query: str, context: dict[str, Any], detailed: bool, profanity: str) -> None:
    options = options_of(f"{ONCE}?{query}", context)
    assert (options.detailed, options.profanity) == (detailed, profanity)


@pytest.mark.parametrize(
    ("query", "context", "timed"),
    [
        ("format=detailed&wordLevelTimestamps=true", {}, True),
        ("format=simple&wordLevelTimestamps=true", {}, False),
        ("format=detailed&wordLevelTimestamps=false", {}, False),
        ("", {"format": "Detailed", "detailed": {"options": ["WordTimings"]}}, True),
        ("", {"format": "Detailed", "detailed": {"options": ["WordConfidence", 3]}}, False),
    ],
)
def test_times_of_words(query: str, context: Json, timed: bool) -> None:
    assert options_of(f"{ONCE}?{query}", {"phraseOutput": context}).timed is timed


@pytest.mark.parametrize(
    ("bias", "weight"), [(1.5, 1.5), (0.1, 0.1), (-1, 1), (99, 1), ("2", 1), (None, 1)]
)
def test_phrases_have_the_weight_that_the_client_gives_them(bias: Json, weight: float) -> None:
    groups: Json = [{"Items": [{"Text": "Contoso"}]}]
    phrases = options_of(context={"dgi": {"Groups": groups, "bias": bias}}).phrases
    assert (tuple(phrases), phrases.weight) == (("Contoso",), weight)


def test_a_list_without_weight_is_no_list() -> None:
    groups: Json = [{"Items": [{"Text": "Contoso"}]}]
    assert options_of(context={"dgi": {"Groups": groups, "bias": 0}}).phrases == ()


def test_phrases_are_taken_from_the_list_and_nonsense_left_out() -> None:
    items = [{"Text": "Contoso lamp"}, {"Text": ""}, {"Text": 3}, None, {"Text": 'Jessie "J"'}]
    groups = [{"Type": "Generic", "Items": items}, 7, {"Items": "x"}]
    assert options_of(context={"dgi": {"Groups": groups, "bias": 1.0}}).phrases == (
        "Contoso lamp",
        'Jessie "J"',
    )


def test_clients_disagree_about_the_case_of_names() -> None:
    groups = [{"type": "Generic", "items": [{"text": "Contoso lamp"}]}]
    assert options_of(context={"dgi": {"groups": groups}}).phrases == ("Contoso lamp",)


def test_languages_to_tell_apart() -> None:
    assert options_of(ONCE + "?lidEnabled=en-US%2Cde-DE").languages == ("en-US", "de-DE")
    context = {"languageId": {"languages": ["de-DE", "en-GB"]}}
    assert options_of(context=context).languages == ("de-DE", "en-GB")


def test_only_a_continuation_sends_audio_again() -> None:
    assert not options_of().continues
    assert options_of(context={"continuation": {}}).continues


def test_of_many_phrases_the_first_are_taken_and_the_others_counted() -> None:
    def offered(*texts: str) -> RequestOptions:
        items = [{"Text": text} for text in texts]
        return options_of(context={"dgi": {"Groups": [{"Items": items}]}})

    few = offered("one", "two")
    assert (few.phrases, few.phrases_left_out) == (("one", "two"), 0)
    many = offered(*(str(number) for number in range(MAX_PHRASES + 7)))
    assert len(many.phrases) == MAX_PHRASES
    assert many.phrases_left_out == 7
    long = offered(*["x" * MAX_PHRASE_CHARS] * 600)
    assert sum(map(len, long.phrases)) == MAX_PHRASES_CHARS
    assert long.phrases_left_out == 100
