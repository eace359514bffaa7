"""A German home for the engine that knows several languages."""

from tests.speechhost.fakes import ScriptedWhisper, tone
from voice2mqtt.nlu.grammar.compiler import compile_table
from voice2mqtt.nlu.grammar.table import (
    CommandTable,
    ListValue,
    RangeList,
    Row,
    SlotList,
    TextList,
    WildcardList,
)
from voice2mqtt.pronunciation.pronouncer import pronouncer
from voice2mqtt.speechhost.decoding.whisper.engine import WhisperEngine
from voice2mqtt.speechhost.engine import EngineGrammar, Transcript

SPEECH = tone(1000)
ROOMS = TextList(values=tuple(ListValue(spoken=r, out=r) for r in ("Küche", "Garage")))
PERCENT = RangeList(lowest=0, highest=100)
LISTS: dict[str, SlotList] = {"raum": ROOMS, "prozent": PERCENT, "sache": WildcardList()}


def german(*say: str) -> EngineGrammar:
    rows = tuple(Row(name=template, say=(template,), publish=()) for template in say)
    table = CommandTable(rows=rows, lists=LISTS, language="de")
    return EngineGrammar(automaton=compile_table(table), forced=True, language="de")


LIGHT = german(
    "mach das Licht in der {raum} an",
    "mach das Licht in der {raum} aus",
    "Licht auf {prozent} Prozent",
    "gute Nacht",
)


def heard(
    model: ScriptedWhisper, grammar: EngineGrammar | None = None, *languages: str
) -> Transcript:
    return WhisperEngine(model, "de-DE", pronouncer).transcribe(
        SPEECH, grammar, languages=languages
    )
