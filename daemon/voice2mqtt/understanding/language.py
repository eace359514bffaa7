"""What CLDR does not know about a language: symbols, halves, clock, consent.

A language without an entry gets English consent words and no symbols.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """The words of one language. Where it says template, hassil's brackets may be used."""

    decimal_comma: bool = True
    symbols: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Sign to the words it is read as."""
    halves: tuple[str, ...] = ()
    """Said after a number for .5 more."""
    respelled: tuple[tuple[str, str], ...] = ()
    """(regular expression, replacement): further ways to write CLDR's number words."""
    further_numbers: Mapping[str, float] = field(default_factory=dict)
    ordinal_endings: tuple[str, ...] = ()
    """What follows the digits of an ordinal: the "st" of "1st"."""
    ordinal_point: bool = False
    """Whether "3." before a word is the third."""
    clock: tuple[tuple[int, str], ...] = ()
    """(minute, how it is said); `{h}` is the hour, `{n}` the hour to come."""
    yes: str = "(yes|yeah|yep|yup|sure|okay|ok|please|please do|do it|go ahead) [please]"
    """Template."""
    no: str = "(no|nope|nah) [(thanks|thank you)]"
    """Template."""
    cancel: str = "(no |)(cancel|never mind|stop|forget it|leave it) [(that|it|please)]"
    """Template."""
    joints: tuple[str, ...] = ("and then", "and", "then")
    """Between two commands in one breath."""
    disjunction: str = "or"
    """Between two things to choose from."""
    invitation: str = "Yes?"
    """Said when nothing but the wake phrase was heard."""


_ENGLISH = Language(
    decimal_comma=False,
    symbols={
        "%": ("percent", "per cent"),
        "°": ("degrees", "degree"),
        "°c": ("degrees celsius", "degrees", "celsius"),
        "°f": ("degrees fahrenheit", "degrees", "fahrenheit"),
        "€": ("euros", "euro"),
        "$": ("dollars", "dollar"),
        "£": ("pounds", "pound"),
        "&": ("and",),
        "+": ("plus",),
        "\u2212": ("minus", "negative"),
    },
    halves=("and a half",),
    respelled=((r"^one (hundred|thousand)", r"a \1"),),
    ordinal_endings=("st", "nd", "rd", "th"),
    clock=((0, "{h} o'clock"), (15, "quarter past {h}"), (15, "a quarter past {h}"),
           (30, "half past {h}"), (45, "quarter to {n}"), (45, "a quarter to {n}")),
)  # fmt: skip

_GERMAN = Language(
    symbols={
        "%": ("prozent",),
        "°": ("grad",),
        "°c": ("grad celsius", "grad"),
        "€": ("euro",),
        "$": ("dollar",),
        "£": ("pfund",),
        "&": ("und",),
        "+": ("plus",),
        "\u2212": ("minus",),
    },
    halves=("einhalb", "und ein halb", "ein halb"),
    respelled=((r"^ein(hundert|tausend)", r"\1"), ("dreißig", "dreissig"), ("ß", "ss")),
    further_numbers={"anderthalb": 1.5},
    ordinal_endings=("te", "ten", "ter", "tes"),
    ordinal_point=True,
    clock=((0, "{h} uhr"), (15, "viertel nach {h}"), (30, "halb {n}"), (45, "viertel vor {n}"),
           (45, "dreiviertel {n}")),
    yes="(ja|jawohl|jo|klar|okay|ok|gerne|mach das|bitte) [bitte]",
    no="(nein|nee|nö) [danke]",
    cancel="(nein |)(abbrechen|abbruch|vergiss es|lass es|stopp|lass [das] (sein|gut sein))",
    joints=("und dann", "und danach", "und", "dann", "danach"),
    disjunction="oder",
    invitation="Ja?",
)  # fmt: skip

