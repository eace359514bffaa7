"""`voice2mqtt mqtt forget`."""

from pathlib import Path

import pytest

from tests.broker import Broker
from voice2mqtt.cli.main import main
from voice2mqtt.demo.stage import free_port
from voice2mqtt.errors import ExitStatus


def _settings(folder: Path, broker: str) -> str:
    file = folder / "voice2mqtt.yaml"
    file.write_text(f"node: den\nmqtt: {{broker: '{broker}'}}\n")
    return str(file)


def test_it_tells_what_it_has_cleared(
    broker: Broker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with broker.subscriber() as somebody:
        somebody.send("voice2mqtt/hall/state", "{}", retain=True)
        somebody.send("homeassistant/text/voice2mqtt_hall/say/config", "{}", retain=True)
    command = ["mqtt", "forget", "hall", "--settings", _settings(tmp_path, broker.url)]
    assert main(command) == ExitStatus.OK
    assert main(command) == ExitStatus.OK
    assert capsys.readouterr().out == (
        f"hall is forgotten: 2 topics cleared at {broker.url}\n"
        f"nothing of hall is retained at {broker.url}\n"
    )


def test_a_broker_that_is_not_there_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = _settings(tmp_path, f"mqtt://127.0.0.1:{free_port()}")
    assert main(["mqtt", "forget", "hall", "--settings", settings]) == ExitStatus.UNAVAILABLE
    assert "the broker mqtt://127.0.0.1" in capsys.readouterr().err


def test_what_cannot_be_a_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["mqtt", "forget", "living room"])
    assert ended.value.code == ExitStatus.USAGE
    assert "cannot be a node's name" in capsys.readouterr().err
