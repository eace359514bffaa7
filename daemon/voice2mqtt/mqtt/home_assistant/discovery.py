"""The discovery messages of a node for Home Assistant: one per entity and per row. Pure.

They have the single-component form, which old and new versions take. When they are published is
decided in `discovery_publisher.py`.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence

from voice2mqtt.mqtt.topics import Topics

_ROW = "{{ value_json.row if value_json.event == 'command' else '' }}"
_ROW_AS_EVENT = (
    "{% if value_json.event == 'command' %}"
    "{{ dict(value_json, event_type=value_json.row) | tojson }}"
    "{% endif %}"
)

Config = dict[str, object]


def discovery_key(topics: Topics) -> str:
    """Return the unique name of the node, as a level of a discovery topic."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", f"{topics.base}_{topics.node}")


def announcements(
    topics: Topics, prefix: str, rows: Sequence[str], version: str, page: str = ""
) -> dict[str, str]:
    """Return discovery topic to payload for the node's entities and a trigger for each row.

    `page` is the address of the node's web page, if it has one.
    """
    key = discovery_key(topics)
    common: Config = {
        "device": {
            "identifiers": [key],
            "name": f"Voice {topics.node}",
            "manufacturer": "voice2mqtt",
            "model": "Voice commands",
            "sw_version": version,
            **({"configuration_url": page} if page else {}),
        },
        "origin": {"name": "voice2mqtt", "sw_version": version},
    }
    found: dict[str, str] = {}
    for (component, name), own in _entities(topics, rows).items():
        unique_id = f"{key}_{name}"
        config = {
            "unique_id": unique_id,
            "object_id": unique_id,
            # Replaces object_id from Home Assistant 2025.10 on.
            "default_entity_id": f"{component}.{unique_id}".lower(),
            **own,
            **common,
        }
        found[f"{prefix}/{component}/{key}/{name}/config"] = json.dumps(config)
    for row in rows:
        digest = hashlib.sha256(row.encode(errors="replace")).hexdigest()[:16]
        topic = f"{prefix}/device_automation/{key}/row_{digest}/config"
        found[topic] = json.dumps(_trigger(topics, row) | common)
    return found


def _on_if(key: str) -> str:
    return f"{{{{ 'ON' if value_json.{key} else 'OFF' }}}}"


def _trigger(topics: Topics, row: str) -> Config:
    return {
        "automation_type": "trigger",
        "type": "command",
        "subtype": row,
        "topic": topics.event,
        "value_template": _ROW,
        "payload": row,
        "qos": 1,
    }


def _entities(topics: Topics, rows: Sequence[str]) -> Mapping[tuple[str, str], Config]:
    available: Config = {"availability_topic": topics.availability}
    state: Config = {"state_topic": topics.state, **available}
    entities = _controls(topics, available, state) | _connectivity(topics, state)
    entities["sensor", "activity"] = available | {
        "name": "Activity",
        "icon": "mdi:ear-hearing",
        "state_topic": topics.activity,
    }
    for name, config in _sensors(topics).items():
        entities["sensor", name] = state | config
    if rows:
        entities["event", "command"] = available | {
            "name": "Command",
            "icon": "mdi:account-voice",
            "state_topic": topics.event,
            "event_types": list(rows),
            "value_template": _ROW_AS_EVENT,
            "qos": 1,
        }
    return entities


def _controls(topics: Topics, available: Config, state: Config) -> dict[tuple[str, str], Config]:
    found: dict[tuple[str, str], Config] = {
        ("switch", "mute"): state
        | {
            "name": "Mute",
            "icon": "mdi:microphone-off",
            "command_topic": topics.control("mute"),
            "value_template": _on_if("muted"),
            "qos": 1,
        },
        ("text", "say"): available
        | {
            "name": "Say",
            "icon": "mdi:comment-text-outline",
            "command_topic": topics.control("say"),
            "min": 1,
            "max": 255,
            "qos": 1,
        },
    }
    for name, shown, icon in (
        ("reload", "Reload commands", "mdi:reload"),
        ("listen", "Listen once", "mdi:ear-hearing"),
    ):
        topic = topics.control(name)
        button: Config = {"name": shown, "icon": icon, "command_topic": topic, "qos": 1}
        found["button", name] = available | button
    return found


def _connectivity(topics: Topics, state: Config) -> dict[tuple[str, str], Config]:
    shape: Config = {"device_class": "connectivity", "entity_category": "diagnostic"}
    found: dict[tuple[str, str], Config] = {
        # No availability topic: it shows that the node is away, when all others are unavailable.
        ("binary_sensor", "connection"): shape
        | {
            "name": "Connection",
            "state_topic": topics.availability,
            "payload_on": "online",
            "payload_off": "offline",
        },
        ("binary_sensor", "name_taken"): {
            **state,
            "name": "Name in use twice",
            "device_class": "problem",
            "entity_category": "diagnostic",
            "value_template": _on_if("name_taken"),
        },
    }
    for name, shown in (("microphone", "Microphone"), ("host", "Speech host")):
        found["binary_sensor", name] = {
            **state,
            **shape,
            "name": shown,
            "value_template": _on_if(name),
            "json_attributes_topic": topics.state,
            "json_attributes_template": (
                f"{{{{ {{'reason': value_json.{name}_reason}} | tojson }}}}"
            ),
        }
    return found


def _sensors(topics: Topics) -> Mapping[str, Config]:
    diagnostic: Config = {"entity_category": "diagnostic"}
    return {
        "last_phrase": {
            "name": "Last phrase",
            "icon": "mdi:format-quote-close",
            # The longest state that Home Assistant takes.
            "value_template": "{{ value_json.last_phrase[:255] }}",
        },
        "last_command": {
            "name": "Last command",
            "icon": "mdi:comment-check-outline",
            "value_template": "{{ value_json.last_command[:255] }}",
        },
        "no_match": diagnostic
        | {
            "name": "Not understood",
            "icon": "mdi:comment-question-outline",
            "state_class": "total_increasing",
            "value_template": "{{ value_json.counters.no_match + value_json.counters.unmatched }}",
            "json_attributes_topic": topics.state,
            "json_attributes_template": "{{ value_json.refused | tojson }}",
        },
        "metered": diagnostic
        | {
            "name": "Audio sent today",
            "device_class": "duration",
            "state_class": "total_increasing",
            "unit_of_measurement": "s",
            "value_template": "{{ value_json.metered_s_today }}",
        },
        "latency": diagnostic
        | {
            "name": "Latency",
            "device_class": "duration",
            "state_class": "measurement",
            "unit_of_measurement": "ms",
            "value_template": "{{ value_json.latency_ms }}",
        },
    }
