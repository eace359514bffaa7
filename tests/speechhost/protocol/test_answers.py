from dataclasses import replace
from typing import cast

import pytest

from tests.speechhost.fakes import entry, with_times
from voice2mqtt.nlu.grammar.table import Json
from voice2mqtt.speechhost.engine import NBestEntry, Transcript
from voice2mqtt.speechhost.protocol import answers
from voice2mqtt.speechhost.protocol.request_options import (
    Profanity,
    RequestOptions,
    read_address,
    read_options,
)


def options_of(query: str = "", **context: Json) -> RequestOptions:
    address = read_address(f"/stt/speech/universal/v2?{query}")
    assert address
    return read_options(address, context)


COFFEE = Transcript(
    nbest=(
        NBestEntry(
            text="Make 2.5 cups, please.", lexical="make two point five cups", confidence=0.7
        ),
        NBestEntry(text="Make two.", lexical="make two", confidence=0.2),
    )
)


def test_simple_has_the_best_hypothesis_alone() -> None:
    body = answers.success(COFFEE, options_of(), audio_begin=0, offset=10, end=30)
    assert body == {
        "RecognitionStatus": "Success",
        "Offset": 10,
        "Duration": 20,
        "DisplayText": "Make 2.5 cups, please.",
        "Channel": 0,
    }


def test_detailed_has_every_hypothesis_in_four_spellings() -> None:
    body = answers.success(COFFEE, options_of("format=detailed"), audio_begin=0, offset=10, end=30)
    nbest = body["NBest"]
    assert isinstance(nbest, list)
    assert nbest[0] == {
        "Confidence": 0.7,
        "Lexical": "make two point five cups",
        "ITN": "make 2.5 cups please",
        "MaskedITN": "make 2.5 cups please",
        "Display": "Make 2.5 cups, please.",
    }
    assert len(nbest) == 2


def test_a_hypothesis_tells_how_the_decoder_found_and_scored_it() -> None:
    scored = replace(COFFEE.nbest[0], token_score=-0.123456, openly=True)
    body = answers.success(
        replace(COFFEE, nbest=(scored, COFFEE.nbest[1])),
        options_of("format=detailed"),
        audio_begin=0,
        offset=10,
        end=30,
    )
    told, untold = cast("list[dict[str, object]]", body["NBest"])
    assert told["Decoded"] == {"Openly": True, "TokenScore": -0.1235}
    assert "Decoded" not in untold


def test_words_are_told_with_their_times_if_asked_and_the_phrase_holds_them() -> None:
    said = Transcript(nbest=(with_times(entry("Good night.")),))
    second = 10_000_000
    at = {"audio_begin": 2 * second, "offset": 24 * second // 10, "end": 26 * second // 10}
    asked = options_of("format=detailed&wordLevelTimestamps=true")
    body = answers.success(said, asked, **at)
    assert isinstance(body["NBest"], list)
    assert isinstance(body["NBest"][0], dict)
    assert body["NBest"][0]["Words"] == [
        {"Word": "good", "Offset": 23_000_000, "Duration": 1_500_000, "Confidence": 0.8},
        {"Word": "night", "Offset": 25_000_000, "Duration": 1_500_000, "Confidence": 0.8},
    ]
    assert (body["Offset"], body["Duration"]) == (23_000_000, 3_500_000)
    unasked = answers.success(said, options_of("format=detailed"), **at)
    assert "Words" not in str(unasked)
    assert (unasked["Offset"], unasked["Duration"]) == (24_000_000, 2_000_000)


@pytest.mark.parametrize(
    ("text", "language", "itn"),
    [
        ("Set the heating to twenty-one degrees.", "en-US", "set the heating to 21 degrees"),
        ("Stell die Heizung auf einundzwanzig Grad.", "de-DE", "stell die heizung auf 21 grad"),
    ],
)
def test_numbers_are_digits_in_itn_alone(text: str, language: str, itn: str) -> None:
    said = Transcript(nbest=(entry(text),), language=language)
    body = answers.success(said, options_of("format=detailed"), audio_begin=0, offset=0, end=0)
    assert isinstance(body["NBest"], list)
    assert isinstance(body["NBest"][0], dict)
    assert body["NBest"][0]["ITN"] == body["NBest"][0]["MaskedITN"] == itn
    assert body["NBest"][0]["Display"] == body["DisplayText"] == text


def test_at_most_ten_hypotheses_are_sent() -> None:
    many = Transcript(nbest=tuple(entry(f"Say {n}.") for n in range(30)))
    body = answers.success(many, options_of("format=detailed"), audio_begin=0, offset=0, end=0)
    assert isinstance(body["NBest"], list)
    assert len(body["NBest"]) == 10


@pytest.mark.parametrize(
    ("profanity", "text"),
    [
        ("raw", "The fucking light, please."),
        ("masked", "The ******* light, please."),
        ("removed", "The light, please."),
    ],
)
def test_strong_language_is_told_as_the_client_wants_it(profanity: Profanity, text: str) -> None:
    assert answers.censor("The fucking light, please.", profanity, "en-US") == text


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("This is shit, my friend.", "This is, my friend."),
        ("Shit, turn on the light.", "Turn on the light."),
        ("shit, turn on the light", "turn on the light"),
        ("At 7:30, shit, 2.5 times.", "At 7:30, 2.5 times."),
        ("Oh, shit!", "Oh!"),
        ("Shit.", ""),
        ("It is fine , thanks", "It is fine , thanks"),
    ],
)
def test_marks_go_with_the_strong_word_they_belong_to(said: str, left: str) -> None:
    assert answers.censor(said, "removed", "en-US") == left


