"""The page over HTTP: files, headers, access, limits, the live feed and its readers."""

import http.client
import json
import socket
import ssl
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.broker import Certificates, wait_until
from tests.console.pages import TOKEN, Page, served_page
from voice2mqtt.console.server import MOST_CONNECTIONS, MOST_READERS, ConsoleServer
from voice2mqtt.errors import UnavailableError
from voice2mqtt.settings.model import ConsoleSettings

PAGE = Path(__file__).parents[2] / "daemon" / "voice2mqtt" / "console" / "page"


class Reading:
    """An open page: a connection to the live feed."""

    def __init__(self, page: Page, *, buffer_bytes: int | None = None) -> None:
        self._socket = socket.socket()
        if buffer_bytes:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
        self._socket.settimeout(10)
        self._socket.connect(("127.0.0.1", page.port))
        request = f"GET /api/live HTTP/1.1\r\nHost: 127.0.0.1:{page.port}\r\n\r\n"
        self._socket.sendall(request.encode())
        self._rest = b""

    def next(self, kind: str) -> dict[str, object]:
        """Return the next event of that kind."""
        while True:
            event: dict[str, object]
            while b"\n\n" not in self._rest:
                came = self._socket.recv(65_536)
                assert came, "the page has ended"
                self._rest += came
            part, _, self._rest = self._rest.partition(b"\n\n")
            if b"data: " in part:
                event = json.loads(part.partition(b"data: ")[2])
                if event["event"] == kind:
                    return event

    def close(self) -> None:
        self._socket.close()


def test_every_file_is_served_with_a_strict_policy(page: Page) -> None:
    for file in PAGE.iterdir():
        answer = page.ask(f"/{file.name}")
        assert answer.status == 200
        assert answer.body == file.read_bytes()
    answer = page.ask("/")
    assert answer.body == (PAGE / "index.html").read_bytes()
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/none.js", "/../server.py", "/%2e%2e/server.py", "/api/none"])
def test_nothing_else_is_served(page: Page, path: str) -> None:
    assert page.ask(path).status == 404


def test_no_file_names_another_site_or_holds_a_script_or_a_style() -> None:
    html = (PAGE / "index.html").read_text()
    assert " style=" not in html
    assert "<style" not in html
    assert "onclick" not in html
    for file in PAGE.iterdir():
        text = file.read_text().replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in text, file
        assert "https://" not in text, file
        assert "innerHTML" not in text, file


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Host": "evil.example"}, id="rebinding"),
        pytest.param({"Origin": "http://evil.example"}, id="origin"),
        pytest.param({"Sec-Fetch-Site": "cross-site"}, id="site"),
        pytest.param({"X-Forwarded-For": "192.0.2.7"}, id="proxy"),
    ],
)
def test_others_are_refused_even_with_the_token(page: Page, headers: dict[str, str]) -> None:
    said = page.ask("/api/say", {"text": "turn on the light"}, token=TOKEN, headers=headers)
    assert said.status in {403, 421}
    assert page.ask("/api/live", headers=headers).status == said.status
    assert page.daemon.said == []


def test_a_form_of_another_site_changes_nothing(page: Page) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = page.ask("/api/mute", {"on": True}, token=TOKEN, headers=form)
    assert answer.status == 409
    assert not page.daemon.muted


def test_a_wrong_method_and_a_wrong_body_are_refused(page: Page) -> None:
    assert page.ask("/api/say", method="GET", token=TOKEN).status == 405
    assert page.ask("/api/say", [1], token=TOKEN).status == 409
    assert page.ask("/api/say", {"text": "a\nb"}, token=TOKEN).status == 409
    assert page.daemon.said == []


def test_who_guesses_the_token_is_soon_shut_out(page: Page) -> None:
    statuses = [page.ask("/api/mute", {"on": True}, token=f"no-{n}").status for n in range(12)]
    assert statuses == [401] * 10 + [429] * 2
    assert page.ask("/api/about").status == 200


def test_too_many_requests_are_refused(page: Page) -> None:
    statuses = {page.ask("/icon.svg").status for _ in range(120)}
    assert statuses == {200, 429}


