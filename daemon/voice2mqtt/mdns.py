"""Services on the local network, announced by mDNS and found. The only import of zeroconf."""

import logging
import socket
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from zeroconf import (
    InterfaceChoice,
    NonUniqueNameException,
    ServiceBrowser,
    ServiceStateChange,
    Zeroconf,
)
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

log = logging.getLogger(__name__)

WYOMING = "_wyoming._tcp.local."
_DETAILS_WITHIN_MS = 1000
"""How long a service may take to tell its address; set by hand."""


@dataclass(frozen=True, slots=True, order=True)
class FoundService:
    """A service that announces itself."""

    kind: str
    name: str
    """Without its kind."""
    addresses: tuple[str, ...]
    """Never empty."""
    server: str
    """The machine's name, "" if it tells none."""
    port: int


def find(
    kinds: Sequence[str], within_s: float, interfaces: Sequence[str] = ()
) -> list[FoundService]:
    """Return the services of `kinds` that announce themselves `within_s`.

    They are looked for on all interfaces, or on those with the given addresses. A network without
    multicast, as in some containers, has none.
    """
    seen: set[tuple[str, str]] = set()

    def note(
        zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange
    ) -> None:
        del zeroconf
        if state_change is ServiceStateChange.Added:
            seen.add((service_type, name))

    try:
        zeroconf = Zeroconf(interfaces=list(interfaces) or InterfaceChoice.All)
    except OSError:
        return []
    try:
        browser = ServiceBrowser(zeroconf, list(kinds), handlers=[note])
        threading.Event().wait(within_s)
        browser.cancel()
        found = [service for each in seen if (service := _details(zeroconf, *each))]
    finally:
        zeroconf.close()
    return sorted(found)


def _details(zeroconf: Zeroconf, kind: str, name: str) -> FoundService | None:
    info = zeroconf.get_service_info(kind, name, _DETAILS_WITHIN_MS)
    if info is None or not info.parsed_addresses():
        return None
    return FoundService(
        kind=kind,
        name=name.removesuffix(f".{kind}"),
        addresses=tuple(info.parsed_addresses()),
        server=(info.server or "").rstrip("."),
        port=info.port or 0,
    )


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
        # It returns the task that sends the goodbye, which has to be awaited too.
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
