"""The cheat sheet: what can be said, as Markdown or as an HTML page to print."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from string import Template

from voice2mqtt.languages.language import CheatSheetWords, language_named
from voice2mqtt.nlu.grammar.table import (
    CommandTable,
    DurationList,
    RangeList,
    Row,
    SlotList,
    TextList,
    WildcardList,
)
from voice2mqtt.nlu.grammar.template import (
    Alternative,
    Permutation,
    RuleReference,
    Sequence,
    SlotReference,
    TemplateNode,
    Text,
    parse,
)

_MAX_INLINE_VALUES = 3
"""A list with more values is printed by name and explained at the end."""


@dataclass(frozen=True, slots=True)
class _Style:
    """How the parts of a sentence are rendered."""

    plain: Callable[[str], str]
    optional: Callable[[str], str]
    """A part that may be left out."""
    slot: Callable[[str], str]
    """The name of a list."""
    choice: Callable[[list[str]], str]
    """Alternatives, with visible ends."""


_MARKDOWN = _Style(
    plain=lambda text: "".join(f"\\{sign}" if sign in "\\*_`[]<>|#" else sign for sign in text),
    optional=lambda text: f"({text})",
    slot=lambda name: f"**{name}**",
    choice=lambda said: (
        f"‹{' / '.join(said)}›" if any(" " in words for words in said) else "/".join(said)
    ),
)
_HTML = _Style(
    plain=escape,
    optional=lambda text: f"<i>{text}</i>",
    slot=lambda name: f"<b>{escape(name)}</b>",
    choice=lambda said: f"<u>{'<s>/</s>'.join(said)}</u>",
)


@dataclass
class _Writer:
    lists: Mapping[str, SlotList]
    rules: Mapping[str, str]
    style: _Style
    named: dict[str, str] = field(default_factory=dict)
    """Values by the name of each list that the sentences refer to."""

    def sentence(self, template: str) -> str:
        return " ".join(self._render(parse(template)).split())

    def _render(self, node: TemplateNode) -> str:
        match node:
            case Text(text=text):
                return self.style.plain(text)
            case Sequence(items=items):
                return "".join(map(self._render, items))
            case Permutation(items=items):
                return " ".join(map(self._render, items))
            case RuleReference(rule=rule):
                return self._render(parse(self.rules[rule]))
            case Alternative(items=items):
                return self._alternative([self._render(item) for item in items])
            case SlotReference(slot=slot, source=source):
                found = self.lists[source] if isinstance(source, str) else source
                return self._slot(source if isinstance(source, str) else slot, found)

    def _alternative(self, items: list[str]) -> str:
        said = [words for item in items if (words := item.strip())]
        choice = self.style.choice(said) if len(said) > 1 else said[0]
        shown = choice if len(said) == len(items) else self.style.optional(choice)
        before = " " * any(item[:1].isspace() for item in items)
        after = " " * any(item[-1:].isspace() for item in items)
        return f"{before}{shown}{after}"

    def _slot(self, name: str, source: SlotList) -> str:
        match source:
            case RangeList():
                return _range(source)
            case TextList(values=values):
                said = [self.sentence(value.spoken) for value in values]
                if len(said) <= _MAX_INLINE_VALUES:
                    return self.style.choice(said)
                self.named[name] = ", ".join(said)
                return self.style.slot(name)
            case DurationList():
                return self.style.slot(name)
            case WildcardList():
                return self.style.slot(f"{name} …")


def _range(source: RangeList) -> str:
    """Return the range as text: 0–100, or 10, 20 … 100."""
    if source.step == 1:
        return f"{source.lowest}–{source.highest}"
    steps = range(source.lowest, source.highest + 1, source.step)
    if len(steps) <= _MAX_INLINE_VALUES:
        return ", ".join(map(str, steps))
    return f"{steps[0]}, {steps[1]} … {steps[-1]}"


def markdown(table: CommandTable, wake_phrases: tuple[str, ...] = ()) -> str:
    """Return the cheat sheet as Markdown."""
    writer = _Writer(table.lists, table.rules, _MARKDOWN)
    words = language_named(table.language).cheat_sheet
    begin = f"{_begin(wake_phrases, words)} " if wake_phrases else ""
    lines = [f"# {words.title}", "", f"{begin}{words.brackets}", ""]
    for row in table.rows:
        notes = f" ({_notes(row, words)})" if _notes(row, words) else ""
        said = [writer.sentence(template) for template in row.say]
        lines.append(f"- {'; '.join(said)}{notes}")
    if writer.named:
        lines += ["", f"## {words.words}", ""]
        lines += [f"- **{name}**: {values}" for name, values in writer.named.items()]
    return "\n".join(lines) + "\n"


def html(table: CommandTable, wake_phrases: tuple[str, ...] = ()) -> str:
    """Return the cheat sheet as a page that needs no other file, made to be printed."""
    writer = _Writer(table.lists, table.rules, _HTML)
    words = language_named(table.language).cheat_sheet
    rows = "\n".join(_html_row(row, writer, words) for row in table.rows)
    lists = "\n".join(
        f"<dt>{escape(name)}</dt><dd>{values}</dd>" for name, values in writer.named.items()
    )
    return _PAGE.substitute(
        language=escape(table.language),
        title=escape(words.title),
        begin=escape(_begin(wake_phrases, words)) if wake_phrases else "",
        grey=words.grey,
        rows=rows,
        words=f"<h2>{words.words}</h2>\n<dl>\n{lists}\n</dl>" if lists else "",
    )


def _html_row(row: Row, writer: _Writer, words: CheatSheetWords) -> str:
    said = "".join(f"<li>{writer.sentence(template)}</li>" for template in row.say)
    title = "" if row.name in row.say else f"<h3>{escape(row.name)}</h3>"
    notes = f"<p>{escape(_notes(row, words))}</p>" if _notes(row, words) else ""
    return f"<section>{title}<ul>{said}</ul>{notes}</section>"


def _begin(wake_phrases: tuple[str, ...], words: CheatSheetWords) -> str:
    quoted = (f"“{phrase}”" for phrase in wake_phrases)
    return words.begin.format(f" {words.either} ".join(quoted))


def _notes(row: Row, words: CheatSheetWords) -> str:
    notes: list[str] = []
    if len(row.days) < len(words.days):
        notes.append(_days(sorted(row.days), words))
    if row.between:
        hours = (f"{minute // 60:02}:{minute % 60:02}" for minute in row.between)
        notes.append(f" {words.until} ".join(hours))
    if row.confirm:
        notes.append(words.asks)
    if not row.wake:
        notes.append(words.unwoken)
    return ", ".join(notes)


def _days(days: list[int], words: CheatSheetWords) -> str:
    names = [words.days[day] for day in days]
    together = days[-1] - days[0] == len(days) - 1 > 1
    return f"{names[0]} {words.until} {names[-1]}" if together else ", ".join(names)


_PAGE = Template("""<!doctype html>
<html lang="$language">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>$title</title>
<style>
  @page { size: A4; margin: 14mm }
  body { font: 15px/1.45 system-ui, sans-serif; color: #1b1b1b; max-width: 62em;
         margin: 2em auto; padding: 0 1em }
  h1 { font-size: 1.7em; margin: 0 0 .6em }
  h2 { font-size: 1.1em; margin: 1.4em 0 .4em }
  h3 { font-size: .75em; margin: 0; color: #666; letter-spacing: .06em;
       text-transform: uppercase }
  main { columns: 2 22em; column-gap: 2.5em }
  section { break-inside: avoid; padding: .45em 0; border-bottom: 1px solid #ddd }
  ul { list-style: none; margin: 0; padding: 0 }
  section p { margin: 0; font-size: .85em; color: #8a4b00 }
  i { font-style: normal; color: #767676 }
  b { font-weight: 600; background: #eef3fb; border-radius: .25em; padding: 0 .25em }
  u { text-decoration: underline dotted #b5b5b5; text-underline-offset: .3em }
  s { text-decoration: none; color: #767676; padding: 0 .25em }
  dl { display: grid; grid-template-columns: max-content 1fr; gap: .25em 1em; margin: 0 }
  dt { font-weight: 600 }
  dd { margin: 0 }
  @media print { body { font-size: 10.5pt; margin: 0; padding: 0; max-width: none } }
</style>
<h1>$title</h1>
<p>$begin $grey</p>
<main>
$rows
</main>
$words
</html>
""")
