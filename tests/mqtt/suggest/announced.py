"""What the devices of a home say of themselves on its broker."""

EXPOSES = {
    "lamp": {"friendly_name": "hallLamp", "definition": {"exposes": [{"type": "light"}]}},
    "plug": {"friendly_name": "Coffee_Maker", "definition": {"exposes": [{"type": "switch"}]}},
    "blind": {"friendly_name": "blinds", "definition": {"exposes": [{"type": "cover"}]}},
    "hub": {"friendly_name": "Coordinator", "definition": None},
}
HOUSE = {
    "zigbee2mqtt/bridge/devices": list(EXPOSES.values()),
    "homeassistant/light/0x1/light/config": {
        "name": None,
        "device": {"name": "hallLamp"},
        "schema": "json",
        "command_topic": "zigbee2mqtt/hallLamp/set",
    },
    "homeassistant/light/desk/config": {"name": "Desk", "~": "home/desk", "cmd_t": "~/set"},
    "homeassistant/light/bed/config": {"name": "Bed", "~": "home/bed", "cmd_t": "~/set"},
    "homeassistant/device/fan/config": {
        "dev": {"name": "Fan"},
        "cmps": {
            "power": {"p": "switch", "cmd_t": "fan/set", "pl_on": "1", "pl_off": "0"},
            "speed": {"p": "number", "name": "Speed", "cmd_t": "fan/speed"},
        },
    },
    "homeassistant/scene/movie/config": {
        "name": "Movie night", "command_topic": "scenes/movie", "payload_on": "GO",
    },
    "homeassistant/climate/stove/config": {
        "name": "Stove", "temp_cmd_t": "stove/temperature/set",
    },
    "homeassistant/sensor/x/config": {"name": "Humidity", "state_topic": "x"},
}  # fmt: skip
