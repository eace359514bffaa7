"""What Prometheus is told of a host that has served and refused real clients."""

import json
from pathlib import Path
from urllib.request import urlopen

import azure.cognitiveservices.speech as sdk
import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.speechhost.azure_client import Client, configured
from tests.speechhost.fakes import ScriptedEngine, silence, tone
from tests.speechhost.hosting import WITHIN_S, hosting
from voice2mqtt.settings.search import CHECKOUT
from voice2mqtt.speechhost.serving.admission import Limits
from voice2mqtt.speechhost.serving.metrics import Metrics

ONCE = "/speech/recognition/interactive/cognitiveservices/v1"
DASHBOARD = CHECKOUT.parent / "grafana.json"


def _families(port: int) -> list[Metric]:
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=WITHIN_S) as answer:
        return list(text_string_to_metric_families(answer.read().decode()))


def _samples(port: int) -> dict[tuple[str, str], float]:
    """The value of each sample, by its name and the values of its labels."""
    samples = [sample for family in _families(port) for sample in family.samples]
    return {(each.name, " ".join(each.labels.values())): each.value for each in samples}


def test_what_was_served_and_refused_is_counted() -> None:
    metrics = Metrics()
    with hosting(ScriptedEngine("Hello."), limits=Limits(connections=1), metrics=metrics) as host:
        _, port = metrics.serve(host.host, "127.0.0.1", 0)
        assert _samples(port)["voice2mqtt_ready", ""] == 1
        client = Client(configured(host.url))
        result = client.once(silence(300) + tone(1000) + silence(1000))
        assert result.reason is sdk.ResultReason.RecognizedSpeech
        with pytest.raises(InvalidStatus), connect(host.url + ONCE):
            pass
        samples = _samples(port)
    assert samples["voice2mqtt_connections", ""] == 1
    assert samples["voice2mqtt_ready", ""] == 0
    assert samples["voice2mqtt_refused_total", "503"] == 1
    assert samples["voice2mqtt_running", ""] == samples["voice2mqtt_waiting", ""] == 0
    assert samples["voice2mqtt_speech_seconds_total", ""] >= 1
    counts = [v for (name, _), v in samples.items() if name.endswith("transcription_seconds_count")]
    assert sum(counts) >= 1
    assert samples["process_resident_memory_bytes", ""] > 0


def test_the_dashboard_asks_for_what_there_is() -> None:
    metrics = Metrics()
    with hosting(ScriptedEngine(), metrics=metrics) as host:
        _, port = metrics.serve(host.host, "127.0.0.1", 0)
        names = [family.name for family in _families(port)]
    panels = json.loads(Path(DASHBOARD).read_text())["panels"]
    asked = [target["expr"] for panel in panels for target in panel["targets"]]
    assert len(asked) > 4
    assert [query for query in asked if not any(name in query for name in names)] == []