@pytest.mark.parametrize(
    "innocent",
    [
        "Scunthorpe shitake assessment classic bass",
        "Dick and Mr Hancock drank a cocktail in the cockpit",
        "the cock, the ass, the blue tit and a snigger",
        "a niggardly Nigerian in Arsenal with flame retardant",
        "Pissarro, spic and span, swank, prick up your ears",
        "Faggin of Pakistan, arsenic, Shittim, Twatt",
    ],
)
def test_words_that_only_look_strong_are_left_alone(innocent: str) -> None:
    assert answers.censor(innocent, "masked", "en-US") == innocent


@pytest.mark.parametrize(
    "strong",
    [
        *("shit", "bullshit", "shitty", "motherfuckers", "clusterfuck", "bitches", "arsehole"),
        *("dickhead", "dumbass", "wanking", "cocksucker", "twat", "pissed"),
        *("nigger", "faggot", "retards", "Paki"),
    ],
)
def test_strong_words_are_masked_letter_by_letter(strong: str) -> None:
    masked = answers.censor(f"He is a {strong}, he said.", "masked", "en-US")
    assert masked == f"He is a {'*' * len(strong)}, he said."


def test_what_is_masked_in_detail_is_what_is_displayed() -> None:
    rude = Transcript(nbest=(entry("Shit."),))
    body = answers.success(
        rude, options_of("format=detailed&profanity=masked"), audio_begin=0, offset=0, end=0
    )
    assert body["DisplayText"] == "****."
    assert isinstance(body["NBest"], list)
    assert body["NBest"][0] == {
        "Confidence": 0.9,
        "Lexical": "shit",
        "ITN": "shit",
        "MaskedITN": "****",
        "Display": "****.",
    }


@pytest.mark.parametrize(
    ("offered", "heard", "told"),
    [
        ("de-DE,en-US", "en-US", "en-US"),
        ("de-DE,en-GB", "en-US", "en-US"),
        ("de-DE,fr-FR", "en-US", "Unknown"),
        ("en-US,de-AT", "de-DE", "de-DE"),
    ],
)
def test_the_language_is_that_of_the_model_or_unknown(offered: str, heard: str, told: str) -> None:
    said = replace(COFFEE, language=heard)
    options = options_of(f"lidEnabled={offered}")
    body = answers.success(said, options, audio_begin=0, offset=0, end=0)
    assert isinstance(body["PrimaryLanguage"], dict)
    assert body["PrimaryLanguage"]["Language"] == told


def test_words_that_are_hardly_understood_are_of_no_known_language() -> None:
    garbled = Transcript(
        nbest=(replace(entry("Shelter was lifted in the queue."), understood=0.5),)
    )
    assert answers.identified(garbled, options_of("lidEnabled=en-US,de-DE")) == {
        "Language": "Unknown",
        "Confidence": "Unknown",
    }


def test_without_words_all_audio_is_acknowledged() -> None:
    body = answers.without_words("NoMatch", consumed=70)
    assert (body["RecognitionStatus"], body["Offset"], body["Duration"]) == ("NoMatch", 70, 0)
