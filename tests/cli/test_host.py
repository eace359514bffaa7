"""`voice2mqtt host` as a process of its own, with the real engine, as a client meets it."""

import asyncio
import signal
import socket
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from wyoming.asr import Transcript
from wyoming.audio import AudioChunk, AudioFormat, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient

from tests.speechhost.azure_client import Client, configured
from tests.speechhost.recordings import novel
from voice2mqtt.cli import engine_options
from voice2mqtt.cli import host as command
from voice2mqtt.cli.main import main
from voice2mqtt.errors import ExitStatus, InputError, UnavailableError

HOST = (sys.executable, "-m", "voice2mqtt", "host")
WITHIN_S = 60
Refused = Callable[..., tuple[object, str]]


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        (*HOST, "--listen", "127.0.0.1:0", "--wyoming", "127.0.0.1:0"),
        stderr=subprocess.PIPE,
        text=True,
    ) as host:
        yield host
        host.kill()


def test_it_tells_when_it_is_ready_recognises_and_ends_in_good_order(
    process: subprocess.Popen[str],
) -> None:
    assert process.stderr
    door = next(line for line in process.stderr if "Wyoming" in line)
    line = next(line for line in process.stderr if "ready:" in line)
    url = line.rpartition("host=")[2].strip()
    result = Client(configured(url)).once(novel(), close=True)
    assert result.text.lower().startswith("it was the best of times")
    heard = asyncio.run(transcribed(int(door.rpartition(":")[2]), novel()))
    assert heard.lower().startswith("it was the best of times")
    process.send_signal(signal.SIGTERM)
    assert process.wait(WITHIN_S) == ExitStatus.OK
    assert "Traceback" not in process.stderr.read()


async def transcribed(port: int, pcm: bytes) -> str:
    """By a client of the Wyoming protocol."""
    form = AudioFormat(rate=16_000, width=2, channels=1)
    async with AsyncTcpClient("127.0.0.1", port) as client:
        start = AudioStart(form.rate, form.width, form.channels)
        chunk = AudioChunk(form.rate, form.width, form.channels, audio=pcm)
        for event in (start.event(), chunk.event(), AudioStop().event()):
            await client.write_event(event)
        answer = await client.read_event()
    assert answer
    return Transcript.from_event(answer).text


@pytest.fixture
def refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Refused]:
    """What a host that does not start ends with, in this process: exit status and words."""
    monkeypatch.setattr(engine_options, "configure_malloc", lambda: None)
    interval_s = sys.getswitchinterval()

    def run(*arguments: str) -> tuple[object, str]:
        try:
            status: object = main(["host", *arguments])
        except SystemExit as wrong_usage:
            status = wrong_usage.code
        return status, capsys.readouterr().err

    yield run
    sys.setswitchinterval(interval_s)


def test_a_bad_table_is_told_before_anything_is_served(refused: Refused, tmp_path: Path) -> None:
    table = tmp_path / "commands.yaml"
    table.write_text("commands: [")
    status, said = refused("--listen", "127.0.0.1:0", "--commands", str(table))
    assert status == ExitStatus.CONFIG
    assert f"{table}:1:" in said


def test_a_port_in_use_is_told(refused: Refused) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        status, said = refused("--listen", f"127.0.0.1:{port}")
    assert status == ExitStatus.UNAVAILABLE
    assert f"127.0.0.1:{port}" in said
    assert "Traceback" not in said


