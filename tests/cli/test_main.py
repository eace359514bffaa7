"""The command line loads what a command needs, and no more."""

import subprocess
import sys

HEAVY = ("azure", "hassil", "numpy", "onnxruntime", "pydantic", "rich", "yaml")
ASKING = f"""
import sys
from voice2mqtt.cli.main import main
try:
    main(["--version"])
except SystemExit as exit:
    print(exit.code, sorted({{*{HEAVY!r}}} & {{*sys.modules}}))
"""


def test_the_version_is_told_without_loading_a_library() -> None:
    asked = subprocess.run(
        [sys.executable, "-c", ASKING], capture_output=True, text=True, check=True, timeout=60
    )
    version, *loaded = asked.stdout.splitlines()
    assert version.startswith("voice2mqtt ")
    assert loaded == ["0 []"]
