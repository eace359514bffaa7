"""What fuzzing once broke, and what it begins with, breaks nothing; see `bench/fuzz.py`."""

from pathlib import Path

import pytest
from bench.fuzz_targets import TARGETS

CORPUS = Path(__file__).parent / "corpus"
FILES = sorted(CORPUS.glob("*/*"))


def test_every_target_has_a_corpus() -> None:
    assert {file.parent.name for file in FILES} == set(TARGETS)


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_it_is_taken_or_told(file: Path) -> None:
    TARGETS[file.parent.name](file.read_bytes())
