"""A number that may be a word of the table and another number is asked about, never guessed."""

import pytest

from voice2mqtt.core.decision import Ask, Decision, Fire
from voice2mqtt.core.outcome import Heard, Hypothesis
from voice2mqtt.languages.language import language_named
from voice2mqtt.nlu.dialogue.interpreter import Interpreter
from voice2mqtt.nlu.dialogue.policy import LocalTime
from voice2mqtt.nlu.grammar.compiler import compile_phrases, compile_table
from voice2mqtt.nlu.grammar.table import CommandTable, Publish, RangeList, Row, WildcardList
from voice2mqtt.nlu.matching.phonetic.search import PhoneticMatcher
from voice2mqtt.nlu.text.normaliser import normaliser
from voice2mqtt.pronunciation.pronouncer import pronouncer

NOON = LocalTime(minute=720, weekday=0)
TAGS = {"en": "en-US", "de": "de-DE", "fr": "fr-FR", "es": "es-ES", "it": "it-IT", "nl": "nl-NL"}


def decide(
    say: str,
    *heard: Hypothesis,
    language: str = "en",
    by_sound: bool = False,
    decimals: bool = False,
) -> Decision:
    """Return what a house with the one row `say`, of {n} from 1 to 180, decides."""
    publish = (Publish(topic="t", payload={"n": "{n}"}),)
    table = CommandTable(
        rows=(Row(name="row", say=(say,), publish=publish),),
        lists={"n": RangeList(lowest=1, highest=180, decimals=decimals)},
        language=language,
    )
    automaton = compile_table(table)
    nearest = PhoneticMatcher(automaton, normaliser(language), pronouncer(TAGS[language]))
    interpreter = Interpreter(table, None, nearest if by_sound else None, automaton)
    (decision,) = interpreter.decide(Heard(text=heard[0].text, hypotheses=heard), 0.0, NOON)
    return decision


def question(decision: Decision) -> str:
    assert isinstance(decision, Ask), decision
    return decision.question


def number(decision: Decision) -> object:
    assert isinstance(decision, Fire), decision
    return decision.slots["n"]


@pytest.mark.parametrize(
    ("language", "say", "text", "asked"),
    [
        ("en", "set [a] timer [for] {n} minutes", "set timer 42 minutes", "42 or 2?"),
        ("en", "set [a] timer [for] {n} minutes", "set timer forty two minutes", "42 or 2?"),
        ("en", "set [a] timer [for] {n} minutes", "Set a timer 14 minutes.", "14 or 10?"),
        ("en", "set [the] volume [to] {n}", "set volume 24", "24 or 4?"),
        ("en", "set [the] volume to {n}", "set volume 24", "Set volume to 4?"),
        ("de", "Timer [für] {n} Minuten", "Timer 42 Minuten", "42 or 2?"),
        ("de", "Timer [für] {n} Minuten", "Timer vierzehn Minuten", "14 or 10?"),
        ("fr", "minuteur [de] {n} minutes", "minuteur 22 minutes", "22 or 2?"),
        ("nl", "zet [een] {n} minuten timer", "zet 15 minuten timer", "15 or 5?"),
    ],
)
def test_asks_which_number(language: str, say: str, text: str, asked: str) -> None:
    decision = decide(say, Hypothesis(text=text), language=language)
    disjunction = language_named(language).disjunction
    words = asked.rstrip(" ?").replace(" or ", f" {disjunction} ")
    assert question(decision).rstrip(" ?") == words


@pytest.mark.parametrize(
    ("say", "text", "expected"),
    [
        ("set [a] timer [for] {n} minutes", "set a timer for 42 minutes", 42),
        ("set [a] timer [for] {n} minutes", "set a timer for forty two minutes", 42),
        ("set [a] timer [for] {n} minutes", "set a timer for two minutes", 2),
        ("set [a] timer [for] {n} minutes", "set timer 35 minutes", 35),
        ("set [the] volume [to] {n}", "set volume to 22", 22),
        ("set [the] volume [to] {n}", "set volume twenty two", 22),
    ],
)
def test_does_not_ask_where_the_number_is_plain(say: str, text: str, expected: int) -> None:
    assert number(decide(say, Hypothesis(text=text))) == expected


def test_digits_apart_are_a_word_and_a_number() -> None:
    heard = Hypothesis(text="set timer 4 2 minutes")
    assert number(decide("set timer for {n} minutes", heard, by_sound=True)) == 2


def test_the_words_that_were_heard_tell_which_number_was_written() -> None:
    heard = Hypothesis(text="Set volume 24.", lexical="set volume twenty four")
    assert number(decide("set [the] volume [to] {n}", heard)) == 24


