"""Clients behind a proxy are counted by their own addresses, if the proxy is one of ours."""

from contextlib import nullcontext

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.speechhost.fakes import ScriptedEngine
from tests.speechhost.hosting import hosting
from voice2mqtt.speechhost.serving.admission import Limits
from voice2mqtt.speechhost.serving.trusted_proxies import HEADER, TrustedProxies, network

ONCE = "/speech/recognition/interactive/cognitiveservices/v1"


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("10.0.0.1", "192.168.1.7", "192.168.1.7"),
        ("10.0.0.1", "192.168.1.7, 10.0.0.2", "192.168.1.7"),
        ("10.0.0.1", "6.6.6.6, 192.168.1.7", "192.168.1.7"),
        ("10.0.0.1", "2001:db8::7", "2001:db8::7"),
        ("10.0.0.1", "10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "unknown, _hidden", "10.0.0.1"),
        ("192.168.1.9", "192.168.1.7", "192.168.1.9"),
        ("?", "192.168.1.7", "?"),
    ],
)
def test_the_last_address_that_is_no_proxy_is_the_client(
    peer: str, forwarded: str | None, client: str
) -> None:
    assert TrustedProxies([network("10.0.0.0/30")]).client(peer, forwarded) == client


@pytest.mark.parametrize("trusted", [[], ["127.0.0.1"]], ids=["stranger", "trusted"])
def test_limits_count_rooms_and_not_their_proxy(trusted: list[str]) -> None:
    proxies = TrustedProxies([network(each) for each in trusted])
    limits = Limits(connections_per_address=1)
    hall, den = ({HEADER: f"192.168.1.{room}"} for room in (7, 8))
    with hosting(ScriptedEngine(), limits=limits, proxies=proxies) as host:
        url = host.url + ONCE
        with connect(url, additional_headers=hall):
            refused = pytest.raises(InvalidStatus, match="429")
            with refused, connect(url, additional_headers=hall):
                pass
            with nullcontext() if trusted else refused, connect(url, additional_headers=den):
                pass
