"""The few words of a cheat sheet, in the table's language."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetWords:
    """What a cheat sheet says beside the owner's own sentences."""

    title: str
    words: str
    """Heading of the lists."""
    begin: str
    """With the wake phrases in place of {}."""
    either: str
    """Between two of them."""
    brackets: str
    """What brackets and strokes mean in Markdown."""
    grey: str
    """The same of the page, whose words are grey or underlined."""
    asks: str
    unwoken: str
    until: str
    """Between two hours or days."""
    days: tuple[str, ...]


_ENGLISH = SheetWords(
    title="What you can say",
    words="Words",
    begin="Begin with {}.",
    either="or",
    brackets="Words (in brackets) may be left out; of words/with/strokes say one.",
    grey="<i>Grey words</i> may be left out; of <u>underlined<s>/</s>words</u> say one.",
    asks="asks first",
    unwoken="without the wake phrase",
    until="to",
    days=("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
)
_WORDS = {
    "en": _ENGLISH,
    "de": SheetWords(
        title="Was man sagen kann",
        words="Wörter",
        begin="Beginne mit {}.",
        either="oder",
        brackets="Wörter (in Klammern) können wegfallen; von Wörtern/mit/Strichen sage eines.",
        grey="<i>Graue Wörter</i> können wegfallen; von <u>unterstrichenen<s>/</s>Wörtern</u> "
        "sage eines.",
        asks="fragt erst nach",
        unwoken="ohne Aktivierungswort",
        until="bis",
        days=("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"),
    ),
    "fr": SheetWords(
        title="Ce qu'on peut dire",
        words="Mots",
        begin="Commencez par {}.",
        either="ou",
        brackets="Les mots (entre parenthèses) sont facultatifs ; de mots/avec/barres, "
        "dites-en un.",
        grey="<i>Les mots gris</i> sont facultatifs ; de mots <u>soulignés<s>/</s>ainsi</u>, "
        "dites-en un.",
        asks="demande d'abord",
        unwoken="sans le mot d'activation",
        until="à",
        days=("lun", "mar", "mer", "jeu", "ven", "sam", "dim"),
    ),
    "es": SheetWords(
        title="Qué se puede decir",
        words="Palabras",
        begin="Empiece con {}.",
        either="o",
        brackets="Las palabras (entre paréntesis) se pueden omitir; de palabras/con/barras, "
        "diga una.",
        grey="<i>Las palabras grises</i> se pueden omitir; de las <u>subrayadas<s>/</s>así</u>, "
        "diga una.",
        asks="pregunta antes",
        unwoken="sin la palabra de activación",
        until="a",
        days=("lun", "mar", "mié", "jue", "vie", "sáb", "dom"),
    ),
    "it": SheetWords(
        title="Che cosa si può dire",
        words="Parole",
        begin="Cominciare con {}.",
        either="o",
        brackets="Le parole (tra parentesi) si possono omettere; di parole/con/barre, dirne una.",
        grey="<i>Le parole grigie</i> si possono omettere; di quelle "
        "<u>sottolineate<s>/</s>così</u>, dirne una.",
        asks="prima chiede",
        unwoken="senza la parola di attivazione",
        until="a",
        days=("lun", "mar", "mer", "gio", "ven", "sab", "dom"),
    ),
    "nl": SheetWords(
        title="Wat je kunt zeggen",
        words="Woorden",
        begin="Begin met {}.",
        either="of",
        brackets="Woorden (tussen haakjes) mogen weg; zeg van woorden/met/strepen er één.",
        grey="<i>Grijze woorden</i> mogen weg; zeg van <u>onderstreepte<s>/</s>woorden</u> er één.",
        asks="vraagt eerst",
        unwoken="zonder het wekwoord",
        until="tot",
        days=("ma", "di", "wo", "do", "vr", "za", "zo"),
    ),
}


def sheet_words(language: str) -> SheetWords:
    """Return the words in `language` ("de", "de-AT"), else in English."""
    return _WORDS.get(language.replace("_", "-").split("-")[0].lower(), _ENGLISH)
