"""`voice2mqtt host`: our Speech host, composed and run until a signal."""

import argparse
import asyncio
import logging
import os
import signal
import socket
import ssl
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from voice2mqtt.audio.signal.voice_activity import SileroVoiceActivity
from voice2mqtt.cli import arguments as common
from voice2mqtt.cli import engine_options
from voice2mqtt.errors import ExitStatus, InputError, SettingsError, UnavailableError, how_to_add
from voice2mqtt.memory import exempt_from_collection
from voice2mqtt.service.systemd import journal
from voice2mqtt.service.systemd.notify import Notifier
from voice2mqtt.settings.certificates import load_certificate
from voice2mqtt.settings.page_address import is_loopback
from voice2mqtt.settings.secrets import names_a_file
from voice2mqtt.settings.watched_files import WatchedFiles
from voice2mqtt.speechhost.protocol import answers
from voice2mqtt.speechhost.serving.admission import Limits
from voice2mqtt.speechhost.serving.connection import TOO_MUCH
from voice2mqtt.speechhost.serving.grammar_source import GrammarSource
from voice2mqtt.speechhost.serving.hooks import Hooks
from voice2mqtt.speechhost.serving.scheduler import Scheduler
from voice2mqtt.speechhost.serving.server import SpeechHost
from voice2mqtt.speechhost.serving.trusted_proxies import HEADER, Network, TrustedProxies, network

if TYPE_CHECKING:
    from voice2mqtt.speechhost.serving.metrics import Metrics

HELP = "serve speech recognition to Azure Speech SDK clients, on this machine"

log = logging.getLogger(__name__)

_SWITCH_S = 0.0005
"""Switch interval of the interpreter, a tenth of the default.

A transcription takes the interpreter lock hundreds of times a second; beside a thread that compiles
a phrase list it would wait 5 ms each time.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--listen",
        metavar="ADDRESS:PORT",
        type=_listen,
        default=("127.0.0.1", 5000),
        help="where to serve (127.0.0.1:5000); port 0 takes a free one",
    )
    common.file(
        parser,
        "--settings",
        "the daemon's settings: they name table, language and wake phrase; read when changed",
    )
    common.file(
        parser, "--commands", "the table of commands that are expected, if not that of the settings"
    )
    engine_options.arguments(parser)
    common.file(
        parser,
        "--key-file",
        "clients must show one of the keys in it, one a line; # begins a comment",
    )
    common.file(parser, "--cert", "serve wss:// with it (PEM)")
    common.file(parser, "--key", "the certificate's private key")
    parser.add_argument(
        "--any-language",
        action="store_true",
        help="answer clients that ask for a language that the model does not know, with a warning",
    )
    parser.add_argument(
        "--wyoming",
        metavar="ADDRESS:PORT",
        type=_listen,
        help="serve Home Assistant's Wyoming protocol too, such as on 0.0.0.0:10300, and announce "
        "it; it knows no key",
    )
    parser.add_argument(
        "--trusted-proxy",
        metavar="ADDRESS",
        type=_proxy,
        action="append",
        default=[],
        help=f"believe what this proxy, or network of proxies, tells of its clients in {HEADER}; "
        "repeatable",
    )
    parser.add_argument(
        "--metrics",
        metavar="ADDRESS:PORT",
        type=_listen,
        help="serve figures for Prometheus there, such as on 127.0.0.1:9105",
    )
    _limit_arguments(parser)
    parser.set_defaults(wrong=parser.error)


def _proxy(given: str) -> Network:
    try:
        return network(given)
    except ValueError as error:
        problem = f"{error}; write an address, or a network such as 192.168.1.0/24"
        raise argparse.ArgumentTypeError(problem) from error


def _limit_arguments(parser: argparse.ArgumentParser) -> None:
    limits = Limits()
    parser.add_argument(
        "--threads",
        metavar="N",
        type=int,
        choices=range(1, 65),
        default=len(os.sched_getaffinity(0)),
        help="transcriptions at once (whisper: threads of one); the cores, if not told",
    )
    parser.add_argument(
        "--max-connections",
        metavar="N",
        type=common.count,
        default=limits.connections,
        help="%(default)s",
    )
    parser.add_argument(
        "--max-connections-per-address",
        metavar="N",
        type=common.count,
        default=limits.connections_per_address,
        help="%(default)s",
    )


def run(args: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT."""
    if args.key and not args.cert:
        args.wrong("--key is the private key of a certificate: --cert is missing")
    journal.set_up()
    sys.setswitchinterval(_SWITCH_S)
    address, port = args.listen
    keys = _keys(args.key_file) if args.key_file else ()
    tls = _tls(args.cert, args.key) if args.cert else None
    _warn(address, keys=bool(keys), tls=tls is not None)
    if args.wyoming:
        _warn_of_wyoming(args.wyoming[0], keys=bool(keys))
    metrics = _metrics() if args.metrics else None
    grammar_source = GrammarSource(WatchedFiles(args.settings, args.commands, args.wake_phrase))
    host = SpeechHost(
        _loader(args, grammar_source, metrics),
        SileroVoiceActivity,
        keys=keys,
        proxies=TrustedProxies(args.trusted_proxy),
        tls=tls,
        any_language=args.any_language,
        listeners=[partial(_wyoming, *args.wyoming)] if args.wyoming else (),
        limits=Limits(
            connections=args.max_connections,
            connections_per_address=args.max_connections_per_address,
        ),
        hooks=_hooks(Notifier.from_environment(), metrics),
    )
    stopped = threading.Event()
    watching = threading.Thread(target=grammar_source.watch, args=(stopped,), name="grammar-source")
    watching.start()
    try:
        if metrics:
            log.info("figures are at http://%s:%d/metrics", *metrics.serve(host, *args.metrics))
        asyncio.run(_serve(host, address, port))
    except OSError as error:
        others = [f" or --{name}" for name in ("wyoming", "metrics") if getattr(args, name)]
        where = f"{address}:{port}" + "".join(others)
        raise UnavailableError(f"{where}: {error.strerror or error}") from error
    finally:
        stopped.set()
        watching.join()
    return ExitStatus.OK


