"""What CLDR does not know about a language: symbols, halves, clock, consent.

A language without an entry has English consent words, and its own (`consent.py`), and no symbols.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from voice2mqtt.languages.consent import CONSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """The words of one language. Where it says template, hassil's brackets may be used."""

    decimal_comma: bool = True
    symbols: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Sign to the words it is read as."""
    parts: Mapping[str, float] = field(default_factory=dict)
    """Said after a number for so much more."""
    fractions: Mapping[str, float] = field(default_factory=dict)
    """What is said for a part of one; with an article before it, it is no more than that."""
    fraction_articles: tuple[str, ...] = ()
    """May stand before a fraction, and is no one there."""
    fraction_links: tuple[str, ...] = ()
    """May stand between a fraction and its unit: "half an hour"."""
    cents: tuple[str, ...] = ()
    """The hundredths of any currency."""
    respelled: tuple[tuple[str, str], ...] = ()
    """(regular expression, replacement): further ways to write CLDR's number words."""
    kin: tuple[str, ...] = ()
    """Languages whose small numbers are understood as well."""
    further_numbers: Mapping[str, float] = field(default_factory=dict)
    further_ordinals: Mapping[str, float] = field(default_factory=dict)
    ones: tuple[str, ...] = ()
    """What is one of its kind, with an article that is no number otherwise."""
    number_joint: str = ""
    """May stand within a number: "one thousand and one"."""
    points: tuple[str, ...] = ()
    """Further words for the decimal point."""
    zeros: tuple[str, ...] = ()
    """Further words for 0 in a row of digits."""
    years_in_pairs: bool = False
    """Whether "nineteen ninety nine" is 1999."""
    homophones: tuple[tuple[str, str], ...] = ()
    """(word, digits): heard before a number, the word may be written as these digits."""
    blends: Mapping[str, Mapping[float, int]] = field(default_factory=dict)
    """Word to the numbers that sound like it and another number: "for ten" is near fourteen."""
    ones_like: Mapping[str, int] = field(default_factory=dict)
    """Article of `ones` to the number that it sounds like: "a minute" is near "eight minutes"."""
    ordinal_endings: tuple[str, ...] = ()
    """What follows the digits of an ordinal: the "st" of "1st"."""
    ordinal_point: bool = False
    """Whether "3." before a word is the third."""
    alike: tuple[tuple[str, str], ...] = ()
    """(regular expression, replacement): letters that are written in two ways."""
    articles: tuple[str, ...] = ()
    """Those that are no numbers; however they sound, none is one."""
    elided: str = ""
    """Regular expression: what an apostrophe joins to the next word, even over a space."""
    hours: Mapping[str, int] = field(default_factory=dict)
    """Hours that have names."""
    clock: tuple[tuple[int, tuple[str, ...]], ...] = ()
    """(minute, how it is said): `{h}` is the hour, `{n}` the hour to come, `{t}` both in digits;
    `{m}` are minutes more, `{d}` less than ten more, `{l}` minutes less."""
    yes: str = (
        "(yes|yeah|yep|yup|sure|okay|ok|of course|absolutely|definitely|please|please do|do it"
        "|do that|go ahead) [please]"
    )
    """Template; may be said several times: "yes, go ahead"."""
    no: str = "(no|nope|nah) [(thanks|thank you)]"
    """Template."""
    cancel: str = "(no |)(cancel|never mind|nevermind|stop|forget it|leave it) [(that|it|please)]"
    """Template."""
    negations: str = "not|don't|dont|never|neither|nor|none|nothing|won't|can't|cannot|shouldn't"
    """Further words of refusal, as a template of single words; no consent contains one."""
    fillers: str = (
        "the a an in at to of for my one ones it that this please just only i i'm said say mean "
        "meant want i'd like it's make take uh um er oh well"
    )
    """Words that may stand beside the name of what is chosen."""
    joints: tuple[str, ...] = ("and then", "and", "then")
    """Between two commands in one breath."""
    disjunction: str = "or"
    """Between two things to choose from."""
    invitation: str = "Yes?"
    """Said when nothing but the wake phrase was heard."""


