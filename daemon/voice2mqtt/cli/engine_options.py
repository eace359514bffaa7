"""Command-line options that choose the recognition engine, and the engine they choose."""

import argparse
import logging
from collections.abc import Callable
from pathlib import Path

from voice2mqtt.cli import arguments as common
from voice2mqtt.errors import UnavailableError
from voice2mqtt.speechhost.decoding.moonshine_engine import MoonshineEngine
from voice2mqtt.speechhost.engine import Engine
from voice2mqtt.speechhost.serving.memory import configure_malloc

log = logging.getLogger(__name__)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `--wake-phrase PHRASE`, `--vosk-model DIR` and `--language TAG`."""
    parser.add_argument(
        "--wake-phrase",
        metavar="PHRASE",
        type=common.text,
        action="append",
        default=[],
        help="what may be said before a command, besides what the settings name; repeatable",
    )
    parser.add_argument(
        "--vosk-model",
        metavar="DIR",
        type=Path,
        help="recognise with the Vosk model in DIR, which may be of any language",
    )
    parser.add_argument(
        "--language",
        metavar="TAG",
        type=common.setting("speech.language"),
        help="the language of the Vosk model, such as de-DE, if not that of settings or table",
    )


def engine(args: argparse.Namespace, language: str) -> Callable[[int], Engine]:
    """Return a loader of the engine, which takes the threads that one transcription may use.

    `language` is that of the settings or the table. Also makes this process return freed memory
    early. Loading raises UnavailableError or InputError.
    """
    configure_malloc()
    if args.vosk_model is None:
        if not language.startswith("en"):
            log.warning("the model knows English alone: for %s give --vosk-model", language)
        return MoonshineEngine
    try:
        from voice2mqtt.speechhost.decoding.vosk_engine import VoskEngine
    except ModuleNotFoundError:
        hint = "install it with `pip install 'voice2mqtt[vosk]'`"
        raise UnavailableError(f"--vosk-model needs Vosk, which is missing; {hint}") from None
    return lambda _threads: VoskEngine(args.vosk_model, args.language or language)
