import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.settings.reading import first_lines, settings, settings_report
from voice2mqtt.settings.model import Settings
from voice2mqtt.settings.yaml.faults import FaultsError
from voice2mqtt.settings.yaml.schema import keys_of


@pytest.mark.parametrize(
    "text", ["# nothing\n", "microphone:\n  gate:\n  # threshold: 0.5\nmqtt:\n"]
)
def test_what_is_not_written_has_its_default(text: str) -> None:
    assert settings(text) == Settings()


def test_what_is_written_is_read() -> None:
    read = settings(
        "node: kitchen\n"
        "listening: {wake_phrase: computer, wake_grace_s: 8}\n"
        "speech: {languages: [en-US, de-DE]}\n"
        "mqtt: {broker: mqtts://broker.lan, username: v, password_file: secrets/p}\n"
        "home_assistant: {discovery: off}\n"
    )
    assert read.node == "kitchen"
    assert read.listening.wake_phrase == ("computer",)
    assert read.listening.wake_grace_s == 8
    assert read.speech.languages == ("en-US", "de-DE")
    assert read.mqtt.broker == "mqtts://broker.lan"
    assert str(read.mqtt.password_file) == "secrets/p"
    assert read.home_assistant.discovery is False


def test_one_broker_or_several_are_read() -> None:
    assert settings("mqtt: {broker: [mqtt://a]}").mqtt.brokers == ("mqtt://a",)
    several = settings("mqtt: {broker: [mqtt://a, 'mqtt://b:1884'], username: v}").mqtt
    assert several.brokers == ("mqtt://a", "mqtt://b:1884")
    for wrong, told in (
        ("[]", "broker names none; write its address as mqtt://host:port"),
        ("[5]", 'expected text, found a number; put it in quotes: "5"'),
        ("[mqtt://a, 'http://b']", "http://b is not an address; write it as mqtt://host:port"),
    ):
        report = settings_report(f"mqtt:\n  broker: {wrong}\n")
        assert report.startswith("x.yaml:2:")
        assert told in report


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param(
            "mqtt:\n  brokr: mqtt://x\n",
            "x.yaml:2:3: unknown key brokr; did you mean broker?",
            id="unknown-key",
        ),
        pytest.param(
            "colour: red\n",
            "x.yaml:1:1: unknown key colour; known here: node, microphone, speech, listening, "
            "feedback, mqtt, home_assistant, rooms, privacy, console, history, state_dir, commands",
            id="unknown-key-near-nothing",
        ),
        pytest.param(
            "microphone: {device: 5}\n",
            'x.yaml:1:22: expected text, found a number; put it in quotes: "5"',
            id="number-for-text",
        ),
        pytest.param(
            "node: on\n",
            'x.yaml:1:7: expected text, found yes/no; put it in quotes: "on"',
            id="yes-for-text",
        ),
        pytest.param(
            "commands: [a]\n",
            'x.yaml:1:11: expected text, found a list; put it in quotes: "[a]"',
            id="list-for-path",
        ),
        pytest.param(
            "rooms: {window_ms: often}\n",
            "x.yaml:1:20: expected a whole number, found 'often'",
            id="word-for-number",
        ),
        pytest.param(
            'rooms: {window_ms: "50"}\n',
            "x.yaml:1:20: expected a whole number, found '50'; take the quotes off",
            id="quoted-number",
        ),
        pytest.param(
            "rooms: {window_ms: 50.5}\n",
            "x.yaml:1:20: expected a whole number, found 50.5",
            id="fraction-for-whole",
        ),
        pytest.param(
            "rooms: {window_ms: 5}\n",
            "x.yaml:1:20: 5 is not between 20 and 1000",
            id="too-small",
        ),
        pytest.param(
            "microphone: {gate: {threshold: 1}}\n",
            "x.yaml:1:32: 1 is not between 0 and 1, ends excluded",
            id="at-the-end",
        ),
        pytest.param(
            "listening: {answer_within_s: 0}\n",
            "x.yaml:1:30: 0 is not more than 0",
            id="not-positive",
        ),
        pytest.param(
            "speech: {daily_limit_s: -1}\n",
            "x.yaml:1:25: -1 is not at least 0",
            id="negative",
        ),
        pytest.param(
            'rooms: {agree: "yes"}\n',
            "x.yaml:1:16: expected true or false, found 'yes'; take the quotes off",
            id="quoted-truth",
        ),
        pytest.param(
            "speech: {mode: continous}\n",
            "x.yaml:1:16: expected single-shot or continuous, found 'continous'; "
            "did you mean continuous?",
            id="no-such-choice",
        ),
        pytest.param(
            "microphone: arecord\n",
            "x.yaml:1:13: expected a section with keys, found 'arecord'; known here: device, "
            "capture, gate, noise_suppression, auto_gain_dbfs",
            id="text-for-section",
        ),
        pytest.param(
            "- node\n",
            "x.yaml:1:1: expected a section with keys, found a list; known here: node, microphone, "
            "speech, listening, feedback, mqtt, home_assistant, rooms, privacy, console, history, "
            "state_dir, commands",
            id="a-list",
        ),
        pytest.param(
            "listening: {wake_phrase: [computer, 5]}\n",
            'x.yaml:1:37: expected text, found a number; put it in quotes: "5"',
            id="item-of-a-list",
        ),
        pytest.param(
            'listening: {wake_phrase: ""}\n',
            "x.yaml:1:26: the text is empty; write something, or leave the key out",
            id="empty-text",
        ),
        pytest.param(
            "listening: {wake_word: computer}\n",
            "x.yaml:1:24: there is no model for the wake word 'computer'; use one of alexa, "
            "hey jarvis, hey mycroft, okay nabu, or the path of a model, a .json or a .table",
            id="unknown-wake-word",
        ),
        pytest.param(
            "listening: {wake_word: [alexa, c.table]}\n",
            "x.yaml:1:12: a .table cannot be used beside another wake word; name it alone under "
            "wake_word",
            id="table-beside-a-wake-word",
        ),
        pytest.param(
            "listening: {wake_word: alexa}\nmicrophone: {capture: sdk}\n",
            "x.yaml:1:1: listening.wake_word listens to our own capture; write capture: arecord "
            "under microphone, or leave wake_word out",
            id="wake-word-without-our-capture",
        ),
        pytest.param(
            "node: living room\n",
            "x.yaml:1:7: 'living room' cannot be a node's name; use up to 64 letters, digits, "
            "- and _",
            id="node-with-a-space",
        ),
        pytest.param(
            "mqtt: {broker: 192.168.1.10}\n",
            "x.yaml:1:16: 192.168.1.10 is not an address; write it as mqtt://host:port "
            "(mqtt, mqtts, ws, wss are known)",
            id="broker-without-scheme",
        ),
        pytest.param(
            "mqtt: {broker: mqtt://h:99999}\n",
            "x.yaml:1:16: mqtt://h:99999 is not an address; write it as mqtt://host:port "
            "(mqtt, mqtts, ws, wss are known)",
            id="broker-port",
        ),
        pytest.param(
            "mqtt: {broker: 'mqtt://me:secret@h'}\n",
            "x.yaml:1:16: a name or password has no place in an address; use the keys username "
            "and password_file",
            id="password-in-address",
        ),
        pytest.param(
            "mqtt: {broker: 'mqtt://h/mqtt'}\n",
            "x.yaml:1:16: mqtt://h/mqtt has more than host and port; only ws:// and wss:// may "
            "have a path",
            id="path-for-plain-mqtt",
        ),
        pytest.param(
            "speech: {host: 'ws://h:5000/speech'}\n",
            "x.yaml:1:16: ws://h:5000/speech has more than host and port; a whole address is named "
            "by endpoint",
            id="path-for-a-host",
        ),
        pytest.param(
            "speech: {region: West Europe, key_file: secrets/key}\n",
            "x.yaml:1:18: 'West Europe' is not a region; write it as westeurope",
            id="region-as-people-write-it",
        ),
        pytest.param(
            "mqtt: {base: home/+}\n",
            "x.yaml:1:14: 'home/+' cannot begin a topic; use words joined by /, without + and #",
            id="base-with-wildcard",
        ),
        pytest.param(
            "mqtt: {password_file: p}\n",
            "x.yaml:1:7: a password needs a user; name username too",
            id="password-without-user",
        ),
        pytest.param(
            "mqtt: {cert_file: c}\n",
            "x.yaml:1:7: cert_file and key_file belong together; name both",
            id="certificate-without-key",
        ),
        pytest.param(
            "speech:\n  host: ws://a\n  region: x\n",
            "x.yaml:2:3: host and region name different services; keep one of host, endpoint and "
            "region",
            id="two-services",
        ),
        pytest.param(
            "speech:\n  host: ws://a\n  region: x\n  endpoint: wss://b\n",
            "x.yaml:2:3: host, endpoint and region name different services; keep one of host, "
            "endpoint and region",
            id="three-services",
        ),
        pytest.param(
            "speech: {host: 'ws://me:pass/word@h:5000'}\n",
            "x.yaml:1:16: a name or password has no place in an address; a Speech service takes a "
            "key instead, in a file named by key_file or token_file",
            id="user-of-a-host",
        ),
        pytest.param(
            "speech: {host: 'me:pw@h:5000'}\n",
            "x.yaml:1:16: a name or password has no place in an address; a Speech service takes a "
            "key instead, in a file named by key_file or token_file",
            id="user-of-a-host-without-a-scheme",
        ),
        pytest.param(
            "speech: {proxy: 'http://me:pw@h:80'}\n",
            "x.yaml:1:17: a name or password has no place in an address; use the keys "
            "proxy_username and proxy_password_file",
            id="user-of-a-proxy",
        ),
        pytest.param(
            "speech: {proxy: 'http://h:80', proxy_password_file: p}\n",
            "x.yaml:1:9: a password needs a user; name proxy_username too",
            id="password-of-a-proxy-without-user",
        ),
        pytest.param(
            "speech: {proxy_username: p}\n",
            "x.yaml:1:9: proxy_username is for a proxy; name proxy too",
            id="user-without-proxy",
        ),
        pytest.param(
            "speech: {region: x}\n",
            "x.yaml:1:9: a region needs a key; name key_file, key_env or token_file too",
            id="region-without-key",
        ),
        pytest.param(
            "speech: {languages: en-US}\n",
            "x.yaml:1:9: languages takes several; for a single one use the key language",
            id="one-of-several-languages",
        ),
        pytest.param(
            "speech: {languages: [en-US, de-DE, fr-FR, it-IT, es-ES]}\n",
            "x.yaml:1:9: languages takes two to four of them; language_id: continuous takes ten",
            id="five-languages-at-start",
        ),
        pytest.param(
            "speech: {segmentation: semantic}\n",
            "x.yaml:1:9: a single shot ends with the first sentence, so that there is nothing to "
            "segment by meaning; take segmentation: semantic out, or write mode: continuous",
            id="semantic-single-shot",
        ),
        pytest.param(
            "speech: {mode: continuous, segmentation: semantic, segmentation_silence_ms: 500}\n",
            "x.yaml:1:9: segmentation_silence_ms has no meaning with segmentation: semantic; keep "
            "one of them",
            id="semantic-silence",
        ),
        pytest.param(
            "speech: {languages: [en-US, de-DE], language_id: continuous}\n",
            "x.yaml:1:9: a single shot tells its language once, at its start; take language_id: "
            "continuous out, or write mode: continuous",
            id="continuous-languages-single-shot",
        ),
        pytest.param(
            "speech: {key_file: a, key_env: B, token_file: c}\n",
            "x.yaml:1:9: key_file and key_env and token_file exclude each other; keep one of them",
            id="three-keys",
        ),
        pytest.param(
            "speech: {fallbacks: [{host: 'ws://a'}, {region: x}]}\n",
            "x.yaml:1:40: a region needs a key; name key_file, key_env or token_file too",
            id="fallback-without-key",
        ),
        pytest.param(
            "speech:\n  fallbacks:\n    - hst: ws://a\n",
            "x.yaml:3:7: unknown key hst; did you mean host?",
            id="unknown-key-of-a-fallback",
        ),
        pytest.param(
            "microphone: {capture: sdk}\nspeech: {fallbacks: [{host: 'ws://a'}]}\n",
            "x.yaml:1:1: the SDK's microphone cannot send to another service what it has sent to "
            "one; take speech.fallbacks out, or microphone.capture: sdk",
            id="fallback-of-the-sdks-microphone",
        ),
        pytest.param(
            "speech: {key_env: 0f3b3c}\n",
            "x.yaml:1:19: the name of an environment variable in capitals is wanted, such as "
            "SPEECH_KEY",
            id="a-key-for-a-variable",
        ),
        pytest.param(
            "speech: {language: english}\n",
            "x.yaml:1:20: 'english' is not a language; write it as en-US or de-DE",
            id="language",
        ),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence(text: str, sentence: str) -> None:
    assert first_lines(settings_report(text)) == [sentence]


