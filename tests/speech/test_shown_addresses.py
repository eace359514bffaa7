"""Addresses of Speech services are told without user and query."""

from types import SimpleNamespace
from typing import Any

import pytest

from voice2mqtt.settings.speech_settings import SpeechSettings
from voice2mqtt.speech.address import host_url
from voice2mqtt.speech.outcomes import first_line, of_cancellation


@pytest.mark.parametrize(
    ("settings", "shown"),
    [
        ({"endpoint": "wss://h/speech/v1?cid=1234"}, "wss://h/speech/v1"),
        ({"host": "ws://h:5000"}, "ws://h:5000"),
        ({}, "ws://127.0.0.1:5000"),
    ],
)
def test_where_words_are_recognised(settings: dict[str, Any], shown: str) -> None:
    assert host_url(SpeechSettings(**settings)) == shown


def test_what_the_sdk_says_of_an_address() -> None:
    text = "WebSocket upgrade failed: wss://me:pw@h/v1?key=abc (404) SessionId: 12"
    assert first_line(text) == "WebSocket upgrade failed: wss://h/v1 (404)"
    details = SimpleNamespace(
        reason=SimpleNamespace(name="Error"), code=SimpleNamespace(name="x"), error_details=text
    )
    assert of_cancellation(details).details == first_line(text)


def test_the_answer_of_a_host_is_not_quoted() -> None:
    text = 'Invalid response. Response text: {"DisplayText": "my secret"} SessionId: 12'
    assert first_line(text) == "Invalid response."
