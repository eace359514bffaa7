"""What becomes of each answer of the SDK, whoever the host is."""

import json
from collections.abc import Mapping
from types import MappingProxyType, SimpleNamespace

import pytest

from voice2mqtt.core.outcome import SILENCE, Canceled, Heard, Hypothesis, NoMatch, Outcome
from voice2mqtt.speech.outcomes import first_line, join, of_cancellation, of_result

NBEST = [
    {"Display": "Turn on.", "Lexical": "turn on", "Confidence": 0.7, "OutsideGrammar": True},
    {"Display": None, "Lexical": "turn off", "Confidence": 0, "Decoded": {"Openly": False}},
    {"Confidence": 1, "Decoded": {"TokenScore": -0.1}},
]


def result(
    reason: str = "RecognizedSpeech",
    text: str = "Turn on.",
    answer: Mapping[str, object] = MappingProxyType({}),
) -> SimpleNamespace:
    return SimpleNamespace(
        reason=SimpleNamespace(name=reason),
        text=text,
        json=json.dumps(dict(answer)),
        duration=15_000_000,
        no_match_details=SimpleNamespace(reason=SimpleNamespace(name="NotRecognized")),
        cancellation_details=cancellation("gone\nfor good"),
    )


def cancellation(details: str) -> object:
    return SimpleNamespace(
        reason=SimpleNamespace(name="Error"),
        code=SimpleNamespace(name="ServiceError"),
        error_details=details,
    )


def test_every_detail_of_an_answer_is_kept() -> None:
    language = {"Language": "de-DE"}
    answer = {"NBest": NBEST, "PrimaryLanguage": language, "DisplayText": "Turn on."}
    heard = of_result(result(answer=answer))
    assert heard == Heard(
        text="Turn on.",
        hypotheses=(
            Hypothesis(text="Turn on.", confidence=0.7, lexical="turn on", outside=True),
            Hypothesis(text="turn off", confidence=0.0, lexical="turn off", within=True),
            Hypothesis(text="", confidence=1.0),
        ),
        language="de-DE",
        duration_s=1.5,
    )


@pytest.mark.parametrize("answer", [{}, {"NBest": None, "PrimaryLanguage": None}])
def test_a_host_need_not_tell_more_than_the_words(answer: dict[str, object]) -> None:
    assert of_result(result(answer=answer)) == Heard(text="Turn on.", duration_s=1.5)
    bare = SimpleNamespace(**vars(result()) | {"json": ""})
    assert of_result(bare) == Heard(text="Turn on.", duration_s=1.5)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"NBest": [{"Confidence": 1.1}]}, "NBest.0.Confidence: expected a number from 0 to 1"),
        ({"NBest": [{"Confidence": -0.1}]}, "NBest.0.Confidence: expected a number from 0 to 1"),
        ({"NBest": [{"Confidence": "high"}]}, "NBest.0.Confidence: expected a number"),
        ({"NBest": [{"Display": 3}]}, "NBest.0.Display: expected a text"),
        ({"NBest": [1]}, "NBest.0: expected keys"),
        ({"DisplayText": ["secret"]}, "DisplayText: expected a text"),
        ({"PrimaryLanguage": {"Language": 1}}, "PrimaryLanguage.Language: expected a text"),
    ],
)
def test_an_answer_of_other_types_is_refused_with_its_place(
    answer: dict[str, object], told: str
) -> None:
    refused = of_result(result(answer=answer))
    assert isinstance(refused, Canceled)
    assert (refused.reason, refused.code) == ("Error", "BadAnswer")
    assert refused.details.startswith(f"the host's answer cannot be read: {told}")
    assert "secret" not in refused.details
    assert len(refused.details) < 300


def test_what_is_no_json_is_refused_without_a_place() -> None:
    refused = of_result(SimpleNamespace(**vars(result()) | {"json": "{"}))
    assert isinstance(refused, Canceled)
    assert refused.details.startswith("the host's answer cannot be read: Expecting")


@pytest.mark.parametrize("text", ["", " \n"])
def test_no_words_are_no_match(text: str) -> None:
    answer = of_result(result(text=text))
    assert answer == NoMatch(reason="NotRecognized", details="the host answered with no words")


def test_no_match_and_cancellation_keep_their_reasons() -> None:
    assert of_result(result("NoMatch")) == NoMatch(reason="NotRecognized")
    gone = Canceled(reason="Error", code="ServiceError", details="gone")
    assert of_result(result("Canceled")) == gone
    assert of_cancellation(cancellation("gone\nfor good")) == gone


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("", ""),
        ("\n  \n gone \nmore", "gone"),
        ("Exception with error code: \n[CALL STACK BEGIN]\n/lib/x\n[CALL STACK END]\nwhy", "why"),
        ("why\n[CALL STACK BEGIN]\n/lib/x", "why"),
        ("[CALL STACK BEGIN]/lib/x[CALL STACK END]why[CALL STACK BEGIN]/y[CALL STACK END]", "why"),
        ("bad. SessionId: 12ab", "bad."),
        ('bad. Response text: {"DisplayText":"secret"} SessionId: 12ab', "bad."),
        ("no ws://me:secret@host/ there", "no ws://host/ there"),
    ],
)
def test_an_error_is_told_in_its_first_line(said: str, shown: str) -> None:
    assert first_line(said) == shown


ONE, TWO = (
    Heard(text=text, language=language, duration_s=1.0, hypotheses=(Hypothesis(text=text),))
    for text, language in (("turn on", "en-US"), ("the light", "en-GB"))
)
SILENT = NoMatch(reason=SILENCE)
BROKEN = Canceled(reason="Error", code="ConnectionFailure")
OTHER = Canceled(reason="Error", code="ServiceError")


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        ([], SILENT),
        ([ONE], ONE),
        ([SILENT, ONE, SILENT], ONE),
        ([ONE, TWO], Heard(text="turn on the light", language="en-US", duration_s=2.0)),
        ([ONE, BROKEN, OTHER], BROKEN),
        ([NoMatch(reason="NotRecognized"), SILENT], NoMatch(reason="NotRecognized")),
    ],
)
def test_parts_of_a_sentence_are_joined_and_half_of_one_is_none(
    parts: list[Outcome], whole: Outcome
) -> None:
    assert join(parts) == whole
