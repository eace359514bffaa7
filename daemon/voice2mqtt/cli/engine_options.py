"""Command-line options that choose the recognition engine, and the engine they choose."""

import argparse
import logging
from collections.abc import Callable
from pathlib import Path

from voice2mqtt.cli import arguments as common
from voice2mqtt.errors import UnavailableError, how_to_add
from voice2mqtt.memory import configure_malloc
from voice2mqtt.pronunciation.pronouncer import pronouncer
from voice2mqtt.speechhost.decoding.moonshine_engine import MoonshineEngine
from voice2mqtt.speechhost.engine import Engine

MOONSHINE, VOSK, WHISPER = ENGINES = ("moonshine", "vosk", "whisper")

log = logging.getLogger(__name__)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `--wake-phrase`, `--engine`, `--model`, `--vosk-model` and `--language`."""
    parser.add_argument(
        "--wake-phrase",
        metavar="PHRASE",
        type=common.text,
        action="append",
        default=[],
        help="what may be said before a command, besides what the settings name; repeatable",
    )
    parser.add_argument(
        "--engine",
        choices=ENGINES,
        help="what recognises: moonshine (English, if not told), vosk or whisper (other languages)",
    )
    parser.add_argument(
        "--model",
        metavar="DIR|NAME",
        help="the model of vosk, a folder, or of whisper, a folder or a name (base)",
    )
    parser.add_argument(
        "--vosk-model",
        metavar="DIR",
        type=Path,
        help="the same as --engine vosk --model DIR",
    )
    parser.add_argument(
        "--language",
        metavar="TAG",
        type=common.setting("speech.language"),
        help="the language of the model, such as de-DE, if not that of settings or table",
    )
    parser.set_defaults(wrong=parser.error)


def chosen(args: argparse.Namespace) -> str:
    """Return the name of the engine; options that contradict each other are wrong usage."""
    if args.vosk_model and (args.engine not in (None, VOSK) or args.model):
        args.wrong("--vosk-model names engine and model: --engine and --model are too many")
    engine: str = args.engine or (VOSK if args.vosk_model else MOONSHINE)
    if engine == MOONSHINE and args.model:
        args.wrong("--model is for vosk and whisper: choose one with --engine")
    if engine == VOSK and not (args.vosk_model or args.model):
        args.wrong("--engine vosk needs the folder of its model: --model DIR")
    return engine


def engine(args: argparse.Namespace, language: str) -> Callable[[int], Engine]:
    """Return a loader of the engine, which takes the threads that one transcription may use.

    `language` is that of the settings or the table. Also makes this process return freed memory
    early. Loading raises UnavailableError or InputError.
    """
    configure_malloc()
    language = args.language or language
    match chosen(args):
        case "vosk":
            return _vosk(args.vosk_model or Path(args.model), language)
        case "whisper":
            return _whisper(args.model, language)
    if not language.startswith("en"):
        log.warning("the model knows English alone: for %s choose another --engine", language)
    return MoonshineEngine


def _vosk(folder: Path, language: str) -> Callable[[int], Engine]:
    try:
        from voice2mqtt.speechhost.decoding.vosk_engine import VoskEngine
    except ModuleNotFoundError:
        raise UnavailableError(f"Vosk is missing; {how_to_add('vosk')}") from None
    return lambda _threads: VoskEngine(folder, language)


def _whisper(model: str | None, language: str) -> Callable[[int], Engine]:
    try:
        from voice2mqtt.speechhost.decoding.whisper.model import DEFAULT_MODEL, Whisper
    except ModuleNotFoundError:
        raise UnavailableError(f"Whisper is missing; {how_to_add('whisper')}") from None
    from voice2mqtt.speechhost.decoding.whisper.engine import WhisperEngine

    def load(threads: int) -> Engine:
        return WhisperEngine(Whisper(model or DEFAULT_MODEL, threads), language, pronouncer)

    return load
