from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.nlu.grammars import tables
from tests.nlu.homes import text_list
from voice2mqtt.core.decision import SlotValue
from voice2mqtt.nlu.grammar.compiler import compile_table
from voice2mqtt.nlu.grammar.table import (
    CommandTable,
    ListValue,
    RangeList,
    Row,
    SlotList,
    TextList,
    WildcardList,
)
from voice2mqtt.nlu.matching.exact import ExactMatcher
from voice2mqtt.nlu.text.normaliser import normaliser

LISTS: dict[str, SlotList] = {
    "room": text_list(kitchen="kitchen", living="living room", big="living"),
    "thing": text_list(room="room", lamp="[the] lamp"),
    "song": WildcardList(),
    "half": TextList(values=(ListValue(spoken="1/2", out=30),)),
    "level": RangeList(lowest=0, highest=100),
    "cold": RangeList(lowest=-20, highest=30, decimals=True),
    "bulb": RangeList(lowest=0, highest=100, step=5, multiplier=2.55),
    "station": RangeList(lowest=87, highest=108, decimals=True),
}


def parses(
    text: str, *templates: str, language: str = "en"
) -> list[tuple[int, dict[str, SlotValue]]]:
    """Return (row, slots) of every parse of `text`; each template is a row."""
    rows = tuple(Row(name=say, say=(say,), publish=()) for say in templates)
    table = CommandTable(rows=rows, lists=LISTS, language=language)
    matcher = ExactMatcher(compile_table(table), normaliser(language))
    return [(parse.row, dict(parse.slots)) for parse in matcher.parses(text)]


def test_rows_come_in_the_order_of_the_table() -> None:
    found = parses("dim kitchen", "(dim|fade) {room}", "dim [the] {room}", "dim {song}")
    assert [row for row, _ in found] == [0, 1, 2]


@pytest.mark.parametrize(
    ("template", "first"),
    [
        pytest.param("({room} lamp|{thing:room} lamp)", {"room": "living"}, id="as written"),
        pytest.param("({room:other} lamp|{room} lamp)", {"other": "living"}, id="the other way"),
    ],
)
def test_what_stands_first_in_a_row_is_preferred(template: str, first: Mapping[str, str]) -> None:
    assert parses("living room lamp", template)[0][1] == first


@pytest.mark.parametrize(
    ("text", "template", "slots"),
    [
        ("kitchen lamp", "({song} lamp|{room} lamp)", {"room": "kitchen"}),
        ("play yesterday in the kitchen", "play {song} [in the {room}]",
         {"song": "yesterday", "room": "kitchen"}),
        ("play in the kitchen in the kitchen", "play {song} [in the {room}]",
         {"song": "in the kitchen", "room": "kitchen"}),
        ("play in the hall", "play {song} [in the {room}]", {"song": "in the hall"}),
        ("weather in paris please", "[please] weather [in {song}] [please]", {"song": "paris"}),
        ("play the the", "play [the] {song}", {"song": "the"}),
        ("play stand by me by me", "play {song} by {song:who}",
         {"song": "stand by me", "who": "me"}),
        ("add add to the list", "add {song} to the list", {"song": "add"}),
    ],
)  # fmt: skip
def test_a_rows_own_words_take_what_they_can_and_free_text_the_rest(
    text: str, template: str, slots: Mapping[str, str]
) -> None:
    assert parses(text, template)[0] == (0, slots)


@pytest.mark.parametrize(
    ("text", "template"),
    [
        ("remind me to", "remind me to {song}"),
        ("remind me to", "remind me [to] {song}"),
        ("play in the kitchen", "play {song} [in the {room}]"),
        ("play in the kitchen", "play [in the {room}] {song}"),
        ("add to the list", "add {song} [to the list]"),
        ("remind bob to", "remind {song} [to] {song:what}"),
    ],
)
def test_an_unfinished_row_does_not_fill_its_free_text_with_its_own_words(
    text: str, template: str
) -> None:
    assert parses(text, template) == []
    assert parses(text, template, "{song}") == [(1, {"song": text})]


@given(
    own=st.lists(st.sampled_from("abc"), min_size=1, max_size=4),
    free=st.lists(st.sampled_from("abcxyz"), max_size=4),
)
def test_free_text_is_what_is_left_of_the_sentence(own: list[str], free: list[str]) -> None:
    optional = " ".join(f"[{word}]" for word in own)
    found = parses(" ".join(["play", *free]), f"play {optional} {{song}}")
    longest = max(range(len(free) + 1), key=lambda n: n * _is_part(free[:n], own))
    left = " ".join(free[longest:])
    assert found[:1] == ([(0, {"song": left})] if left else [])


def _is_part(words: list[str], of: list[str]) -> bool:
    """Whether `words` are some of `of`, in their order."""
    left = iter(of)
    return all(word in left for word in words)


def test_a_list_value_may_be_the_beginning_of_another() -> None:
    found = parses("living room lamp", "{room} {thing}", "{room} {thing} {thing:second}")
    assert found == [
        (0, {"room": "living", "thing": "lamp"}),
        (1, {"room": "big", "thing": "room", "second": "lamp"}),
    ]


