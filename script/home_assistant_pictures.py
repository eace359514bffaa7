#!/usr/bin/env python3
"""Takes the pictures of docs/home-assistant.md from a real Home Assistant beside a real daemon.

`script/test-home-assistant newest --co` installs that Home Assistant. Then:
`PYTHONPATH=. HOME_ASSISTANT=FOLDER .venv/bin/python script/home_assistant_pictures.py`
"""

import json
import os
import shutil
import sys
import tempfile
import wave
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from tests.broker import Broker
from tests.home_assistant.hass import HomeAssistant

from voice2mqtt.demo import stage

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
SPOKEN = ROOT / "config" / "turn-on-the-kitchen-light.wav"
QUIET_S = 1200
WITHIN_MS = 180_000
SAY = "text.voice2mqtt_living_room_say"
LAST = "sensor.voice2mqtt_living_room_last_phrase"
SETTINGS = """\
node: living-room
microphone: {{device: "wav:{microphone}"}}
speech: {{host: "{host}"}}
mqtt: {{broker: "{broker}"}}
state_dir: {folder}
"""
TABLE = """\
lists:
  room: [kitchen, bedroom]
  switch: [{in: "on", out: "ON"}, {in: "off", out: "OFF"}]
commands:
  - say: turn {switch} [the] {room} light[s]
    topic: home/{room}/light/set
    payload: "{switch}"
  - {say: good night, topic: home/all/light/set, payload: "OFF"}
"""
AUTOMATION = {
    "alias": "Good night, by voice",
    "conditions": [],
    "actions": [{"action": "notify.persistent_notification", "data": {"message": "Sleep well."}}],
    "mode": "single",
}


def main() -> int:
    """Start broker, host, daemon and Home Assistant; say two sentences; take the pictures."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "hass").mkdir()
        broker = stack.enter_context(Broker(folder))
        installation = Path(os.environ["HOME_ASSISTANT"])
        hass = stack.enter_context(HomeAssistant(installation, folder / "hass", broker))
        start_daemon(stack, folder, broker.url)
        hears(hass, "Turn on the kitchen light.")
        device, trigger = found(hass)
        hass.post("/api/services/text/set_value", {"entity_id": SAY, "value": "Good night."})
        hears(hass, "Good night.")
        automation = AUTOMATION | {"triggers": [trigger]}
        hass.post("/api/config/automation/config/night", automation)
        finish_onboarding(hass)
        take(hass, device)
    return 0


def start_daemon(stack: ExitStack, folder: Path, broker_url: str) -> None:
    """Run our host and daemon, whose microphone hears one command, then silence."""
    microphone = folder / "microphone.wav"
    with wave.open(str(SPOKEN)) as spoken, wave.open(str(microphone), "wb") as written:
        written.setparams(spoken.getparams())
        second = bytes(spoken.getframerate() * spoken.getsampwidth() * spoken.getnchannels())
        written.writeframes(second * 3 + spoken.readframes(spoken.getnframes()))
        written.writeframes(second * QUIET_S)
    (folder / "commands.yaml").write_text(TABLE)
    settings = folder / "voice2mqtt.yaml"
    host = stack.enter_context(
        stage.speech_host(folder, "--commands", str(folder / "commands.yaml"))
    )
    settings.write_text(
        SETTINGS.format(microphone=microphone, host=host, broker=broker_url, folder=folder)
    )
    command = (sys.executable, "-m", "voice2mqtt", "run", "--settings", str(settings))
    stack.enter_context(stage.process(*command, log=folder / "daemon.log"))


def found(hass: HomeAssistant) -> tuple[str, object]:
    """Return the id of our device, and the trigger of its row "good night"."""
    devices = hass.command("config/device_registry/list")
    device = next(str(d["id"]) for d in devices if d["name"] == "Voice living-room")
    triggers = hass.command("device_automation/trigger/list", device_id=device)
    (trigger,) = (t for t in triggers if t.get("subtype", t.get("type")) and "good night" in str(t))
    return device, {key: value for key, value in trigger.items() if key != "metadata"}


def hears(hass: HomeAssistant, text: str) -> None:
    """Wait until the last phrase is `text`."""
    hass.wait(lambda: hass.states().get(LAST, {}).get("state") == text, text, WITHIN_MS / 1000)


def finish_onboarding(hass: HomeAssistant) -> None:
    """Answer what a browser would be asked before it shows anything else."""
    client = f"{hass.url()}/"
    for step in ("core_config", "analytics"):
        hass.post(f"/api/onboarding/{step}", {})
    hass.post("/api/onboarding/integration", {"client_id": client, "redirect_uri": client})


def take(hass: HomeAssistant, device: str) -> None:
    """Save what a browser shows of the device and of the automation."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        tab = browser.new_page(viewport={"width": 1200, "height": 900}, locale="en-GB")
        tokens = json.dumps(hass.browser_tokens())
        tab.add_init_script(f"localStorage.setItem('hassTokens', {json.dumps(tokens)})")
        show(tab, f"{hass.url()}/config/devices/device/{device}", "Last phrase")
        # Since 2026.11 it asks whether its new port may stay.
        if (confirm := tab.get_by_role("button", name="Confirm", exact=True)).count():
            confirm.click()
            confirm.wait_for(state="hidden", timeout=WITHIN_MS)
        tab.screenshot(path=DOCS / "home-assistant-device.png")
        show(tab, f"{hass.url()}/config/automation/edit/night", "good night")
        picture = DOCS / "home-assistant-automation.png"
        tab.screenshot(path=picture, clip={"x": 0, "y": 0, "width": 1200, "height": 570})
        browser.close()


def show(tab: Page, address: str, words: str) -> None:
    """Open `address` and wait until `words` are there, and nothing moves any more."""
    tab.goto(address)
    tab.get_by_text(words).first.wait_for(timeout=WITHIN_MS)
    tab.wait_for_load_state("networkidle")
    tab.wait_for_timeout(2_000)


if __name__ == "__main__":
    sys.exit(main())
