"""The link to one of several brokers."""

from pathlib import Path

import pytest

from tests.broker import Broker
from tests.mqtt.broker.test_link import WAIT_S, line_to
from voice2mqtt.mqtt.broker import link as link_module
from voice2mqtt.mqtt.broker.delivery import DeliveryResult


def test_the_next_broker_of_a_list_is_used_when_one_dies_or_freezes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_module, "_FIRST_BACKOFF_S", 0.05)
    folders = [tmp_path / name for name in ("one", "other")]
    for folder in folders:
        folder.mkdir()
    with (
        Broker(folders[0]) as one,
        Broker(folders[1]) as other,
        one.subscriber("home/#") as at_one,
        other.subscriber("home/#") as at_other,
        line_to((one.url, other.url)) as line,
    ):
        line.ups.get(timeout=WAIT_S)
        line.send("home/1")
        assert line.result() == (DeliveryResult.CONFIRMED, "")
        one.freeze()
        line.send("home/2")
        assert line.result()[0] is not DeliveryResult.CONFIRMED
        line.ups.get(timeout=WAIT_S)
        one.thaw()
        line.send("home/3")
        assert line.result() == (DeliveryResult.CONFIRMED, "")
        other.kill()
        line.ups.get(timeout=WAIT_S)
        line.send("home/4")
        assert line.result() == (DeliveryResult.CONFIRMED, "")
        at_one.wait_for("home/4")
        # What a frozen broker had not answered for was not sent to either of them.
        assert [m.topic for m in at_one.messages] == ["home/1", "home/4"]
        assert [m.topic for m in at_other.messages] == ["home/3"]