def test_a_key_file_without_a_key_is_told(refused: Refused, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text("\n \n")
    status, said = refused("--key-file", str(keys))
    assert status == ExitStatus.NO_INPUT
    assert str(keys) in said


def test_files_that_cannot_be_used_are_told_with_their_cure(
    refused: Refused, tmp_path: Path
) -> None:
    none = tmp_path / "none"
    for arguments in (["--key-file", str(none)], ["--cert", str(none)]):
        status, said = refused(*arguments)
        assert (status, "Errno" in said) == (ExitStatus.NO_INPUT, False)
        assert str(none) in said
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec",
         "-pkeyopt", "ec_paramgen_curve:prime256v1", "-passout", "pass:secret", "-days", "1",
         "-subj", "/CN=here", "-keyout", key, "-out", cert],
        check=True, capture_output=True,
    )  # fmt: skip
    status, said = refused("--cert", str(cert), "--key", str(key))
    assert status == ExitStatus.NO_INPUT
    assert f"{key}: the private key is encrypted" in said
    assert f"openssl pkey -in {key}" in said


def test_comments_in_a_key_file_are_no_keys(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text("# the kitchen's\n one \n\n#two\nth#ree\n")
    assert command._keys(keys) == ("one", "th#ree")
    keys.write_text("# none yet\n")
    with pytest.raises(InputError, match="no key in it"):
        command._keys(keys)


@pytest.mark.parametrize("key", ["ümlaut", "one\x07two", "\ufeffone"])
def test_a_key_that_no_client_could_show_is_refused_by_its_line(tmp_path: Path, key: str) -> None:
    keys = tmp_path / "keys"
    keys.write_text(f"# ümlauts in a comment\n{key}\n")
    with pytest.raises(InputError, match=":2: a key may have ASCII") as caught:
        command._keys(keys)
    assert key not in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--key", "key.pem"], "--cert is missing"),
        (["--max-connections", "0"], "'0' is not a number from 1 to"),
        (["--max-connections-per-address", "-3"], "-3"),
        (["--engine", "vosk"], "--model DIR"),
        (["--model", "base"], "choose one with --engine"),
        (["--engine", "whisper", "--vosk-model", "de"], "too many"),
    ],
)
def test_what_cannot_be_meant_is_told(refused: Refused, arguments: list[str], told: str) -> None:
    status, said = refused("--listen", "127.0.0.1:0", *arguments)
    assert status == ExitStatus.USAGE
    assert told in said


@pytest.mark.parametrize(
    ("text", "where"),
    [("0.0.0.0:5000", ("0.0.0.0", 5000)), ("[::1]:0", ("::1", 0)), ("pi:80", ("pi", 80))],
)
def test_where_to_listen(text: str, where: tuple[str, int]) -> None:
    parser = ArgumentParser()
    command.arguments(parser)
    assert parser.parse_args(["--listen", text]).listen == where


@pytest.mark.parametrize(
    ("address", "warnings"), [("127.0.0.1", 0), ("::1", 0), ("localhost", 0), ("pi", 2), ("::", 2)]
)
def test_it_warns_when_others_can_reach_it(
    address: str, warnings: int, caplog: pytest.LogCaptureFixture
) -> None:
    command._warn(address, keys=False, tls=False)
    assert len(caplog.records) == warnings
    caplog.clear()
    command._warn(address, keys=True, tls=True)
    assert not caplog.records


@pytest.mark.parametrize("name", ["whisper", "vosk"])
def test_an_engine_that_is_not_installed_is_told_with_its_cure(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = f"voice2mqtt.speechhost.decoding.{name}{'_engine' * (name == 'vosk')}"
    monkeypatch.setitem(sys.modules, module, None)
    parser = ArgumentParser()
    engine_options.arguments(parser)
    args = parser.parse_args(["--engine", name, "--model", "somewhere"])
    with pytest.raises(UnavailableError, match=f"voice2mqtt install --extra {name}"):
        engine_options.engine(args, "de")


@pytest.mark.parametrize(
    "arguments", [["--engine", "vosk", "--model", "none"], ["--vosk-model", "none"]]
)
def test_a_folder_without_a_model_is_told_at_the_start(
    refused: Refused, arguments: list[str]
) -> None:
    status, said = refused("--listen", "127.0.0.1:0", *arguments)
    assert status == ExitStatus.NO_INPUT
    assert "none holds no Vosk model" in said
