"""Small command tables, drawn at random, and sentences that may or may not be in them."""

from hypothesis import strategies as st

from voice2mqtt.nlu.grammar.table import (
    CommandTable,
    ListValue,
    Publish,
    RangeList,
    Row,
    SlotList,
    TextList,
    WildcardList,
)
from voice2mqtt.nlu.grammar.template import (
    Alternative,
    Permutation,
    RuleReference,
    Sequence,
    TemplateNode,
    Text,
    parse,
)
from voice2mqtt.nlu.text.normaliser import normaliser

WORDS = ("red", "blue", "lamp", "fan", "the")
LISTS: dict[str, SlotList] = {
    "room": TextList(
        values=(
            ListValue(spoken="hall", out="hall"),
            ListValue(spoken="(lounge|living [big] room)", out="living"),
        )
    ),
    "level": RangeList(lowest=0, highest=100, step=5),
    "cold": RangeList(lowest=-20, highest=30, decimals=True, parts=2),
    "fine": RangeList(lowest=0, highest=40, step=10, decimals=True, parts=10),
    "bulb": RangeList(lowest=0, highest=100, multiplier=2.55),
    "song": WildcardList(),
}
RULES = {"please": "[pretty] please", "nested": "(<please>|now)"}
SPOKEN = (*WORDS, "hall", "lounge", "living", "big", "room", "please", "pretty", "now")

_LEAVES = st.one_of(
    st.sampled_from(WORDS),
    st.sampled_from(["{room}", "{room:place}", "{level}", "{1..3:count}", "<please>", "<nested>"]),
    st.sampled_from(["{cold}", "{fine}", "{bulb}", "{song}"]),
    st.sampled_from(["lamp[s]", "[un]red", "fan(s|ny)"]),
)


def _grown(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    several = st.lists(parts, min_size=1, max_size=3).map(" ".join)
    return st.one_of(
        several,
        several.map("[{}]".format),
        st.lists(several, min_size=2, max_size=3).map(lambda items: f"({'|'.join(items)})"),
        st.lists(several, min_size=2, max_size=3).map(lambda items: f"({'; '.join(items)})"),
    )


TEMPLATES = st.recursive(_LEAVES, _grown, max_leaves=6)


@st.composite
def tables(draw: st.DrawFn) -> CommandTable:
    """Draw a table of one to five rows."""
    rows = draw(st.lists(st.lists(TEMPLATES, min_size=1, max_size=2), min_size=1, max_size=5))
    return CommandTable(
        rows=tuple(
            Row(name=f"row {n}", say=tuple(say), publish=(Publish(topic="t", payload="p"),))
            for n, say in enumerate(rows)
        ),
        lists=LISTS,
        rules=RULES,
    )


SENTENCES = st.lists(
    st.sampled_from(
        [
            *SPOKEN,
            "lamps",
            "unred",
            "fanny",
            "5",
            "20",
            "3",
            "2",
            "101",
            "-5",
            "7.5",
            "-2.5",
            "10.3",
        ]
    ),
    min_size=1,
    max_size=7,
).map(" ".join)


@st.composite
def sentences_of(draw: st.DrawFn, template: str, *, in_words: bool = True) -> str:
    """Draw a sentence that `template` allows; "" if it allows silence and silence was drawn.

    Numbers are drawn in words as well as in digits, unless told otherwise.
    """
    return " ".join(draw(_said(parse(template), in_words)).split())


@st.composite
def _said(draw: st.DrawFn, node: TemplateNode, in_words: bool) -> str:
    match node:
        case Text():
            return node.text
        case Sequence():
            return "".join(draw(_said(item, in_words)) for item in node.items)
        case Alternative():
            return draw(_said(draw(st.sampled_from(node.items)), in_words))
        case Permutation():
            items = draw(st.permutations(node.items))
            return "".join(draw(_said(item, in_words)) for item in items)
        case RuleReference():
            return draw(_said(parse(RULES[node.rule]), in_words))
    source = LISTS[node.source] if isinstance(node.source, str) else node.source
    if isinstance(source, TextList):
        return draw(_said(parse(draw(st.sampled_from(source.values)).spoken), in_words))
    if isinstance(source, WildcardList):
        return " ".join(draw(st.lists(st.sampled_from(SPOKEN), min_size=1, max_size=3)))
    assert isinstance(source, RangeList)
    number: float = draw(st.sampled_from(range(source.lowest, source.highest + 1, source.step)))
    if source.parts:
        # Hassil lets half a step pass beyond the end of a range; we do not.
        part = draw(st.integers(0, source.parts - 1)) / source.parts
        number = min(number + part, source.highest) if part else number
    words = [" ".join(form) for form in normaliser("en").spell(number)] if in_words else []
    return draw(st.sampled_from([str(number), *words]))
