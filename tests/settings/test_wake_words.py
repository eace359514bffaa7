import json
from pathlib import Path

import pytest

from voice2mqtt.settings.wake_words import BUILT_IN, spoken_forms


def test_what_the_engine_knows_is_said_as_it_is_written() -> None:
    assert spoken_forms(BUILT_IN) == BUILT_IN


def test_a_model_is_called_what_its_file_says(tmp_path: Path) -> None:
    model = tmp_path / "hh.json"
    model.write_text(json.dumps({"wake_word": " Hey House "}))
    assert spoken_forms([str(model)]) == ("hey house",)


@pytest.mark.parametrize("content", [None, "no JSON", "[]", "{}", '{"wake_word": 5}', "\xff"])
def test_a_model_whose_file_does_not_say_it_is_called_by_its_name(
    tmp_path: Path, content: str | None
) -> None:
    model = tmp_path / "Hey_House.json"
    if content is not None:
        model.write_text(content, encoding="latin-1")
    assert spoken_forms([str(model), "a/my-word.table"]) == ("hey house", "my word")
