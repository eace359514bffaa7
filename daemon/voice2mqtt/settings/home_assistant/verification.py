"""Verifies an imported table by compiling it: what a table cannot take is left out and told."""

from collections.abc import Iterable, Mapping

from voice2mqtt.nlu.grammar.compiler import TableError, compile_table
from voice2mqtt.nlu.grammar.table import CommandTable
from voice2mqtt.settings.home_assistant.sentences import CustomSentences
from voice2mqtt.settings.load import parse_table
from voice2mqtt.settings.yaml.faults import Faults, FaultsError
from voice2mqtt.settings.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from voice2mqtt.settings.yaml.reader import read_document

_MAX_ROUNDS = 40
"""Compiling stops after a few rows with too many ways to say them, so there may be several."""


def verified_table(gathered: CustomSentences) -> str:
    """Return the table of `gathered` as YAML; completes its notes.

    Raises:
        FaultsError: it cannot be read, whatever sentence is left out.
        TableError: the same when it is compiled.
    """
    for _ in range(_MAX_ROUNDS):
        text = gathered.table()
        try:
            table = parse_table(text, "the imported table")
            compile_table(table)
        except FaultsError as error:
            if not gathered.leave_out(_unreadable(error, text.split("\n"))):
                raise
        except TableError as error:
            if not gathered.leave_out(_uncompilable(error, table)):
                raise
        else:
            break
    return text


def _uncompilable(error: TableError, table: CommandTable) -> Mapping[str, str]:
    """Return the sentences that `error` is about, each with the reason."""
    said = {template for row in table.rows for template in row.say}
    return {fault.template: fault.problem for fault in error.faults if fault.template in said}


def _unreadable(error: FaultsError, lines: list[str]) -> Mapping[str, str]:
    """Return the sentences that stand where `error` has faults, each with the reason."""
    return {
        sentence: fault.problem
        for fault in error.faults
        for sentence in _sentences_of(lines[fault.place.line - 1].strip())
    }


def _sentences_of(line: str) -> Iterable[str]:
    """Return the sentence that a line of the table holds: `say: …` or an item of `say:`."""
    if not line.startswith(("say: ", "- ")) or line.startswith("- name:"):
        return ()
    read = read_document(line, Faults("", line))
    value = read.get("say") if isinstance(read, MappingNode) else read
    item = value.items[0] if isinstance(value, SequenceNode) and value.items else value
    return (item.written,) if isinstance(item, ScalarNode) else ()
