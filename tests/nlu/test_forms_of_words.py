"""Another form of a word, or another spelling of its sound, is understood as the word."""

from collections.abc import Iterable

import pytest

from tests.nlu.homes import NOON, published, question, row
from voice2mqtt.core.outcome import Heard, Hypothesis
from voice2mqtt.nlu.dialogue.interpreter import Interpreter
from voice2mqtt.nlu.grammar.compiler import compile_table
from voice2mqtt.nlu.grammar.table import CommandTable
from voice2mqtt.nlu.matching.phonetic.search import PhoneticMatcher
from voice2mqtt.nlu.text.normaliser import normaliser
from voice2mqtt.pronunciation.pronouncer import pronouncer

# What is said, and how a recogniser may write it or a speaker inflect it. Both forms of most words
# are in the table, in other rows: that alone must not tell a sentence from the one that was said.
SAID: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "turn on the kitchen lights": ("turn on the kitchen light",),
        "turn on the light": ("turned on the light",),
        "resume": ("resumed",),
        "close the blinds": ("close the blind",),
    },
    "fr": {
        "ouvre le portail": ("ouvre le portails",),
        "ouvre les portails": ("ouvrez les portail",),
        "ferme le portail": ("fermer le portail", "fermez le portail", "ferme le portails"),
        "quelle heure est-il": ("quel heure est-il",),
        "quel temps fait-il": ("quelle temps fait-il",),
        "reprends la lecture": ("reprend la lecture", "reprendre la lecture"),
        "éteins les lumières du salon": ("éteignez les lumières du salon",),
        "allume les lumières du salon": ("allumez les lumière du salon",),
        "allume la lumière": ("allumez la lumières",),
    },
    "it": {
        "accendi le luci in cucina": ("accende le luce in cucina",),
        "spegni la luce del bagno": ("spegnere la luce del bagno",),
        "apri la tapparella": ("apre la tapparella",),
        "che ora è": ("che ore è", "che hora è"),
    },
    "es": {
        "enciende las luces del salón": ("encienda la luces del salon",),
        "qué hora es": ("que ora es",),
        "pon música": ("ponga música",),
        "haz una pausa": ("as una pausa", "haz una pausas"),
        "siguiente canción": ("siguientes canciones",),
    },
    "de": {
        "nächster Titel": ("nächste Titel", "nächsten Titel", "nächstes Titel"),
        "schließe die Rollläden": ("schließen die Rollladen", "schliesst die Rolläden"),
        "Schlafzimmerschalter an": ("Schlafzimmer Schalter an", "Schlaf Zimmer Schalter an"),
        "Haus Tür auf": ("Haustür auf",),
        "Licht in dem Bad an": ("Licht im Bad an", "Licht in den Bad an"),
        "Licht in der Küche an": ("Licht in der Kuche an",),
    },
    "nl": {
        "zet de slaapkamerschakelaar aan": ("zet de slaapkamer schakelaar aan",),
        "doe de voordeur open": ("doe de voor deur open", "doen de voordeur open"),
        "volgende nummer": ("volgend nummer",),
        "open de gordijnen": ("open de gordijn",),
    },
}


def _interpreter(language: str, sentences: Iterable[str]) -> Interpreter:
    table = CommandTable(rows=tuple(row(said, said, said) for said in sentences), language=language)
    automaton = compile_table(table)
    nearest = PhoneticMatcher(automaton, normaliser(language), pronouncer(language))
    return Interpreter(table, phonetic=nearest, automaton=automaton)


@pytest.mark.parametrize("language", SAID)
def test_it_is_understood(language: str) -> None:
    interpreter = _interpreter(language, SAID[language])
    understood = {}
    for said, ways in SAID[language].items():
        for heard in (said, *ways):
            interpreter.reset()
            heard_as = Heard(text=heard, hypotheses=(Hypothesis(text=heard),))
            understood[heard] = published(interpreter.decide(heard_as, 0.0, NOON)), said
    wrong = {heard: got for heard, (got, said) in understood.items() if got != [f"{said} = ON"]}
    assert not wrong


@pytest.mark.parametrize(
    ("language", "said", "heard"),
    [
        ("es", "enciende la luz", "no enciendas la luz"),
        ("de", "öffne das Tor", "öffnen das Tor nicht"),
        ("en", "turn on the bathroom lights", "turn on the bedroom light"),
        ("fr", "ouvre le portail", "ferme le portails"),
        ("it", "spegni la luce del bagno", "accendere la luce del bagno"),
        ("de", "schließe die Rollläden", "öffnen die Rollladen"),
    ],
)
def test_another_word_is_none_of_its_forms(language: str, said: str, heard: str) -> None:
    heard_as = Heard(text=heard, hypotheses=(Hypothesis(text=heard),))
    assert published(_interpreter(language, [said]).decide(heard_as, 0.0, NOON)) == []


def test_opposites_of_which_none_was_heard_are_asked_about() -> None:
    interpreter = _interpreter("en", ["turn the volume up", "turn the volume down"])
    heard = Heard(text="turn the volume", hypotheses=(Hypothesis(text="turn the volume"),))
    decided = interpreter.decide(heard, 0.0, NOON)
    assert (published(decided), question(decided)) == ([], "Up or down?")
