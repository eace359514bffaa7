"""The real SDK with files that it refuses; what it tells of a model that it takes is scripted.

No keyword model is free, so none is here.
"""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from voice2mqtt.errors import SettingsError
from voice2mqtt.speech import keyword
from voice2mqtt.speech.keyword import SdkKeywordDetector


def test_a_missing_model_is_refused_with_its_path(tmp_path: Path) -> None:
    model = tmp_path / "computer.table"
    with pytest.raises(SettingsError, match=f"{model}.*no such file"):
        SdkKeywordDetector(model)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(bytes(range(256)) * 20, "UNSUPPORTED_FORMAT", id="noise"),
        pytest.param(b"PK\5\6" + bytes(18), "UNSUPPORTED_FORMAT", id="archive"),
        pytest.param(b"", "INVALID_ARG", id="empty"),
    ],
)
def test_a_file_that_is_no_model_is_refused_at_the_start(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    model = tmp_path / "computer.table"
    model.write_bytes(content)
    with pytest.raises(SettingsError, match=reason):
        SdkKeywordDetector(model)


class _Signal:
    def __init__(self) -> None:
        self.connect = self._keep
        self._heard: list[Callable[[object], None]] = []

    def _keep(self, callback: Callable[[object], None]) -> None:
        self._heard.append(callback)

    def disconnect_all(self) -> None:
        self._heard.clear()

    def tell(self, event: object = None) -> None:
        for callback in self._heard:
            callback(event)


class _Recognizer:
    """What `open_keyword_recognizer` opens, and what it was given."""

    def __init__(self) -> None:
        self.recognized, self.canceled = _Signal(), _Signal()
        self.written = b""
        self.closed = False

    def recognize_once_async(self, _model: object) -> SimpleNamespace:
        return SimpleNamespace(get=lambda: None)

    def write(self, pcm: bytes) -> None:
        self.written += pcm

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[_Recognizer]:
    found: list[_Recognizer] = []

    def open_one(_path: Path) -> tuple[_Recognizer, _Recognizer, None]:
        found.append(_Recognizer())
        return found[-1], found[-1], None

    monkeypatch.setattr(keyword, "open_keyword_recognizer", open_one)
    monkeypatch.setattr(keyword, "_REFUSED_WITHIN_S", 0.0)
    return found


def test_a_keyword_is_told_once_and_listened_for_anew(
    tmp_path: Path, opened: list[_Recognizer]
) -> None:
    model = tmp_path / "hey_house.table"
    model.touch()
    detector = SdkKeywordDetector(model)
    assert detector.feed(b"before") == ""
    opened[0].recognized.tell()
    assert [detector.feed(b"then"), detector.feed(b"after")] == ["hey house", ""]
    first, second = opened
    assert first.written.endswith(b"before")
    assert second.written == b"after"
    first.recognized.tell()  # too late to tell anything
    assert detector.feed(b"on") == ""
    detector.close()
    assert first.closed
    assert second.closed


def test_a_model_that_the_sdk_gives_up_later_is_a_fault_of_the_settings(
    tmp_path: Path, opened: list[_Recognizer]
) -> None:
    model = tmp_path / "hey_house.table"
    model.touch()
    detector = SdkKeywordDetector(model)
    details = SimpleNamespace(error_details="it broke SessionId: 1")
    opened[0].canceled.tell(SimpleNamespace(cancellation_details=details))
    with pytest.raises(SettingsError, match="takes \\(it broke\\)"):
        detector.feed(b"")
    detector.close()
