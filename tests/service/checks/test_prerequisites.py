"""`check` refuses whatever `run` would refuse, in the same words, with the place and 78."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.broker import Certificates
from voice2mqtt.cli.main import main
from voice2mqtt.core.audio import as_wav
from voice2mqtt.errors import ExitStatus
from voice2mqtt.service import composition as build
from voice2mqtt.service.checks.prerequisites import verify
from voice2mqtt.settings.load import load_written
from voice2mqtt.settings.yaml.faults import FaultsError

REGION = "speech: {region: westeurope, %s: %s}\n"
USER = "mqtt: {username: v, password_file: %s}\n"
TLS = "mqtt: {broker: 'mqtts://h', %s}\n"


@dataclass(frozen=True, slots=True)
class Wrong:
    """Settings that cannot be used."""

    settings: str
    at: str
    """Where it stands."""
    told: str
    files: tuple[str, ...] = ()
    """Empty ones."""


WRONG = {
    "missing-key": Wrong(REGION % ("key_file", "secrets/k"), "secrets/k", "no such file"),
    "empty-key": Wrong(REGION % ("key_file", "k"), "k}", "the file is empty", ("k",)),
    "key-is-a-folder": Wrong(REGION % ("key_file", "."), ".", "this is a folder"),
    "missing-token": Wrong(REGION % ("token_file", "secrets/t"), "secrets/t", "no such file"),
    "empty-token": Wrong(REGION % ("token_file", "t"), "t}", "the file is empty", ("t",)),
    "missing-password": Wrong(USER % "secrets/p", "secrets/p", "no such file"),
    "empty-password": Wrong(USER % "p", "p}", "the file is empty", ("p",)),
    "missing-authority": Wrong(TLS % "ca_file: c/ca.pem", "c/ca.pem", "no such file"),
    "empty-authority": Wrong(TLS % "ca_file: ca", "ca}", "no certificate in PEM form", ("ca",)),
    "missing-authority-of-speech": Wrong("speech: {ca_file: c.pem}\n", "c.pem", "no such file"),
    "empty-authority-of-speech": Wrong("speech: {ca_file: c}\n", "c}", "PEM form", ("c",)),
    "authority-without-tls": Wrong("mqtt:\n  ca_file: AUTHORITY\n", "ca_file", "no use without"),
    "missing-certificate": Wrong(TLS % "cert_file: a/c, key_file: a/k", "a/c", "no such file"),
    "certificate-without-its-key": Wrong(
        TLS % "cert_file: AUTHORITY, key_file: k", "k}", "do not fit", ("k",)
    ),
    "missing-recording": Wrong("microphone: {device: 'wav:no'}\n", "'wav:no'", "No such file"),
    "empty-recording": Wrong("microphone: {device: 'wav:w'}\n", "'wav:w'", "is empty", ("w",)),
    "missing-wake-word": Wrong(
        "listening: {wake_word: w.json}\n", "w.json", "there is no such file"
    ),
    "empty-wake-word": Wrong(
        "listening: {wake_word: w.json}\n", "w.json", "does not describe", ("w.json",)
    ),
    "missing-keyword": Wrong("listening: {wake_word: w.table}\n", "w.table", "no such file"),
    "path-of-a-host": Wrong("speech: {host: 'ws://h:1/path'}\n", "'ws", "more than host and port"),
    "path-of-a-broker": Wrong("mqtt: {broker: 'mqtt://h/path'}\n", "'mqtt", "may have a path"),
    "port-of-words": Wrong("mqtt: {broker: 'ws://h:p/path'}\n", "'ws", "is not an address"),
    "region": Wrong("speech: {region: West Europe, key_file: a/k}\n", "West", "as westeurope"),
}


@pytest.mark.parametrize("command", ["check", "run"])
@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_both_refuse_it(
    command: str,
    wrong: Wrong,
    tmp_path: Path,
    certificates: Certificates,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def start(*_arguments: object) -> None:
        pytest.fail("it was started")

    monkeypatch.setattr(build, "daemon", start)
    text = wrong.settings.replace("AUTHORITY", str(certificates.ca))
    path = _write(tmp_path, text)
    for name in wrong.files:
        (tmp_path / name).touch()
    assert main([command, "--settings", str(path)]) == ExitStatus.CONFIG
    written = "".join(capfd.readouterr())
    before = text[: text.index(wrong.at)]
    place = f"{path}:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}: "
    lines = [line for line in written.splitlines() if line.startswith(place)]
    assert any(wrong.told in line for line in lines), written


def test_a_wake_word_without_its_library_is_refused_with_the_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _write(tmp_path, "listening: {wake_word: okay nabu}\n")
    verify(load_written(path))
    monkeypatch.setitem(sys.modules, "pymicro_wakeword", None)
    with pytest.raises(FaultsError) as caught:
        verify(load_written(path))
    (fault,) = caught.value.faults
    assert (fault.place.line, fault.place.column) == (1, 24)
    assert "install --extra wake" in caught.value.report


def test_all_that_is_missing_is_told_in_one_run(tmp_path: Path) -> None:
    path = _write(
        tmp_path,
        "microphone: {device: 'wav:none.wav'}\n"
        "speech: {region: westeurope, key_file: secrets/speech}\n"
        "mqtt: {username: v, password_file: secrets/mqtt}\n",
    )
    with pytest.raises(FaultsError) as caught:
        verify(load_written(path))
    assert [fault.place.line for fault in caught.value.faults] == [1, 2, 3]


def test_what_is_there_and_fit_is_accepted(tmp_path: Path, certificates: Certificates) -> None:
    (tmp_path / "w.wav").write_bytes(as_wav(bytes(3200)))
    for name in ("k", "p"):
        (tmp_path / name).write_text("secret\n")
    path = _write(
        tmp_path,
        "microphone: {device: 'wav:w.wav'}\n"
        f"speech: {{region: westeurope, key_file: k, ca_file: {certificates.ca}}}\n"
        f"mqtt: {{broker: 'mqtts://h', username: v, password_file: p, "
        f"ca_file: {certificates.ca}}}\n",
    )
    verify(load_written(path))


def test_a_pipe_is_left_to_the_daemon(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "w")
    verify(load_written(_write(tmp_path, "microphone: {device: 'wav:w'}\n")))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become a user who may read nothing")
def test_what_may_not_be_read_is_refused_but_not_before_a_reload(tmp_path: Path) -> None:
    """As systemd shows the service's secrets to the service alone, and not to the check."""
    path = _write(tmp_path, USER % "secrets/p")
    for folder in (tmp_path, *tmp_path.parents[:-2]):
        folder.chmod(0o755)
    secrets = tmp_path / "secrets"
    secrets.mkdir(mode=0o700)
    (secrets / "p").write_text("hush")
    verify(load_written(path))
    os.seteuid(65534)
    try:
        with pytest.raises(FaultsError) as caught:
            verify(load_written(path), {})
        verify(load_written(path), {"MAINPID": "1"})
    finally:
        os.seteuid(0)
    told = f"{path}:1:36: {secrets}/p: may not be read by this user"
    assert caught.value.report.startswith(told)


def _write(folder: Path, settings: str) -> Path:
    (folder / "commands.yaml").write_text("commands: [{say: hi, topic: a, payload: b}]\n")
    path = folder / "voice2mqtt.yaml"
    path.write_text(settings)
    return path
