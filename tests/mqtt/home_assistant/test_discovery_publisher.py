"""What Home Assistant is told, and no longer told, over a real broker."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

from tests.broker import Broker, Subscriber, wait_until
from tests.relay import Relay
from voice2mqtt.mqtt.adapter import MqttAdapter
from voice2mqtt.settings.model import HomeAssistantSettings, MqttSettings, Settings

PREFIX = "homeassistant/"


@contextmanager
def node(broker: Broker, *rows: str, discovery: bool = True) -> Iterator[MqttAdapter]:
    adapter = MqttAdapter(
        Settings(
            node="den",
            mqtt=MqttSettings(broker=broker.url),
            home_assistant=HomeAssistantSettings(discovery=discovery),
        )
    )
    adapter.set_rows(rows)
    adapter.start()
    try:
        yield adapter
    finally:
        adapter.close(1)


def retained(broker: Broker) -> dict[str, str]:
    """What a newcomer is told on discovery topics."""
    with broker.subscriber() as newcomer:
        newcomer.send("end/of/retained", "x")
        newcomer.wait_for("end/of/retained")
        return {m.topic: m.payload for m in newcomer.messages if m.topic.startswith(PREFIX)}


def published(broker: Broker) -> list[str]:
    """The discovery topics that the node has published on, in order."""
    return re.findall(rf"Received PUBLISH from voice2mqtt-den .*'({PREFIX}[^']+)'", broker.log())


def kept(adapter: MqttAdapter, count: int) -> None:
    """Wait until the node knows that the broker keeps `count` announcements."""
    wait_until(lambda: len(adapter._discovery._kept) == count, f"{count} announcements")


def rows_of(configs: dict[str, str]) -> set[str]:
    triggers = [json.loads(c) for topic, c in configs.items() if "/device_automation/" in topic]
    return {trigger["subtype"] for trigger in triggers}


def wait_for_trigger(subscriber: Subscriber, row: str) -> str:
    """Return the topic on which the trigger of `row` is announced."""

    def there() -> str | None:
        for message in subscriber.messages:
            if "/device_automation/" in message.topic and f'"subtype": "{row}"' in message.payload:
                return message.topic
        return None

    subscriber._wait(there, f"trigger for {row}")
    return there() or ""


def test_entities_and_rows_are_retained_and_name_device_and_origin(broker: Broker) -> None:
    with broker.subscriber(f"{PREFIX}#") as subscriber, node(broker, "light", "door"):
        wait_for_trigger(subscriber, "light")
        wait_for_trigger(subscriber, "door")
        configs = retained(broker)
    assert rows_of(configs) == {"light", "door"}
    parsed = [json.loads(config) for config in configs.values()]
    assert {c["device"]["identifiers"][0] for c in parsed} == {"voice2mqtt_den"}
    assert {c["origin"]["name"] for c in parsed} == {"voice2mqtt"}
    ids = [c["unique_id"] for c in parsed if "unique_id" in c]
    assert len(ids) == len(set(ids)) == ENTITIES
    alone = [c["name"] for c in parsed if "name" in c and "availability_topic" not in c]
    assert alone == ["Connection"]


def test_a_row_that_goes_is_cleared_also_when_it_went_while_the_node_was_away(
    broker: Broker,
) -> None:
    with broker.subscriber(f"{PREFIX}#") as subscriber:
        with node(broker, "light", "door") as adapter:
            light, door = (
                wait_for_trigger(subscriber, "light"),
                wait_for_trigger(subscriber, "door"),
            )
            adapter.set_rows(["door"])
            subscriber.wait_for(light, like=lambda payload: not payload)
        with node(broker):
            subscriber.wait_for(door, like=lambda payload: not payload)
    assert rows_of(retained(broker)) == set()


def test_everything_is_cleared_when_discovery_is_switched_off(broker: Broker) -> None:
    with broker.subscriber(f"{PREFIX}#") as subscriber:
        with node(broker, "light"):
            topic = wait_for_trigger(subscriber, "light")
        with node(broker, "light", discovery=False):
            subscriber.wait_for(topic, like=lambda payload: not payload)
            subscriber.wait_for(
                f"{PREFIX}switch/voice2mqtt_den/mute/config", like=lambda payload: not payload
            )


def test_other_devices_are_left_alone(broker: Broker) -> None:
    foreign = f"{PREFIX}switch/voice2mqtt_denver/mute/config"
    with broker.subscriber(f"{PREFIX}#") as subscriber:
        subscriber.send(foreign, "{}", retain=True)
        with node(broker, "light"):
            wait_for_trigger(subscriber, "light")
        assert [m.payload for m in subscriber.on(foreign)] == ["{}"]


def test_home_assistant_hears_everything_again_when_it_was_started(broker: Broker) -> None:
    with broker.subscriber(f"{PREFIX}#") as subscriber, node(broker, "light"):
        topic = wait_for_trigger(subscriber, "light")
        subscriber.send(f"{PREFIX}status", "online")
        assert len(subscriber.wait_for_count(topic, 2)) == 2


ENTITIES = 15


def test_only_what_changed_is_announced(broker: Broker) -> None:
    with node(broker, "light", "door") as adapter:
        kept(adapter, ENTITIES + 2)
        adapter.set_rows(["light", "heating"])
        kept(adapter, ENTITIES + 2)
        # The new row, the entity that lists all rows, and the end of the old row.
        assert len(published(broker)) == ENTITIES + 2 + 3
    before = published(broker)
    with node(broker, "light", "heating") as adapter:
        kept(adapter, ENTITIES + 2)
    assert published(broker) == before


def test_at_a_reconnection_the_broker_is_told_only_what_it_lost(broker: Broker) -> None:
    with Relay(broker.port) as relay, broker.subscriber() as subscriber:
        settings = Settings(node="den", mqtt=MqttSettings(broker=relay.url))
        adapter = MqttAdapter(settings)
        adapter.set_rows(["light", "door"])
        adapter.start()
        try:
            kept(adapter, ENTITIES + 2)
            before = published(broker)
            assert len(before) == ENTITIES + 2
            subscriber.send(before[0], "", retain=True)
            relay.cut()
            wait_until(lambda: len(published(broker)) > len(before), "announcement")
            kept(adapter, ENTITIES + 2)
            assert published(broker) == [*before, before[0]]
            broker.kill()
            broker.start()
            kept(adapter, 0)
            kept(adapter, ENTITIES + 2)
            assert len(published(broker)) == 2 * (ENTITIES + 2) + 1
        finally:
            adapter.close(1)


def test_a_retained_birth_message_has_nothing_announced_again(broker: Broker) -> None:
    with broker.subscriber() as subscriber:
        subscriber.send(f"{PREFIX}status", "online", retain=True)
        with node(broker, "light") as adapter:
            kept(adapter, ENTITIES + 1)
        with node(broker, "light") as adapter:
            kept(adapter, ENTITIES + 1)
    assert len(published(broker)) == ENTITIES + 1
