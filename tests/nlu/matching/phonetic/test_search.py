from collections.abc import Sequence
from dataclasses import replace

import pytest

from voice2mqtt.core.outcome import Hypothesis
from voice2mqtt.nlu.grammar.compiler import compile_table
from voice2mqtt.nlu.grammar.table import (
    CommandTable,
    ListValue,
    Publish,
    RangeList,
    Row,
    TextList,
    WildcardList,
)
from voice2mqtt.nlu.matching.phonetic import search, search_graph
from voice2mqtt.nlu.matching.phonetic.search import PhoneticMatcher
from voice2mqtt.nlu.text.normaliser import normaliser
from voice2mqtt.pronunciation.espeak import Espeak

STRICT = 0.2
VOICE = Espeak("en-us")


def _row(say: str) -> Row:
    return Row(name=say, say=(say,), publish=(Publish(topic="t", payload=""),))


def _list(*values: str) -> TextList:
    return TextList(values=tuple(ListValue(spoken=value, out=value) for value in values))


TABLE = CommandTable(
    rows=tuple(
        _row(say)
        for say in (
            "turn {switch} [the] {room} light[s]",
            "set [the] {room} light[s] to {0..100:level} percent",
            "make me a {roast} {drink}",
            "good night",
            "lock the door",
            "add {item} to the list",
            "start a timer for {1..60:minutes} minutes",
        )
    ),
    lists={
        "room": _list("kitchen", "bedroom", "study", "living room", "hall"),
        "switch": _list("on", "off"),
        "roast": _list("light roast", "dark roast"),
        "drink": _list("mocha", "latte", "americano"),
        "item": WildcardList(),
    },
)


def _search(*heard: str | Hypothesis, table: CommandTable = TABLE) -> list[tuple[str, float]]:
    words = normaliser(table.language)
    nearest = PhoneticMatcher(compile_table(table), words, VOICE)
    hypotheses: Sequence[Hypothesis] = [
        text if isinstance(text, Hypothesis) else Hypothesis(text=text) for text in heard
    ]
    return [(found.sentence, found.distance) for found in nearest.search(hypotheses)]


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        pytest.param("turn on the study like", "turn on the study light", id="last-sound"),
        pytest.param("make me a light rose mocha", "make me a light roast mocha", id="lost-t"),
        pytest.param("make me a dark roast moca", "make me a dark roast mocha", id="spelling"),
        pytest.param("make me a dark roast a mericano", "make me a dark roast americano", id="cut"),
        pytest.param("turn off livingroom lights", "turn off living room lights", id="joined"),
        pytest.param("turn on bed room light", "turn on bedroom light", id="parted"),
        pytest.param("good knight", "good night", id="homophone"),
        pytest.param("turn on a study light", "turn on study light", id="small-word-more"),
        pytest.param("make me light roast latte", "make me a light roast latte", id="and-less"),
        pytest.param("set hall light to fifty person", "set hall light to 50 percent", id="number"),
        pytest.param(
            "start a timer four ten minutes", "start a timer for 10 minutes", id="word-as-number"
        ),
    ],
)
def test_a_misheard_sentence_finds_the_one_that_was_meant(heard: str, meant: str) -> None:
    sentence, distance = _search(heard)[0]
    assert sentence == meant
    assert distance <= STRICT


@pytest.mark.parametrize(
    "heard",
    [
        pytest.param("what a lovely light", id="keyword-inside"),
        pytest.param("turn on the bathtub light", id="no-such-room"),
        pytest.param("turn on the soy study light", id="a-word-more"),
        pytest.param("turn on the television light", id="nor-such"),
        pytest.param("turn the study light", id="value-left-out"),
        pytest.param("don't lock the door", id="not"),
        pytest.param("unlock the door", id="opposite"),
        pytest.param("never lock the door", id="never"),
        pytest.param("turn on the study light and sing", id="more-at-the-end"),
        pytest.param("she said good night", id="more-at-the-beginning"),
        pytest.param("start a timer for ninety minutes", id="number-out-of-range"),
        pytest.param("make me a light roast", id="half-a-sentence"),
        pytest.param("", id="nothing"),
        pytest.param("?!", id="no-words"),
        pytest.param("good " * 200, id="far-too-long"),
    ],
)
def test_what_is_no_command_stays_none(heard: str) -> None:
    assert all(distance > STRICT for _, distance in _search(heard))


