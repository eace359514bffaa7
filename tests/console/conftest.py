"""A page for each test that asks for one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.console.pages import Page, served_page


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    with served_page(tmp_path) as served:
        yield served
