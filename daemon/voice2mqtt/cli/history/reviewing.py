"""Makes the review of a settings file's table, for the commands and the page."""

from pathlib import Path

from voice2mqtt.pronunciation.pronouncer import pronouncer
from voice2mqtt.review.review import Review
from voice2mqtt.service import interpreters as build
from voice2mqtt.service.checks.table_tests import try_sentences
from voice2mqtt.settings.model import Settings


def review_of(settings: Settings, history: Path) -> Review:
    """Return the review of the table that `settings` name, and of the history in that file."""
    return Review(
        history,
        settings.commands,
        build.language_of(settings),
        lambda table: build.interpreter(settings, table),
        lambda table: try_sentences(table, settings),
        lambda table: pronouncer(settings.speech.spoken(table.language)),
    )
