"""Announces a service on the local network, so that Home Assistant offers it. Imports zeroconf."""

import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from zeroconf import NonUniqueNameException
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

log = logging.getLogger(__name__)

WYOMING = "_wyoming._tcp.local."


@asynccontextmanager
async def announced(kind: str, name: str, address: str, port: int) -> AsyncIterator[None]:
    """Announce a service of `kind` at an IPv4 address while the block lasts.

    A network on which nothing can be announced is told in the log, and is no failure.
    """
    try:
        info = AsyncServiceInfo(
            kind,
            f"{name}.{kind}",
            addresses=[socket.inet_aton(address)],
            port=port,
            server=f"{socket.gethostname()}.local.",
        )
        # zeroconf leaves a socket open when the address is not of this machine.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind((address, 0))
        zeroconf = AsyncZeroconf(interfaces=[address])
        await zeroconf.async_register_service(info, allow_name_change=True)
    except (TimeoutError, OSError, NonUniqueNameException) as error:
        log.warning("%s cannot be announced on the network of %s: %s", name, address, error)
        yield
        return
    try:
        yield
    finally:
        # It returns the telling, which is to be waited for itself.
        await (await zeroconf.async_unregister_service(info))
        await zeroconf.async_close()


def address_of_this_machine() -> str:
    """Return the IPv4 address by which others reach this machine, "" if it is on no network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("224.0.0.251", 5353))  # sends nothing
        except OSError:
            return ""
        return str(probe.getsockname()[0])
