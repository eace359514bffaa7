"""Figures of a host for Prometheus, on a port of their own.

The only import of prometheus-client.
"""

from functools import partial

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    start_http_server,
)

from voice2mqtt.core.audio import RATE_HZ, SAMPLE_BYTES
from voice2mqtt.speechhost.jobs import Transcribe, Urgency
from voice2mqtt.speechhost.serving.server import SpeechHost

_BUCKETS_S = (0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0, 5.0, 10.0)
"""Upper ends of the histogram, closest where an answer is felt as quick or slow; set by hand."""


class Metrics:
    """Counts what a host tells; any thread may read."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._refused = Counter(
            "voice2mqtt_refused", "Clients that were refused", ["status"], registry=registry
        )
        self._speech = Counter(
            "voice2mqtt_speech_seconds", "Audio that was transcribed", registry=registry
        )
        self._took = Histogram(
            "voice2mqtt_transcription_seconds",
            "From the request for a transcription to its result",
            ["urgency"],
            buckets=_BUCKETS_S,
            registry=registry,
        )

    def refused(self, status: int) -> None:
        """Count a client that was refused, by a status of HTTP or the code of a close frame."""
        self._refused.labels(str(int(status))).inc()

    def transcribed(self, request: Transcribe, urgency: Urgency, took_s: float) -> None:
        """Count a transcription."""
        self._took.labels(urgency.name.lower()).observe(took_s)
        self._speech.inc(len(request.pcm) / (RATE_HZ * SAMPLE_BYTES))

    def serve(self, host: SpeechHost, address: str, port: int) -> tuple[str, int]:
        """Serve them, and those of `host`, on a thread of its own; return address and port.

        Raises:
            OSError: the address cannot be bound.
        """
        for name, what in (
            ("ready", "Whether a client would be admitted"),
            ("connections", "Connections"),
            ("running", "Transcriptions under way"),
            ("waiting", "Transcriptions that wait for a thread"),
        ):
            gauge = Gauge(f"voice2mqtt_{name}", what, registry=self._registry)
            gauge.set_function(partial(_figure, host, name))
        server, _ = start_http_server(port, address, self._registry)
        return address, int(server.server_port)


def _figure(host: SpeechHost, name: str) -> float:
    return float(getattr(host.figures, name))
