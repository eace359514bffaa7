"""The page: what stands behind each of its addresses."""

from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile
from pathlib import Path

from voice2mqtt import __version__
from voice2mqtt.console.access import Need
from voice2mqtt.console.explanation import Explanation
from voice2mqtt.console.feed import Feed
from voice2mqtt.console.given import Given, recording_of, sentence_of, text_of
from voice2mqtt.console.history_view import plots
from voice2mqtt.console.ports import WatchedDaemon
from voice2mqtt.console.review_view import ReviewView
from voice2mqtt.console.server import ConsoleServer, JsonObject
from voice2mqtt.console.settings_view import settings_in_force
from voice2mqtt.console.table_file import TableFile, version_of
from voice2mqtt.console.table_view import table_document
from voice2mqtt.errors import SettingsError
from voice2mqtt.languages.language import primary_of
from voice2mqtt.nlu.grammar.table import CommandTable
from voice2mqtt.pronunciation.pronouncer import pronouncer
from voice2mqtt.review.review import Review
from voice2mqtt.settings.load import WrittenSettings
from voice2mqtt.speech.address import service_name


class Console:
    """Connects the page with the daemon that it shows."""

    def __init__(
        self,
        written: WrittenSettings,
        settings_file: Path,
        feed: Feed,
        daemon: WatchedDaemon,
        review: Review,
        run_tests: Callable[[CommandTable], Sequence[str]],
        examine: Callable[[], Iterator[JsonObject]],
    ) -> None:
        """Prepare a page for `daemon`, which puts its events into `feed`.

        `review` has its history; `run_tests` returns a sentence for each of a table's own tests
        that fails; `examine` yields what `voice2mqtt doctor` finds, which takes long.
        """
        settings = written.settings
        self._written = written
        self._settings_file = settings_file
        self._feed = feed
        self._daemon = daemon
        self._examine = examine
        self._ended = False
        language = primary_of(settings.speech.first_language)
        self._table = TableFile(settings.commands, language, run_tests)
        self._explanation: Explanation | None = None
        self._shown_state: JsonObject = {}
        self._shown_table: tuple[str, JsonObject | None] = ("", None)
        """The version of the table that was shown last, and what was shown of it."""
        self._review = ReviewView(review, settings.node, with_words=settings.privacy.log_text)
        self._server = ConsoleServer(settings.console, feed, self._now, self._hello)
        for path, need, work in (
            ("about", Need.READ, self._about),
            ("alignment", Need.READ, self._alignment),
            ("table", Need.READ, self._read_table),
            ("settings", Need.READ, self._settings),
            ("plots", Need.READ, lambda given: plots(review.history, text_of(given, "span"))),
        ):
            self._server.route("GET", f"/api/{path}", need, work)
        for path, need, work in (
            ("try", Need.READ, self._try),
            ("table/check", Need.READ, self._check),
            ("table/save", Need.CHANGE, self._save),
            ("table/undo", Need.CHANGE, self._undo),
            ("token", Need.CHANGE, lambda _given: {}),
            ("say", Need.CHANGE, self._say),
            ("mute", Need.CHANGE, self._mute),
        ):
            self._server.route("POST", f"/api/{path}", need, work)
        paid = any(service.is_cloud for service in settings.speech.services)
        for path, need, work in (
            ("doctor", Need.CHANGE, self._doctor),
            ("hear", Need.CHANGE if paid else Need.READ, self._hear),
        ):
            self._server.route("POST", f"/api/{path}", need, work, is_slow=True)
        self._route_review()

    def _route_review(self) -> None:
        view = self._review
        for path, read in (
            ("", lambda _given: view.listed()),
            ("/case", lambda given: view.case(text_of(given, "sound"))),
            ("/recording", lambda given: view.recording(text_of(given, "id"))),
        ):
            self._server.route("GET", f"/api/review{path}", Need.READ, read)
        for path, change in (
            (
                "accept",
                lambda given: view.accept(text_of(given, "sound"), text_of(given, "sentence")),
            ),
            (
                "row",
                lambda given: view.add_row(
                    text_of(given, "sound"), text_of(given, "topic"), text_of(given, "payload")
                ),
            ),
            ("right", lambda given: view.was_right(text_of(given, "sound"))),
            ("ignore", lambda given: view.ignore(text_of(given, "sound"))),
            ("undo", lambda _given: view.undo()),
        ):
            self._server.route("POST", f"/api/review/{path}", Need.CHANGE, self._reloading(change))

    def _reloading(self, change: Callable[[Given], JsonObject]) -> Callable[[Given], JsonObject]:
        """Return `change`, after which the daemon reads the table at once."""

        def changed(given: Given) -> JsonObject:
            answer = change(given)
            self._daemon.reload()
            return answer

        return changed

    def start(self) -> str:
        """Begin to serve; return the address of the page.

        Raises:
            UnavailableError: nothing can be served there.
        """
        return self._server.start()

    @property
    def port(self) -> int:
        """The port on which it is served."""
        return self._server.port

    def stop(self) -> None:
        """End."""
        self._ended = True
        self._server.stop()

    def _now(self) -> Sequence[JsonObject]:
        level = {"event": "level", **self._feed.level(), "in_speech": self._daemon.in_speech}
        state = self._daemon.state_document()
        if state == self._shown_state:
            return (level,)
        self._shown_state = state
        return level, {"event": "state", "state": state}

    def _hello(self) -> JsonObject:
        return {
            "event": "hello",
            "recent": self._feed.recent,
            "state": self._daemon.state_document(),
            **self._about({}),
        }

    def _about(self, _given: Given) -> JsonObject:
        settings = self._written.settings
        return {
            "node": settings.node,
            "version": __version__,
            "words": settings.privacy.log_text,
            "host": ", ".join(map(service_name, settings.speech.services)),
            "broker": ", ".join(settings.mqtt.brokers),
            "device": settings.microphone.device,
        }

    def _try(self, given: Given) -> JsonObject:
        return {"events": list(self._daemon.dry_run(sentence_of(given)))}

    def _hear(self, given: Given) -> JsonObject:
        return {"events": list(self._daemon.dry_run_recording(recording_of(given)))}

    def _say(self, given: Given) -> JsonObject:
        if why_not := self._daemon.say(sentence_of(given)):
            raise SettingsError(why_not)
        return {}

    def _mute(self, given: Given) -> JsonObject:
        self._daemon.mute(on=given.get("on") is True)
        return {}

    def _alignment(self, given: Given) -> JsonObject:
        heard, said = text_of(given, "heard"), text_of(given, "said")
        if self._explanation is None:
            table = self._table.table(self._table.text())
            spoken = self._written.settings.speech.spoken(table.language)
            self._explanation = Explanation(table.language, pronouncer(spoken))
        return {"matches": self._explanation.alignment(heard, said)}

    def _read_table(self, _given: Given) -> JsonObject:
        text = self._table.text()
        problems, version = self._table.check(text), version_of(text)
        valid = not any(problem["fault"] for problem in problems)
        if self._shown_table[0] != version:
            document = table_document(self._table.table(text)) if valid else None
            self._shown_table = version, document
        return {
            "path": str(self._table.path),
            "text": text,
            "version": version,
            "problems": problems,
            "can_undo": self._table.can_undo,
            "table": self._shown_table[1],
        }

    def _check(self, given: Given) -> JsonObject:
        return {"problems": self._table.check(text_of(given, "text"))}

    def _save(self, given: Given) -> JsonObject:
        problems = self._table.save(text_of(given, "text"), text_of(given, "version"))
        saved = not any(problem["fault"] for problem in problems)
        if saved:
            self._daemon.reload()
        return {"problems": problems, "saved": saved}

    def _undo(self, _given: Given) -> JsonObject:
        self._table.undo()
        self._daemon.reload()
        return {}

    def _settings(self, _given: Given) -> JsonObject:
        return {
            "path": str(self._settings_file),
            "settings": settings_in_force(self._written),
        }

    def _doctor(self, _given: Given) -> JsonObject:
        # The daemon's end waits for one check at most.
        return {"checks": list(takewhile(lambda _check: not self._ended, self._examine()))}
