"""Small tables and what is found in them."""

from voice2mqtt.nlu.grammar.compiler import compile_table
from voice2mqtt.nlu.grammar.table import (
    CommandTable,
    ListValue,
    Place,
    Publish,
    RangeList,
    Row,
    TextList,
    WildcardList,
)
from voice2mqtt.nlu.lint.report import Lint, lint
from voice2mqtt.nlu.matching.exact import ExactMatcher
from voice2mqtt.nlu.matching.phonetic.search import PhoneticMatcher
from voice2mqtt.nlu.text.normaliser import normaliser
from voice2mqtt.pronunciation.espeak import Espeak

VOICE = Espeak("en-us")
ROOMS = TextList(
    values=tuple(ListValue(spoken=room, out=room) for room in ("hall", "attic")),
    place=Place(file="t.yaml", line=2, column=3),
)


def numbered_row(number: int, say: str, topic: str = "") -> Row:
    return Row(
        name=f"row{number}",
        say=(say,),
        publish=(Publish(topic=topic or f"t/{number}", payload="x"),),
        places=(Place(file="t.yaml", line=10 * number, column=5),),
    )


def text_list(*spoken: str) -> TextList:
    return TextList(values=tuple(ListValue(spoken=value, out=value) for value in spoken))


def check(*rows: Row, rules: str = "", **lists: TextList | RangeList | WildcardList) -> Lint:
    """Check a table; `rules` are written as `name: template`, one a line."""
    named = dict(line.split(": ") for line in rules.splitlines())
    places = {name: Place(file="t.yaml", line=n) for n, name in enumerate(named, start=5)}
    table = CommandTable(rows=rows, lists=lists, rules=named, rule_places=places)
    automaton, words = compile_table(table), normaliser("en")
    nearest = PhoneticMatcher(automaton, words, VOICE)
    return lint(table, ExactMatcher(automaton, words), nearest)


def findings(
    *rows: Row, rules: str = "", **lists: TextList | RangeList | WildcardList
) -> list[str]:
    return [str(finding) for finding in check(*rows, rules=rules, **lists).findings]