_ENGLISH = Language(
    decimal_comma=False,
    articles=("a", "an", "the"),
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
    parts={"and a half": 0.5, "and one half": 0.5, "and a quarter": 0.25,
           "and three quarters": 0.75},
    fractions={"half": 0.5, "quarter": 0.25, "three quarters": 0.75},
    fraction_articles=("a", "an", "one", "the"),
    fraction_links=("a", "an", "of a", "of an"),
    cents=("cents", "cent", "pence", "p"),
    ones=("a second", "a minute", "an hour", "a day", "a week", "a month", "a year", "a degree"),
    number_joint="and",
    zeros=("oh", "o"),
    years_in_pairs=True,
    homophones=(("for", "4"), ("fore", "4"), ("to", "2"), ("too", "2"), ("ate", "8")),
    blends={"for": {14: 10, **{40 + digit: digit for digit in range(1, 10)}, 400: 100}},
    ones_like={"a": 8},
    respelled=((r"^one (hundred|thousand|million)", r"a \1"),),
    ordinal_endings=("st", "nd", "rd", "th"),
    hours={"noon": 12, "midday": 12, "midnight": 0},
    clock=(
        (0, ("{h} o'clock", "{h} oh {d}", "{h} o {d}", "{m} past {h}",
             "{m} minutes past {h}", "{m} after {h}")),
        (15, ("quarter past {h}", "a quarter past {h}", "quarter after {h}")),
        (30, ("half past {h}", "half {h}")),
        (45, ("quarter to {n}", "a quarter to {n}", "quarter of {n}")),
        (60, ("{l} to {n}", "{l} minutes to {n}", "{l} till {n}", "{l} before {n}")),
    ),
)  # fmt: skip

_GERMAN = Language(
    articles=("der", "die", "das", "dem", "den", "des"),
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
    parts={"einhalb": 0.5, "und ein halb": 0.5, "ein halb": 0.5, "und ein halbes": 0.5,
           "ein viertel": 0.25, "einviertel": 0.25, "dreiviertel": 0.75, "drei viertel": 0.75},
    fractions={**dict.fromkeys(("halb", "halbe", "halben", "halber", "halbes", "halbem"), 0.5),
               "viertel": 0.25,
               **dict.fromkeys(("dreiviertel", "drei viertel"), 0.75)},
    fraction_articles=("ein", "eine", "einen", "einem", "einer", "eines"),
    cents=("cent", "cents"),
    number_joint="und",
    homophones=(("für", "4"),),
    blends={"für": {14: 10, 400: 100}},
    respelled=((r"^ein(hundert|tausend)", r"\1"), ("dreißig", "dreissig"), ("ß", "ss"),
               ("zwei", "zwo")),
    further_numbers={"anderthalb": 1.5},
    ordinal_endings=("te", "ten", "ter", "tes"),
    ordinal_point=True,
    alike=(("ae", "ä"), ("oe", "ö"), ("(?<!q)ue", "ü")),
    hours={"mittag": 12, "mitternacht": 0},
    clock=(
        (0, ("{h} uhr", "{t} uhr", "{h} uhr {m}", "{m} nach {h}", "{m} minuten nach {h}")),
        (15, ("viertel nach {h}", "viertel {n}")),
        (30, ("halb {n}", "{l} vor halb {n}", "{m} nach halb {n}")),
        (45, ("viertel vor {n}", "dreiviertel {n}", "drei viertel {n}")),
        (60, ("{l} vor {n}", "{l} minuten vor {n}")),
    ),
    yes="(ja|jawohl|jo|klar|na klar|okay|ok|gern|gerne|sicher|natürlich|auf jeden fall|unbedingt"
        "|mach das|mach es|tu das|bitte) [bitte]",
    no="(nein|nee|nö) [danke]",
    cancel="(nein |)(abbrechen|abbruch|vergiss es|lass es|stopp|stop|lass [das] (sein|gut sein))",
    negations="nicht|kein|keine|keinen|keiner|keines|keinem|nie|niemals|nichts|weder",
    fillers="der die das den dem des im in am an auf ins zum zur vom von ein eine einen bitte nur "
            "ich meine meinte will möchte sagte hab gesagt also eben äh ähm",
    joints=("und dann", "und danach", "und", "dann", "danach"),
    disjunction="oder",
    invitation="Ja?",
)  # fmt: skip

