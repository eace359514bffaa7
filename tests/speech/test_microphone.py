"""The SDK's own microphone, between a fake recogniser and a test that decides what may be sent."""

import threading
from collections.abc import Callable
from typing import cast

from voice2mqtt import clock
from voice2mqtt.core.outcome import Heard
from voice2mqtt.speech.azure import AzureRecognizer, Shot
from voice2mqtt.speech.microphone import SdkMicrophone

WAIT_S = 60.0


class Shots:
    """A recogniser that hears the same in every shot, and counts them."""

    def __init__(self) -> None:
        self.count = 0

    def microphone(self, _device: str) -> Callable[[], Shot]:
        return self._shoot

    def _shoot(self) -> Shot:
        self.count += 1
        return Shot(Heard(text="Turn on."), clock.now_s())

    def close(self) -> None:
        """Nothing is under way."""


def test_nothing_is_sent_while_nothing_may_be() -> None:
    shots, asked, allowed = Shots(), threading.Event(), threading.Event()

    def may_send() -> bool:
        asked.set()
        return allowed.is_set()

    microphone = SdkMicrophone(cast("AzureRecognizer", shots), "default", lambda _: None, may_send)
    utterances = microphone.utterances()
    first = threading.Thread(target=lambda: next(utterances))
    first.start()
    assert asked.wait(WAIT_S)
    assert shots.count == 0
    allowed.set()
    first.join(WAIT_S)
    assert shots.count == 1
