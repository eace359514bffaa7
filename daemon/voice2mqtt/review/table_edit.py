"""What a review changes in the text of a command table; its comments and its shape stay."""

from collections.abc import Sequence

from voice2mqtt.core.decision import Message
from voice2mqtt.core.jsontext import read_json
from voice2mqtt.nlu.grammar.compiler import escape
from voice2mqtt.nlu.grammar.table import CommandTable, Json, TextList
from voice2mqtt.review.alias import Alias, NewWord
from voice2mqtt.settings.table.table_reader import NOTHING
from voice2mqtt.settings.yaml.edit import has, with_item, with_key, with_value
from voice2mqtt.settings.yaml.writer import inline


def with_alias(text: str, table: CommandTable, alias: Alias) -> str:
    """Return `text`, which describes `table`, with `alias` in it.

    Raises:
        SettingsError: `text` is not what `table` was read from.
    """
    for word in alias.words:
        text = _with_word(text, table, word)
    return _with_template(text, table, alias) if alias.template else text


def with_row(text: str, say: str, messages: Sequence[Message]) -> str:
    """Return `text` with a new last row: the words `say` publish `messages`.

    Raises:
        SettingsError: it has no rows yet.
    """
    publish: list[Json] = [_message(message) for message in messages]
    row: dict[str, Json] = {"say": escape(say)}
    if len(publish) == 1 and isinstance(publish[0], dict):
        row |= publish[0]
    else:
        row["publish"] = publish
    return with_item(text, ("commands",), row)


def with_test(text: str, hear: str) -> str:
    """Return `text` with a test that hearing this publishes nothing."""
    test: Json = {"hear": hear, "publish": NOTHING}
    if has(text, ("tests",)):
        return with_item(text, ("tests",), test)
    return f"{text.rstrip()}\n\ntests:\n  - {inline(test)}\n"


def _with_template(text: str, table: CommandTable, alias: Alias) -> str:
    row, path = table.rows[alias.row], ("commands", alias.row)
    if not row.also_heard_as:
        return with_key(text, path, "say", "also_heard_as", alias.template)
    key = (*path, "also_heard_as")
    if has(text, (*key, 0)):
        return with_item(text, key, alias.template)
    return with_value(text, key, [*row.also_heard_as, alias.template])


def _with_word(text: str, table: CommandTable, word: NewWord) -> str:
    values = table.lists[word.list_name]
    assert isinstance(values, TextList)
    value = values.values[word.value]
    lists = ("lists", word.list_name)
    path = (*lists, "values") if has(text, (*lists, "values")) else lists
    item = (*path, word.value)
    spoken = f"{_inner(value.spoken)}|{escape(word.words)}"
    if has(text, (*item, "in")):
        return with_value(text, (*item, "in"), f"({spoken})")
    return with_value(text, item, {"in": f"({spoken})", "out": value.out})


def _inner(template: str) -> str:
    """Return the alternatives of `template` without the brackets around all of them."""
    whole = template.startswith("(") and template.endswith(")")
    inner = template[1:-1]
    return inner if whole and not {"(", ")", "\\", ";"} & set(inner) else template


def _message(message: Message) -> dict[str, Json]:
    described: dict[str, Json] = {"topic": message.topic, "payload": _payload(message.payload)}
    if message.qos:
        described["qos"] = message.qos
    if message.retain:
        described["retain"] = True
    if message.after_s:
        described["after_s"] = message.after_s
    return described


def _payload(payload: str) -> Json:
    """Return a JSON object as a mapping, which a person reads more easily."""
    try:
        value = read_json(payload) if payload.startswith("{") else payload
    except ValueError:
        return payload
    return value if isinstance(value, dict) else payload
