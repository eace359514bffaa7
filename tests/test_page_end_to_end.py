"""The page beside a real daemon: what is spoken is seen, and what is refused becomes a command.

Nothing is faked: a virtual microphone, our host, a real broker, a real Chromium.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.broker import Broker
from tests.console.browser import chromium, needs_chromium, visit
from tests.console.pages import TOKEN
from tests.test_end_to_end import COMMANDS, FLITE, Room, room
from voice2mqtt.audio.sources.wav import WavSource
from voice2mqtt.demo import stage

pytestmark = needs_chromium

REFUSED = "Turn on the kitchen lantern."
SPOKEN = "Turn off the bedroom light."


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Room, str]]:
    folder = tmp_path_factory.mktemp("house")
    table, token = folder / "commands.yaml", folder / "token"
    shutil.copy(COMMANDS, table)
    token.write_text(f"{TOKEN}\n")
    address = f"127.0.0.1:{stage.free_port()}"
    console = {"listen": address, "token_file": str(token)}
    with (
        stage.speech_host(folder, "--commands", str(table)) as url,
        Broker(folder) as broker,
        room(folder, broker, url, commands=str(table), console=console) as house,
    ):
        yield house, f"http://{address}/"


def test_a_refused_sentence_is_seen_and_made_a_command_in_one_click(
    house: tuple[Room, str],
) -> None:
    spoken, url = house
    with chromium() as browser, visit(browser, url) as visitor:
        tab = visitor.open("plots", unlocked=True)
        expect(tab.locator(".chart").first).to_contain_text("0 carried out")
        assert spoken.speak("Turn on the kitchen light.")["event"] == "command"
        expect(tab.locator(".chart").first).to_contain_text("1 carried out")

        tab = visitor.open("now")
        before = spoken.speak(REFUSED)
        assert before["event"] == "unmatched"
        assert before["nearest"]
        expect(tab.locator(".turn").first).to_contain_text("Not carried out")
        expect(tab.locator(".turn .delivery")).to_have_text("acknowledged")

        tab = visitor.open("review")
        tab.get_by_role("button", name="Accept as").click()
        expect(tab.locator(".card.done")).to_contain_text("is accepted for")
        expect(tab.locator(".turn.good")).to_contain_text("Would do this")
        expect(tab.locator(".case")).to_have_count(0)
        spoken.seen.wait_for("voice2mqtt/test/event", lambda told: '"reloaded"' in told)
        again = spoken.speak(REFUSED)
        assert (again["event"], again["row"]) == ("command", "light")

        tab.get_by_role("button", name="Undo", exact=True).click()
        expect(tab.locator(".case .heard")).to_have_text(str(before["text"]))


def test_what_is_spoken_to_the_browser_is_tried_and_then_done(
    house: tuple[Room, str], tmp_path: Path
) -> None:
    daemon, url = house
    wav = tmp_path / "said.wav"
    stage.speak(SPOKEN, FLITE, wav)
    with chromium(wav) as browser, visit(browser, url) as visitor:
        tab = visitor.open("try", unlocked=True)
        tab.get_by_role("button", name="Speak").click()
        expect(tab.locator(".turns")).to_contain_text("Listening")
        # As long as somebody speaks.
        tab.wait_for_timeout(1000 * WavSource(wav).duration_s + 500)
        tab.get_by_role("button", name="Stop").click()
        expect(tab.locator(".turn .heard")).to_have_text(SPOKEN)
        expect(tab.locator(".turn .pill")).to_have_text("Would do this")
        expect(tab.locator(".turn .messages code")).to_have_text("home/bedroom/light/setOFF")
        assert daemon.seen.on("home/bedroom/light/set") == []
        tab.get_by_role("button", name="Do it for real").click()
        daemon.seen.wait_for("home/bedroom/light/set", lambda payload: payload == "OFF")