def test_one_value_is_not_bent_into_another() -> None:
    only_on = CommandTable(
        rows=(_row("turn {switch} the {room} light"), _row("open the bedroom window")),
        lists={"switch": _list("on"), "room": _list("bathroom", "hall")},
    )
    assert all(d > STRICT for _, d in _search("turn off the hall light", table=only_on))
    assert all(d > STRICT for _, d in _search("turn on the bedroom light", table=only_on))


def test_a_number_that_was_heard_is_not_another_number() -> None:
    found = _search("set the hall light to 15 person")
    assert found[0][0] == "set the hall light to 15 percent"
    assert not [sentence for sentence, _ in found if "50" in sentence]


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "it", "nl"])
def test_a_number_in_words_beyond_the_range_is_refused(language: str) -> None:
    words, voice = normaliser(language), Espeak(language)
    table = CommandTable(rows=(_row("volume {0..100:level} %"),), language=language)
    nearest = PhoneticMatcher(compile_table(table), words, voice)
    for number in (-5, -1, 101, 102, 120, 150, 200):
        for form in words.spell(number):
            said = f"volum {' '.join(form)} %"
            found = nearest.search([Hypothesis(text=said)])
            assert all(candidate.distance > STRICT for candidate in found), said
    within = nearest.search([Hypothesis(text=f"volum {' '.join(words.spell(21)[0])} %")])
    assert within[0].slots == {"level": 21}
    assert within[0].distance <= STRICT


def test_a_number_without_sounds_stays_where_it_was_heard() -> None:
    table = CommandTable(rows=(_row("חימום [{0..100:level}]"),), language="he")
    words, voice = normaliser("he"), Espeak("he")
    found = PhoneticMatcher(compile_table(table), words, voice).search(
        [Hypothesis(text="חימומ 22")]
    )
    assert found[0].slots == {"level": 22}
    assert all(candidate.distance > STRICT for candidate in found[1:])


@pytest.mark.parametrize(
    ("values", "heard", "said"),
    [
        (("lamp ☀️", "fan"), "turn on the lamb", "turn on the lamp"),
        (("lamp ♥️️", "5️⃣"), "turn on five", "turn on 5"),
        (("☀️", "fan"), "turn on the", None),
        (("?", "fan"), "turn on the", None),
        (("مصباح", "fan"), "turn on the", None),
        (("مصباح", "fan"), "turn on the lamp", None),
    ],
)
def test_what_has_no_sound_is_neither_heard_nor_missed(
    values: tuple[str, ...], heard: str, said: str | None
) -> None:
    table = CommandTable(rows=(_row("turn on [the] {x}"),), lists={"x": _list(*values)})
    near = [sentence for sentence, distance in _search(heard, table=table) if distance <= STRICT]
    assert near == ([said] if said else [])


@pytest.mark.parametrize(
    ("language", "template", "heard", "number"),
    [
        (
            "en",
            "set [a|the] timer (for|to) {1..120:n} minute[s]",
            "set a timer for a minutes",
            None,
        ),
        ("en", "set [a|the] timer (for|to) {1..120:n} minute[s]", "set timer for the minute", None),
        ("en", "set [a|the] timer (for|to) {2..120:n} minute[s]", "set a timer for a minute", None),
        ("en", "set [a|the] timer (for|to) {1..120:n} minute[s]", "set a time for a minute", 1),
        ("fr", "minuteur de {1..120:n} minute[s]", "minuteur de des minutes", None),
    ],
)
def test_an_article_is_no_number_but_one(
    language: str, template: str, heard: str, number: int | None
) -> None:
    table = CommandTable(rows=(_row(template),), language=language)
    words, voice = normaliser(language), Espeak(language)
    found = PhoneticMatcher(compile_table(table), words, voice).search([Hypothesis(text=heard)])
    near = [candidate.slots for candidate in found if candidate.distance <= STRICT]
    assert near == ([{"n": number}] if number else [])


