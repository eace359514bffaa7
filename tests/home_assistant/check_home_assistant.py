"""A node in a real Home Assistant. Run by script/test-home-assistant; one story, in order."""

import os
from collections.abc import Iterator
from pathlib import Path
from queue import Queue

import pytest

from tests.broker import Broker, Subscriber
from tests.home_assistant.hass import HomeAssistant
from voice2mqtt.core.decision import Fire, Message, Reason
from voice2mqtt.core.event import event_of
from voice2mqtt.mqtt.adapter import MqttAdapter
from voice2mqtt.mqtt.control import Control, Mute
from voice2mqtt.settings.model import MqttSettings, Settings

ROWS = ("turn {switch} [the] {room} light[s]", "good night")
UNIQUE = "voice2mqtt_den_"
ENTITIES = {
    "switch": {"mute"},
    "binary_sensor": {"connection", "microphone", "host", "name_taken"},
    "sensor": {"activity", "last_phrase", "last_command", "no_match", "metered", "latency"},
    "text": {"say"},
    "button": {"reload", "listen"},
    "event": {"command"},
}
EXPECTED = {f"{kind}.{UNIQUE}{name}" for kind, names in ENTITIES.items() for name in names}


class Node:
    """The daemon with an ear that is told what it hears."""

    def __init__(self, broker: Broker, rows: tuple[str, ...] = ROWS) -> None:
        self.room = MqttAdapter(Settings(node="den", mqtt=MqttSettings(broker=broker.url)))
        self.asked: Queue[Control] = Queue()
        self.room.on_control(self._obey)
        self.room.set_rows(rows)
        self._tell(muted=False)
        self.room.start()

    def _obey(self, control: Control) -> None:
        if isinstance(control, Mute):
            self._tell(muted=control.on)
        self.asked.put(control)

    def _tell(self, *, muted: bool) -> None:
        self.room.publish_state(
            {
                "listening": not muted,
                "muted": muted,
                "microphone": True,
                "microphone_reason": "",
                "host": False,
                "host_reason": "nobody listens there",
                "version": "1.2.3",
                "counters": {"commands": 3, "unmatched": 1, "no_match": 2, "canceled": 0},
                "refused": {"not_in_table": 1, "no_words": 2},
                "metered_s_today": 12.5,
            }
        )

    def hear(self, row: str, text: str) -> None:
        """Carry out `row` as the daemon does when it heard `text`."""
        messages = (Message(topic="home/den/light/set", payload="ON", qos=1),)
        reason = Reason(text="word for word")
        fire = Fire(row=row, text=text, score=1.0, messages=messages, reason=reason)
        event = event_of(
            fire, event_id=text, at="2026-01-01T12:00:00+00:00", node="den", latency_ms=321.0
        )
        self.room.publish_event(event)
        done: Queue[str] = Queue()
        self.room.carry_out(fire, text, done.put)
        assert done.get(timeout=10) == ""


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with Broker(tmp_path_factory.mktemp("broker")) as running:
        yield running


@pytest.fixture(scope="module")
def house(broker: Broker) -> Iterator[Subscriber]:
    with broker.subscriber() as subscriber:
        yield subscriber


@pytest.fixture(scope="module")
def hass(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HomeAssistant]:
    installation = Path(os.environ["HOME_ASSISTANT"])
    with HomeAssistant(installation, tmp_path_factory.mktemp("hass"), broker) as running:
        yield running


@pytest.fixture(scope="module")
def nodes(broker: Broker) -> Iterator[list[Node]]:
    nodes = [Node(broker)]
    yield nodes
    for node in nodes:
        node.room.close(1)


def triggers(hass: HomeAssistant) -> dict[str, dict[str, object]]:
    found = hass.command("device_automation/trigger/list", device_id=device(hass)["id"])
    return {each["subtype"]: each for each in found if each["domain"] == "mqtt"}


def device(hass: HomeAssistant) -> dict[str, object]:
    found = [
        each
        for each in hass.command("config/device_registry/list")
        if ["mqtt", "voice2mqtt_den"] in each["identifiers"]
    ]
    assert len(found) == 1
    return dict(found[0])


def test_it_finds_the_device_and_every_entity(hass: HomeAssistant, nodes: list[Node]) -> None:
    assert nodes
    states = hass.wait(
        lambda: s if (s := hass.states()).keys() >= EXPECTED else None, "every entity", 20
    )
    assert device(hass)["name"] == "Voice den"
    assert {each for each in states if UNIQUE in each} == EXPECTED
    for entity, state in (
        (f"switch.{UNIQUE}mute", "off"),
        (f"binary_sensor.{UNIQUE}connection", "on"),
        (f"binary_sensor.{UNIQUE}microphone", "on"),
        (f"binary_sensor.{UNIQUE}host", "off"),
        (f"sensor.{UNIQUE}no_match", "3"),
        (f"sensor.{UNIQUE}metered", "12.5"),
    ):
        hass.wait_for_state(entity, state)
    host = f"binary_sensor.{UNIQUE}host"
    reason = "nobody listens there"
    hass.wait(lambda: hass.states()[host]["attributes"].get("reason") == reason, "reason", 10)
    assert sorted(states[f"event.{UNIQUE}command"]["attributes"]["event_types"]) == sorted(ROWS)
    assert triggers(hass).keys() == set(ROWS)


