"""Rows that let somebody in, disarm or heat, and do so without a question.

A voice is no key, and what was misheard cannot be taken back here. Which words are meant is said
in the data file of a language.
"""

import re
from collections.abc import Iterator
from fnmatch import translate

from voice2mqtt.languages.language import language_named
from voice2mqtt.nlu.grammar.table import CommandTable, Row, TextList
from voice2mqtt.nlu.grammar.template import RuleReference, SlotReference, TemplateNode, Text, parse
from voice2mqtt.nlu.lint.finding import Finding, place_of

_WORD = re.compile(r"[^\W_]+")


def risky(table: CommandTable) -> Iterator[Finding]:
    """Yield each row that opens, disarms or heats something and has no `confirm`."""
    pairs = [(_any(acts), _any(things)) for acts, things in language_named(table.language).risky]
    words = _Words(table)
    for row in table.rows if pairs else ():
        found = None if row.confirm else _found(row, words, pairs)
        if found:
            index, act, thing = found
            yield Finding(
                place=place_of(row, index),
                problem=f"'{act}' and '{thing}' go without a question: whoever is heard can say it",
                cure="add a confirm: with the question",
            )


def _found(
    row: Row, words: "_Words", pairs: list[tuple[re.Pattern[str], re.Pattern[str]]]
) -> tuple[int, str, str] | None:
    """Return the first template of `row` that is risky, with the words that make it so."""
    for index, template in enumerate(row.say):
        said = sorted(words.of(parse(template)))
        for acts, things in pairs:
            act, thing = (next(filter(each.match, said), None) for each in (acts, things))
            if act and thing:
                return index, act, thing
    return None


class _Words:
    """The words of templates, of lists and rules too."""

    def __init__(self, table: CommandTable) -> None:
        self._table = table
        self._known: dict[str, frozenset[str]] = {}

    def of(self, node: TemplateNode) -> frozenset[str]:
        """Return all words that a sentence of `node` may have, in lower case."""
        match node:
            case Text(text=text):
                return frozenset(_WORD.findall(text.casefold()))
            case SlotReference(source=source):
                return self._of_list(source) if isinstance(source, str) else frozenset()
            case RuleReference(rule=rule):
                key = f"<{rule}>"
                if key not in self._known:
                    self._known[key] = self.of(parse(self._table.rules[rule]))
                return self._known[key]
        return frozenset().union(*map(self.of, node.items))

    def _of_list(self, name: str) -> frozenset[str]:
        if name not in self._known:
            values = self._table.lists.get(name)
            spoken = [v.spoken for v in values.values] if isinstance(values, TextList) else []
            self._known[name] = frozenset().union(*(self.of(parse(text)) for text in spoken))
        return self._known[name]


def _any(words: str) -> re.Pattern[str]:
    return re.compile("|".join(map(translate, words.split())))
