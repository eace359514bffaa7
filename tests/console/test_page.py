"""The page in a real Chromium: every view, its keys, its lock, what it shows of hostile words."""

from array import array
from collections.abc import Iterator
from math import sin

import pytest
from playwright.sync_api import Browser, expect

from tests.broker import wait_until
from tests.console.browser import NARROW, WIDE, chromium, needs_chromium, visit
from tests.console.pages import TABLE, TOKEN, Page
from tests.console.test_review_view import refuse
from voice2mqtt.core.audio import RATE_HZ, as_wav
from voice2mqtt.core.event import Event, notice

pytestmark = needs_chromium

HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    microphone = tmp_path_factory.mktemp("microphone") / "tone.wav"
    tone = array("h", (round(20_000 * sin(n / 5)) for n in range(RATE_HZ)))
    microphone.write_bytes(as_wav(tone.tobytes()))
    with chromium(microphone) as running:
        yield running


def _command(event_id: str, text: str) -> Event:
    event = notice("command", event_id=event_id, at="2026-11-29T10:00:00+00:00", node="voice",
                   text=text, row="light", reason="word for word", latency_ms=420.0)  # fmt: skip
    message = {"topic": "home/kitchen/light", "payload": "ON", "qos": 0, "retain": False}
    return event | {"messages": [message]}


def _speak(page: Page, event_id: str, text: str) -> None:
    """Put what the daemon tells of a command that is spoken, recognised and delivered."""
    page.feed.put({"event": "activity", "activity": "hearing"})
    page.feed.put({"event": "interim", "text": text})
    page.feed.put({"event": "stages", "id": event_id, "endpoint_ms": 130.0, "recognise_ms": 280.0,
                   "decide_ms": 10.0, "loudness_db": -30.0})  # fmt: skip
    page.feed.put(_command(event_id, text))
    page.feed.put({"event": "delivered", "id": event_id, "row": "light", "reason": "",
                   "done": True, "after_ms": 4.0})  # fmt: skip
    page.feed.put({"event": "activity", "activity": "idle"})


def test_now_shows_a_sentence_on_its_way(page: Page, browser: Browser) -> None:
    with visit(browser, page.url) as visitor:
        tab = visitor.open("now")
        wait_until(lambda: page.feed.is_read, "reader")
        expect(tab.locator("#parts .good")).to_have_count(3)
        page.feed.put({"event": "activity", "activity": "hearing"})
        page.feed.put({"event": "interim", "text": "turn on the"})
        expect(tab.locator(".caption")).to_have_text("turn on the")
        expect(tab.locator(".pill.live")).to_have_text("Hearing")
        _speak(page, "a1", "Turn on the kitchen light.")
        card = tab.locator(".turn")
        expect(card.locator(".heard")).to_have_text("Turn on the kitchen light.")
        expect(card.locator(".messages code")).to_have_text("home/kitchen/lightON")
        expect(card.locator(".delivery")).to_have_text("acknowledged")
        expect(card.locator(".total")).to_contain_text("424 ms")
        expect(tab.locator("#spoken")).to_contain_text("Command, light")
        expect(tab.locator(".level")).to_contain_text("100 dB")


def test_words_are_shown_as_text_whatever_is_in_them(page: Page, browser: Browser) -> None:
    page.feed.put(_command("a1", HOSTILE))
    with visit(browser, page.url) as visitor:
        tab = visitor.open("now")
        tab.on("dialog", lambda dialog: visitor.problems.append(dialog.message))
        expect(tab.locator(".turn .heard")).to_have_text(HOSTILE)
        page.feed.put({"event": "interim", "text": HOSTILE})
        expect(tab.locator(".caption")).to_have_text(HOSTILE)
        assert tab.locator("main img, main script").count() == 0


def test_a_sentence_is_tried_and_said(page: Page, browser: Browser) -> None:
    with visit(browser, page.url) as visitor:
        tab = visitor.open("try")
        tab.get_by_label("What would it do").fill("turn on the chicken light")
        tab.keyboard.press("Enter")
        expect(tab.locator(".turn .heard")).to_have_text("turn on the chicken light")
        expect(tab.locator(".alignment")).to_contain_text("kitchen")
        assert page.daemon.said == []
        tab.get_by_role("button", name="Do it for real").click()
        tab.get_by_label("Token").fill("wrong")
        tab.keyboard.press("Enter")
        expect(tab.get_by_role("alert")).to_contain_text("voice2mqtt console token")
        tab.get_by_label("Token").fill(TOKEN)
        tab.keyboard.press("Enter")
        expect(tab.locator(".card.done")).to_be_visible()
        assert page.daemon.said == ["turn on the chicken light"]
        assert TOKEN not in tab.url
        expect(tab.locator("#lock")).to_have_attribute("aria-pressed", "true")


