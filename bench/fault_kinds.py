"""What goes wrong at home, each as a context: it begins, lasts while the context is open, and ends.

Host, broker, sound server, files, clock, machine, and the daemon itself.
"""

import os
import resource
import signal
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.relay import Relay

from bench.part import RESTART_S, Part
from bench.process import children
from bench.system import System

_REFUSED = bytes((0x20, 3, 0, 0x88, 0))
"""A CONNACK of MQTT 5: the server is unavailable."""
_HUGE_BYTES = 30_000_000
_SHARE = 0.25
"""Of the processor's time that a starved process is left."""

Lasting = Callable[[System], Iterator[None]]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One way to fail."""

    name: str
    lasting: Lasting
    deaf: bool = False
    """Nothing, or only a part of what is said, can be heard while it lasts."""
    ends_process: bool = False
    """A process is ended on purpose, so what it held in memory says nothing."""
    another_room: bool = False
    needs_root: bool = False
    clock_jumps: bool = False


def _host_killed(system: System) -> Iterator[None]:
    with _restarted(system.host, signal.SIGKILL):
        yield


def _daemon_killed(system: System) -> Iterator[None]:
    with _restarted(system.daemon, signal.SIGKILL):
        yield


def _daemon_ended(system: System) -> Iterator[None]:
    with _restarted(system.daemon, signal.SIGTERM):
        yield


@contextmanager
def _restarted(part: Part, number: signal.Signals) -> Iterator[None]:
    """End it, and start it as systemd would; the fault lasts until it is ready."""
    part.end(number)
    starting = threading.Timer(RESTART_S, lambda: part.start(wait=False))
    starting.start()
    yield
    starting.join()
    part.wait_ready()


def _stopped(part: Callable[[System], Part]) -> Lasting:
    def stopped(system: System) -> Iterator[None]:
        part(system).signal(signal.SIGSTOP)
        yield
        part(system).signal(signal.SIGCONT)

    return stopped


def _slow(relay: Callable[[System], Relay], delay_s: float) -> Lasting:
    def slow(system: System) -> Iterator[None]:
        relay(system).delay_s = delay_s
        yield
        relay(system).delay_s = 0

    return slow


def _host_garbage(system: System) -> Iterator[None]:
    system.to_host.garbage = True
    yield
    system.to_host.garbage = False
    system.to_host.cut()


def _host_half_open(system: System) -> Iterator[None]:
    with _silent(system.to_host, requests=True):
        yield


def _cut(relay: Callable[[System], Relay]) -> Lasting:
    def cut(system: System) -> Iterator[None]:
        relay(system).cut()
        yield

    return cut


def _limited(part: Callable[[System], Part], what: int, used: Callable[[int], int]) -> Lasting:
    """Let `part` have no more of the resource `what` than it uses when the fault begins."""

    def limited(system: System) -> Iterator[None]:
        pid = part(system).pid
        before = resource.prlimit(pid, what)
        resource.prlimit(pid, what, (used(pid), before[1]))
        yield
        # A process that was ended by it has been started again, without the limit.
        with suppress(ProcessLookupError):
            resource.prlimit(pid, what, before)

    return limited


def _descriptors(pid: int) -> int:
    return 1 + max(int(link.name) for link in Path(f"/proc/{pid}/fd").iterdir())


def _address_space(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[0])
    return pages * resource.getpagesize()


def _broker_killed(system: System) -> Iterator[None]:
    system.broker.kill()
    yield
    # The one who counts must be there first, or it would miss what arrives.
    system.to_broker.refuse = b""
    system.broker.start()
    _wait_for_subscriber(system)
    system.to_broker.refuse = None


def _wait_for_subscriber(system: System) -> None:
    token = uuid.uuid4().hex
    while not any(message.payload == token for message in system.seen.on("bench/there")):
        with suppress(RuntimeError):  # It is not connected again yet.
            system.seen.send("bench/there", token)
        time.sleep(0.1)


def _broker_frozen(system: System) -> Iterator[None]:
    system.broker.freeze()
    yield
    system.broker.thaw()


def _broker_half_open(system: System) -> Iterator[None]:
    with _silent(system.to_broker, requests=True):
        yield


def _broker_acknowledges_nothing(system: System) -> Iterator[None]:
    with _silent(system.to_broker, requests=False):
        yield


@contextmanager
def _silent(relay: Relay, *, requests: bool) -> Iterator[None]:
    relay.swallow_requests, relay.swallow_answers = requests, True
    yield
    # What was swallowed is gone, so these connections are of no use any more.
    relay.cut()
    relay.swallow_requests = relay.swallow_answers = False


def _broker_flapping(system: System) -> Iterator[None]:
    over = threading.Event()

    def flap() -> None:
        while not over.wait(1.0):
            system.to_broker.cut()

    flapping = threading.Thread(target=flap)
    flapping.start()
    yield
    over.set()
    flapping.join()


def _broker_refusing(system: System) -> Iterator[None]:
    system.to_broker.refuse = _REFUSED
    system.to_broker.cut()
    yield
    system.to_broker.refuse = None


def _sound_killed(system: System) -> Iterator[None]:
    system.sound.kill()
    yield
    system.sound.start()


def _sound_frozen(system: System) -> Iterator[None]:
    system.sound.stall()
    yield
    system.sound.resume()


def _unplugged(system: System) -> Iterator[None]:
    system.sound.unplug()
    yield
    system.sound.plug()


def _arecord_killed(system: System) -> Iterator[None]:
    for child in children(system.daemon.pid):
        with suppress(OSError):
            if Path(f"/proc/{child}/comm").read_text().strip() == "arecord":
                os.kill(child, signal.SIGKILL)
    yield


def _table(content: bytes | None) -> Lasting:
    """Replace the table by `content`, or by a folder, and have it read."""

    def replaced(system: System) -> Iterator[None]:
        before = system.table.read_bytes()
        system.table.unlink()
        if content is None:
            system.table.mkdir()
        else:
            system.table.write_bytes(content)
        system.daemon.signal(signal.SIGHUP)
        yield
        if content is None:
            system.table.rmdir()
        system.table.write_bytes(before)
        system.daemon.signal(signal.SIGHUP)

    return replaced


def _settings_broken(system: System) -> Iterator[None]:
    before = system.settings.read_bytes()
    system.settings.write_bytes(b"node: [\n\xff")
    system.daemon.signal(signal.SIGHUP)
    yield
    system.settings.write_bytes(before)


def _read_only(system: System) -> Iterator[None]:
    # A disk with files open for writing cannot be made read-only, so another is put over it.
    state = str(system.state_folder)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "ro,size=64k", "none", state], check=True)
    yield
    subprocess.run(["umount", state], check=True)


def _disk_full(system: System) -> Iterator[None]:
    filler = system.state_folder / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    yield
    filler.unlink()


def _clock_jump(by_s: int) -> Lasting:
    def jump(system: System) -> Iterator[None]:
        system.set_clock_off(by_s)
        yield
        system.set_clock_off(0)

    return jump


def _reload(system: System) -> Iterator[None]:
    system.daemon.signal(signal.SIGHUP)
    yield


def _starved(system: System) -> Iterator[None]:
    over = threading.Event()

    def starve() -> None:
        while not over.is_set():
            for part in (system.daemon, system.host):
                part.signal(signal.SIGSTOP)
            over.wait(0.03 * (1 - _SHARE) / _SHARE)
            for part in (system.daemon, system.host):
                part.signal(signal.SIGCONT)
            over.wait(0.03)

    starving = threading.Thread(target=starve)
    starving.start()
    yield
    over.set()
    starving.join()


def _two_daemons(system: System) -> Iterator[None]:
    state = system.folder / "second"
    state.mkdir(exist_ok=True)
    second = system.new_daemon(system.folder / "second.yaml", "second", state)
    second.start()
    try:
        yield
    finally:
        second.end(signal.SIGTERM)


def _daemon(system: System) -> Part:
    return system.daemon


def _host(system: System) -> Part:
    return system.host


def _to_broker(system: System) -> Relay:
    return system.to_broker


def _to_host(system: System) -> Relay:
    return system.to_host


FAULTS = (
    Fault(name="host killed", lasting=_host_killed, ends_process=True),
    Fault(name="host frozen", lasting=_stopped(_host)),
    Fault(name="host slow", lasting=_slow(_to_host, 1.0)),
    Fault(name="host answers garbage", lasting=_host_garbage),
    Fault(name="host half-open", lasting=_host_half_open),
    Fault(name="host's connection cut", lasting=_cut(_to_host)),
    Fault(name="host out of memory", lasting=_limited(_host, resource.RLIMIT_AS, _address_space)),
    Fault(
        name="host has no descriptors left",
        lasting=_limited(_host, resource.RLIMIT_NOFILE, _descriptors),
    ),
    Fault(name="broker killed", lasting=_broker_killed),
    Fault(name="broker frozen", lasting=_broker_frozen),
    Fault(name="broker half-open", lasting=_broker_half_open),
    Fault(name="broker acknowledges nothing", lasting=_broker_acknowledges_nothing),
    Fault(name="broker slow", lasting=_slow(_to_broker, 1.0)),
    Fault(name="broker's connection cut", lasting=_cut(_to_broker)),
    Fault(name="broker flapping every second", lasting=_broker_flapping),
    Fault(name="broker refusing", lasting=_broker_refusing),
    Fault(name="sound server killed", lasting=_sound_killed, deaf=True),
    Fault(name="sound server frozen", lasting=_sound_frozen, deaf=True),
    Fault(name="microphone unplugged", lasting=_unplugged, deaf=True),
    Fault(name="arecord killed", lasting=_arecord_killed, deaf=True),
    Fault(name="clock an hour forward", lasting=_clock_jump(3600), clock_jumps=True),
    Fault(name="clock an hour back", lasting=_clock_jump(-3600), clock_jumps=True),
    Fault(name="clock a day forward", lasting=_clock_jump(86400), clock_jumps=True),
    Fault(name="clock a day back", lasting=_clock_jump(-86400), clock_jumps=True),
    Fault(name="table broken", lasting=_table(b"commands: [\n\xff\x00")),
    Fault(name="table empty", lasting=_table(b"")),
    Fault(name="table huge", lasting=_table(b"# " + b"x" * _HUGE_BYTES)),
    Fault(name="table unreadable", lasting=_table(None)),
    Fault(name="settings broken", lasting=_settings_broken),
    Fault(name="state folder read-only", lasting=_read_only, needs_root=True),
    Fault(name="disk full", lasting=_disk_full, needs_root=True),
    Fault(name="daemon killed", lasting=_daemon_killed, deaf=True, ends_process=True),
    Fault(name="daemon ended (SIGTERM)", lasting=_daemon_ended, deaf=True, ends_process=True),
    Fault(name="daemon told to reload (SIGHUP)", lasting=_reload),
    Fault(name="daemon stopped (SIGSTOP)", lasting=_stopped(_daemon), deaf=True),
    Fault(
        name="daemon has no descriptors left",
        lasting=_limited(_daemon, resource.RLIMIT_NOFILE, _descriptors),
    ),
    Fault(name="two daemons on one microphone", lasting=_two_daemons, another_room=True),
    Fault(name="processor starved to a quarter", lasting=_starved),
)
HARMLESS_TO_MEASURE = tuple(
    fault for fault in FAULTS
    if not (fault.ends_process or fault.needs_root or fault.clock_jumps)
    and not fault.another_room and "memory" not in fault.name
)  # fmt: skip
"""Those after which the same processes go on, so that their memory can be followed."""


@contextmanager
def present(fault: Fault, system: System) -> Iterator[None]:
    """Have `fault` happen to `system` while the context is open."""
    with contextmanager(fault.lasting)(system):
        yield
