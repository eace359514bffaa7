"""No secret that was written where it does not belong is shown with the complaint about it."""

import json
import string
from collections.abc import Callable
from itertools import product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.settings.reading import settings, table
from voice2mqtt.settings.yaml.faults import FaultsError
from voice2mqtt.settings.yaml.redaction import is_secret_name, reads_like_a_path, shown_address

SECRET = "Xq7planted.Value-9"

NAMES = (
    "key",
    "Key",
    "KEY",
    "api_key",
    "apiKey",
    "subscription-key",
    "keys",
    "keyfile",
    "password",
    "pasword",
    "passwd",
    "PASSWORD",
    "mqtt_password",
    "pass",
    "pwd",
    "passphrase",
    "token",
    "toekn",
    "access_token",
    "accessToken",
    "secret",
    "client.secret",
    "credential",
    "credentials",
    "sas",
    "auth",
    "authorization",
    "psk",
    "key_file",
    "token_file",
    "password_file",
    '"key"',
)

VALUES = (
    SECRET,
    f"'{SECRET}'",
    f'"{SECRET}"',
    f"|\n            {SECRET}",
    f">-\n            a\n\n            {SECRET}",
    f"\n            {SECRET}",
    f"[{SECRET}]",
    f"[a, {SECRET}]",
    f"\n              - {SECRET}",
    f"{{a: {SECRET}}}",
    f"\n            a: {SECRET}",
    f'"a\n            {SECRET}"',
    f"'{SECRET}",
    f'"{SECRET}',
    f"!secret {SECRET}",
    f"!{SECRET} a",
    f"&{SECRET} a",
    f"*{SECRET}",
    f"{SECRET}: b",
    f"[{SECRET}",
    f"{{{SECRET}",
    f"{SECRET} and {{more}}",
    f"a,{SECRET}",
    f"%{SECRET}",
    f"@{SECRET}",
    f"\t{SECRET}",
    f"{SECRET} # {SECRET}",
    f'"{SECRET}\\q"',
    f"{SECRET * 6}",
)

SETTINGS = (
    "{entry}",
    "node: on\n{entry}",
    "speech:\n        {entry}",
    "speech:\n        region: 5\n        {entry}",
    "mqtt:\n        {entry}\n        base: +",
    "microphone:\n      gate:\n        {entry}",
    "speech: {{{entry}}}",
    "speech: {{regin: x, {entry}}}",
    "speech: {{{entry}, regin: x}}",
    "listening: {{wake_phrase: [{{{entry}}}]}}",
    "- {entry}",
    "? {entry}",
    "feedback: {{speech_command: {{{entry}}}}}",
)

TABLES = (
    "{entry}",
    "commands:\n      - say: a\n        {entry}",
    "commands: [{{say: a, {entry}}}]",
    "commands:\n      - say: a\n        publish:\n        - topic: t\n          {entry}",
    "commands:\n      - {{say: a, topic: t, payload: {{x: on, {entry}}}}}",
    "lists:\n        {entry}\ncommands: [{{say: a, topic: t, payload: b}}]",
    "lists: {{a: [{{in: a, {entry}}}]}}",
    "rules:\n        {entry}",
    "expansion_rules: {{{entry}}}",
    "commands: [{{say: a, topic: t, payload: b, expect: {{{entry}}}}}]",
    "commands: [{{say: a, topic: t, payload: b, defaults: {{{entry}}}}}]",
    "tests: [{{hear: a, {entry}}}]",
    "tests: [{{hear: a, publish: {{{entry}}}}}]",
)


def _told(read: Callable[[str], object], text: str) -> str:
    try:
        read(text)
    except FaultsError as error:
        return f"{error} {error!r} {error.faults!r}"
    return ""


