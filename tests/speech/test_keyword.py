"""The real SDK; what it does with a model that it takes cannot be tested, for none is free."""

from pathlib import Path

import pytest

from voice2mqtt.errors import SettingsError
from voice2mqtt.speech.keyword import SdkKeywordDetector


def test_a_missing_model_is_refused_with_its_path(tmp_path: Path) -> None:
    model = tmp_path / "computer.table"
    with pytest.raises(SettingsError, match=f"{model}.*no such file"):
        SdkKeywordDetector(model)


def test_a_file_that_is_no_model_is_refused_at_the_start(tmp_path: Path) -> None:
    model = tmp_path / "computer.table"
    model.write_bytes(bytes(range(256)) * 20)
    with pytest.raises(SettingsError, match="UNSUPPORTED_FORMAT"):
        SdkKeywordDetector(model)