def test_what_is_spoken_to_the_browser_is_recorded_and_shown(page: Page, browser: Browser) -> None:
    with visit(browser, page.url) as visitor:
        tab = visitor.open("try")
        tab.get_by_role("button", name="Speak").click()
        expect(tab.locator(".turns")).to_contain_text("Listening")
        tab.wait_for_timeout(700)  # What is recorded is as long as that.
        tab.get_by_role("button", name="Stop").click()
        expect(tab.locator(".turn .heard")).to_have_text("turn on the chicken light")
        expect(tab.get_by_label("What would it do")).to_have_value("turn on the chicken light")
    (pcm,) = page.daemon.heard
    recorded = array("h", pcm)
    assert 0.4 * RATE_HZ < len(recorded) < 5 * RATE_HZ
    assert max(recorded) > 5_000


def test_a_page_without_a_microphone_says_why(page: Page, browser: Browser) -> None:
    with visit(browser, page.url) as visitor:
        visitor.tab.add_init_script("delete Navigator.prototype.mediaDevices")
        tab = visitor.open("try")
        expect(tab.get_by_role("button", name="Speak")).to_be_disabled()
        expect(tab.locator(".ask-form")).to_contain_text("or over https")


def test_the_table_is_searched_edited_and_undone(page: Page, browser: Browser) -> None:
    with visit(browser, page.url) as visitor:
        tab = visitor.open("table", unlocked=True)
        tab.get_by_label("Search").fill("bedroom")
        expect(tab.locator(".found")).to_have_text("1 command of 1")
        tab.get_by_label("Search").fill("nothing like it")
        expect(tab.locator(".found")).to_have_text("0 commands of 1")
        tab.get_by_role("link", name="Edit", exact=True).click()
        text = tab.get_by_label("The command table")
        expect(text).to_have_value(TABLE)

        text.fill(TABLE.replace("say:", "sya:"))
        expect(tab.locator(".verdict.fault")).to_have_text("2 faults")
        expect(tab.locator(".gutter .fault")).to_have_text("5")
        tab.get_by_role("button", name="Save").click()
        expect(tab.locator(".problems")).to_contain_text("Not saved")
        assert page.table.read_text() == TABLE

        better = TABLE.replace("bedroom", "study")
        text.fill(better)
        tab.keyboard.press("Control+s")
        expect(tab.locator(".problems")).to_contain_text("Saved")
        assert page.table.read_text() == better
        page.feed.put(notice("reloaded", event_id="r", at="", node="voice", reason="1 rows"))
        expect(tab.locator(".problems")).to_contain_text("In force")
        tab.get_by_role("button", name="Undo").click()
        expect(text).to_have_value(TABLE)
        assert page.table.read_text() == TABLE


def test_what_is_kept_while_the_review_is_open_is_listed(page: Page, browser: Browser) -> None:
    with visit(browser, page.url) as visitor:
        tab = visitor.open("review")
        expect(tab.locator(".empty")).to_contain_text("Nothing waits for you")
        refuse(page, "turn on the chicken light")
        page.feed.put({"event": "kept"})
        expect(tab.locator(".case .heard")).to_have_text("turn on the chicken light")


def test_the_doctor_tells_what_is_wrong_and_what_to_do(page: Page, browser: Browser) -> None:
    page.daemon.go_on.set()
    with visit(browser, page.url) as visitor:
        tab = visitor.open("settings", unlocked=True)
        tab.get_by_role("button", name="Examine everything").click()
        expect(tab.locator(".checks .verdict")).to_contain_text("1 error, 1 warning")
        expect(tab.locator(".checks .pill")).to_have_text(["Well", "Warning", "Error"])
        expect(tab.locator(".checks li.bad code")).to_have_text("start")
        assert visitor.serious() == []
        tab.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
        assert tab.evaluate("document.documentElement.scrollWidth") <= NARROW[0]


def test_every_view_fits_and_can_be_used_by_everybody(page: Page, browser: Browser) -> None:
    _speak(page, "a1", "Turn on the kitchen light.")
    with visit(browser, page.url) as visitor:
        for view, there in {
            "now": ".turn",
            "try": ".chip",
            "table": ".row",
            "table/edit": "textarea",
            "review": "h1",
            "plots": ".chart",
            "settings": ".settings",
        }.items():
            tab = visitor.open(view)
            expect(tab.locator(there).first).to_be_visible()
            tab.emulate_media(color_scheme="light")
            assert visitor.serious() == [], view
            tab.emulate_media(color_scheme="dark")
            assert visitor.serious("color-contrast") == [], view
            for width, height in (WIDE, NARROW):
                tab.set_viewport_size({"width": width, "height": height})
                assert tab.evaluate("document.documentElement.scrollWidth") <= width, view


def test_it_is_used_by_keyboard_alone(page: Page, browser: Browser) -> None:
    with visit(browser, page.url) as visitor:
        tab = visitor.open("now")
        expect(tab.locator(".pill.live")).to_be_visible()
        tab.keyboard.press("Tab")
        expect(tab.locator(".skip")).to_be_focused()
        for _ in range(4):
            tab.keyboard.press("Tab")
        expect(tab.get_by_role("link", name="Table")).to_be_focused()
        tab.keyboard.press("Enter")
        expect(tab.get_by_role("heading", name="Command table")).to_be_visible()
        expect(tab.get_by_role("link", name="Table")).to_have_attribute("aria-current", "page")
