"""What an environment is made of; script/test-install builds real ones."""

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from voice2mqtt.errors import UnavailableError
from voice2mqtt.service.install import environment
from voice2mqtt.service.install.environment import EXTRAS, extras_of

INSTALLED = {
    "site/voice2mqtt/__init__.py": "SAID = 'hello'\n",
    "site/voice2mqtt/__pycache__/__init__.cpython-311.pyc": "",
    "site/voice2mqtt-1.2.dist-info/METADATA": "Metadata-Version: 2.1\nName: voice2mqtt\n"
    "Version: 1.2\n",
    "site/voice2mqtt-1.2.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: x\n"
    "Root-Is-Purelib: true\nTag: py3-none-any\n",
    "site/voice2mqtt-1.2.dist-info/direct_url.json": "{}",
    "share/voice2mqtt/requirements.lock": "# pins\n",
    "bin/voice2mqtt": "#!/nowhere\n",
}
"""As pip, pipx and uv leave it."""


def _installed(folder: Path) -> metadata.Distribution:
    for name, text in INSTALLED.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    listed = [name.removeprefix("site/") if "site/" in name else f"../{name}" for name in INSTALLED]
    info = folder / "site/voice2mqtt-1.2.dist-info"
    (info / "RECORD").write_text("".join(f"{name},,\n" for name in listed))
    return metadata.Distribution.at(info)


def test_what_is_installed_becomes_a_wheel_again(tmp_path: Path) -> None:
    wheel = environment._repacked(_installed(tmp_path / "old"), tmp_path)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]
    subprocess.run(
        [*pip, "--no-compile", "--ignore-installed", "--prefix", str(tmp_path / "new"), str(wheel)],
        check=True,
    )
    found = {path.name: path for path in (tmp_path / "new").rglob("*") if path.is_file()}
    assert found["__init__.py"].read_text() == "SAID = 'hello'\n"
    assert found["requirements.lock"] == tmp_path / "new/share/voice2mqtt/requirements.lock"
    assert not found.keys() & {"__init__.cpython-311.pyc", "voice2mqtt"}


def test_a_checkout_is_built_beside_itself(tmp_path: Path) -> None:
    copy = environment._own_source(tmp_path)
    assert {path.name for path in copy.iterdir()} == set(environment._NEEDED)
    assert (copy / "daemon/voice2mqtt/__init__.py").exists()
    assert list(copy.rglob("__pycache__")) == []


def test_extras_are_remembered_where_they_are_installed(tmp_path: Path) -> None:
    assert extras_of(tmp_path / "none") == []
    (tmp_path / "extras").write_text("wake\nparrot\n")
    assert extras_of(tmp_path) == ["wake"]
    assert extras_of(tmp_path, ["clean", "wake"]) == ["clean", "wake"]
    assert extras_of(tmp_path, EXTRAS) == list(EXTRAS)


def test_without_pip_a_person_is_told_what_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "find_spec", lambda _name: None)
    monkeypatch.setattr(environment, "interpreter", lambda: "/bin/false")
    monkeypatch.setattr(environment, "_base_interpreter", lambda: "/bin/false")
    with pytest.raises(UnavailableError, match="sudo apt install python3-venv"):
        environment._python_with_pip(tmp_path)


def test_without_a_compiler_a_person_is_told_what_brings_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("shutil.which", lambda program: program == "gcc")
    with pytest.raises(UnavailableError, match=r"^pkg-config: not installed.*libsystemd-dev"):
        environment._install("/bin/false")
    monkeypatch.setattr("shutil.which", lambda _program: "/there")
    with pytest.raises(UnavailableError, match="`/bin/false` failed"):
        environment._install("/bin/false")
