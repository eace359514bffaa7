"""Names the areas and entities of a home for Home Assistant's sentences, from what is announced."""

from collections.abc import Mapping

from voice2mqtt.mqtt.suggest.devices import announced, devices_in, documents, name_of, spoken
from voice2mqtt.nlu.grammar.table import Json

_UNNAMED = ("device_automation", "tag")
"""Components that are no entities"""


def home_in(messages: Mapping[str, bytes]) -> dict[str, Json]:
    """Return what the retained `messages` (topic to payload) tell of a home.

    In the form of `settings/home_assistant/home.py`, which `table import` reads. An area is known
    where a device suggests it.
    """
    areas: dict[str, None] = {}
    entities: dict[tuple[str, str], dict[str, Json]] = {}
    for topic, document in documents(messages):
        for component, config in announced(topic, document):
            device, name = config.get("device"), name_of(config)
            area = device.get("suggested_area") if isinstance(device, dict) else None
            if isinstance(area, str) and (said := spoken(area)):
                areas[said] = None
            if component not in _UNNAMED and name:
                entity = entities.setdefault((component, name), _entity(component, name))
                if isinstance(kind := config.get("device_class"), str):
                    entity["attributes"] = {"device_class": kind}
    for device in devices_in(messages):
        entities.setdefault((device.kind, device.name), _entity(device.kind, device.name))
    return {
        "areas": [{"name": area} for area in areas],
        "entities": [entities[key] for key in sorted(entities)],
    }


def _entity(component: str, name: str) -> dict[str, Json]:
    return {"name": name, "id": f"{component}.{name.replace(' ', '_')}"}
