"""Change a few values in a person's YAML and keep the rest as written.

The only import of ruamel.yaml, which keeps comments, quotes and the order of keys.
"""

import io
import re
from collections.abc import Mapping

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from voice2mqtt.errors import SettingsError

_BELOW = re.compile(r"(?m)^[\w'\"][^#\n]*:[ ]*(?:#.*)?\n(?:[ ]*(?:#.*)?\n)*([ ]+)[^\s#-]")
"""A section, with the indentation of its first key."""
_DASH = re.compile(r"(?m)^[\w'\"][^#\n]*:[ ]*(?:#.*)?\n(?:[ ]*(?:#.*)?\n)*([ ]*)-[ ]")


def with_values(text: str, values: Mapping[str, str]) -> str:
    """Return the YAML `text` with `values`, texts by dotted key, in it.

    A key that is commented out, as in the shipped settings, is uncommented. A new key comes first
    in its section, since ruamel.yaml attaches comments to the key before them.

    Raises:
        SettingsError: `text` is not a YAML mapping.
    """
    yaml = _in_the_style_of(text)
    for key, value in values.items():
        text = _uncommented(text, key, yaml)
        document = _load(text, yaml)
        section, _, name = key.rpartition(".")
        if section and not document.get(section):
            document[section] = CommentedMap()
        mapping = document[section] if section else document
        if name in mapping:
            mapping[name] = DoubleQuotedScalarString(value)
        else:
            mapping.insert(0, name, DoubleQuotedScalarString(value))
        written = io.StringIO()
        yaml.dump(document, written)
        text = written.getvalue()
    return text


def _in_the_style_of(text: str) -> YAML:
    """Return a writer with the indentation of `text`."""
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096  # do not wrap long lines
    below, dash = _BELOW.search(text), _DASH.search(text)
    offset = len(dash[1]) if dash else 2
    yaml.indent(mapping=len(below[1]) if below else 2, sequence=offset + 2, offset=offset)
    return yaml


def _uncommented(text: str, key: str, yaml: YAML) -> str:
    """Return `text` with `key` uncommented, if it occurs only as a comment."""
    if _has(_load(text, yaml), key):
        return text
    name = re.escape(key.rpartition(".")[2])
    for found in re.finditer(rf"(?m)^([ ]*)#[ ]?(?={name}:)", text):
        candidate = f"{text[: found.start()]}{found[1]}{text[found.end() :]}"
        try:
            # Only the parser knows which section a line belongs to.
            if _has(_load(candidate, yaml), key):
                return candidate
        except SettingsError:
            continue
    return text


def _load(text: str, yaml: YAML) -> CommentedMap:
    try:
        document = yaml.load(text)
    except YAMLError as error:
        raise SettingsError("the settings cannot be changed, since they are not YAML") from error
    if document is None:
        return CommentedMap()
    if not isinstance(document, CommentedMap):
        raise SettingsError("the settings cannot be changed, since they are not a mapping")
    return document


def _has(document: CommentedMap, key: str) -> bool:
    section, _, name = key.rpartition(".")
    mapping = document.get(section) if section else document
    return isinstance(mapping, CommentedMap) and name in mapping
