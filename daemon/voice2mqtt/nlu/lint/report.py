"""The command table checked like a program: what is sayable and yet cannot work as meant.

Pure: who runs it prints the findings.
"""

from dataclasses import dataclass

from voice2mqtt.nlu.grammar.table import CommandTable
from voice2mqtt.nlu.lint.ambiguity import Ambiguities
from voice2mqtt.nlu.lint.finding import Finding
from voice2mqtt.nlu.lint.overgeneral import overgeneral
from voice2mqtt.nlu.lint.unused import unused
from voice2mqtt.nlu.matching.exact import ExactMatcher
from voice2mqtt.nlu.matching.phonetic.search import PhoneticMatcher

MOST_BY_WORDS = 20_000
"""Sentences that are held against the table by their words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lint:
    """What was found, and what was not looked at."""

    findings: tuple[Finding, ...]
    untried: str = ""
    """One sentence, if sentences were left out; "" if all were tried."""


def lint(
    table: CommandTable,
    matcher: ExactMatcher,
    nearest: PhoneticMatcher | None,
    at_most: int = MOST_BY_WORDS,
) -> Lint:
    """Check `table`, of which `matcher` is made, by `at_most` of its sentences.

    Without `nearest` nothing is said about sounds.
    """
    clashes = Ambiguities(table, matcher, at_most)
    found = [*unused(table), *overgeneral(table), *clashes.by_words()]
    if nearest:
        found += clashes.by_sound(nearest)
    order = sorted(found, key=lambda finding: (finding.place.file, finding.place.line))
    return Lint(findings=tuple(order), untried=clashes.untried)
