"""What is announced to Home Assistant."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.mqtt.names import NASTY, TOPICS
from voice2mqtt.mqtt.home_assistant.discovery import announcements


@given(st.lists(NASTY, unique=True, max_size=5))
def test_rows_of_any_name_get_discovery_topics_of_their_own(rows: list[str]) -> None:
    found = announcements(TOPICS, "homeassistant", rows, "1")
    triggers = [topic for topic in found if "/device_automation/" in topic]
    assert len(triggers) == len(rows)
    form = r"homeassistant/[a-z_]+/[A-Za-z0-9_-]+/[A-Za-z0-9_-]+/config"
    assert all(re.fullmatch(form, topic) for topic in found)
    for payload in found.values():
        payload.encode()


@pytest.mark.parametrize("page", ["", "https://voice.example.org"])
def test_every_entity_links_to_the_page_if_there_is_one(page: str) -> None:
    found = announcements(TOPICS, "homeassistant", ["light"], "1", page)
    links = {json.loads(each)["device"].get("configuration_url", "") for each in found.values()}
    assert links == {page}
