"""What a host answers that knows the sentences which may be said, whatever engine it has.

The commands and the open hypothesis are one distribution. Where the open hypothesis is likelier
than all commands together it is as good as alone in the answer, since they have already had their
chance. However alike two sentences sound, a word that was clearly heard openly counts against a
command as it does in the daemon (`nlu/matching/contradiction.py`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from voice2mqtt.core.decision import SlotValue
from voice2mqtt.nlu.matching.compound import commands
from voice2mqtt.nlu.matching.contradiction import Contradictions
from voice2mqtt.nlu.matching.exact import ExactMatcher
from voice2mqtt.nlu.matching.weights import WEIGHTS
from voice2mqtt.nlu.text.normaliser import normaliser
from voice2mqtt.speechhost.engine import EngineGrammar, NBestEntry

MIN_GRAMMAR_PROBABILITY = 0.5
"""Below, the open hypothesis is likelier than all sentences of the grammar together."""

SaidMeaning = tuple[tuple[int, tuple[tuple[str, SlotValue], ...]], ...]
"""Row and slots of each command."""


class GrammarAnswer:
    """Reads sentences by one grammar, and makes the n-best list."""

    def __init__(
        self, grammar: EngineGrammar, language: str, contradictions: Contradictions | None = None
    ) -> None:
        """Read the grammar.

        Args:
            grammar: the sentences.
            language: in which its numbers are said.
            contradictions: those in use, unless a bench tries others.
        """
        self._grammar = grammar
        self._language = language
        self._matcher = ExactMatcher(grammar.automaton, normaliser(language))
        # Of the commands only: that a "no, thank you" could be said tells nothing of them.
        words = grammar.automaton.words(grammar.command_rows)
        self._contradictions = contradictions or Contradictions(
            language, words, skipped=grammar.automaton.skipped
        )

    def meaning(self, text: str) -> SaidMeaning | None:
        """Return rows and slots of one command or two; None if `text` is neither.

        It is neither when a number is out of range, when an answer follows an "and", and when the
        same command is said twice: nobody does that, but models do.
        """
        most = 2 if self._grammar.forced else 1
        found = next(commands(self._matcher, text, self._language, most=most), ())
        meaning = tuple((p.row, tuple(sorted(p.slots.items()))) for _, p in found)
        rows = self._grammar.command_rows
        if len(meaning) > 1 and rows is not None and any(row >= rows for row, _ in meaning):
            return None
        return meaning if meaning and len(set(meaning)) == len(meaning) else None

    def has_free_text(self, text: str) -> bool:
        """Return whether no row says all words of `text` itself."""
        return self._matcher.free_words(text) > 0

    def contradicts(self, open_texts: Iterable[str], sentence: str) -> bool:
        """Return whether all of `open_texts` contradict `sentence` and are no command."""
        found = self._contradictions.found
        return all(found(text, sentence) and self.meaning(text) is None for text in open_texts)

    def nbest(self, proposed: Sequence[NBestEntry], open_entry: NBestEntry) -> list[NBestEntry]:
        """Return the commands that may have been said, likeliest first, and the open hypothesis."""
        if self._grammar.forced:
            proposed = [replace(one, openly=False) for one in proposed]
        open_entry = replace(open_entry, openly=True)
        if open_entry.confidence > 1 - MIN_GRAMMAR_PROBABILITY:
            # Less likely commands would only be found by their sound, which they always have.
            least = WEIGHTS.thresholds.credible * open_entry.confidence
            outside = replace(open_entry, out_of_grammar=self._grammar.forced)
            return [outside, *(one for one in proposed if one.confidence >= least)]
        meanings = map(self.meaning, (entry.text for entry in proposed))
        is_command = not open_entry.text or self.meaning(open_entry.text) in meanings
        return [*proposed, *([] if is_command else [open_entry])]
