"""Forms of one word, and words that only look like them."""

import pytest

from voice2mqtt.nlu.text.inflection import Inflection


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("en", "light", "lights"),
        ("en", "resume", "resumed"),
        ("en-GB", "open", "opening"),
        ("de", "nächster", "nächste"),
        ("de", "schalte", "schaltet"),
        ("fr", "ferme", "fermez"),
        ("fr", "éteins", "éteignez"),
        ("it", "luce", "luci"),
        ("it", "accendi", "accendere"),
        ("es", "sube", "subir"),
        ("nl", "licht", "lichten"),
        ("nl", "doe", "doet"),
        ("es", "cierra", "cerrar"),
        ("de", "gib", "gebe"),
        ("fr", "mets", "mettre"),
    ],
)
def test_forms_of_one_word(language: str, one: str, other: str) -> None:
    inflection = Inflection(language)
    assert inflection.are_forms(one, other)
    assert inflection.are_forms(other, one)


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("en", "light", "light"),
        ("en", "light", "lighter"),
        ("en", "on", "one"),
        ("en", "bedroom", "bathroom"),
        ("de", "an", "aus"),
        ("fr", "ouvre", "ferme"),
        ("it", "su", "sui"),
        ("en", "20", "20s"),
        ("sv", "lampa", "lampan"),
    ],
)
def test_other_words(language: str, one: str, other: str) -> None:
    assert not Inflection(language).are_forms(one, other)