_FRENCH = Language(
    articles=("le", "la", "les", "du", "des", "au", "aux"),
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
    parts={"et demi": 0.5, "et demie": 0.5, "et quart": 0.25, "et un quart": 0.25,
           "et trois quarts": 0.75},
    fractions={"demi": 0.5, "demie": 0.5, "quart": 0.25, "trois quarts": 0.75},
    fraction_articles=("un", "une"),
    fraction_links=("d", "de"),
    cents=("centimes", "centime", "cents"),
    kin=("fr", "fr-CH"),
    homophones=(("de", "2"), ("d", "2"), ("cet", "7"), ("cette", "7"), ("sans", "100")),
    blends={"de": {200: 100}},
    further_ordinals={"second": 2, "seconde": 2},
    respelled=((r"\b(vingt|cent)s$", r"\1"), ("huitante", "octante")),
    elided="[cdjlmnst]|qu|jusqu|lorsqu|puisqu",
    ordinal_endings=("er", "re", "e", "ère", "ere", "ème", "eme", "ième", "ieme", "nd", "nde"),
    hours={"midi": 12, "minuit": 0},
    clock=(
        (0, ("{h} heures", "{h} heure", "{h} h", "{h} h {m}", "{h} heures {m}", "{h} heure {m}",
             "{h} et {m}")),
        (15, ("{h} heures et quart", "{h} heure et quart", "{h} et quart",
              "{h} heures et un quart", "{h} heure et un quart", "{h} et un quart")),
        (30, ("{h} heures et demie", "{h} heure et demie", "{h} et demie", "{h} et demi")),
        (45, ("{n} heures moins le quart", "{n} heure moins le quart", "{n} moins le quart")),
        (60, ("{n} heures moins {l}", "{n} heure moins {l}", "{n} moins {l}")),
    ),
    yes="(oui|ouais|d'accord|ok|okay|vas-y|allez-y|bien sûr|volontiers|absolument|fais-le"
        "|faites-le) [(s'il te plaît|s'il vous plaît)]",
    no="non [merci]",
    cancel="(non |)(annule|annuler|laisse tomber|laisse|oublie|stop) [(ça|cela)]",
    negations="pas|jamais|aucun|aucune|ni|rien|arrête|arrêtez",
    fillers="le la les un une du de des au aux à dans en sur ce c'est celui celle s'il te "
            "vous plaît je veux voudrais dis disais ai dit plutôt euh",
    joints=("et puis", "et ensuite", "et", "puis", "ensuite"),
    disjunction="ou",
    invitation="Oui ?",
)  # fmt: skip

_SPANISH = Language(
    articles=("el", "la", "los", "las", "unos", "unas", "del", "al"),
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
    parts={"y medio": 0.5, "y media": 0.5, "y cuarto": 0.25, "y un cuarto": 0.25},
    fractions={"medio": 0.5, "media": 0.5, "cuarto": 0.25, "tres cuartos": 0.75},
    fraction_articles=("un", "una", "uno"),
    fraction_links=("de",),
    cents=("céntimos", "céntimo", "centavos", "centavo"),
    points=("punto",),
    homophones=(("tras", "3"),),
    ordinal_endings=("o", "a", "er", "os", "as"),
    hours={"mediodía": 12, "medianoche": 0},
    clock=(
        (0, ("{h} en punto", "{h} y {m}", "{h} horas", "{t} horas")),
        (15, ("{h} y cuarto", "{h} y un cuarto")),
        (30, ("{h} y media",)),
        (45, ("{n} menos cuarto", "cuarto para las {n}")),
        (60, ("{n} menos {l}", "{l} para las {n}")),
    ),
    yes="(sí|si|vale|claro|claro que sí|por supuesto|desde luego|de acuerdo|ok|okay|adelante"
        "|hazlo) [por favor]",
    no="no [gracias]",
    cancel="(no |)(cancela|cancelar|olvídalo|déjalo|para) [(eso|por favor)]",
    negations="nunca|jamás|tampoco|ni|nada|ninguno|ninguna|ningún",
    fillers="el la los las lo un una del de al a en por favor quiero digo dije quería decir "
            "solo eh es",
    joints=("y luego", "y después", "y", "luego", "después"),
    disjunction="o",
    invitation="¿Sí?",
)  # fmt: skip

