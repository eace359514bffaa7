"""Lints a command table: what is valid and yet cannot work as meant."""

from __future__ import annotations

from dataclasses import dataclass

from voice2mqtt.nlu.grammar.automaton import Automaton
from voice2mqtt.nlu.grammar.table import CommandTable
from voice2mqtt.nlu.lint.ambiguity import Ambiguities
from voice2mqtt.nlu.lint.courtesy import courtesy
from voice2mqtt.nlu.lint.finding import Finding
from voice2mqtt.nlu.lint.list_values import list_values
from voice2mqtt.nlu.lint.overgeneral import overgeneral
from voice2mqtt.nlu.lint.payloads import payloads
from voice2mqtt.nlu.lint.risky import risky
from voice2mqtt.nlu.lint.unused import unused
from voice2mqtt.nlu.matching.exact import ExactMatcher
from voice2mqtt.nlu.matching.phonetic.search import PhoneticMatcher
from voice2mqtt.nlu.text.normaliser import normaliser

MAX_SENTENCES = 20_000
"""Sentences that are matched against the table word for word."""
_QUICK_SENTENCES = 1_000
"""The same where somebody waits: a second's work. Set by hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lint:
    """The findings, and what was not checked."""

    findings: tuple[Finding, ...]
    untried: str = ""
    """In words for a person; "" if all sentences were tried."""

    def joined(self, further: Lint) -> Lint:
        """Return these findings and those of `further` that are new."""
        new = tuple(finding for finding in further.findings if finding not in self.findings)
        return Lint(findings=(*self.findings, *new), untried=self.untried or further.untried)


def lint(
    table: CommandTable,
    matcher: ExactMatcher,
    phonetic: PhoneticMatcher | None,
    at_most: int = MAX_SENTENCES,
) -> Lint:
    """Check `table`, which `matcher` was compiled from, by up to `at_most` of its sentences.

    Without `phonetic` sentences that sound alike are not looked for.
    """
    ambiguities = Ambiguities(table, matcher, at_most)
    found = [
        *unused(table),
        *overgeneral(table),
        *list_values(table),
        *payloads(table),
        *risky(table),
        *courtesy(table),
        *ambiguities.by_words(),
    ]
    if phonetic:
        found += ambiguities.by_sound(phonetic)
    order = sorted(found, key=lambda finding: (finding.place.file, finding.place.line))
    return Lint(findings=tuple(order), untried=ambiguities.untried)


def quick_lint(table: CommandTable, automaton: Automaton) -> tuple[Finding, ...]:
    """Return what is found soon in `table`, compiled to `automaton`: by words, of some sentences.

    Rows that sound alike are left to `lint`: finding them takes seconds.
    """
    matcher = ExactMatcher(automaton, normaliser(table.language))
    return lint(table, matcher, phonetic=None, at_most=_QUICK_SENTENCES).findings
