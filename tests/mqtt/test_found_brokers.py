"""A real announcement, on the loopback interface."""

import errno
import socket

import pytest
from zeroconf import ServiceInfo, Zeroconf

from voice2mqtt.mqtt.found_brokers import FoundBroker, find_brokers

LOOPBACK = ["127.0.0.1"]


def test_what_announces_itself_is_found() -> None:
    here = [socket.inet_aton("127.0.0.1")]
    zeroconf = Zeroconf(interfaces=LOOPBACK)
    announced = [
        ServiceInfo(kind, f"{name}.{kind}", addresses=here, port=port, server=f"{name}.local.")
        for kind, name, port in (
            ("_mqtt._tcp.local.", "cellar", 1884),
            ("_home-assistant._tcp.local.", "home", 8123),
        )
    ]
    # A Home Assistant's own port is not that of its broker.
    expected = {
        FoundBroker("mqtt://127.0.0.1:1883", "Home Assistant “home” on home.local"),
        FoundBroker("mqtt://127.0.0.1:1884", "MQTT broker “cellar” on cellar.local"),
    }
    try:
        for info in announced:
            zeroconf.register_service(info, cooperating_responders=True)
        # How soon an announcement is heard depends on how busy this machine is.
        for within_s in (0.5, 2.0, 8.0, 30.0):
            found = find_brokers(within_s, LOOPBACK)
            if expected <= set(found):
                break
    finally:
        zeroconf.close()
    assert expected <= set(found)


def test_a_network_without_multicast_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_arguments: object) -> None:
        raise OSError(errno.ENODEV, "No such device")

    monkeypatch.setattr("voice2mqtt.mdns.Zeroconf", refuse)
    assert find_brokers(0.1) == []