_ITALIAN = Language(
    articles=("il", "lo", "la", "i", "gli", "le", "dei", "degli", "delle"),
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
    parts={"e mezzo": 0.5, "e mezza": 0.5, "e un quarto": 0.25, "e tre quarti": 0.75},
    fractions={"mezzo": 0.5, "mezza": 0.5, "mezz": 0.5, "quarto": 0.25, "tre quarti": 0.75},
    fraction_articles=("un", "una", "uno"),
    fraction_links=("d", "di"),
    cents=("centesimi", "centesimo", "cent"),
    elided="[cdlmnstv]|[dns]?all|[dns]ell|coll|sull|quell|un|quest|bell|mezz",
    homophones=(("tra", "3"),),
    respelled=(("tré$", "tre"),),
    ordinal_endings=("o", "a"),
    hours={"mezzogiorno": 12, "mezzanotte": 0},
    clock=(
        (0, ("{h} in punto", "{h} e {m}")),
        (15, ("{h} e un quarto",)),
        (30, ("{h} e mezza", "{h} e mezzo")),
        (45, ("{n} meno un quarto", "{h} e tre quarti")),
        (60, ("{n} meno {l}",)),
    ),
    yes="(sì|si|certo|certo che sì|certamente|va bene|d'accordo|ok|okay|fallo|fai pure|vai"
        "|volentieri|assolutamente sì) [(grazie|per favore)]",
    no="no [grazie]",
    cancel="(no |)(annulla|lascia (perdere|stare)|lascia|basta|ferma)",
    negations="non|mai|niente|nulla|neanche|nemmeno|nessuno|nessuna",
    fillers="il lo la i gli le un uno una del dello della nel nello nella di al alla a in per "
            "favore voglio vorrei dico ho detto volevo dire solo eh è",
    joints=("e poi", "e dopo", "e", "poi", "dopo"),
    disjunction="o",
    invitation="Sì?",
)  # fmt: skip

_DUTCH = Language(
    articles=("de", "het"),
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
    parts={"en een half": 0.5, "een half": 0.5, "en half": 0.5, "en een halve": 0.5,
           "een halve": 0.5, "en een kwart": 0.25},
    fractions={"half": 0.5, "halve": 0.5, "kwart": 0.25, "driekwart": 0.75, "drie kwart": 0.75},
    fraction_articles=("een",),
    cents=("cent", "cents"),
    number_joint="en",
    years_in_pairs=True,
    respelled=(("^een$", "één"), ("ë", "e")),
    further_numbers={"anderhalf": 1.5, "anderhalve": 1.5},
    ordinal_endings=("e", "ste", "de"),
    hours={"middernacht": 0},
    clock=(
        (0, ("{h} uur", "{t} uur", "{h} uur {m}", "{m} over {h}", "{m} minuten over {h}")),
        (15, ("kwart over {h}",)),
        (30, ("half {n}", "{l} voor half {n}", "{m} over half {n}")),
        (45, ("kwart voor {n}",)),
        (60, ("{l} voor {n}", "{l} minuten voor {n}")),
    ),
    yes="(ja|jawel|oké|ok|okay|graag|doe maar|doe het|ga je gang|natuurlijk|zeker|absoluut|prima"
        "|goed) [(graag|alsjeblieft|hoor)]",
    no="(nee|neen) [(bedankt|dank je|hoor)]",
    cancel="(nee |)(annuleer|annuleren|laat maar|vergeet het|stop) [maar]",
    negations="niet|geen|nooit|niks|niets|noch",
    fillers="de het een die dat dit in op van bij naar alleen alsjeblieft graag ik bedoel bedoelde "
            "zei wil maar eh uh",
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
    primary = primary_of(code)
    return _LANGUAGES.get(primary) or _consenting(*CONSENT.get(primary, ("", "", "")))


def primary_of(code: str) -> str:
    """Return the language of the tag `code` without region: "de" of "de-AT"."""
    return code.replace("_", "-").split("-")[0].lower()


def _consenting(yes: str, no: str, negations: str) -> Language:
    """Return a language of which only these are known, beside English consent."""
    if not yes:
        return Language()
    known = Language()
    return Language(
        yes=f"({yes}|{known.yes})",
        no=f"({no}|{known.no})",
        negations=f"{negations}|{known.negations}",
    )
