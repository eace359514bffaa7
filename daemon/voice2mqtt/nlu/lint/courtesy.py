"""Words of courtesy at the end of one sentence, where people say them at the end of any."""

from collections.abc import Iterator

from voice2mqtt.languages.language import language_named
from voice2mqtt.nlu.grammar.enumerate import Sentences
from voice2mqtt.nlu.grammar.table import CommandTable, Row
from voice2mqtt.nlu.lint.finding import Finding, place_of
from voice2mqtt.nlu.text.normaliser import normaliser


def courtesy(table: CommandTable) -> Iterator[Finding]:
    """Yield the first row that ends with each word that `skip_words` should have."""
    keys = normaliser(table.language).keys
    skipped = {tuple(keys(words)) for words in table.skip_words}
    courtesies = language_named(table.language).courtesies
    wanted = {words: end for words in courtesies if (end := tuple(keys(words))) not in skipped}
    first: dict[str, Row] = {}
    for row in table.rows if wanted else ():
        said = [tuple(keys(text)) for text in _sentences(row, table)]
        for words, ending in wanted.items():
            if any(each[-len(ending) :] == ending != each for each in said):
                first.setdefault(words, row)
    for words in filter(first.__contains__, wanted):
        yield Finding(
            place=place_of(first[words]),
            problem=f"'{words}' at the end is understood only where it is written",
            cure=f"leave it out here and write skip_words: [{words}]",
        )


def _sentences(row: Row, table: CommandTable) -> Iterator[str]:
    for template in row.say:
        yield from Sentences(template, table.lists, table.rules).cover()