def test_all_faults_are_told_in_one_run_with_their_lines() -> None:
    assert settings_report("node: on\nmqtt:\n  keepalive_s: 1\n  keepalive_s: 2\n  bse: x\n") == (
        'x.yaml:1:7: expected text, found yes/no; put it in quotes: "on"\n'
        "    node: on\n"
        "          ^\n"
        "x.yaml:3:16: 1 is not between 5 and 3600\n"
        "      keepalive_s: 1\n"
        "                   ^\n"
        "x.yaml:4:3: the key keepalive_s stands here again, after line 3, column 3; "
        "keep one of them\n"
        "      keepalive_s: 2\n"
        "      ^\n"
        "x.yaml:5:3: unknown key bse; did you mean base?\n"
        "      bse: x\n"
        "      ^"
    )  # fmt: skip


@pytest.mark.parametrize("scheme", ["wss", "https"])
@pytest.mark.parametrize(
    "query",
    [
        "Ocp-Apim-Subscription-Key=abc", "subscription-key=abc", "a=b&SIG=abc", "token=abc", "sig=",
        "api_key=abc", "%6bey=abc", "access_token=abc", "code=1#key=abc",
    ],
)  # fmt: skip
def test_a_key_in_an_address_is_refused_with_advice(scheme: str, query: str) -> None:
    report = settings_report(f"speech: {{endpoint: '{scheme}://h/speech/v1?{query}'}}\n")
    assert report.split("\n")[0] == (
        "x.yaml:1:20: a key has no place in an address, which is logged; write it into a file of "
        "its own, named by key_file or token_file"
    )
    assert "abc" not in report


def test_an_address_may_ask_for_other_things() -> None:
    address = "wss://h/speech/v1?language=en-US&cid=1234&format=detailed"
    assert settings(f"speech: {{endpoint: '{address}'}}\n").speech.endpoint == address
    assert settings("mqtt: {broker: 'wss://h:9001/mqtt'}\n").mqtt.broker == "wss://h:9001/mqtt"


_SECTIONS = st.sampled_from([*keys_of(Settings), "gate", "host", "wake_phrase", "x"])
_VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(alphabet=string.printable, max_size=8),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(_SECTIONS, inner, max_size=3)
    ),
    max_leaves=8,
)


@given(document=st.dictionaries(_SECTIONS, _VALUES, max_size=4))
def test_whatever_the_values_are_they_are_taken_or_told(document: dict[str, object]) -> None:
    text = json.dumps(document)
    told = ""
    try:
        settings(text)
    except FaultsError as error:
        told = str(error)
    assert told == "" or told.startswith("x.yaml:")