def test_a_word_that_the_row_needs_is_heard_in_the_number() -> None:
    say = "set [a] timer (for|of) {n} minutes"
    decision = decide(say, Hypothesis(text="Set timer 42 minutes.", outside=True), by_sound=True)
    assert question(decision) == "42 or 2?"


@pytest.mark.parametrize(
    ("other", "belief", "asks"),
    [("eight", 0.02, True), ("eight", 0.0001, False), ("ninety", 0.02, False)],
)
def test_a_number_that_is_a_part_of_the_best_one_casts_doubt(
    other: str, belief: float, asks: bool
) -> None:
    best = Hypothesis(text="timer for eighteen minutes", confidence=0.97)
    rival = Hypothesis(text=f"timer for {other} minutes", confidence=belief)
    assert isinstance(decide("timer for {n} minutes", best, rival), Ask) == asks


@pytest.mark.parametrize("heard", ["set a timer for a minute", "set a timer for one minute"])
def test_an_article_is_one_where_nothing_else_was_heard(heard: str) -> None:
    assert number(decide("set a timer for {n} minute[s]", Hypothesis(text=heard))) == 1


@pytest.mark.parametrize(
    ("heard", "other", "belief", "asks"),
    [
        ("a minute", "eight minutes", 0.03, True),
        ("a minute", "eight minutes", 0.0001, False),
        ("a minute", "nine minutes", 0.03, False),
        ("one minute", "eight minutes", 0.03, False),
        ("eight minutes", "a minute", 0.03, False),
    ],
)
def test_a_number_behind_the_article_that_sounds_like_it_casts_doubt(
    heard: str, other: str, belief: float, asks: bool
) -> None:
    best = Hypothesis(text=f"timer for {heard}", confidence=0.96)
    rival = Hypothesis(text=f"timer for {other}", confidence=belief)
    assert isinstance(decide("timer for {n} minute[s]", best, rival), Ask) == asks


@pytest.mark.parametrize(
    ("heard", "other", "belief", "asks"),
    [
        ("fifteen", "fifty", 0.03, True),
        ("fifteen", "fifty", 0.003, False),
        ("fifty", "fifteen", 0.1, False),
        ("fifteen", "sixty", 0.1, False),
    ],
)
def test_a_ten_behind_its_teen_casts_doubt(
    heard: str, other: str, belief: float, asks: bool
) -> None:
    best = Hypothesis(text=f"timer for {heard} minutes", confidence=0.88)
    rival = Hypothesis(text=f"timer for {other} minutes", confidence=belief)
    assert isinstance(decide("timer for {n} minutes", best, rival), Ask) == asks


@pytest.mark.parametrize(
    ("heard", "other", "asks"),
    [("21.5", "21", False), ("21", "21.5", True)],
)
def test_a_half_is_not_heard_where_none_was_said(heard: str, other: str, asks: bool) -> None:
    best = Hypothesis(text=f"timer for {heard} minutes", confidence=0.97)
    rival = Hypothesis(text=f"timer for {other} minutes", confidence=0.02)
    decision = decide("timer for {n} minutes", best, rival, decimals=True)
    assert isinstance(decision, Ask) == asks


@pytest.mark.parametrize("code", TAGS)
def test_homophones_and_blends_sound_alike(code: str) -> None:
    words, language = normaliser(code), language_named(code)
    sounds = PhoneticMatcher(compile_phrases(["x"], code), words, pronouncer(TAGS[code]))
    pairs = [(word, " ".join(words.spell(int(n))[0])) for word, n in language.homophones]
    for word, blends in language.blends.items():
        for heard, said in blends.items():
            pairs.append((f"{word} {words.spell(said)[0][-1]}", " ".join(words.spell(heard)[0])))
    far = {pair: sounds.distance(*pair) for pair in pairs}
    assert {pair: distance for pair, distance in far.items() if distance > 0.3} == {}


def test_free_text_is_no_other_number() -> None:
    sent = (Publish(topic="t", payload="x"),)
    table = CommandTable(
        rows=(
            Row(name="add", say=("add {what} to the list",), publish=sent),
            Row(name="level", say=("set the light to {n}",), publish=sent),
        ),
        lists={"what": WildcardList(), "n": RangeList(lowest=0, highest=100)},
    )
    heard = Heard(text="add two eggs to the list")
    (decision,) = Interpreter(table).decide(heard, 0.0, NOON)
    assert isinstance(decision, Fire)
    assert decision.slots == {"what": "two eggs"}