@pytest.mark.parametrize(
    ("heard", "number"),
    [
        ("start a timer for ate minutes", "8"),
        ("start a timer for for minutes", "4"),
        ("start a timer for to minutes", "2"),
        ("start a timer for sicks minutes", "6"),
    ],
)
def test_a_word_that_sounds_like_a_number_may_be_one(heard: str, number: str) -> None:
    sentence, distance = _search(heard)[0]
    assert sentence == f"start a timer for {number} minutes"
    assert distance <= STRICT


def test_the_best_and_the_next_meaning_are_told_apart() -> None:
    table = CommandTable(
        rows=(_row("turn on the {room} light"),), lists={"room": _list("bedroom", "bathroom")}
    )
    found = _search("turn on the badroom light", table=table)
    assert [sentence for sentence, _ in found] == [
        "turn on the bedroom light",
        "turn on the bathroom light",
    ]
    assert found[0][1] < found[1][1]


def test_a_wildcard_takes_whole_words_and_the_rest_must_still_fit() -> None:
    assert _search("add oat milk too the list")[0] == ("add oat milk to the list", 0.0)
    assert all(distance > STRICT for _, distance in _search("add oat milk and be quick"))


@pytest.mark.parametrize("heard", ["add to the list", "remind me to", "remind me that"])
def test_a_wildcard_takes_no_word_in_the_place_of_one_left_out_beside_it(heard: str) -> None:
    table = replace(TABLE, rows=(*TABLE.rows, _row("remind me to {item}")))
    assert all(distance > STRICT for _, distance in _search(heard, table=table))


def test_the_whole_list_of_hypotheses_is_searched() -> None:
    hypotheses = [
        Hypothesis(text="turn on the steady height", confidence=0.5),
        Hypothesis(text="turn on the study like", confidence=0.4),
    ]
    assert _search(*hypotheses)[0][0] == "turn on the study light"


def test_a_word_on_which_all_readings_agree_was_heard_clearly() -> None:
    def distance(*texts: str) -> float:
        return _search(*(Hypothesis(text=text, confidence=0.9) for text in texts))[0][1]

    alike = distance("turn on the steady light", "turn on the steady lights")
    unlike = distance("turn on the steady light", "turn on the stuffy light")
    assert unlike < alike


def test_a_clear_word_counts_the_more_the_less_of_it_is_explained() -> None:
    nearest = PhoneticMatcher(compile_table(TABLE), normaliser("en"), VOICE)
    said = "turn on the soy study light", "turn on the study like", "locked the door"
    passed_over, similar, form = (
        nearest.search([Hypothesis(text=text)])[0].terms.clear_word for text in said
    )
    assert passed_over > similar > form > 0


def test_a_hypothesis_counts_less_the_less_the_host_believes_it() -> None:
    first, second = "make me a dark roast moca", "make me a light roast moca"
    believed = [
        Hypothesis(text=first, confidence=0.9),
        Hypothesis(text=second, confidence=0.8),
        Hypothesis(text="make me a dark roast latter", confidence=0.02),
    ]
    sentences = [sentence for sentence, _ in _search(*believed)]
    assert sentences[:2] == ["make me a dark roast mocha", "make me a light roast mocha"]


def test_a_host_that_doubts_its_words_is_corrected_more_readily() -> None:
    (_, sure), *_ = _search(Hypothesis(text="make me a dark rose moga", confidence=0.99))
    (_, unsure), *_ = _search(Hypothesis(text="make me a dark rose moga", confidence=0.6))
    assert unsure < sure


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        ("good night", "good knight", 0.0, 0.0),
        ("hey house", "hey mouse", 0.01, 0.25),
        ("hey house", "what a day", 0.3, 1.0),
        ("", "hey house", 1.0, 1.0),
    ],
)
def test_the_distance_of_two_texts(one: str, other: str, low: float, high: float) -> None:
    nearest = PhoneticMatcher(compile_table(TABLE), normaliser("en"), VOICE)
    assert low <= nearest.distance(one, other) <= high
    assert nearest.distance(one, other) == pytest.approx(nearest.distance(other, one))


