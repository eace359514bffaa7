"""The worst row of the matrix of faults in small; `script/bench faults` has all of them."""

from pathlib import Path

import pytest
from bench import fault_trial
from bench.fault_kinds import FAULTS
from bench.system import SENTENCES, System, spoken_sentence

from voice2mqtt.demo.stage import flite

FROZEN_S = 2.2
"""The host ended a sentence after two seconds without audio, though it was itself that stood."""


def test_a_host_that_stands_still_in_a_sentence_costs_no_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fault_trial, "LASTS_S", FROZEN_S)
    (frozen,) = (fault for fault in FAULTS if fault.name == "host frozen")
    first, second = (
        spoken_sentence(text, flite("slt"), f"home/{room}/light/set", "ON")
        for text, room in ((SENTENCES[0], "kitchen"), (SENTENCES[2], "bathroom"))
    )
    with System(tmp_path) as system:
        tried = fault_trial.one_trial(system, frozen, "utterance", first, second)
    assert tried.fate == "done", tried
    assert (tried.doubled, tried.late, tried.restarts) == (0, 0, 0)
    assert tried.recovery_s is not None
