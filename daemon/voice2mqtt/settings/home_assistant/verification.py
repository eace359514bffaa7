"""Verifies an imported table by compiling it: what a table cannot take is left out and told."""

from voice2mqtt.nlu.grammar.compiler import TableError, compile_table
from voice2mqtt.settings.home_assistant.sentences import CustomSentences
from voice2mqtt.settings.table.table_reader import read_table
from voice2mqtt.settings.yaml.faults import Faults
from voice2mqtt.settings.yaml.reader import read_document

_MAX_ROUNDS = 40
"""Compiling stops after a few rows with too many ways to say them, so there may be several."""


def verified_table(gathered: CustomSentences) -> str:
    """Return the table of `gathered` as YAML; completes its notes.

    Raises:
        FaultsError: it cannot be read.
        TableError: it cannot be compiled, whatever sentence is left out.
    """
    for _ in range(_MAX_ROUNDS):
        text = gathered.table()
        faults = Faults("the imported table", text)
        table = read_table(read_document(text, faults), faults)
        try:
            compile_table(table)
        except TableError as error:
            said = {template for row in table.rows for template in row.say}
            refused = {f.template: f.problem for f in error.faults if f.template in said}
            if not gathered.leave_out(refused):
                raise
        else:
            break
    return text