def test_free_text_may_hold_the_rows_own_words() -> None:
    found = parses("play Singing in the Rain in the kitchen", "play {song} in [the] {room}")
    assert found[0] == (0, {"song": "Singing in the Rain", "room": "kitchen"})


@pytest.mark.parametrize(
    "song",
    [
        "U2", "Ke$ha", "AC/DC", "twenty-one pilots", "$5 gift card", "R.E.M.", "P!nk", "50% off",
        "Rock 'n' Roll", "T\u00eate-\u00e0-t\u00eate",
    ],
)  # fmt: skip
def test_free_text_is_kept_as_it_was_written(song: str) -> None:
    assert parses(f"Play  {song} , please!", "play {song} please") == [(0, {"song": song})]


def test_free_text_does_not_tear_a_minus_from_its_number() -> None:
    assert parses("play abba -5", "play {song} {cold}") == [(0, {"song": "abba", "cold": -5})]


@given(table=tables(), text=st.text(max_size=200))
def test_any_text_is_matched_or_not(table: CommandTable, text: str) -> None:
    matcher = ExactMatcher(compile_table(table), normaliser("en"))
    assert all(parse.row < len(table.rows) for parse in matcher.parses(text))


@pytest.mark.parametrize(
    "text",
    ["and " * 300, "x" * 100_000, "5" * 10_000, "minus " * 128, "twenty five " * 60, "1.1." * 499],
)
def test_a_monstrous_text_is_no_command(text: str) -> None:
    assert parses(text, "{song} and {level}", "say {song} {song}") == []


ELIDED: dict[str, SlotList] = {
    "piece": text_list(entree="entrée", cuisine="cuisine"),
    "ingresso": text_list(ingresso="ingresso", salotto="salotto"),
}
ELIDING = {"le": "(le|la|l')", "prep": "(del|della|dell')"}


@pytest.mark.parametrize(
    ("language", "template", "said", "slots"),
    [
        ("fr", "allume <le> {piece}", "allume l'entrée", {"piece": "entree"}),
        ("fr", "allume <le> {piece}", "allume l\u2019 entrée", {"piece": "entree"}),
        ("fr", "allume <le> {piece}", "allume la cuisine", {"piece": "cuisine"}),
        ("fr", "allume l'{piece}", "allume l'entrée", {"piece": "entree"}),
        ("fr", "minuteur (de |d'){1..60:n} minute[s]", "minuteur d'une minute", {"n": 1}),
        ("fr", "minuteur (de |d'){1..60:n} minute[s]", "minuteur de deux minutes", {"n": 2}),
        ("fr", "lance (l' |)aspirateur", "lance l'aspirateur", {}),
        ("fr", "lance (l' |)aspirateur", "lance aspirateur", {}),
        ("it", "luce <prep> {ingresso}", "luce dell'ingresso", {"ingresso": "ingresso"}),
        ("it", "timer di {1..9:h} or(a|e)", "timer di un'ora", {"h": 1}),
    ],
)
def test_an_elided_word_may_stand_by_itself_in_the_table(
    language: str, template: str, said: str, slots: Mapping[str, SlotValue]
) -> None:
    rows = (Row(name="row", say=(template,), publish=()),)
    table = CommandTable(rows=rows, lists=ELIDED, rules=ELIDING, language=language)
    matcher = ExactMatcher(compile_table(table), normaliser(language))
    assert [dict(parse.slots) for parse in matcher.parses(said)] == [slots]


@pytest.mark.parametrize(
    ("language", "template", "said", "text"),
    [
        ("fr", "note (le |la |l'|){song}", "note l'eau fraîche", "eau fraîche"),
        ("fr", "note (le |la |l'|){song}", "note la farine", "farine"),
        ("fr", "annonce (que |qu'){song}", "annonce qu\u2019il pleut", "il pleut"),
        ("fr", "annonce (que |qu'){song}", "annonce que le dîner est prêt", "le dîner est prêt"),
        ("it", "annota [l'|la ]{song}", "annota l'acqua fredda", "acqua fredda"),
        ("fr", "annonce [que |qu']{song}", "annonce qu'il pleut", "il pleut"),
        ("fr", "annonce [que |qu']{song}", "annonce l'eau", "l'eau"),
        ("fr", "(annonce {song}|annonce qu'{song})", "annonce qu'il pleut", "il pleut"),
        ("fr", "(annonce {song}|annonce qu'{song})", "annonce que j'ai qu'un", "que j'ai qu'un"),
    ],
)
def test_free_text_may_begin_after_an_elided_word(
    language: str, template: str, said: str, text: str
) -> None:
    assert parses(said, template, language=language)[0] == (0, {"song": text})


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ('note "buy milk" and #1', '"buy milk" and #1'),
        ('note he said "hi!"', 'he said "hi!"'),
        ("note \u201ca\u201d and \u201cb\u201d", "\u201ca\u201d and \u201cb\u201d"),
        ('note 6" nails', '6" nails'),
        ('note "milk"', "milk"),
        ('"note milk"', "milk"),
    ],
)
def test_free_text_keeps_its_quotation_marks(said: str, text: str) -> None:
    assert parses(said, "note {song}") == [(0, {"song": text})]


def test_an_elided_word_alone_is_no_free_text() -> None:
    assert not parses("note l'", "note l'{song}", language="fr")
