"""Areas, floors and devices of a home fill the lists of Home Assistant's sentences."""

import pytest

from tests.settings.home_assistant.importing import imported, matches
from voice2mqtt.settings.yaml.faults import FaultsError

_HOME = """
areas: [{name: Kitchen, id: kitchen}, {name: "(Living|Sitting) Room", aliases: [den]}]
floors: [{name: Upstairs}]
entities:
  - {name: Ceiling, id: light.ceiling}
  - {name: Ceiling, id: fan.ceiling}
  - {name: Curtain, id: cover.left, attributes: {device_class: curtain}}
"""
_SENTENCES = """
intents:
  Dim: {data: [{sentences: ["dim {name} [in {area}]"], requires_context: {domain: light}}]}
  Draw:
    data:
      - sentences: ["draw {name}"]
        requires_context: {domain: [cover, valve], device_class: {value: curtain, slot: true}}
  Find: {data: [{sentences: ["find {name} {floor}"], excludes_context: {domain: [fan]}}]}
  Mow: {data: [{sentences: ["mow {name}", "mow"], requires_context: {domain: lawn_mower}}]}
"""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("dim ceiling in sitting room", ("Dim", {"name": "Ceiling", "area": "Living Room"})),
        ("dim ceiling in den", ("Dim", {"name": "Ceiling", "area": "Living Room"})),
        ("dim curtain", None),
        ("draw curtain", ("Draw", {"name": "Curtain"})),
        ("draw ceiling", None),
        ("find curtain upstairs", ("Find", {"name": "Curtain", "floor": "Upstairs"})),
        ("mow", ("Mow", {})),
        ("mow ceiling", None),
    ],
)
def test_a_block_takes_the_devices_of_its_context(
    text: str, found: tuple[str, dict[str, str]] | None
) -> None:
    assert matches(imported(_SENTENCES, _HOME).table(), text)[:1] == ([found] if found else [])


def test_what_no_device_fits_is_left_out_and_told() -> None:
    gathered = imported(_HOME, _SENTENCES)
    gathered.table()
    assert gathered.notes == ["Mow: {name} has no value that fits; some are left out"]


def test_a_home_of_another_form_is_told() -> None:
    with pytest.raises(FaultsError, match="'name' is missing; it is what is said"):
        imported("areas: [{id: kitchen}]")