def _loader(
    args: argparse.Namespace, source: GrammarSource, metrics: "Metrics | None"
) -> Callable[[], Scheduler]:
    """Return what loads the engine; what is wrong with the options is said at once."""
    engine = engine_options.chosen(args)
    load = engine_options.engine(args, source.language)
    # Whisper has one at a time on all cores: a person waits for it.
    at_once = 1 if engine == engine_options.WHISPER else args.threads

    def make_scheduler() -> Scheduler:
        # Warm up now what would be slow while the first client waits.
        language = args.language or source.language
        answers.inverse_normalised("", "en" if engine == engine_options.MOONSHINE else language)
        scheduler = Scheduler(
            load(args.threads // at_once),
            source.grammar,
            threads=at_once,
            on_transcribed=metrics.transcribed if metrics else None,
            on_refused=partial(metrics.refused, TOO_MUCH) if metrics else lambda: None,
        )
        exempt_from_collection()
        return scheduler

    return make_scheduler


def _metrics() -> "Metrics":
    try:
        from voice2mqtt.speechhost.serving.metrics import Metrics
    except ModuleNotFoundError:
        raise UnavailableError(f"prometheus-client is missing; {how_to_add('metrics')}") from None
    return Metrics()


async def _serve(host: SpeechHost, address: str, port: int) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, host.stop)
    await host.run(address, port)


@asynccontextmanager
async def _wyoming(address: str, port: int, host: SpeechHost) -> AsyncIterator[None]:
    """Serve the Wyoming protocol while the block lasts; announce it where others can reach it."""
    from voice2mqtt import mdns
    from voice2mqtt.speechhost.serving import wyoming_server

    async with AsyncExitStack() as stack:
        serving = wyoming_server.serving(address, port, host.language, host.serve_client)
        _, bound = await stack.enter_async_context(serving)
        log.info("Wyoming clients connect to tcp://%s:%d", address, bound)
        everywhere = address in {"0.0.0.0", "::"}
        reached = mdns.address_of_this_machine() if everywhere else address
        if reached and not is_loopback(reached):
            name = f"voice2mqtt {socket.gethostname()}"
            announcing = mdns.announced(mdns.WYOMING, name, reached, bound)
            await stack.enter_async_context(announcing)
        yield


def _hooks(notifier: Notifier, metrics: "Metrics | None") -> Hooks:
    where = ""

    def listening(url: str) -> None:
        nonlocal where
        where = url
        log.info("loading; %s tells clients to wait", url)

    def ready() -> None:
        log.info("ready: Speech SDK clients connect with host=%s", where)
        notifier.ready(f"serving {where}")

    def stopping() -> None:
        log.info("stopping")
        notifier.stopping("answering the last turns")

    hooks = Hooks(listening=listening, ready=ready, alive=notifier.watchdog, stopping=stopping)
    return replace(hooks, refused=metrics.refused) if metrics else hooks


def _listen(text: str) -> tuple[str, int]:
    address, colon, port = text.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not ADDRESS:PORT, such as 127.0.0.1:5000")
    return address.strip("[]") or "127.0.0.1", int(port)


def _warn_of_wyoming(address: str, *, keys: bool) -> None:
    if not is_loopback(address):
        but = ", although --key-file asks others for a key" if keys else ""
        log.warning("anybody who reaches %s may use this host by Wyoming%s", address, but)


def _warn(address: str, *, keys: bool, tls: bool) -> None:
    if is_loopback(address):
        return
    if not keys:
        log.warning("anybody who reaches %s may use this host: --key-file asks for a key", address)
    if not tls:
        log.warning("what is said travels to %s unencrypted: --cert and --key cure that", address)


def _keys(path: Path) -> tuple[str, ...]:
    if not names_a_file(str(path), path):
        raise InputError(
            "--key-file takes the path of a file, and there is none of this name (not shown: it "
            "may be the key itself); write the key into a file and name that"
        )
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise InputError(f"{path}: the key file cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: the key file is no text; write one key a line") from error
    keys = {number: line.strip() for number, line in enumerate(lines, start=1)}
    keys = {number: key for number, key in keys.items() if key and not key.startswith("#")}
    for number, key in keys.items():
        if not (key.isascii() and key.isprintable()):
            # Clients encode other characters in different ways, so that no match is certain.
            raise InputError(
                f"{path}:{number}: a key may have ASCII letters, digits and signs alone"
            )
    if not keys:
        raise InputError(f"{path}: no key in it; write one a line, or leave --key-file out")
    return tuple(keys.values())


def _tls(cert: Path, key: Path | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        load_certificate(context, cert, key)
    except SettingsError as error:
        raise InputError(str(error)) from error
    return context
