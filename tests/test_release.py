"""What is published with a version, and that script/release refuses what is not ready."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from voice2mqtt.cli.main import COMMANDS

ROOT = Path(__file__).parents[1]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
KINDS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")


def test_the_changelog_is_in_the_form_of_keep_a_changelog() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    releases = re.findall(r"(?m)^## (.*)", text)
    assert releases[0] == "Unreleased"
    assert all(re.fullmatch(r"\d+\.\d+\.\d+ - \d{4}-\d\d-\d\d", head) for head in releases[1:])
    assert releases[1].startswith(f"{VERSION} - ")
    kinds = re.findall(r"(?m)^### (.*)", text)
    assert kinds
    assert set(kinds) <= set(KINDS)
    # Each entry is one line that ends as a sentence.
    entries = re.findall(r"(?m)^- (.*\n(?:  .*\n)*)", text)
    assert [entry for entry in entries if not entry.endswith(".\n") or entry.count("\n") > 1] == []


@pytest.mark.parametrize(
    "form", sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml")), ids=lambda form: form.stem
)
def test_an_issue_form_has_what_it_needs_and_names_commands_that_exist(form: Path) -> None:
    text = form.read_text()
    read = yaml.safe_load(text)
    assert read["name"]
    assert read["description"]
    questions = [part for part in read["body"] if part["type"] != "markdown"]
    assert len({part["id"] for part in questions}) == len(questions)
    assert all(part["attributes"]["label"] for part in questions)
    assert set(re.findall(r"`voice2mqtt ([a-z]+)", text)) <= COMMANDS.keys()


@pytest.mark.parametrize(
    ("changelog", "told"),
    [
        pytest.param("## Unreleased\n\n## 1.0.0 - 2026-01-01\n", "commit", id="not-committed"),
        pytest.param(
            "## Unreleased\n\n- News.\n\n## 1.2.3 - 2026-01-01\n", "Unreleased", id="news"
        ),
        pytest.param("## Unreleased\n\n## 1.2.2 - 2026-01-01\n", "no heading", id="no-entry"),
    ],
)
def test_a_release_that_is_not_ready_is_refused(changelog: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "script").mkdir()
    shutil.copy(ROOT / "script" / "release", tmp_path / "script")
    (tmp_path / "pyproject.toml").write_text('version = "1.2.3"\n')
    (tmp_path / "CHANGELOG.md").write_text(changelog)
    git = ("git", "-C", str(tmp_path), "-c", "user.name=t", "-c", "user.email=t@localhost")
    subprocess.run((*git, "init", "--quiet"), check=True)
    if told != "commit":
        subprocess.run((*git, "add", "."), check=True)
        subprocess.run((*git, "commit", "--quiet", "-m", "Begin"), check=True)
    done = subprocess.run(
        [tmp_path / "script" / "release"], capture_output=True, text=True, check=False, timeout=20
    )
    assert done.returncode == 1
    assert told in done.stderr
