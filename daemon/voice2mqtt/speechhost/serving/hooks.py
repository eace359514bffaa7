"""Callbacks by which a host tells its state, and the figures that it is asked for."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """What to call as the state of the host changes; on the event loop, so they return at once."""

    listening: Callable[[str], None] = lambda _url: None
    """With the address, where clients are told to wait until `ready`."""
    ready: Callable[[], None] = lambda: None
    alive: Callable[[], None] = lambda: None
    """Every second, as long as the event loop runs."""
    stopping: Callable[[], None] = lambda: None
    refused: Callable[[int], None] = lambda _status: None
    """For each client that is not admitted, with the status of HTTP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a host has to do at one moment."""

    ready: bool
    """Whether it is loaded and would admit a client."""
    connections: int
    running: int
    """Transcriptions under way."""
    waiting: int
    """Transcriptions that wait for a thread."""