def test_it_toggles_mute_and_speaks_and_presses(hass: HomeAssistant, nodes: list[Node]) -> None:
    for service, state in (("turn_on", "on"), ("turn_off", "off")):
        hass.post(f"/api/services/switch/{service}", {"entity_id": f"switch.{UNIQUE}mute"})
        hass.wait_for_state(f"switch.{UNIQUE}mute", state)
        assert nodes[-1].asked.get(timeout=10) == Mute(on=state == "on")
    entity = {"entity_id": f"text.{UNIQUE}say", "value": "Good night."}
    hass.post("/api/services/text/set_value", entity)
    assert str(nodes[-1].asked.get(timeout=10)) == "Say(text='Good night.')"
    for name in ("reload", "listen"):
        hass.post("/api/services/button/press", {"entity_id": f"button.{UNIQUE}{name}"})
        assert str(nodes[-1].asked.get(timeout=10)) == f"{name.title()}()"


def automate(hass: HomeAssistant, row: str) -> None:
    """Make Home Assistant answer the trigger of `row` on test/triggered."""
    payload = "{{ trigger.payload_json.text }}"
    act = {"service": "mqtt.publish", "data": {"topic": "test/triggered", "payload": payload}}
    trigger = triggers(hass)[row] | {"platform": "device"}
    trigger.pop("metadata", None)
    automation = {"alias": "by voice", "mode": "queued", "trigger": [trigger], "action": [act]}
    hass.post("/api/config/automation/config/by_voice", automation)
    hass.wait_for_state("automation.by_voice", "on")


def hear_until_triggered(hass: HomeAssistant, node: Node, house: Subscriber, text: str) -> None:
    """Say it again if need be: an automation that is on may not have attached its trigger yet."""

    def heard() -> bool:
        node.hear(ROWS[0], text)
        house.wait_for("voice2mqtt/den/event", like=lambda payload: text in payload)
        try:
            house.wait_for("test/triggered", like=lambda payload: payload == text, within_s=2)
        except AssertionError:
            return False
        return True

    hass.wait(heard, f"trigger for {text!r}", 20)


def test_a_spoken_command_is_an_event_and_a_device_trigger(
    hass: HomeAssistant, nodes: list[Node], house: Subscriber
) -> None:
    automate(hass, ROWS[0])
    hear_until_triggered(hass, nodes[-1], house, "Turn on the den light.")

    def shown() -> bool:
        attributes = hass.states()[f"event.{UNIQUE}command"]["attributes"]
        return bool(attributes.get("event_type") == ROWS[0] and attributes["text"])

    hass.wait(shown, "event", 10)
    hass.wait_for_state(f"sensor.{UNIQUE}last_phrase", "Turn on the den light.")
    hass.wait_for_state(f"sensor.{UNIQUE}last_command", ROWS[0])
    hass.wait_for_state(f"sensor.{UNIQUE}latency", "321.0")


def test_a_node_that_dies_is_unavailable_and_comes_back(
    hass: HomeAssistant, nodes: list[Node], broker: Broker, house: Subscriber
) -> None:
    nodes[-1].room.close(1)
    hass.wait_for_state(f"switch.{UNIQUE}mute", "unavailable")
    hass.wait_for_state(f"binary_sensor.{UNIQUE}connection", "off")
    nodes.append(Node(broker))
    hass.wait_for_state(f"switch.{UNIQUE}mute", "off")
    hass.wait_for_state(f"binary_sensor.{UNIQUE}connection", "on")
    hear_until_triggered(hass, nodes[-1], house, "After the node came back.")


def test_home_assistant_and_broker_may_restart(
    hass: HomeAssistant, nodes: list[Node], broker: Broker, house: Subscriber
) -> None:
    hass.stop()
    hass.start()
    hass.wait_for_state(f"switch.{UNIQUE}mute", "off")
    hear_until_triggered(hass, nodes[-1], house, "After it came back.")
    # The broker keeps nothing on disk: all it knows afterwards, it was told again.
    broker.kill()
    broker.start()
    hass.wait_for_state(f"switch.{UNIQUE}mute", "off")
    hear_until_triggered(hass, nodes[-1], house, "After the broker came back.")


def test_a_row_that_goes_takes_its_trigger_along(
    hass: HomeAssistant, nodes: list[Node], broker: Broker
) -> None:
    nodes[-1].room.set_rows(ROWS[1:])
    hass.wait(lambda: triggers(hass).keys() == set(ROWS[1:]), "the trigger to go", 10)
    nodes[-1].room.set_rows((*ROWS[1:], "good morning"))
    both = {ROWS[1], "good morning"}
    hass.wait(lambda: triggers(hass).keys() == both, "the new trigger", 10)
    # A row may also go while the node is away: the next start finds what is stale.
    nodes[-1].room.close(1)
    nodes.append(Node(broker, ROWS[1:]))
    hass.wait(lambda: triggers(hass).keys() == set(ROWS[1:]), "the stale trigger to go", 10)


def test_it_found_nothing_to_complain_about(hass: HomeAssistant) -> None:
    complaints = [line for line in hass.log().splitlines() if "components.mqtt" in line]
    tolerated = ("Failed to connect", "Disconnected from MQTT", "Connection refused", "was lost")
    assert not [line for line in complaints if not any(known in line for known in tolerated)]
