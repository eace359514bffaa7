#!/usr/bin/env python3
"""Takes the README's picture of the page, docs/page.png, from a real run of the demo.

Needs what `script/setup test` installs. `.venv/bin/python script/page_picture.py`
"""

import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

PICTURE = Path(__file__).parents[1] / "docs" / "page.png"
WITHIN_MS = 90_000
SENTENCES = 5
"""How many the demo has spoken by then; the fourth is no command."""


def main() -> int:
    """Start the demo, wait until a command has followed a refusal, and take the picture."""
    demo = subprocess.Popen(
        [sys.executable, "-m", "voice2mqtt", "demo", "--speak"], stdout=subprocess.PIPE, text=True
    )
    assert demo.stdout
    try:
        take(next(line.split()[1] for line in demo.stdout if line.startswith("page ")))
    finally:
        demo.terminate()
    return 0 if demo.wait() == 0 else 1


def take(link: str) -> None:
    """Open `link` and save what is shown once the demo's fifth sentence was carried out."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        tab = browser.new_page(
            viewport={"width": 1200, "height": 760}, device_scale_factor=1.5, locale="en-GB"
        )
        tab.goto(link)
        expect(tab.locator(".turn")).to_have_count(SENTENCES, timeout=WITHIN_MS)
        expect(tab.locator(".turn").first.locator(".fate.good").first).to_be_visible()
        tab.screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
