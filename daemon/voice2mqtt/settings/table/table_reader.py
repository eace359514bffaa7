"""Read `commands.yaml` as a `CommandTable`, with its tests."""

import json as json_text
from collections.abc import Mapping, Sequence
from dataclasses import replace

from voice2mqtt.languages.language import language_named, primary_of
from voice2mqtt.nlu.grammar.table import CommandTable, DurationList, SlotList, TableTest
from voice2mqtt.nlu.grammar.template import is_plain
from voice2mqtt.settings.table.list_reader import read_lists, read_rules
from voice2mqtt.settings.table.row_reader import WrittenRow, read_row
from voice2mqtt.settings.table.slot_use import check_slots
from voice2mqtt.settings.table.spoken_slots import TableGrammar
from voice2mqtt.settings.yaml import nodes
from voice2mqtt.settings.yaml.faults import Faults
from voice2mqtt.settings.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from voice2mqtt.settings.yaml.schema import Schema, read_keys

TABLE_KEYS = (
    "language", "lists", "rules", "expansion_rules", "skip_words", "commands", "tests",
)  # fmt: skip
NOTHING = "nothing"


def read_table(document: Node, faults: Faults, language: str = "en") -> CommandTable:
    """Return the table that `document` describes; `language` is used if it names none.

    Raises:
        FaultsError: Lists everything that is wrong.
    """
    table = nodes.mapping(document, TABLE_KEYS, "a command table", faults)
    if table is None:
        faults.raise_any()
        raise AssertionError
    lists = table.get("lists")
    named = table.get("language")
    language = (nodes.text(named, faults) if named else None) or language
    rows = _rows(table, faults, primary_of(language))
    rules = _rules(table, faults)
    names = [entry.key for entry in lists.entries] if isinstance(lists, MappingNode) else ()
    grammar = TableGrammar(names, rules, faults)
    for written in rows:
        check_slots(written, grammar, faults)
    read = CommandTable(
        rows=tuple(written.row for written in rows),
        lists=read_lists(lists, grammar, faults, language) if lists else {},
        rules={name: node.written for name, node in rules.items()},
        rule_places={name: node.place for name, node in rules.items()},
        skip_words=_skip_words(table.get("skip_words"), faults),
        language=language,
        tests=_tests(table.get("tests"), faults),
    )
    faults.raise_any()
    return replace(read, translations=_translations(read, rows, faults))


def _translations(
    read: CommandTable, rows: Sequence[WrittenRow], faults: Faults
) -> dict[str, CommandTable]:
    tags = dict.fromkeys(tag for written in rows for tag in written.said if tag)
    own = primary_of(read.language)
    return {
        tag: replace(
            read,
            rows=tuple(written.translated(tag, own, faults) for written in rows),
            lists=_said_in(read.lists, tag),
            language=primary_of(tag),
            tests=(),
        )
        for tag in tags
    }


def _said_in(lists: Mapping[str, SlotList], tag: str) -> Mapping[str, SlotList]:
    """Return `lists` with their durations in the language `tag`, if it has words for them."""
    if language_named(tag).durations is None:
        return lists
    return {
        name: replace(source, language=primary_of(tag))
        if isinstance(source, DurationList)
        else source
        for name, source in lists.items()
    }


def _rules(table: MappingNode, faults: Faults) -> dict[str, ScalarNode]:
    found: dict[str, ScalarNode] = {}
    for key in ("rules", "expansion_rules"):
        node = table.get(key)
        for name, template in (read_rules(node, faults) if node else {}).items():
            if name in found:
                line = found[name].place.line
                faults.add(
                    template.place, f"the rule {name} stands in line {line} too", "keep one of them"
                )
            found[name] = template
    return found


def _skip_words(node: Node | None, faults: Faults) -> tuple[str, ...]:
    """Return the words that may be said anywhere; an empty list names none."""
    if node is None or (isinstance(node, SequenceNode) and not node.items):
        return ()
    found = nodes.texts(node, faults)
    for words in found:
        if not is_plain(words.written):
            faults.add(words.place, "words to skip are no template", "name each by itself")
    return tuple(words.written for words in found)


def _rows(table: MappingNode, faults: Faults, language: str) -> list[WrittenRow]:
    commands = nodes.required(table, "commands", "the table is a list under this key", faults)
    if commands is None:
        return []
    items = nodes.items(commands, "a list of commands", faults)
    if isinstance(commands, SequenceNode) and not items:
        faults.add(commands.place, "there are no commands", "write at least one")
    rows = [written for item in items if (written := read_row(item, faults, language))]
    _note_same_names(rows, faults)
    return rows


def _note_same_names(rows: list[WrittenRow], faults: Faults) -> None:
    first: dict[str, WrittenRow] = {}
    for written in rows:
        name = written.row.name
        if name not in first:
            first[name] = written
            continue
        named = written.node.get("name")
        line = first[name].node.place.line
        faults.add(
            (named or written.node).place,
            f"the command in line {line} is called '{nodes.shortened(name)}' too",
            "call one of them otherwise" if named else "give one of them a name",
        )


def _tests(node: Node | None, faults: Faults) -> tuple[TableTest, ...]:
    tests: list[TableTest] = []
    for item in nodes.items(node, "a list of tests", faults) if node else ():
        found = read_keys(item, TEST_KEYS, "a test", faults, _NEEDED_OF_TEST)
        if found.keys() >= TEST_KEYS.keys():
            tests.append(TableTest(**found, place=item.place))
    return tuple(tests)


def _expected_messages(node: Node, faults: Faults) -> tuple[tuple[str, str], ...]:
    if isinstance(node, MappingNode):
        return tuple((entry.key, _payload(entry.value, faults)) for entry in node.entries)
    if isinstance(node, ScalarNode) and node.value == NOTHING:
        return ()
    found: list[tuple[str, str]] = []
    for line in nodes.texts(node, faults):
        topic, equals, payload = line.written.partition("=")
        if not equals or not topic.strip():
            faults.add(line.place, f"'{nodes.shortened(line.written)}' is no message",
                       "write it as topic = payload, or nothing")  # fmt: skip
        found.append((topic.strip(), payload.strip()))
    return tuple(found)


def _payload(node: Node, faults: Faults) -> str:
    if isinstance(node, ScalarNode):
        return nodes.text(node, faults, empty=True) or ""
    return json_text.dumps(nodes.json(node, faults), ensure_ascii=False)


TEST_KEYS: Mapping[str, Schema] = {"hear": str, "publish": _expected_messages}
_NEEDED_OF_TEST = {
    "hear": "it is the sentence to try",
    "publish": "write the message as topic = payload, or nothing",
}
