"""Few sentences cover a table, and what became of each is told and judged rightly."""

from pathlib import Path

import pytest

from tests.settings.reading import table as read
from voice2mqtt.core.decision import Ask, Decision, Fire, Nearest, Reason, Refuse
from voice2mqtt.nlu.grammar.compiler import compile_table
from voice2mqtt.nlu.grammar.table import CommandTable, TextList
from voice2mqtt.nlu.matching.exact import ExactMatcher
from voice2mqtt.nlu.text.normaliser import normaliser
from voice2mqtt.pronunciation.pronouncer import pronouncer
from voice2mqtt.review.advice import advice
from voice2mqtt.review.alias import AliasFinder
from voice2mqtt.review.training import Prompt, Result, Said, judged, prompt_for, prompts, tallies
from voice2mqtt.review.training_set import MOST_OF_A_SENTENCE, TrainingSet
from voice2mqtt.settings.search import CHECKOUT

PROMPT = Prompt(sentence="turn on the hall light", row="light", slots={"room": "hall"})
WHY = Reason(text="why")


def matcher_of(table: CommandTable) -> ExactMatcher:
    return ExactMatcher(compile_table(table), normaliser(table.language))


@pytest.fixture(scope="module")
def shipped() -> CommandTable:
    return read((CHECKOUT.parent / "commands.yaml").read_text())


def test_each_row_value_and_slot_is_said_in_few_sentences(shipped: CommandTable) -> None:
    matcher = matcher_of(shipped)
    chosen = prompts(shipped, matcher)
    assert {prompt.row for prompt in chosen} == {row.name for row in shipped.rows}
    spoken = {value for prompt in chosen for value in prompt.values}
    for name, values in shipped.lists.items():
        if isinstance(values, TextList):
            assert {f"{name} = {value.out}" for value in values.values} <= spoken
    assert len(chosen) < 60
    assert len({prompt.sentence for prompt in chosen}) == len(chosen)
    for prompt in chosen:
        assert prompt_for(prompt.sentence, shipped, matcher) == prompt
    (listed,) = (prompt for prompt in chosen if prompt.row == "shopping list")
    assert listed.sentence == "add item to the shopping list"
    assert listed.slots == {}


def test_only_the_rows_asked_for_are_said(shipped: CommandTable) -> None:
    chosen = prompts(shipped, matcher_of(shipped), ["good night", "timer"])
    assert [prompt.row for prompt in chosen] == ["good night", "timer"]


def fire(row: str = "light", room: str = "hall", score: float = 1.0) -> Fire:
    return Fire(
        row=row, text="x", score=score, messages=(), reason=WHY, slots={"room": room, "more": 1}
    )


@pytest.mark.parametrize(
    ("decisions", "result"),
    [
        ((fire(),), Result.RIGHT),
        ((fire(room="den"),), Result.WRONG),
        ((fire(row="fan"),), Result.WRONG),
        ((fire(), fire()), Result.WRONG),
        ((Ask(row="light", text="x", score=1, question="?", reason=WHY),), Result.ASKED),
        ((Refuse(text="x", reason=WHY),), Result.REFUSED),
        ((), Result.REFUSED),
    ],
)
def test_what_became_of_a_sentence(decisions: tuple[Decision, ...], result: Result) -> None:
    assert judged(PROMPT, decisions) is result


def test_rows_and_values_are_counted_with_the_time_of_what_was_right() -> None:
    right = [
        Said(prompt=PROMPT, result=Result.RIGHT, heard="", latency_ms=ms) for ms in (1.0, 2.0, 3.0)
    ]
    slow = Said(prompt=PROMPT, result=Result.REFUSED, heard="", latency_ms=900.0)
    rows, values = tallies([*right, slow])
    assert rows["light"].results[Result.RIGHT] == 3
    assert rows["light"].results[Result.REFUSED] == 1
    assert rows["light"].latency_ms(50) == 2.0
    assert rows["light"].latency_ms(95) == 3.0
    assert values.keys() == {"room = hall"}
    assert tallies([slow])[0]["light"].latency_ms(50) is None


TABLE = """
lists: {room: [hall, den]}
commands:
  - {name: light, say: "turn on the {room} light", topic: t, payload: "{room}"}
  - {name: night, say: good night, topic: t, payload: x}
"""


ADVICE = """\
the list room: accept haul for turn on the hall light
the row “light”: also_heard_as: "turn on the {room} lied"
“light” and “night” sound alike: say one of them in other words
“turn on the hall light” was taken for “night”: give that row strictness: 0.14, or say it in other \
words
“turn on the hall light” was heard as a sentence of “night”: say one of them in other words, or \
give that row a confirm:"""


def said(result: Result, heard: str, *decisions: Decision) -> Said:
    return Said(prompt=PROMPT, result=result, heard=heard, decisions=decisions)


def test_advice_names_the_change_once() -> None:
    table = read(TABLE)
    finder = AliasFinder(table, compile_table(table), normaliser("en"), pronouncer("en-US"))
    near = Nearest(row="night", sentence="good night", distance=0.1)
    unsure = Ask(
        row="light", text="x", score=0.9, question="?", reason=Reason(text="", nearest=(near,))
    )
    light = Nearest(row="light", sentence="turn on the hall light", distance=0.3)
    refusal = Refuse(text="x", reason=Reason(text="", nearest=(light,)))
    refused = said(Result.REFUSED, "turn on the haul light", refusal)
    found = advice(
        [
            refused,
            refused,
            said(Result.REFUSED, "turn on the hall lied", refusal),
            said(Result.REFUSED, "what a lovely day", Refuse(text="x", reason=WHY)),
            said(Result.REFUSED, ""),
            said(Result.ASKED, "x", unsure),
            said(Result.WRONG, "x", fire(row="night", score=0.85)),
            said(Result.WRONG, "x", fire(row="night")),
            said(Result.RIGHT, "x", fire()),
        ],
        finder,
    )
    assert "\n".join(found) == ADVICE


def test_recordings_are_kept_the_newest_of_each_sentence(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    kept = TrainingSet(tmp_path / "training")
    assert list(kept.recordings()) == []
    for number in range(MOST_OF_A_SENTENCE + 2):
        kept.add("good night", bytes([number]), Result.RIGHT)
    kept.add("turn on …", b"x", Result.WRONG)
    found = list(kept.recordings())
    assert [r.path.read_bytes() for r in found] == [b"\2", b"\3", b"\4", b"\5", b"\6", b"x"]
    assert (found[-1].sentence, found[-1].result) == ("turn on …", Result.WRONG)
    index = tmp_path / "training" / "sentences.jsonl"
    index.write_text('nonsense\n{"file": "../../x"}\n' + index.read_text())
    assert list(kept.recordings()) == found
    assert len(caplog.messages) == 2
