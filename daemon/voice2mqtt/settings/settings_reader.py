"""Read `voice2mqtt.yaml` as `Settings`."""

from voice2mqtt.nlu.grammar.table import Place
from voice2mqtt.settings.model import Settings
from voice2mqtt.settings.yaml.faults import Faults, FaultsError
from voice2mqtt.settings.yaml.nodes import Node, ScalarNode
from voice2mqtt.settings.yaml.schema import Schema, keys_of, read


def read_settings(document: Node, faults: Faults) -> Settings:
    """Return the settings that `document` describes.

    Raises:
        FaultsError: Lists everything that is wrong.
    """
    settings = read(Settings, document, faults)
    faults.raise_any()
    assert isinstance(settings, Settings)
    return settings


def check_setting(key: str, given: str) -> None:
    """Check the text `given` as the value of the dotted `key`.

    Raises:
        ValueError: It cannot be; the message says why, and what to do.
    """
    schema: Schema = Settings
    for step in key.split("."):
        schema = keys_of(schema)[step]
    faults = Faults("")
    read(schema, ScalarNode(place=Place(), value=given, written=given), faults)
    try:
        faults.raise_any()
    except FaultsError as error:
        raise ValueError(error.faults[0].sentence) from error
