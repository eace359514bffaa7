"""What stands behind each address of the page."""

from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.broker import wait_until
from tests.console.pages import TABLE, TOKEN, Page, served_page


def test_reading_is_free_and_tells_no_secret(page: Page) -> None:
    assert page.ask("/api/about").json["node"] == "voice"
    settings = page.ask("/api/settings")
    assert settings.json["path"].endswith("voice2mqtt.yaml")
    assert TOKEN.encode() not in settings.body
    assert page.ask("/api/plots?span=week").json["periods"] == []
    assert page.ask("/api/plots?span=year").status == 409
    matches = page.ask("/api/alignment?heard=chicken&said=kitchen").json["matches"]
    assert matches[0]["said"] == "kitchen"
    assert page.ask("/api/alignment?heard=chicken").status == 409


def test_a_sentence_is_tried_without_the_token_and_said_with_it(page: Page) -> None:
    tried = page.ask("/api/try", {"text": " turn on the chicken light "}).json["events"]
    assert tried[0]["text"] == "turn on the chicken light"
    assert page.ask("/api/say", {"text": "turn on"}).status == 401
    assert page.ask("/api/say", {"text": "turn on"}, token="no").status == 401
    assert page.ask("/api/say", {"text": "turn on"}, token=TOKEN).status == 200
    assert page.daemon.said == ["turn on"]
    page.daemon.full = True
    refused = page.ask("/api/say", {"text": "turn on"}, token=TOKEN)
    assert refused.status == 409
    assert "100 sentences" in refused.json["error"]


def test_a_recording_is_tried_without_the_token(page: Page) -> None:
    heard = page.ask("/api/hear", {"pcm": b64encode(b"\0\1").decode()})
    assert heard.json["events"][0]["text"] == "turn on the chicken light"
    assert page.daemon.heard == [b"\0\1"]
    assert page.ask("/api/hear", {"pcm": "AA=="}).status == 409


def test_what_a_cloud_is_to_hear_needs_the_token(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("0123")
    with served_page(tmp_path, others="speech: {region: westeurope, key_file: key}") as page:
        recording = {"pcm": b64encode(b"\0\1").decode()}
        assert page.ask("/api/hear", recording).status == 401
        assert page.ask("/api/hear", recording, token=TOKEN).status == 200


def test_it_is_muted_with_the_token(page: Page) -> None:
    assert page.ask("/api/mute", {"on": True}).status == 401
    assert page.ask("/api/mute", {"on": True}, token=TOKEN).status == 200
    assert page.daemon.muted
    assert page.ask("/api/token", {}, token=TOKEN).status == 200
    assert page.ask("/api/token", {}, token="no").status == 401


def test_the_table_is_read_checked_saved_and_undone(page: Page) -> None:
    read = page.ask("/api/table").json
    assert read["text"] == TABLE
    assert read["problems"] == []
    assert read["table"]["rows"][0]["examples"][0] == "turn on the kitchen light"

    better, bad = TABLE.replace("bedroom", "study"), TABLE.replace("say:", "sya:")
    checked = page.ask("/api/table/check", {"text": bad}).json["problems"]
    assert [problem["line"] for problem in checked] == [5, 5]
    assert page.table.read_text() == TABLE

    change = {"text": better, "version": read["version"]}
    assert page.ask("/api/table/save", change).status == 401
    spoilt = page.ask("/api/table/save", change | {"text": bad}, token=TOKEN).json
    assert not spoilt["saved"]
    assert page.ask("/api/table/save", change, token=TOKEN).json["saved"]
    assert page.table.read_text() == better
    assert page.daemon.reloads == 1
    assert page.ask("/api/table/save", change, token=TOKEN).status == 409

    assert page.ask("/api/table").json["can_undo"]
    assert page.ask("/api/table/undo", {}).status == 401
    assert page.ask("/api/table/undo", {}, token=TOKEN).status == 200
    assert page.table.read_text() == TABLE
    assert page.daemon.reloads == 2


def test_the_doctor_needs_the_token_and_comes_once_at_a_time(page: Page) -> None:
    assert page.ask("/api/doctor", {}).status == 401
    with ThreadPoolExecutor() as pool:
        first = pool.submit(page.ask, "/api/doctor", {}, token=TOKEN)
        assert page.daemon.examining.wait(10)
        second = page.ask("/api/doctor", {}, token=TOKEN)
        assert second.status == 409
        assert "under way" in second.json["error"]
        # Whoever else asks for something does not wait for it.
        assert page.ask("/api/about").status == 200
        page.daemon.go_on.set()
        checks = first.result().json["checks"]
    assert [check["severity"] for check in checks] == ["ok", "warning", "error"]
    assert page.ask("/api/doctor", {}, token=TOKEN).status == 200


def test_the_end_of_the_page_ends_the_doctor(tmp_path: Path) -> None:
    with ThreadPoolExecutor() as pool:
        with served_page(tmp_path) as page:
            pool.submit(page.ask, "/api/doctor", {}, token=TOKEN)
            assert page.daemon.examining.wait(10)
        page.daemon.go_on.set()
        wait_until(lambda: page.daemon.left, "end of the doctor")
    assert page.daemon.looked_at == 2


def test_a_table_with_faults_is_shown_with_them(page: Page) -> None:
    page.table.write_text(TABLE.replace("say:", "sya:"))
    read = page.ask("/api/table").json
    assert read["table"] is None
    assert read["problems"][0]["fault"]


def test_a_table_is_read_in_the_first_of_several_languages(tmp_path: Path) -> None:
    several = "}\nspeech: {languages: [de-DE, en-US]"
    with served_page(tmp_path, several) as page:
        assert page.ask("/api/table").json["table"]["language"] == "de"
