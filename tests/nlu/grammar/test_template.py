import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice2mqtt.nlu.grammar import template as templates
from voice2mqtt.nlu.grammar.table import RangeList
from voice2mqtt.nlu.grammar.template import (
    Alternative,
    Permutation,
    RuleReference,
    Sequence,
    SlotReference,
    TemplateError,
    Text,
    parse,
    split_parts,
)


@pytest.mark.parametrize(
    ("template", "tree"),
    [
        pytest.param("on", Text("on"), id="text"),
        pytest.param("{room}", SlotReference("room", "room"), id="list"),
        pytest.param("{room:place}", SlotReference("place", "room"), id="list with a slot"),
        pytest.param(
            "{10..30,5:n}", SlotReference("n", RangeList(lowest=10, highest=30, step=5)), id="range"
        ),
        pytest.param("<please>", RuleReference("please"), id="rule"),
        pytest.param("[on]", Alternative((Text("on"), Text(""))), id="optional"),
        pytest.param("(a|b)", Alternative((Text("a"), Text("b"))), id="alternative"),
        pytest.param(r"\{a\}", Text("{a}"), id="escaped"),
        pytest.param(
            "(a;b)",
            Permutation(
                (
                    Sequence((Text(" "), Text("a"), Text(" "))),
                    Sequence((Text(" "), Text("b"), Text(" "))),
                )
            ),
            id="any order",
        ),
    ],
)
def test_a_template_becomes_a_tree(template: str, tree: object) -> None:
    assert parse(template) == tree


@pytest.mark.parametrize(
    ("template", "column", "problem"),
    [
        ("turn (on|off the light", 6, "'(' is never closed"),
        ("turn on] the light", 8, "']' closes nothing"),
        ("turn (on] it", 9, "']' closes nothing"),
        ("turn [] it", 6, "nothing between '[' and ']'"),
        ("turn { } it", 6, "nothing between '{' and '}'"),
        ("a|b;c", 4, "'|' and ';' side by side; put one of them in brackets"),
        ("to {0..100}", 4, "a range needs a name and whole numbers: {0..100:name}"),
        ("to {0..20,halves:n}", 4, "a range needs a name and whole numbers: {0..100:name}"),
        ("to {-5..5:n}", 4, "a range needs a name and whole numbers: {0..100:name}"),
        ("to {9..1:n}", 4, "a range goes upwards: {lowest..highest,step:name}"),
        ("to {0..9,0:n}", 4, "a range goes upwards: {lowest..highest,step:name}"),
        ("  ", 1, "the sentence is empty"),
    ],
)
def test_a_fault_is_told_with_its_column(template: str, column: int, problem: str) -> None:
    with pytest.raises(TemplateError) as caught:
        parse(template)
    assert (caught.value.problem, caught.value.column) == (problem, column)


@given(template=st.text(alphabet="ab 0.,:;|()[]{}<>\\@", max_size=12))
def test_any_text_parses_or_is_a_fault_with_a_column(template: str) -> None:
    column = 1
    try:
        parse(template)
    except TemplateError as error:
        column = error.column
    assert 1 <= column <= max(1, len(template))


@pytest.mark.parametrize(
    ("template", "parts"),
    [
        (" turn (on|off)  the\tlight ", [("turn", 1), ("(on|off)", 6), ("the", 16), ("light", 20)]),
        ("set [the old] {lamp}", [("set", 0), ("[the old]", 4), ("{lamp}", 14)]),
        ("turn on|switch on", [("turn on|switch on", 0)]),
        ("now;turn it on", [("now;turn it on", 0)]),
        (r"living\ room", [(r"living\ room", 0)]),
    ],
)
def test_a_template_comes_apart_at_its_outer_spaces(
    template: str, parts: list[tuple[str, int]]
) -> None:
    assert [(part.text, part.at) for part in split_parts(template)] == parts


@given(template=st.text(alphabet="ab 0.,:;|()[]{}<>\\@", max_size=16))
def test_parts_are_as_good_as_their_template(template: str) -> None:
    def sound(text: str) -> bool:
        try:
            templates._parsed(text)
        except TemplateError:
            return False
        return True

    try:
        parts = split_parts(template)
    except TemplateError:
        with pytest.raises(TemplateError):
            parse(template)
    else:
        assert sound(template) == all(sound(part.text) for part in parts)
