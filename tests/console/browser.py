"""A real, headless Chromium, and axe, which finds what a screen reader stumbles over."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright
from playwright.sync_api import Page as Tab

from tests.console.pages import TOKEN

ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
HERE = Path(__file__).parent / "axe"
INSTALLED = Path(__file__).parents[2] / "build" / "axe"
WITHIN_MS = 60_000
"""Other tests may keep the machine busy."""
expect.set_options(timeout=WITHIN_MS)
WIDE, NARROW = (1440, 900), (360, 740)

needs_chromium = pytest.mark.skipif(
    not (os.environ.get("CI") or (shutil.which("chromium") and shutil.which("npm"))),
    reason="NOT TESTED in a browser: chromium and npm are not installed",
)


@contextmanager
def chromium(microphone: Path | None = None) -> Iterator[Browser]:
    """Run the Chromium that Debian installs; a WAV file may be its microphone, played once."""
    arguments = [*ARGUMENTS, *(_spoken(microphone) if microphone else ())]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=arguments
        )
        try:
            yield browser
        finally:
            browser.close()


def _spoken(wav: Path) -> tuple[str, ...]:
    return (
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={wav}%noloop",
    )


class Visit:
    """One tab on the page; `problems` is what its console complained of."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.problems: list[str] = []
        self.url = url
        self.tab: Tab = context.new_page()
        self.tab.set_default_timeout(WITHIN_MS)
        self.tab.on("pageerror", lambda error: self.problems.append(str(error)))
        self.tab.on("console", lambda said: self._note(said.type, said.text))

    def open(self, view: str, *, unlocked: bool = False) -> Tab:
        """Open `view`, with the token if `unlocked`."""
        if unlocked:
            self.tab.goto(f"{self.url}#token={TOKEN}")
        self.tab.goto(f"{self.url}#{view}")
        return self.tab

    def serious(self, *rules: str) -> list[str]:
        """Return what axe finds serious or critical in what is shown, by `rules` or by all."""
        self.tab.evaluate(axe())
        found = self.tab.evaluate("rules => axe.run(rules.length ? {runOnly: rules} : {})", rules)
        assert found["passes"], "axe has looked at nothing"
        return [
            f"{violation['id']}: {node['html'][:200]} {node['failureSummary']}"
            for violation in found["violations"]
            if violation["impact"] in {"serious", "critical"}
            for node in violation["nodes"]
        ]

    def _note(self, kind: str, text: str) -> None:
        # A request that was refused is told as an error too, and is meant.
        if kind in {"error", "warning"} and "the server responded with a status" not in text:
            self.problems.append(text)


@contextmanager
def visit(browser: Browser, url: str, size: tuple[int, int] = WIDE) -> Iterator[Visit]:
    """Give a tab of that size, and fail if the page complained of anything."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    made = Visit(context, url)
    yield made
    context.close()
    assert made.problems == []


@cache
def axe() -> str:
    """Return axe's source, installed once into `build/axe`."""
    INSTALLED.mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "package.json", INSTALLED / "package.json")
    source = INSTALLED / "node_modules" / "axe-core" / "axe.min.js"
    # Two processes may run tests that need it.
    with (INSTALLED / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not source.is_file():
            command = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock"]
            subprocess.run(command, cwd=INSTALLED, check=True, capture_output=True, timeout=240)
    return source.read_text()
