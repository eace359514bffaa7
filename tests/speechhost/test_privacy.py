"""The Speech host sends nothing anywhere on its own account."""

import os
import subprocess
import sys

LOAD = """
from voice2mqtt.speechhost.decoding.moonshine import Moonshine, model_folder
Moonshine(model_folder())
"""


def test_onnxruntime_does_not_even_prepare_to_send_usage_data() -> None:
    # Where it cannot keep its device number, it complains; unless it wants none.
    nowhere = "/proc/nowhere"
    environment = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"} | {
        "PYTHONPATH": os.pathsep.join(sys.path), "HOME": nowhere, "XDG_CACHE_HOME": nowhere,
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", LOAD],
        capture_output=True, text=True, timeout=60, check=True, env=environment,
    )  # fmt: skip
    assert done.stderr == ""
