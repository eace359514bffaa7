"""The review over HTTP: listed, looked at, accepted, refused for good, ignored, undone."""

import time
from pathlib import Path
from urllib.parse import quote

from tests.console.pages import TABLE, TOKEN, Page, served_page
from tests.history.entries import refused
from tests.history.test_writer import write


def refuse(page: Page, *texts: str) -> None:
    """Keep `texts` in the history of `page`, as refused a second ago."""
    at_s = time.time() - 1
    entries = [refused(n, text, text, at_s, wav=b"RIFF") for n, text in enumerate(texts)]
    folder = page.folder / "state"
    folder.mkdir(exist_ok=True)
    write(folder / "history.db", entries)


def _listed(page: Page) -> list[str]:
    return [each["text"] for each in page.ask("/api/review").json["sounds"]]


def test_a_refused_sentence_becomes_an_alias_and_is_undone(page: Page) -> None:
    assert _listed(page) == []
    refuse(page, "turn on the chicken light")
    assert _listed(page) == ["turn on the chicken light"]
    sound = quote("turn on the chicken light")
    case = page.ask(f"/api/review/case?sound={sound}").json
    assert case["nearest"][0]["sentence"] == "turn on the kitchen light"
    assert case["words"] == ["chicken"]
    assert case["messages"] == [{"topic": "home/kitchen/light", "payload": "ON"}]
    assert [match["said"] for match in case["alignment"]][3] == "kitchen"

    change = {"sound": "turn on the chicken light", "sentence": "turn on the kitchen light"}
    assert page.ask("/api/review/accept", change).status == 401
    done = page.ask("/api/review/accept", change, token=TOKEN).json
    assert done["events"][0]["event"] == "command"
    assert "chicken" in page.table.read_text()
    assert page.daemon.reloads == 1
    assert _listed(page) == []
    assert page.ask("/api/review/accept", change, token=TOKEN).status == 409

    assert page.ask("/api/review/undo", {}, token=TOKEN).status == 200
    assert page.table.read_text() == TABLE
    assert _listed(page) == ["turn on the chicken light"]


def test_a_row_of_its_own_a_test_or_nothing_more(page: Page) -> None:
    refuse(page, "what a day", "party time", "la la la")
    own = {"sound": "party time", "topic": "home/party", "payload": "ON"}
    assert page.ask("/api/review/row", own, token=TOKEN).json["events"][0]["row"] == "party time"
    assert page.ask("/api/review/right", {"sound": "what a day"}, token=TOKEN).status == 200
    assert page.ask("/api/review/ignore", {"sound": "la la la"}, token=TOKEN).status == 200
    assert _listed(page) == []
    text = page.table.read_text()
    assert "topic: home/party" in text
    assert "what a day" in text
    assert "la la la" not in text


def test_a_recording_is_given_while_it_is_kept(page: Page) -> None:
    refuse(page, "turn on the chicken light")
    assert page.ask("/api/review/recording?id=id0").json == {"wav": "UklGRg=="}
    assert page.ask("/api/review/recording?id=id9").status == 409


def test_what_was_kept_before_is_not_shown_where_no_words_may_be(tmp_path: Path) -> None:
    with served_page(tmp_path, "}\nprivacy: {log_text: false") as page:
        refuse(page, "turn on the chicken light")
        assert _listed(page) == []
        sound = quote("turn on the chicken light")
        assert page.ask(f"/api/review/case?sound={sound}").status == 409
        assert page.ask("/api/review/recording?id=id0").status == 409