_FRENCH = Language(
    symbols={
        "%": ("pour cent", "pourcent", "pourcents"),
        "°": ("degrés", "degré"),
        "°c": ("degrés celsius", "degrés"),
        "€": ("euros", "euro"),
        "$": ("dollars", "dollar"),
        "£": ("livres", "livre"),
        "&": ("et",),
        "+": ("plus",),
        "\u2212": ("moins",),
    },
    halves=("et demi", "et demie"),
    respelled=((r"\b(vingt|cent)s$", r"\1"),),
    ordinal_endings=("er", "re", "e", "ème", "eme", "nd", "nde"),
    clock=((0, "{h} heures"), (0, "{h} heure"), (15, "{h} heures et quart"),
           (30, "{h} heures et demie"), (45, "{n} heures moins le quart")),
    yes="(oui|ouais|d'accord|ok|okay|vas-y|bien sûr|volontiers) [(s'il te plaît|s'il vous plaît)]",
    no="non [merci]",
    cancel="(non |)(annule|annuler|laisse tomber|laisse|oublie|stop) [(ça|cela)]",
    joints=("et puis", "et ensuite", "et", "puis", "ensuite"),
    disjunction="ou",
    invitation="Oui ?",
)  # fmt: skip

_SPANISH = Language(
    symbols={
        "%": ("por ciento", "porciento"),
        "°": ("grados", "grado"),
        "°c": ("grados celsius", "grados centígrados", "grados"),
        "€": ("euros", "euro"),
        "$": ("dólares", "dólar"),
        "£": ("libras", "libra"),
        "&": ("y",),
        "+": ("más",),
        "\u2212": ("menos",),
    },
    halves=("y medio", "y media"),
    ordinal_endings=("o", "a", "er", "os", "as"),
    clock=((0, "{h} en punto"), (15, "{h} y cuarto"), (30, "{h} y media"),
           (45, "{n} menos cuarto")),
    yes="(sí|si|vale|claro|de acuerdo|ok|okay|adelante|hazlo) [por favor]",
    no="no [gracias]",
    cancel="(no |)(cancela|cancelar|olvídalo|déjalo|para) [(eso|por favor)]",
    joints=("y luego", "y después", "y", "luego", "después"),
    disjunction="o",
    invitation="¿Sí?",
)  # fmt: skip

_ITALIAN = Language(
    symbols={
        "%": ("per cento", "percento"),
        "°": ("gradi", "grado"),
        "°c": ("gradi celsius", "gradi"),
        "€": ("euro",),
        "$": ("dollari", "dollaro"),
        "£": ("sterline", "sterlina"),
        "&": ("e",),
        "+": ("più",),
        "\u2212": ("meno",),
    },
    halves=("e mezzo", "e mezza"),
    respelled=(("tré$", "tre"),),
    ordinal_endings=("o", "a"),
    clock=((0, "{h} in punto"), (15, "{h} e un quarto"), (30, "{h} e mezza"),
           (45, "{n} meno un quarto")),
    yes="(sì|si|certo|va bene|d'accordo|ok|okay|fallo) [(grazie|per favore)]",
    no="no [grazie]",
    cancel="(no |)(annulla|lascia (perdere|stare)|lascia|basta|ferma)",
    joints=("e poi", "e dopo", "e", "poi", "dopo"),
    disjunction="o",
    invitation="Sì?",
)  # fmt: skip

_DUTCH = Language(
    symbols={
        "%": ("procent",),
        "°": ("graden", "graad"),
        "°c": ("graden celsius", "graden"),
        "€": ("euro",),
        "$": ("dollar",),
        "£": ("pond",),
        "&": ("en",),
        "+": ("plus",),
        "\u2212": ("min",),
    },
    halves=("en een half", "een half", "en half"),
    respelled=(("^een$", "één"), ("ë", "e")),
    further_numbers={"anderhalf": 1.5, "anderhalve": 1.5},
    ordinal_endings=("e", "ste", "de"),
    clock=((0, "{h} uur"), (15, "kwart over {h}"), (30, "half {n}"), (45, "kwart voor {n}")),
    yes="(ja|jawel|oké|ok|okay|graag|doe maar|prima|goed) [(graag|alsjeblieft|hoor)]",
    no="nee [(bedankt|dank je|hoor)]",
    cancel="(nee |)(annuleer|annuleren|laat maar|vergeet het|stop) [maar]",
    joints=("en dan", "en daarna", "en", "dan", "daarna"),
    disjunction="of",
    invitation="Ja?",
)  # fmt: skip

_LANGUAGES = {
    "en": _ENGLISH,
    "de": _GERMAN,
    "fr": _FRENCH,
    "es": _SPANISH,
    "it": _ITALIAN,
    "nl": _DUTCH,
}


def language_named(code: str) -> Language:
    """Return the words of the language `code` ("de", "de-AT")."""
    return _LANGUAGES.get(code.replace("_", "-").split("-")[0].lower(), Language())
