"""What is fuzzed: each takes any bytes, and raises nothing that is not for a person to mend."""

import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from types import SimpleNamespace

from bench.fuzz_protocol import converse
from voice2mqtt.audio.sources.wav import WavSource
from voice2mqtt.core.arbitration import Arbitration
from voice2mqtt.core.decision import Decision
from voice2mqtt.core.outcome import Heard, Hypothesis
from voice2mqtt.errors import UserFacingError
from voice2mqtt.languages.language import language_named
from voice2mqtt.mqtt.arbitration import read_bid
from voice2mqtt.mqtt.confirmation_watcher import confirms
from voice2mqtt.mqtt.control import read_control
from voice2mqtt.mqtt.suggest.devices import devices_in
from voice2mqtt.mqtt.suggest.table import suggestion
from voice2mqtt.nlu.dialogue.interpreter import Interpreter
from voice2mqtt.nlu.dialogue.policy import LocalTime, Policy
from voice2mqtt.nlu.grammar.compiler import TableError, compile_table
from voice2mqtt.nlu.grammar.enumerate import Sentences
from voice2mqtt.nlu.grammar.table import CommandTable
from voice2mqtt.nlu.lint.report import lint
from voice2mqtt.nlu.matching.exact import ExactMatcher
from voice2mqtt.nlu.matching.phonetic.search import PhoneticMatcher
from voice2mqtt.nlu.text.normaliser import Normaliser, normaliser
from voice2mqtt.pronunciation.letters import Letters
from voice2mqtt.service.interpreters import interpreter
from voice2mqtt.settings.load import load_settings, load_table, parse_table
from voice2mqtt.settings.model import Settings
from voice2mqtt.settings.search import CHECKOUT
from voice2mqtt.speech.outcomes import of_result
from voice2mqtt.speechhost.protocol.frames import ProtocolError

Target = Callable[[bytes], None]
NOON = LocalTime(minute=720, weekday=0)
TABLE = CHECKOUT.with_name("commands.yaml")
SAID = ("turn on the kitchen light", "set the heating to twenty one and a half degrees", "x")
LANGUAGES = ("en", "de", "fr", "it", "es", "nl", "und", "zh", "tr")
_MEMORY = Path("/dev/shm")
_WORDS = ("turn", "on", "the", "light", "{room}", "{level}", "{any}", "twenty", "one", "<rule>")


@contextmanager
def _file(data: bytes, name: str) -> Iterator[Path]:
    """A file of these bytes, in memory."""
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        yield path


def settings(data: bytes) -> None:
    """A settings file."""
    with _file(data, "voice2mqtt.yaml") as path, suppress(UserFacingError):
        load_settings(path, {})


def table(data: bytes) -> None:
    """A command table, and what is said to it."""
    with _file(data, "commands.yaml") as path, suppress(UserFacingError):
        _try(load_table(path))


def templates(data: bytes) -> None:
    """A table of nested templates, which may have any number of sentences."""
    rng = random.Random(data)
    say = [_template(rng, rng.randrange(1, 7)) for _ in range(rng.randrange(1, 4))]
    rule = _template(rng, 3).replace("<rule>", "please")
    quoted = [text.replace('"', "") for text in (*say, rule)]
    text = (
        'lists:\n  room: [kitchen, bedroom, {in: "(lounge|living [room])", out: living}]\n'
        f"  level: {{range: {{from: 0, to: {10 ** rng.randrange(7)}}}}}\n"
        "  any: {wildcard: true}\n"
        f'rules: {{rule: "{quoted[-1]}"}}\ncommands:\n'
        + "".join(f'- {{say: "{each}", topic: t, payload: p}}\n' for each in quoted[:-1])
    )
    with suppress(UserFacingError):
        _try(parse_table(text, "x.yaml"))


def _template(rng: random.Random, depth: int) -> str:
    if depth == 0:
        return rng.choice(_WORDS)
    parts = [
        _template(rng, depth - rng.randrange(1, depth + 1)) for _ in range(rng.randrange(1, 9))
    ]
    match rng.randrange(4):
        case 0:
            return f"({'|'.join(parts)})"
        case 1:
            return f"[{' '.join(parts)}]"
        case 2:
            return f"({';'.join(parts[:5])})"
        case _:
            return " ".join(parts)


def _try(commands: CommandTable) -> None:
    words, letters = _normaliser(commands.language), Letters()
    try:
        automaton = compile_table(commands)
    except TableError:
        return
    phonetic = PhoneticMatcher(automaton, words, letters)
    decides = Interpreter(commands, Policy(), phonetic, automaton)
    for number, said in enumerate((*SAID, *_own_sentences(commands))):
        decides.decide(Heard(text=said), 1000.0 * number, NOON, 1000.0 * number)
    lint(commands, ExactMatcher(automaton, words), phonetic, at_most=200)


def _own_sentences(commands: CommandTable) -> Iterator[str]:
    for row in commands.rows[:20]:
        for template in row.say[:5]:
            sentences = Sentences(template, commands.lists, commands.rules)
            for index in {0, sentences.count // 2, sentences.count - 1} if sentences.count else ():
                yield sentences[index][:500]


@cache
def _normaliser(language: str) -> Normaliser:
    return normaliser(language)


@cache
def _home() -> Interpreter:
    return interpreter(Settings(), load_table(TABLE))


def sentences(data: bytes) -> None:
    """What a recogniser may give, in any language, to the shipped table."""
    text = data.decode(errors="replace")
    for language in LANGUAGES:
        _normaliser(language).tokens(text)
    nbest = [Hypothesis(text=part, confidence=0.5) for part in text.split("\n")[:4]]
    for decision in _decided(text, nbest):
        assert decision.reason.text


def _decided(text: str, nbest: Sequence[Hypothesis]) -> Sequence[Decision]:
    home = _home()
    home.drop_question()
    return home.decide(Heard(text=text, hypotheses=tuple(nbest)), 0.0, NOON, 0.0)


def wav(data: bytes) -> None:
    """A recording."""
    with _file(data, "x.wav") as path, suppress(UserFacingError):
        for _ in WavSource(path).blocks():
            pass


def mqtt(data: bytes) -> None:
    """What other programs publish, to each of those who read it."""
    for name in ("mute", "say", "reload", "listen", "other"):
        read_control(name, data)
    if bid := read_bid(data):
        arbitration = Arbitration("here", 0.12, "instance")
        arbitration.join("token")
        arbitration.hear("one", -30.0, 0.0, 1.0)
        arbitration.receive(bid, 2.0)
    for expected in ('{"state": "ON"}', "ON", "1"):
        confirms(data, expected)
    for topic in ("homeassistant/light/x/config", "homeassistant/device/x/config",
                  "zigbee2mqtt/bridge/devices"):  # fmt: skip
        if devices_in({topic: data}):
            parse_table(
                suggestion({topic: data}, language_named("en").suggested_rows), "suggested.yaml"
            )


def answers(data: bytes) -> None:
    """The JSON in which a host gives what it heard, as the SDK hands it on."""
    text = data.decode(errors="replace")
    reason = SimpleNamespace(name="RecognizedSpeech")
    outcome = of_result(SimpleNamespace(reason=reason, json=text, text="light on", duration=1))
    if isinstance(outcome, Heard):
        _decided(outcome.text, outcome.hypotheses)


def protocol(data: bytes) -> None:
    """The frames of a client of our host."""
    with suppress(ProtocolError):
        for _ in converse(data):
            pass


TARGETS: dict[str, Target] = {
    target.__name__: target
    for target in (settings, table, templates, sentences, wav, mqtt, answers, protocol)
}
