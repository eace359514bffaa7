"""Puts the page beside a daemon: the one place where the two meet."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

from voice2mqtt.cli.arguments import as_called
from voice2mqtt.cli.history.reviewing import review_of
from voice2mqtt.console.console import Console
from voice2mqtt.console.feed import Feed
from voice2mqtt.core.event import Event
from voice2mqtt.errors import UnavailableError
from voice2mqtt.history.database import NAME as HISTORY_FILE
from voice2mqtt.service import composition as build
from voice2mqtt.service.checks.doctor import Doctor
from voice2mqtt.service.checks.table_tests import try_sentences
from voice2mqtt.service.daemon import Daemon
from voice2mqtt.service.store import state_folder
from voice2mqtt.service.systemd import journal
from voice2mqtt.settings.load import WrittenSettings
from voice2mqtt.settings.search import SettingsFile

log = logging.getLogger(__name__)


def daemon_with_page(
    written: WrittenSettings,
    settings_file: Path,
    report: Callable[[Event], None] = journal.report,
    on_audio: Callable[[bytes], None] = lambda _block: None,
) -> tuple[Daemon, Console]:
    """Return the daemon that the settings describe, and the page that shows it.

    Raises:
        UserFacingError: settings, table or a WAV file that is the microphone cannot be used.
    """
    settings, feed = written.settings, Feed()

    def hear(block: bytes) -> None:
        on_audio(block)
        feed.hear(block)

    daemon = build.daemon(settings, report, hear, feed.put)
    page = Console(
        written,
        settings_file,
        feed,
        daemon,
        review_of(settings, state_folder(settings) / HISTORY_FILE),
        lambda table: try_sentences(table, settings),
        lambda: examined(settings_file),
    )
    return daemon, page


def examined(settings_file: Path) -> Iterator[Mapping[str, object]]:
    """Yield what the doctor finds, beside the daemon that runs here."""
    file = SettingsFile(path=settings_file, why="used by this daemon")
    for result in Doctor(file=file, daemon_runs=True).results():
        yield asdict(replace(result, cure=as_called(result.cure)))


@contextmanager
def served(page: Console) -> Iterator[str]:
    """Serve `page`; give its address, "" if that is not possible, which is logged.

    Commands matter more than the page.
    """
    address = ""
    try:
        address = page.start()
        log.info("the page is at %s", address)
    except UnavailableError as error:
        log.error("%s", error)  # noqa: TRY400 - a person can mend it
    try:
        yield address
    finally:
        page.stop()