def test_an_opened_page_is_told_what_was_and_what_is(page: Page) -> None:
    page.feed.put({"event": "command", "id": "1", "text": "before"})
    wait_until(lambda: bool(page.feed.recent), "event")
    reading = Reading(page)
    hello = reading.next("hello")
    assert hello["recent"] == [{"event": "command", "id": "1", "text": "before"}]
    assert reading.next("level")["level_db"] == -100.0
    page.feed.put({"event": "interim", "text": "<script>"})
    assert reading.next("interim")["text"] == "<script>"
    page.daemon.muted = True
    state = reading.next("state")["state"]
    assert isinstance(state, dict)
    assert state["muted"] is True
    reading.close()
    wait_until(lambda: not page.feed.is_read, "end of the reader")


def test_a_reader_that_reads_nothing_is_dropped_and_the_others_go_on(page: Page) -> None:
    idle, busy = Reading(page, buffer_bytes=4096), Reading(page)
    busy.next("hello")
    wait_until(lambda: page.feed.reader_count == 2, "both readers")
    large = "x" * 20_000
    for number in range(300):
        page.feed.put({"event": "interim", "text": large, "id": number})
        assert busy.next("interim")["id"] == number
    wait_until(lambda: page.feed.reader_count == 1, "end of the idle reader")
    idle.close()
    busy.close()


def test_only_so_many_pages_are_open_at_once(page: Page) -> None:
    readers = [Reading(page) for _ in range(MOST_READERS)]
    for reader in readers:
        reader.next("hello")
    assert page.ask("/api/live").status == 503
    for reader in readers:
        reader.close()


def test_connections_that_ask_nothing_leave_the_daemon_its_files(page: Page) -> None:
    address = ("127.0.0.1", page.port)

    def is_answered() -> bool:
        try:
            return page.ask("/api/about").status == 200
        except ConnectionError:
            return False

    with ExitStack() as held:
        for _ in range(MOST_CONNECTIONS + 400):
            last = held.enter_context(socket.create_connection(address, timeout=5))
        with suppress(ConnectionError):
            assert last.recv(1) == b""
    wait_until(is_answered, "room for the page again")


def test_what_is_no_http_is_not_reported_as_a_fault(
    page: Page, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_connection(("127.0.0.1", page.port), timeout=5) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
        assert b" 400 " in connection.recv(100)
    assert not caplog.messages


def test_a_fault_of_ours_is_logged_and_answered(
    page: Page, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_sentence: str) -> None:
        raise ZeroDivisionError("on purpose")

    monkeypatch.setattr(page.daemon, "dry_run", fail)
    assert page.ask("/api/try", {"text": "turn on"}).status == 500
    assert "could not answer /api/try" in caplog.text
    assert "on purpose" in caplog.text


def test_with_an_origin_everything_but_the_files_needs_the_token(tmp_path: Path) -> None:
    with served_page(tmp_path, ", origin: 'https://voice.example.org'") as page:
        there = {"Host": "voice.example.org", "X-Forwarded-For": "192.0.2.7"}
        assert page.ask("/", headers=there).status == 200
        assert page.ask("/api/about", headers=there).status == 401
        assert page.ask("/api/live", headers=there).status == 401
        assert page.ask("/api/about", headers=there, token=TOKEN).status == 200
        assert page.ask("/api/about").status == 401


def test_with_a_certificate_it_is_served_over_tls(
    tmp_path: Path, certificates: Certificates
) -> None:
    files = f"cert_file: {certificates.server_cert}, key_file: {certificates.server_key}"
    with served_page(tmp_path, f", origin: 'https://127.0.0.1', {files}") as page:
        context = ssl.create_default_context(cafile=str(certificates.ca))
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # which Python 3.13 sets by default
        connection = http.client.HTTPSConnection("127.0.0.1", page.port, context=context)
        headers = {"Authorization": f"Bearer {TOKEN}"}
        connection.request("GET", "/api/about", headers=headers)
        assert connection.getresponse().status == 200
        connection.close()


def test_a_taken_port_is_told_with_its_cure(page: Page) -> None:
    settings = ConsoleSettings(listen=f"127.0.0.1:{page.port}")
    server = ConsoleServer(settings, page.feed, lambda: (), dict)
    with pytest.raises(UnavailableError, match=r"127\.0\.0\.1:\d+.*change console\.listen"):
        server.start()
    server.stop()