def test_a_table_without_words_sounds_like_nothing() -> None:
    table = CommandTable(rows=(_row("{0..100000:many}"),))
    assert _search("good night", table=table) == []


def test_a_search_after_many_others_finds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    nearest = PhoneticMatcher(compile_table(TABLE), normaliser("en"), VOICE)
    said = ["turn on the study like", "make me a light rose mocha", "set hall lights to 5 person"]

    def found() -> list[list[tuple[str, float]]]:
        searches = [nearest.search([Hypothesis(text=text)]) for text in said]
        return [[(one.sentence, one.distance) for one in search] for search in searches]

    before = found()
    # Now no node outlives a search.
    monkeypatch.setattr(search_graph, "_MAX_CACHED_NODES", 0)
    assert found() == before
    assert all(before)


@pytest.mark.parametrize(
    ("language", "say", "heard", "hours"),
    [
        ("en", "timer for {h} hour[s]", "timel for an hour and a half", 1.5),
        ("it", "timer di {h} or(a|e)", "timel di mezz'ora", 0.5),
        ("it", "timer di {h} or(a|e)", "timel di due ore e mezza", 2.5),
        ("es", "temporizador de {h} hora[s]", "temporisador de hora y media", 1.5),
    ],
)
def test_an_amount_around_its_unit_is_found_by_sound(
    language: str, say: str, heard: str, hours: float
) -> None:
    table = CommandTable(
        rows=(_row(say),),
        lists={"h": RangeList(lowest=0, highest=24, decimals=True)},
        language=language,
    )
    nearest = PhoneticMatcher(compile_table(table), normaliser(language), Espeak(language))
    found = nearest.search([Hypothesis(text=heard)])
    assert found[0].slots == {"h": hours}
    assert found[0].distance <= STRICT


def _table_of_optionals() -> CommandTable:
    """As imported sentences are: each row may begin and end with much that is left out."""
    rows = []
    for thing in ("bedroom lamp", "bedroom lights", "kitchen fan", "hall lamp", "bed lamp"):
        for way in ("turn {} on", "turn on {}", "switch {} on", "switch on {}", "put on {}"):
            said = way.format(f"[all] [of] [the] [my] {thing} [here] [right] [now] [again]")
            rows.append(
                _row(f"[oh] [please] [can] [could] [would] [you] [now] {said} [please] [now]")
            )
    return CommandTable(rows=tuple(rows))


def test_a_search_that_gave_up_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = [Hypothesis(text="turn on the bedroom lamb")]
    table = _table_of_optionals()
    nearest = PhoneticMatcher(compile_table(table), normaliser("en"), Espeak("en-us"))
    monkeypatch.setattr(search, "_MAX_NODES", 10)
    monkeypatch.setattr(search, "_MAX_NODES_TO_NAME", 10)
    assert not nearest.search(heard)
    assert nearest.gave_up
    monkeypatch.undo()
    assert nearest.search(heard)
    assert not nearest.gave_up


def test_a_long_list_of_hypotheses_is_not_searched_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    nearest = PhoneticMatcher(
        compile_table(_table_of_optionals()), normaliser("en"), Espeak("en-us")
    )
    heard = [Hypothesis(text="turn on the bedroom lamb", confidence=0.2)]
    heard += [
        Hypothesis(text=f"turn on the bedroom {word}", confidence=0.1)
        for word in ("limp", "lump", "lend", "lam")
    ]
    assert nearest.search(heard)
    assert not nearest.gave_up
    monkeypatch.setattr(search, "_MAX_NODES_IN_ALL", 1)
    assert nearest.search(heard), "the first of the list is searched all the same"
    assert nearest.gave_up
