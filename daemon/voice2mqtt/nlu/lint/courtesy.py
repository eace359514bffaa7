"""Words of courtesy at the end of one sentence, where people say them at the end of any."""

from collections.abc import Iterator

from voice2mqtt.languages.language import language_named
from voice2mqtt.nlu.grammar.enumerate import Sentences
from voice2mqtt.nlu.grammar.table import CommandTable
from voice2mqtt.nlu.lint.finding import Finding, place_of
from voice2mqtt.nlu.text.normaliser import normaliser


def courtesy(table: CommandTable) -> Iterator[Finding]:
    """Yield the first row that ends with each word that `skip_words` should have."""
    keys = normaliser(table.language).keys
    skipped = {tuple(keys(words)) for words in table.skip_words}
    for words in language_named(table.language).courtesies:
        wanted = tuple(keys(words))
        if wanted in skipped:
            continue
        for row in table.rows:
            said = (
                text
                for template in row.say
                for text in Sentences(template, table.lists, table.rules).cover()
            )
            if any(
                tuple(keys(text))[-len(wanted) :] == wanted != tuple(keys(text)) for text in said
            ):
                yield Finding(
                    place=place_of(row),
                    problem=f"'{words}' at the end is understood only where it is written",
                    cure=f"leave it out here and write skip_words: [{words}]",
                )
                break
