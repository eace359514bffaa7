"""`voice2mqtt devices`: which microphones there are, and how they sound."""

import argparse
import contextlib
import json
import threading
import time
from dataclasses import asdict

from voice2mqtt.audio.monitor import Monitor, MonitorReading
from voice2mqtt.audio.sources.devices import CaptureDevice, list_devices
from voice2mqtt.audio.sources.sound_server import detect_sound_server
from voice2mqtt.cli import arguments as common
from voice2mqtt.cli.screen import bar, is_terminal, live_table, show_table
from voice2mqtt.errors import ExitStatus, UnavailableError
from voice2mqtt.settings.model import EndpointerSettings, Settings

HELP = "list the microphones, or listen to one"

LEVELS_S = 5.0
"""How long the list shows live levels on a terminal; set by hand."""
LOWEST_DB = -70.0
"""Left end of the level bar, in dBFS; the right end is full scale."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    common.settings(parser)
    common.as_json(parser, "print JSON, one object a line")
    parser.add_argument(
        "--listen", metavar="NAME", type=common.text, help="show what this microphone hears"
    )
    parser.add_argument(
        "--seconds",
        type=common.seconds,
        metavar="N",
        help="how long to listen (until Ctrl-C; with the list, 5 on a terminal, else 0)",
    )


def run(args: argparse.Namespace) -> int:
    """List the microphones or listen to one; return the exit status."""
    microphone = _settings(args).microphone
    if args.listen:
        return _listen(args.listen, microphone.gate, args.seconds, as_json=args.json)
    server = detect_sound_server()
    devices = list_devices(microphone.device, server.kind)
    if args.json:
        listed = [asdict(device) for device in devices]
        print(json.dumps({"sound_server": asdict(server), "devices": listed}))
        return ExitStatus.OK
    print(f"Sound server: {server.kind}. {server.advice}\n")
    seconds = args.seconds if args.seconds is not None else LEVELS_S * is_terminal()
    show_list(devices, microphone.gate, seconds)
    for device in devices:
        if device.problem:
            print(f"\n{device.problem}")
    if server.default_advice:
        print(f"\n{server.default_advice}")
    if all(device.problem for device in devices):
        raise UnavailableError("no microphone can be used")
    return ExitStatus.OK


def _settings(args: argparse.Namespace) -> Settings:
    # A microphone is chosen before settings exist.
    named = hasattr(args, "settings")
    return common.load(args) if named or common.settings_file(args).path.exists() else Settings()


def show_list(devices: list[CaptureDevice], endpointer: EndpointerSettings, seconds: float) -> None:
    """Print the microphones, with their live levels for `seconds` if that is above 0."""
    usable = [device.name for device in devices if not device.problem]
    headings = ("", "microphone.device", "channels", "rates, Hz", "what it is")
    if seconds <= 0 or not usable:
        show_table(headings, [_described(device) for device in devices])
        return
    with contextlib.ExitStack() as stack:
        monitors = {name: stack.enter_context(Monitor(name, endpointer)) for name in usable}

        def rows() -> list[tuple[str, ...]]:
            levels = {name: _bar(monitor.read()) for name, monitor in monitors.items()}
            return [(*_described(device), levels.get(device.name, "")) for device in devices]

        stack.enter_context(live_table((*headings, "level, dBFS: say something"), rows))
        _wait(seconds)


def _listen(
    name: str, endpointer: EndpointerSettings, seconds: float | None, *, as_json: bool
) -> int:
    """Show the level of `name` until Ctrl-C or for `seconds`; fail if it gives no audio then."""
    with Monitor(name, endpointer) as monitor:
        with contextlib.suppress(KeyboardInterrupt):
            _watch(monitor, seconds, as_json=as_json)
        state = monitor.read().state
    if not state.listening:
        raise UnavailableError(state.sentence)
    return ExitStatus.OK


def _watch(monitor: Monitor, seconds: float | None, *, as_json: bool) -> None:
    if is_terminal() and not as_json:
        print("Say something: the gate should open. Ctrl-C ends.")
        with live_table(("", ""), lambda: _measured(monitor.read())):
            _wait(seconds)
        return
    # One line a second, for a log or a program.
    until_s = time.monotonic() + (seconds if seconds is not None else float("inf"))
    while (left_s := until_s - time.monotonic()) > 0:
        _wait(min(1.0, left_s))
        print(_line(monitor.read(), as_json=as_json), flush=True)


def _wait(seconds: float | None) -> None:
    threading.Event().wait(seconds)


def _described(device: CaptureDevice) -> tuple[str, ...]:
    what = device.description + (" (the default)" if device.default else "")
    what += f" ({device.condition})" if device.problem else ""
    return ("*" if device.chosen else "", device.name, device.channels, device.rates_hz, what)


def _bar(reading: MonitorReading) -> str:
    if not reading.state.listening:
        return reading.state.condition
    return f"{bar(1 - reading.level.peak_db / LOWEST_DB, 16)} {reading.level.peak_db:4.0f}"


def _measured(reading: MonitorReading) -> list[tuple[str, str]]:
    level = reading.level
    return [
        ("microphone", reading.state.sentence),
        ("level", f"{bar(1 - level.peak_db / LOWEST_DB)} {level.peak_db:4.0f} dBFS"),
        ("noise floor", f"{bar(1 - level.floor_db / LOWEST_DB)} {level.floor_db:4.0f} dBFS"),
        ("clipping", f"{level.clipped_share:.1%}"),
        ("gate", f"{'open' if reading.in_speech else 'shut'}, opened {reading.utterances} times"),
    ]


def _line(reading: MonitorReading, *, as_json: bool) -> str:
    level = reading.level
    if as_json:
        return json.dumps(
            {
                "condition": reading.state.condition,
                "sentence": reading.state.sentence,
                **{key: round(value, 4) for key, value in asdict(level).items()},
                "gate_open": reading.in_speech,
                "utterances": reading.utterances,
            }
        )
    if not reading.state.listening:
        return reading.state.sentence
    return (
        f"peak {level.peak_db:.0f} dBFS, noise floor {level.floor_db:.0f} dBFS, "
        f"clipping {level.clipped_share:.1%}, gate {'open' if reading.in_speech else 'shut'}, "
        f"opened {reading.utterances} times"
    )
