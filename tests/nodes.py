"""Nodes that arbitrate over a broker, for tests and benches."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tests.broker import Broker, wait_until
from tests.relay import Relay
from voice2mqtt.mqtt.adapter import MqttAdapter
from voice2mqtt.settings.model import HomeAssistantSettings, MqttSettings, Settings

QUIET = HomeAssistantSettings(discovery=False)


@contextmanager
def node(broker: Broker | Relay, name: str) -> Iterator[MqttAdapter]:
    adapter = MqttAdapter(
        Settings(node=name, mqtt=MqttSettings(broker=broker.url), home_assistant=QUIET)
    )
    adapter.start()
    try:
        yield adapter
    finally:
        adapter.close(0)


def wait_for_others(nodes: Sequence[MqttAdapter]) -> None:
    """Wait until the nodes know each other, and may agree."""
    others = len(nodes) - 1
    wait_until(
        lambda: all(len(each.arbitration.others) == others for each in nodes), "all to be known"
    )
    wait_until(
        lambda: all(each.arbitration.follows for each in nodes), "all to be known for a while"
    )