@pytest.mark.parametrize(
    ("read", "places"),
    [pytest.param(settings, SETTINGS, id="settings"), pytest.param(table, TABLES, id="table")],
)
@pytest.mark.parametrize(
    ("names", "values"),
    [
        pytest.param(NAMES, VALUES[:2], id="under-any-name"),
        pytest.param(("key", "mqtt_password"), VALUES, id="written-in-any-way"),
    ],
)
def test_a_secret_is_not_shown_wherever_it_stands(
    names: tuple[str, ...],
    values: tuple[str, ...],
    read: Callable[[str], object],
    places: tuple[str, ...],
) -> None:
    told = 0
    for name, value, place in product(names, values, places):
        text = place.format(entry=f"{name}: {value}")
        report = _told(read, text)
        told += bool(report)
        for part in (SECRET, "planted", "Xq7"):
            assert part not in report, text
    assert told > len(names) * len(values), "most of these files are wrong"


@given(
    name=st.sampled_from([name.strip('"') for name in NAMES]),
    secret=st.text(
        string.ascii_letters + string.digits + "!$%&/=?#@:;,.-_+*'\"\\{}[] ", min_size=9
    ),
    quoted=st.booleans(),
    place=st.sampled_from(SETTINGS),
)
def test_a_secret_of_any_signs_is_not_shown(
    name: str, secret: str, quoted: bool, place: str
) -> None:
    secret = f"s{secret}Z"
    # That is where a path belongs, and it is shown.
    assume(not (name.endswith("_file") and reads_like_a_path(secret)))
    text = place.format(entry=f"{name}: {json.dumps(secret) if quoted else secret}")
    assert secret not in _told(settings, text)


@pytest.mark.parametrize(
    ("text", "report"),
    [
        pytest.param(
            "speech:\n  key: abc\n",
            "x.yaml:2:3: unknown key key; a secret stands in a file of its own, named by key_file\n"
            "      key: …\n"
            "      ^",
            id="settings",
        ),
        pytest.param(
            "mqtt: {password: abc, bse: x}\n",
            "x.yaml:1:8: unknown key password; a secret stands in a file of its own, named by "
            "password_file\n"
            "    mqtt: {password: …, bse: x}\n"
            "           ^\n"
            "x.yaml:1:23: unknown key bse; did you mean base?\n"
            "    mqtt: {password: …, bse: x}\n"
            "                        ^",
            id="what-stands-behind-it-is-shown",
        ),
        pytest.param(
            "speech:\n  key:abc\n",
            "x.yaml:2:3: expected a section with keys, found 'key:…'; write each with a "
            "colon and a space behind it\n      key: …\n      ^",
            id="a-forgotten-space",
        ),
        pytest.param(
            "speech:\n  key abc\n",
            "x.yaml:2:3: expected a section with keys, found 'key …'; write each with a "
            "colon and a space behind it\n      key …\n      ^",
            id="a-forgotten-colon",
        ),
        pytest.param(
            "mqtt: {broker: 'mqtt://me:se/c@ret@h:x'}\n",
            "x.yaml:1:16: a name or password has no place in an address; use the keys username and "
            "password_file\n"
            "    mqtt: {broker: 'mqtt://h:x'}\n"
            "                   ^",
            id="a-password-in-an-address",
        ),
    ],
)
def test_what_is_no_secret_is_still_shown(text: str, report: str) -> None:
    with pytest.raises(FaultsError) as caught:
        settings(text)
    assert caught.value.report == report


@pytest.mark.parametrize("name", NAMES)
def test_names_of_secrets_are_known(name: str) -> None:
    assert is_secret_name(name.strip('"'))


@pytest.mark.parametrize(
    "name",
    ["keepalive_s", "topic", "payload", "base", "monkeys", "spoken", "say", "broker", "keyboard"],
)
def test_other_names_are_not_taken_for_them(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("mqtt://h:1883", "mqtt://h:1883"),
        ("wss://h/a/b?language=en&key=abc", "wss://h/a/b"),
        ("wss://h?key=abc#def", "wss://h"),
        ("mqtt://me:p@ss?w#rd@h:1", "mqtt://h:1"),
        ("me:pw@h:1", "h:1"),
        ("h/a?key=abc", "h/a"),
        ("no answer from wss://me@h/a?b=c (404)", "no answer from wss://h/a (404)"),
    ],
)
def test_an_address_is_shown_without_user_and_query(address: str, shown: str) -> None:
    assert shown_address(address) == shown
