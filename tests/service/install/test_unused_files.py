"""What an installation leaves out: it is there to be left out, and recognising needs none of it."""

import subprocess
import sys
from pathlib import Path

import onnxruntime

from voice2mqtt.service.install.unused_files import delete_unused_files, unused_files
from voice2mqtt.settings.search import shipped

PACKAGES = Path(onnxruntime.__file__).parents[1]
RECORDING = str(shipped("config") / "turn-on-the-kitchen-light.wav")
RECOGNISE = """
import sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
from voice2mqtt.cli.main import main
status = main(["transcribe", sys.argv[1]])
print(*opened, open("/proc/self/maps").read(), sep="\\n", file=sys.stderr)
sys.exit(status)
"""


def test_recognising_loads_none_of_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", RECOGNISE, RECORDING],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "kitchen light" in done.stdout.lower()
    assert "onnxruntime_pybind11_state" in done.stderr
    unused = [str(path) for path in unused_files(PACKAGES)]
    assert len(unused) > 5
    assert [path for path in unused if path in done.stderr] == []


def test_only_that_is_deleted(tmp_path: Path) -> None:
    packages = tmp_path / "lib/python3.11/site-packages"
    folders = [path.relative_to(PACKAGES) for path in unused_files(PACKAGES) if path.is_dir()]
    kept = packages / "moonshine_voice/assets/tiny-en/encoder_model.ort"
    dropped = packages / "moonshine_voice/assets/two_cities.wav"
    for file in (kept, dropped, *(packages / folder / "file" for folder in folders)):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    delete_unused_files(tmp_path)
    assert [path for path in packages.rglob("*") if path.is_file()] == [kept]
