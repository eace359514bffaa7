"""A small home in each language, from what was heard to what is published."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

import pytest

from tests.nlu.homes import Speaker, published, question, row, text_list
from voice2mqtt.nlu.dialogue.interpreter import Interpreter
from voice2mqtt.nlu.grammar.compiler import compile_table
from voice2mqtt.nlu.grammar.table import CommandTable, RangeList, Row, SlotList
from voice2mqtt.nlu.matching.phonetic.search import PhoneticMatcher
from voice2mqtt.nlu.text.normaliser import normaliser
from voice2mqtt.pronunciation.espeak import Espeak

LISTS: Mapping[str, SlotList] = {
    "level": RangeList(lowest=0, highest=100),
    "warmth": RangeList(lowest=5, highest=30, decimals=True, parts=2),
    "hour": RangeList(lowest=0, highest=23),
    "minute": RangeList(lowest=0, highest=59),
    "place": RangeList(lowest=1, highest=9),
}


def rows(light: str, dim: str, heat: str, wake: str, lamp: str, door: str, ask: str) -> list[Row]:
    """Return the rows of every home; only the words differ."""
    return [
        row("light", light, "light/{room}", "{switch}"),
        row("dim", dim, "dim/{room}", "{level}"),
        row("heat", heat, "heat", "{warmth}"),
        row("wake", wake, "wake", "{hour}:{minute}"),
        row("lamp", lamp, "lamp", "{place}"),
        replace(row("door", door, "door", "open"), confirm=ask),
    ]


HOMES = {
    "de": CommandTable(
        language="de",
        rows=tuple(
            rows(
                light="schalte [das] licht {room} {switch}",
                dim="dimme [das] licht {room} auf {level} Prozent",
                heat="heizung auf {warmth} Grad",
                wake="weck mich um {hour} Uhr {minute}",
                lamp="die {place} Lampe blinkt",
                door="öffne die Haustür",
                ask="Haustür öffnen?",
            )
        ),
        lists={
            **LISTS,
            "room": text_list(kueche="in der Küche", bad="im Bad", keller="im Keller"),
            "switch": text_list(ON="ein", OFF="aus"),
        },
    ),
    "fr": CommandTable(
        language="fr",
        rows=tuple(
            rows(
                light="{switch} la lumière {room}",
                dim="règle la lumière {room} à {level} pour cent",
                heat="chauffage à {warmth} degrés",
                wake="réveille-moi à {hour} heures {minute}",
                lamp="la {place} lampe clignote",
                door="ouvre la porte",
                ask="Ouvrir la porte ?",
            )
        ),
        lists={
            **LISTS,
            "room": text_list(cuisine="de la cuisine", salon="du salon", cave="de la cave"),
            "switch": text_list(ON="allume", OFF="éteins"),
        },
    ),
    "es": CommandTable(
        language="es",
        rows=tuple(
            rows(
                light="{switch} la luz {room}",
                dim="pon la luz {room} al {level} por ciento",
                heat="calefacción a {warmth} grados",
                wake="despiértame a las {hour} y {minute}",
                lamp="la {place} lámpara parpadea",
                door="abre la puerta",
                ask="¿Abrir la puerta?",
            )
        ),
        lists={
            **LISTS,
            "room": text_list(cocina="de la cocina", salon="del salón", bano="del baño"),
            "switch": text_list(ON="enciende", OFF="apaga"),
        },
    ),
    "it": CommandTable(
        language="it",
        rows=tuple(
            rows(
                light="{switch} la luce {room}",
                dim="metti la luce {room} al {level} per cento",
                heat="riscaldamento a {warmth} gradi",
                wake="svegliami alle {hour} e {minute}",
                lamp="la {place} lampada lampeggia",
                door="apri la porta",
                ask="Aprire la porta?",
            )
        ),
        lists={
            **LISTS,
            "room": text_list(cucina="della cucina", salotto="del salotto", bagno="del bagno"),
            "switch": text_list(ON="accendi", OFF="spegni"),
        },
    ),
    "nl": CommandTable(
        language="nl",
        rows=tuple(
            rows(
                light="doe [het] licht {room} {switch}",
                dim="dim [het] licht {room} naar {level} procent",
                heat="verwarming op {warmth} graden",
                wake="maak me wakker om {hour} uur {minute}",
                lamp="de {place} lamp knippert",
                door="open de voordeur",
                ask="Voordeur openen?",
            )
        ),
        lists={
            **LISTS,
            "room": text_list(keuken="in de keuken", badkamer="in de badkamer", zolder="op zolder"),
            "switch": text_list(ON="aan", OFF="uit"),
        },
    ),
}


@lru_cache(maxsize=len(HOMES))
def nearest(language: str) -> PhoneticMatcher:
    """Return the nearest sound of the home in `language`, as espeak-ng speaks it."""
    automaton = compile_table(HOMES[language])
    voice = Espeak("fr-fr" if language == "fr" else language)
    return PhoneticMatcher(automaton, normaliser(language), voice)


def speaker(language: str) -> Speaker:
    at_home = Speaker(HOMES[language])
    at_home.interpreter = Interpreter(HOMES[language], phonetic=nearest(language))
    return at_home


SAID = {
    "de": [
        ("Dimme das Licht in der Küche auf fünfundzwanzig Prozent.", ["dim/kueche = 25"]),
        ("dimme Licht in der Kueche auf 50%", ["dim/kueche = 50"]),
        ("Heizung auf einundzwanzig Grad", ["heat = 21"]),
        ("Heizung auf 21,5 °C", ["heat = 21.5"]),
        ("Heizung auf zwanzigeinhalb Grad", ["heat = 20.5"]),
        ("Heizung auf 20,3 Grad", []),
        ("Weck mich um halb acht", ["wake = 7:30"]),
        ("Weck mich um 7.30 Uhr", ["wake = 7:30"]),
        ("Weck mich um zehn vor acht", ["wake = 7:50"]),
        ("Die dritte Lampe blinkt", ["lamp = 3"]),
        ("Die 3. Lampe blinkt", ["lamp = 3"]),
        ("Schalte das Licht im Bad ein und dimme das Licht im Keller auf zwo Prozent",
         ["light/bad = ON", "dim/keller = 2"]),
        ("Schalte das Licht im Bat ein", ["light/bad = ON"]),
    ],
    "fr": [
        ("Règle la lumière du salon à quatre-vingt-dix pour cent.", ["dim/salon = 90"]),
        ("règle la lumière de la cave à nonante %", ["dim/cave = 90"]),
        ("Chauffage à vingt et un degrés", ["heat = 21"]),
        ("Chauffage à 21,5 °C", ["heat = 21.5"]),
        ("chauffage à vingt degrés et demi", ["heat = 20.5"]),
        ("chauffage à 20,3 degrés", []),
        ("Réveille-moi à sept heures et demie", ["wake = 7:30"]),
        ("Réveille-moi à 7h30", ["wake = 7:30"]),
        ("Réveille-moi à huit heures moins dix", ["wake = 7:50"]),
        ("La première lampe clignote", ["lamp = 1"]),
        ("La 2ème lampe clignote", ["lamp = 2"]),
        ("Allume la lumière du salon et éteins la lumière de la cave",
         ["light/salon = ON", "light/cave = OFF"]),
        ("Allume la lumière du salons", ["light/salon = ON"]),
    ],
    "es": [
        ("Pon la luz de la cocina al treinta y cinco por ciento.", ["dim/cocina = 35"]),
        ("pon la luz del salon al 50 %", ["dim/salon = 50"]),
        ("pon la luz del salón al 50 %", ["dim/salon = 50"]),
        ("Calefacción a veintiún grados", ["heat = 21"]),
        ("Calefacción a 21,5 °C", ["heat = 21.5"]),
        ("calefacción a veinte grados y medio", ["heat = 20.5"]),
        ("calefacción a 20,3 grados", []),
        ("Despiértame a las siete y media", ["wake = 7:30"]),
        ("Despiértame a las 7.30", ["wake = 7:30"]),
        ("Despiértame a las ocho menos diez", ["wake = 7:50"]),
        ("La tercera lámpara parpadea", ["lamp = 3"]),
        ("La 3a lámpara parpadea", ["lamp = 3"]),
        ("Enciende la luz del baño y apaga la luz de la cocina",
         ["light/bano = ON", "light/cocina = OFF"]),
        ("Enciende la luz del vaño", ["light/bano = ON"]),
    ],
    "it": [
        ("Metti la luce della cucina al novantanove per cento.", ["dim/cucina = 99"]),
        ("metti la luce del bagno al 50 %", ["dim/bagno = 50"]),
        ("Riscaldamento a ventuno gradi", ["heat = 21"]),
        ("Riscaldamento a 21,5 °C", ["heat = 21.5"]),
        ("riscaldamento a venti gradi e mezzo", ["heat = 20.5"]),
        ("riscaldamento a 20,3 gradi", []),
        ("Svegliami alle sette e mezzo", ["wake = 7:30"]),
        ("Svegliami alle 7.30", ["wake = 7:30"]),
        ("Svegliami alle otto meno dieci", ["wake = 7:50"]),
        ("La terza lampada lampeggia", ["lamp = 3"]),
        ("La 3a lampada lampeggia", ["lamp = 3"]),
        ("Accendi la luce del bagno e spegni la luce della cucina",
         ["light/bagno = ON", "light/cucina = OFF"]),
        ("Accendi la luce della cuccina", ["light/cucina = ON"]),
    ],
    "nl": [
        ("Dim het licht in de keuken naar vijfentwintig procent.", ["dim/keuken = 25"]),
        ("dim licht op zolder naar 50%", ["dim/zolder = 50"]),
        ("Verwarming op eenentwintig graden", ["heat = 21"]),
        ("Verwarming op 21,5 °C", ["heat = 21.5"]),
        ("verwarming op twintig en een halve graad", ["heat = 20.5"]),
        ("verwarming op 20,3 graden", []),
        ("Maak me wakker om half acht", ["wake = 7:30"]),
        ("Maak me wakker om 7.30 uur", ["wake = 7:30"]),
        ("Maak me wakker om tien voor acht", ["wake = 7:50"]),
        ("De derde lamp knippert", ["lamp = 3"]),
        ("De 3e lamp knippert", ["lamp = 3"]),
        ("Doe het licht op zolder aan en dim het licht in de keuken naar twee procent",
         ["light/zolder = ON", "dim/keuken = 2"]),
        ("Doe het licht in de keuke aan", ["light/keuken = ON"]),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("language", "heard", "expected"),
    [(language, *said) for language, all_said in SAID.items() for said in all_said],
)
def test_what_is_said_is_published(language: str, heard: str, expected: list[str]) -> None:
    assert published(speaker(language).says(heard)) == expected


CONSENT = {
    "de": ("Öffne die Haustür!", "Haustür öffnen?", "ja bitte", "nein danke", "vergiss es"),
    "fr": ("Ouvre la porte.", "Ouvrir la porte ?", "oui", "non merci", "laisse tomber"),
    "es": ("Abre la puerta.", "¿Abrir la puerta?", "sí por favor", "no gracias", "olvídalo"),
    "it": ("Apri la porta.", "Aprire la porta?", "va bene", "no grazie", "lascia perdere"),
    "nl": ("Open de voordeur.", "Voordeur openen?", "doe maar", "nee dank je", "laat maar"),
}


@pytest.mark.parametrize("language", CONSENT)
def test_the_door_opens_only_with_consent(language: str) -> None:
    command, asked, yes, *refusals = CONSENT[language]
    for answer, opened in ((yes, ["door = open"]), *((no, []) for no in refusals)):
        at_home = speaker(language)
        assert question(at_home.says(command)) == asked
        assert published(at_home.says(answer)) == opened
        assert published(at_home.says(yes)) == []


ANSWERS = {
    "de": (["ja klar", "ja gerne", "ja, mach das"], ["nein, lieber nicht", "auf keinen Fall"]),
    "fr": (["oui vas-y", "oui oui", "bien sûr"], ["non non", "surtout pas", "bien sûr que non"]),
    "es": (["claro que sí", "sí, adelante"], ["mejor no", "claro que no", "de ninguna manera"]),
    "it": (["certo che sì", "sì, fallo"], ["meglio di no", "no no", "non farlo"]),
    "nl": (["ja graag", "ja, doe maar"], ["liever niet", "nee nee", "geen sprake van"]),
}


@pytest.mark.parametrize("language", ANSWERS)
def test_consent_is_repeated_and_refusal_comes_in_many_words(language: str) -> None:
    command, _, yes, *_ = CONSENT[language]
    for answers, opened in zip(ANSWERS[language], (["door = open"], []), strict=True):
        for answer in answers:
            at_home = speaker(language)
            at_home.says(command)
            assert published(at_home.says(answer)) == opened, answer
            assert published(at_home.says(yes)) == [], answer


@pytest.mark.parametrize(
    ("code", "table", "heard"),
    [
        ("ar", "شغّل الضّوء", "شغل الضوء"), ("ar", "أطفئ الإنارة على", "اطفئ الانارة علي"),
        ("fa", "چراغ آشپزخانه کی", "چراغ آشپزخانه كي"), ("he", "הַדְלֵק", "הדלק"),
    ],
)  # fmt: skip
def test_letters_are_the_same_however_they_are_written(code: str, table: str, heard: str) -> None:
    words = normaliser(code)
    assert words.keys(table) == words.keys(heard)


@pytest.mark.parametrize(
    ("code", "written", "said"),
    [
        ("zh", "50%", ["百", "分", "之", "50"]), ("tr", "50%", ["%", "50"]),
        ("vi", "50%", ["50", "phần", "trăm"]),
    ],
)  # fmt: skip
def test_a_percent_sign_is_said_as_the_language_says_it(
    code: str, written: str, said: list[str]
) -> None:
    lattice = normaliser(code).lattice(written)
    found = [(0, list[str]())]
    for at, keys in found:
        found += [(arc.end, [*keys, arc.key]) for arc in lattice.arcs[at] if len(keys) < 5]
    assert said in [keys for at, keys in found if at == lattice.end]


def test_the_word_for_percent_is_the_sign() -> None:
    assert normaliser("ru").keys("50 процентов") == normaliser("ru").keys("50%")


def test_tens_have_two_cases_in_arabic() -> None:
    assert normaliser("ar").keys("خمسين") == normaliser("ar").keys("خمسون") == ["50"]
