from hassil import Intents, recognize_all
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from tests.understanding.grammars import LISTS, RULES, SENTENCES, TEMPLATES, sentences_of, tables
from voice2mqtt.understanding.compile import compile_table
from voice2mqtt.understanding.match import Matcher
from voice2mqtt.understanding.normalise import normaliser
from voice2mqtt.understanding.table import CommandTable, Publish, Row


def hassils_view(table: CommandTable) -> Intents:
    """Return `table` as hassil's own recogniser takes it."""
    return Intents.from_dict(
        {
            "language": "en",
            "intents": {row.name: {"data": [{"sentences": list(row.say)}]} for row in table.rows},
            "lists": {
                "room": {
                    "values": [
                        {"in": "hall", "out": "hall"},
                        {"in": "(lounge|living [big] room)", "out": "living"},
                    ]
                },
                "level": {"range": {"from": 0, "to": 100, "step": 5}},
            },
            "expansion_rules": dict(RULES),
        }
    )


def matcher(table: CommandTable) -> Matcher:
    return Matcher(compile_table(table), normaliser(table.language))


def one_row(template: str) -> CommandTable:
    row = Row(name="row 0", say=(template,), publish=(Publish(topic="t", payload="p"),))
    return CommandTable(rows=(row,), lists=LISTS, rules=RULES)


@given(table=tables(), data=st.data())
def test_a_sentence_sampled_from_a_row_is_matched_by_that_row(
    table: CommandTable, data: st.DataObject
) -> None:
    matches = matcher(table)
    for index, row in enumerate(table.rows):
        sentence = data.draw(sentences_of(row.say[-1]))
        if sentence:
            assert index in {parse.row for parse in matches.parses(sentence)}


@st.composite
def nearly_said(draw: st.DrawFn, template: str) -> str:
    """Draw a sentence of `template` in which, now and then, a word is missing, wrong or doubled."""
    words = draw(sentences_of(template)).split()
    other = draw(SENTENCES).split()
    at = draw(st.integers(0, len(words)))
    wrong = draw(st.sampled_from([[], words[at : at + 1], other[:1], other]))
    return " ".join((*words[:at], *wrong, *words[at + len(wrong[:1]) :]))


@settings(max_examples=300)
@given(template=TEMPLATES, data=st.data())
def test_the_automaton_accepts_what_hassils_recogniser_accepts(
    template: str, data: st.DataObject
) -> None:
    sentence = data.draw(nearly_said(template))
    assume(sentence)
    table = one_row(template)
    theirs = [
        {name: entity.value for name, entity in result.entities.items()}
        for result in recognize_all(sentence, hassils_view(table))
    ]
    ours = [dict(parse.slots) for parse in matcher(table).parses(sentence)]
    event("accepted" if theirs else "refused")
    assert bool(ours) == bool(theirs)
    assert all(slots in theirs for slots in ours)
