"""Custom sentences of Home Assistant, imported, and what is understood by them."""

from tests.settings.reading import document, table
from voice2mqtt.core.decision import SlotValue
from voice2mqtt.nlu.grammar.compiler import compile_table
from voice2mqtt.nlu.matching.compound import commands
from voice2mqtt.nlu.matching.exact import ExactMatcher
from voice2mqtt.nlu.text.normaliser import normaliser
from voice2mqtt.settings.home_assistant.sentences import CustomSentences
from voice2mqtt.settings.yaml.faults import Faults


def imported(*files: str) -> CustomSentences:
    gathered = CustomSentences()
    for file in files:
        faults = Faults("x.yaml", file)
        gathered.add(document(file), faults)
        faults.raise_any()
    return gathered


def matches(written: str, text: str) -> list[tuple[str, dict[str, SlotValue]]]:
    read = table(written)
    matcher = ExactMatcher(compile_table(read), normaliser("en"))
    parses = (parse for (_, parse), *more in commands(matcher, text, "en") if not more)
    return [(read.rows[p.row].name, dict(p.slots)) for p in parses]
