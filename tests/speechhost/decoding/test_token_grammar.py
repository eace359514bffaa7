from dataclasses import replace

import pytest

from voice2mqtt.nlu.grammar.compiler import compile_table
from voice2mqtt.nlu.grammar.table import (
    CommandTable,
    DurationList,
    ListValue,
    RangeList,
    Row,
    TextList,
    WildcardList,
)
from voice2mqtt.nlu.matching.compound import joint_automaton
from voice2mqtt.speechhost.decoding.moonshine import model_folder
from voice2mqtt.speechhost.decoding.token_grammar import TokenGrammar
from voice2mqtt.speechhost.decoding.tokenizer import Tokenizer, read_tokenizer

TABLE = CommandTable(
    rows=tuple(
        Row(name=say, say=(say,), publish=())
        for say in (
            "turn {switch} [the] TV",
            "dim to {percent} percent",
            "a {twelve} ounce coffee",
            "set it to {degrees} degrees",
            "count to {many}",
            "wake me in {percent} (hour|hours)",
            "go up {percent} (degree|degrees)",
            "remind me to {what} now",
            "bake for {time}",
            "start a {time} timer",
            "pause",
        )
    ),
    lists={
        "switch": TextList(values=(ListValue(spoken="on", out="ON"),)),
        "twelve": TextList(values=(ListValue(spoken="twelve", out="12"),)),
        "percent": RangeList(lowest=0, highest=100),
        "degrees": RangeList(lowest=5, highest=30, decimals=True),
        "many": RangeList(lowest=0, highest=100_000),
        "what": WildcardList(),
        "time": DurationList(unit="minutes", lowest=0, highest=1440),
    },
)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return read_tokenizer(model_folder() / "tokenizer.bin")


@pytest.fixture(scope="module")
def grammar(tokenizer: Tokenizer) -> TokenGrammar:
    return TokenGrammar(compile_table(TABLE), tokenizer)


def _accepts(grammar: TokenGrammar, tokenizer: Tokenizer, text: str) -> bool:
    state = grammar.start
    for token in (t for word in text.split() for t in tokenizer.encode(word)):
        if not state.wildcard and token not in state.tokens:
            return False
        state = grammar.follow(state, token)
    return state.is_end


@pytest.mark.parametrize(
    "text",
    [
        "Turn on the TV.",
        "turn on TV",
        "Turn on, the tv!",
        "dim to 50 percent",
        "Dim to 50%",
        "Dim to 50%.",
        "dim to fifty-five percent?",
        "dim to fifty five percent",
        "A 12-ounce coffee.",
        "a twelve ounce coffee",
        "Set it to 20.5 degrees.",
        "set it to twenty degrees",
        "set it to twenty-one and a half degrees",
        "set it to 20 degrees and a half",
        "Bake for half an hour.",
        "bake for a quarter of an hour",
        "bake for 90 seconds",
        "bake for an hour and ten minutes",
        "bake for one hour ten",
        "Bake for 1 hour, 10 minutes.",
        "bake for an hour and a half",
        "bake for two hours and a half",
        "bake for 2 and a half hours",
        "start a half-hour timer",
        "start a twenty-minute timer",
        "start a 20 minute timer",
        "bake for 1 hour and 20 minutes",
        "count to 54321",
        "Wake me in an hour.",
        "wake me in one hour",
        "go up a degree",
        "remind me to feed the cat now",
        "remind me to 日本 now",
        "Pause.",
    ],
)
def test_the_ways_a_command_is_written_are_accepted(
    grammar: TokenGrammar, tokenizer: Tokenizer, text: str
) -> None:
    assert _accepts(grammar, tokenizer, text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "turn",
        "turn on the",
        "turn off the TV",
        "dim to 101 percent",
        ", pause",
        "pause pause",
        "remind me to now",
        "a 12 coffee",
        "wake me in a hours",
        "wake me in a",
        "dim to a percent",
        "dim to fifty and a half percent",
        "bake for half",
        "bake for an hour and",
        "Bake for an hour. 10.",
        "bake for 4-hour and 20 minutes",
        "bake for 4 hour and 20 minutes",
        "bake for 4 hour",
        "bake for one hour, ten",
        "bake for a half and a half hours",
    ],
)
def test_anything_else_is_not(grammar: TokenGrammar, tokenizer: Tokenizer, text: str) -> None:
    assert not _accepts(grammar, tokenizer, text)


@pytest.mark.parametrize(
    ("text", "is_accepted"),
    [
        ("pause and turn on the TV", True),
        ("Pause and then dim to 50%.", True),
        ("pause and dim to 50% and pause", False),
        ("pause. And pause.", False),
        ("then pause", False),
        ("pause and", False),
        ("turn and pause", False),
        ("pause turn on the TV", False),
    ],
)
def test_a_conjunction_stands_between_whole_sentences(
    tokenizer: Tokenizer, text: str, *, is_accepted: bool
) -> None:
    grammar = TokenGrammar(compile_table(TABLE), tokenizer, joint_automaton("en"))
    assert _accepts(grammar, tokenizer, text) == is_accepted


@pytest.mark.parametrize(
    ("text", "second_start"),
    [
        ("pause and turn on the TV", "turn"),
        ("pause and then pause", "pause"),
        ("pause and 20 minutes", "20"),
        ("remind me to buy bread and sing now", None),
        ("turn on the TV", None),
    ],
)
def test_it_is_known_where_a_second_sentence_begins(
    tokenizer: Tokenizer, text: str, second_start: str | None
) -> None:
    minutes = Row(name="minutes", say=("{many} minutes",), publish=())
    table = replace(TABLE, rows=(*TABLE.rows, minutes))
    starts: list[str] = []
    grammar = TokenGrammar(compile_table(table), tokenizer, joint_automaton("en"))
    state = grammar.start
    for word in text.split():
        for token in tokenizer.encode(word):
            starts += [word] * (token in state.second_starts)
            state = grammar.follow(state, token)
    assert starts == [second_start] * (second_start is not None)


def test_what_is_built_beforehand_is_what_would_be_found(tokenizer: Tokenizer) -> None:
    rows = tuple(Row(name=str(n), say=(f"file {n}",), publish=()) for n in range(60))
    prepared = TokenGrammar(compile_table(CommandTable(rows=rows)), tokenizer)
    prepared.prepare()
    fresh = TokenGrammar(compile_table(CommandTable(rows=rows)), tokenizer)
    for grammar in (prepared, fresh):
        assert _accepts(grammar, tokenizer, "file 59.")
        assert not _accepts(grammar, tokenizer, "file 60.")
