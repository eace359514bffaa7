"""Fixtures that several rooms share."""

import gc
import logging
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.broker import Broker, Certificates, make_certificates

# Property tests run on machines of any speed, so none of them is timed.
settings.register_profile("quick", deadline=None, max_examples=50)
# For long runs: script/test --hypothesis-profile=thorough tests/nlu
settings.register_profile("thorough", deadline=None, max_examples=2000)
settings.load_profile("quick")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of the whole system first: what takes longest must not begin last."""
    items.sort(key=lambda item: len(item.path.parts))


def pytest_collection_finish() -> None:
    """Have no garbage collection look at the modules and tests again: each took 0.2 s."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _log_is_left_as_it_was() -> Iterator[None]:
    """Undo what a command's `main` does to logging, which is one for the process.

    Its handler writes to a stream that is closed when the test ends.
    """
    root, ours = logging.getLogger(), logging.getLogger("voice2mqtt")
    handlers, levels = root.handlers.copy(), (root.level, ours.level)
    yield
    for handler in root.handlers.copy():
        if handler not in handlers:
            root.removeHandler(handler)
    root.setLevel(levels[0])
    ours.setLevel(levels[1])


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable() -> Generator[None, Any, Any]:
    """Let a report with a lone surrogate in it pass from a test process to the first one."""
    report = yield
    return _sendable(report)


def _sendable(value: Any) -> Any:
    match value:
        case str():
            return value.encode(errors="backslashreplace").decode()
        case dict():
            return {_sendable(key): _sendable(item) for key, item in value.items()}
        case list() | tuple():
            return type(value)(map(_sendable, value))
    return value


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """A real mosquitto that lets everybody in."""
    folder = tmp_path / "broker"
    folder.mkdir()
    with Broker(folder) as running:
        yield running


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Files of a certificate authority of this run."""
    return make_certificates(tmp_path_factory.mktemp("certificates"))
