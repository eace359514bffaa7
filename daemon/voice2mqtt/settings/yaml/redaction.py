"""Redact secrets from error messages and from quoted lines of a file.

A key in the settings, or a password in an address, must not reach a terminal or the journal with
the message about it. Works on text, not on nodes, since the file may be invalid YAML; in doubt it
hides too much. Pure.
"""

import re
from difflib import get_close_matches
from functools import lru_cache

HIDDEN = "…"

_WORDS = (
    "password", "passwd", "passphrase", "passcode", "passwort", "kennwort", "token", "secret",
    "credential", "credentials", "apikey", "authorization", "signature", "bearer",
)  # fmt: skip
"""A name that contains one of these, perhaps misspelt, may hold a secret."""
_PARTS = frozenset({
    "key", "keys", "pass", "pwd", "pw", "psk", "pin", "auth", "cred", "creds", "sas", "sig", "jwt",
})  # fmt: skip
"""Too short to search inside other words: compared with whole parts of a name."""
_TYPO_SIMILARITY = 0.8
"""difflib ratio from which a part of a name is a misspelling of one of `_WORDS`; set by hand."""

_KEY = re.compile(r"([\w.-]{1,64})[\"']?\s*[:=]")
_NO_COLON = re.compile(r"\s*(?:[-?]\s+)?[\"']?([\w.-]{1,64})[\"']?(?:\s+\S+)?\s*$")
"""A line with a name and a word, or a name alone: the colon is missing or on the next line."""
_IN_BRACES = re.compile(
    r"""\s*("(?:\\.|[^"\\])*"|'(?:''|[^'])*'|[^]["'{},]*)"""
    r"""(?=,\s+["']?[\w.-]+["']?\s*:|\s*[]}]+\s*(,|\#|$))"""
)
"""A value whose end is certain: another key or the closing brace follows."""
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_USER_WITH_SCHEME = re.compile(r"(\w://)(?:(?!\s#)[^\n\"'])*@")
_USER = re.compile(r"(?<![^\s\"'])[^\s\"'/:]+:[^\s\"']*@")
_QUERY = re.compile(r"(\w://[^\s?#\"',;]*|(?=\?[\w.%-]+=))[?#][^\s\"']*")
_ESCAPED = re.compile(r"\\|''")
_AROUND_WORDS = "\"'`:;,.()[]{}<>…"
_SHORTENED = re.compile(rf"([^\s{re.escape(_AROUND_WORDS)}][^\s{HIDDEN}]{{3,}}){HIDDEN}")
_NOTHING_YET = re.compile(r"([|>][-+0-9]*)?")
_ENTRY = re.compile(r"\s*(-\s|[\w\"'.-]+\s*:(\s|$))")
_FILE_NAME = re.compile(r"[a-z]{1,12}([._-][a-z]{1,12})*")
_ANY_PATH = re.compile(r"[\w.~ /-]+")
_SHORT_PATH = re.compile(r"[\w.~ -]{1,24}(/[\w.~ -]{1,24})+")
_CLOSING = {"[": "]", "{": "}", '"': '"', "'": "'"}


@lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Return whether a value called `name` may be a secret, or the file of one."""
    parts = re.split(r"[\W_]+", _CAMEL.sub("_", name).lower())
    squeezed = "".join(parts)
    return (
        not _PARTS.isdisjoint(parts)
        or squeezed.endswith(("key", "keyfile"))
        or any(word in squeezed for word in _WORDS)
        or any(
            get_close_matches(part, _WORDS, 1, _TYPO_SIMILARITY)
            for part in parts
            if len(part) > 3 and part.isalpha()
        )
    )


def shown_address(text: str) -> str:
    """Return `text` without the user, query and fragment of any address in it.

    The one way to put an address into a log or a message.
    """
    text = _USER_WITH_SCHEME.sub(r"\1", text)
    return _QUERY.sub(r"\1", _USER.sub("", text))


def reads_like_a_path(text: str) -> bool:
    """Return whether `text` looks like a path (words, with folders) and not like a secret."""
    if "/" not in text:
        return bool(_FILE_NAME.fullmatch(text))
    known_root = text.startswith(("/", "~/", "./", "../"))
    return bool((_ANY_PATH if known_root else _SHORT_PATH).fullmatch(text))


class Redaction:
    """Where one file may contain secrets."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._hidden: dict[int, list[tuple[int, int]]] = {}
        """Hidden column ranges (start, end) by line, both from 0."""
        for number, line in enumerate(self._lines):
            self._scan(number, line)

    def excerpt(self, number: int, column: int) -> tuple[str, int]:
        """Return line `number`, redacted, and the new position of `column`.

        Both count from 1; a line past the last one is empty.
        """
        if number > len(self._lines):
            return "", column
        line = self._lines[number - 1].rstrip()
        return self._shown(number, line), len(self._shown(number, line[: column - 1])) + 1

    def message(self, number: int, text: str) -> str:
        """Return `text`, a message about line `number`, without the secrets of that line."""
        secret = self._secret_at(number - 1)
        words = {word.strip(_AROUND_WORDS) for word in re.split(r"[\s,]+", secret)}
        # Home Assistant's tag is a name, but a password may begin with an exclamation mark too.
        words -= {"", "!secret"}
        if words and _ESCAPED.search(secret):
            # Escapes are not decoded here, so that the secret may differ from its source.
            return f"this value is wrong, and not shown ({HIDDEN})"
        for word in sorted(words, key=len, reverse=True):
            text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", HIDDEN, text)
        # Remove the beginning of a long secret that was shortened.
        for said in _SHORTENED.findall(text):
            if said in secret:
                text = text.replace(said, "")
        return shown_address(text)

    def _scan(self, number: int, line: str) -> None:
        seen = 0
        while found := _KEY.search(line, seen):
            seen = found.end()
            if not is_secret_name(found[1]):
                continue
            in_braces = "{" in line[: found.start()]
            value = _IN_BRACES.match(line, seen) if in_braces else None
            if found[1].endswith("_file") and _is_path(value[0] if value else line[seen:]):
                continue
            if not value:
                indent = len(line) - len(line.lstrip()) if in_braces else found.start()
                self._hide_from(number, seen, indent)
                return
            seen = value.end()
            self._hide(number, found.end(), seen)
        alone = _NO_COLON.match(line)
        if alone and is_secret_name(alone[1]):
            self._hide_from(number, alone.end(1), indent=alone.start(1))

    def _hide(self, number: int, start: int, end: int) -> None:
        self._hidden.setdefault(number, []).append((start, end))

    def _hide_from(self, number: int, column: int, indent: int) -> None:
        """Hide the rest of the line after `column`, and the lines that may continue it."""
        self._hide(number, column, len(self._lines[number]))
        value = self._lines[number][column:]
        opening = value.strip()[:1]
        closing = _CLOSING.get(opening)
        is_open = _is_open(value, closing)
        for below in range(number + 1, len(self._lines)):
            line = self._lines[below]
            begins = len(line) - len(line.lstrip())
            item = begins == indent and line.lstrip().startswith("-")
            # A line indented too little still belongs to it, unless it is an entry of its own.
            ended = not is_open or (closing is None and _ENTRY.match(line))
            if line.strip() and begins <= indent and not item and ended:
                return
            self._hide(below, 0, len(line))
            is_open = is_open and not (closing and closing in line)

    def _shown(self, number: int, line: str) -> str:
        for start, end in sorted(self._hidden.get(number - 1, ()), reverse=True):
            if line[start:end].strip():
                line = f"{line[:start]}{' ' * bool(start)}{HIDDEN}{line[end:]}"
        return shown_address(line)

    def _secret_at(self, number: int) -> str:
        """Return the hidden text of the adjacent hidden lines around `number`."""
        first = last = number
        while first - 1 in self._hidden:
            first -= 1
        while last + 1 in self._hidden:
            last += 1
        return "\n".join(
            self._lines[line][start:end]
            for line in range(first, last + 1)
            for start, end in self._hidden.get(line, ())
        )


def _is_path(value: str) -> bool:
    return reads_like_a_path(re.sub(r"\s#.*", "", value).strip().strip("\"'"))


def _is_open(value: str, closing: str | None) -> bool:
    """Return whether `value` continues on the next line, whatever its indentation."""
    written = re.sub(r"(^|\s)#.*", "", value).strip()
    return closing not in written[1:] if closing else bool(_NOTHING_YET.fullmatch(written))
