import asyncio
import logging
import socket

import pytest
from zeroconf import ServiceStateChange, Zeroconf
from zeroconf.asyncio import AsyncServiceBrowser, AsyncZeroconf

from tests.speechhost.hosting import WITHIN_S
from voice2mqtt.mdns import WYOMING, announced


def test_others_on_the_network_find_it_while_it_lasts() -> None:
    seen: list[tuple[ServiceStateChange, str]] = []
    added, removed = asyncio.Event(), asyncio.Event()

    def changed(
        zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange
    ) -> None:
        del zeroconf, service_type
        seen.append((state_change, name))
        (added if state_change is ServiceStateChange.Added else removed).set()

    async def look() -> None:
        async with asyncio.timeout(WITHIN_S), AsyncZeroconf(interfaces=["127.0.0.1"]) as listener:
            browser = AsyncServiceBrowser(listener.zeroconf, WYOMING, handlers=[changed])
            async with announced(WYOMING, "voice2mqtt test", "127.0.0.1", 10_300):
                await added.wait()
                info = await listener.async_get_service_info(WYOMING, seen[0][1])
                assert info
                assert info.port == 10_300
                assert info.addresses == [socket.inet_aton("127.0.0.1")]
            await removed.wait()
            await browser.async_cancel()

    asyncio.run(look())


def test_a_network_without_multicast_is_told_and_no_failure(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scene() -> None:
        async with announced(WYOMING, "voice2mqtt test", "203.0.113.9", 10_300):
            pass

    with caplog.at_level(logging.WARNING):
        asyncio.run(scene())
    assert "cannot be announced on the network of 203.0.113.9" in caplog.text
