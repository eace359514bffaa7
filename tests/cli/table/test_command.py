from html.parser import HTMLParser
from pathlib import Path

import pytest

from voice2mqtt.cli.main import main
from voice2mqtt.errors import ExitStatus

_TABLE = """
lists:
  switch: [{in: "on", out: "ON"}, {in: "off", out: "OFF"}]
  room: [hall, kitchen, bath, {in: "(lounge|living room)", out: living}]
  item: {wildcard: true}
rules: {please: "[please]"}
commands:
  - {say: "<please> turn {switch} [the] {room} light[s]", topic: "{room}", payload: "{switch}"}
  - {name: heating, say: "heat to {5..30:degrees}", topic: heat, payload: "{degrees}"}
  - {say: "buy {item}", topic: buy, payload: "{item}", wake: false, days: [mon-wed, sat]}
  - say: open <the> & door
    topic: door
    payload: OPEN
    confirm: Really?
    days: mon-fri
    between: "07:00-22:00"
"""


@pytest.fixture
def settings_path(tmp_path: Path) -> str:
    (tmp_path / "commands.yaml").write_text(
        _TABLE.replace("<the>", "(the back|the 1*1)").lstrip("\n")
    )
    path = tmp_path / "voice2mqtt.yaml"
    path.write_text("listening: {wake_phrase: [computer, hey <house>]}\n")
    return str(path)


def test_every_sentence_is_printed_and_of_many_some(
    settings_path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["table", "--settings", settings_path, "--limit", "3"]) == ExitStatus.OK
    told = capsys.readouterr().out.splitlines()
    assert told[:2] == [
        "<please> turn {switch} [the] {room} light[s] (80 sentences)",
        "  please turn on the hall lights",
    ]
    assert told[-4:] == [
        "  buy …",
        "open (the back|the 1*1) & door (2 sentences)",
        "  open the back & door",
        "  open the 1*1 & door",
    ]


def test_markdown_shows_what_may_be_left_out_and_what_is_asked(
    settings_path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["table", "--settings", settings_path, "--markdown"])
    assert capsys.readouterr().out == (
        "# What you can say\n"
        "\n"
        "Begin with “computer” or “hey <house>”. Words (in brackets) may be left out; of "
        "words/with/strokes say one.\n"
        "\n"
        "- (please) turn on/off (the) **room** light(s)\n"
        "- heat to 5–30\n"
        "- buy **item …** (Mon, Tue, Wed, Sat, without the wake phrase)\n"
        "- open ‹the back / the 1\\*1› & door (Mon to Fri, 07:00 to 22:00, asks first)\n"
        "\n"
        "## Words\n"
        "\n"
        "- **room**: hall, kitchen, bath, ‹lounge / living room›\n"
    )


_GERMAN = """
language: de
lists: {room: [{in: "(die |)Küche", out: k}, {in: "im( schönen|) Bad", out: b}]}
commands:
  - {say: "Dimmer auf {10..100,10:x} Prozent", topic: d, payload: "{x}", days: mo-fr}
  - {say: "Stufe {0..100,50:x}", topic: d, payload: "{x}", confirm: Wirklich?, between: "7:00-9:00"}
  - {say: "Licht in {room}", topic: "l/{room}", payload: "x", wake: false}
"""


def test_the_sheet_speaks_the_tables_language_and_promises_only_what_is_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "commands.yaml"
    table.write_text(_GERMAN.replace("mo-fr", "mon-fri").lstrip())
    settings = tmp_path / "voice2mqtt.yaml"
    settings.write_text("listening: {wake_phrase: [Haus]}\n")
    for form, loud in (("--markdown", "# Was man"), ("--html", "<h1>Was man sagen kann</h1>")):
        assert main(["table", "--settings", str(settings), form]) == ExitStatus.OK
        told = capsys.readouterr().out
        assert loud in told
        assert "Beginne mit “Haus”." in told
        assert "Dimmer auf 10, 20 … 100 Prozent" in told
        assert "Stufe 0, 50, 100" in told
        assert "07:00 bis 09:00, fragt erst nach" in told
        assert "Mo bis Fr" in told
        assert "ohne Aktivierungswort" in told
    assert "<i>die</i> Küche" in told
    assert "im <i>schönen</i> Bad" in told


class _Page(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 (HTMLParser's)
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words += data.split()


def test_html_is_one_sound_page_in_which_the_owners_signs_are_text(
    settings_path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["table", "--settings", settings_path, "--html"])
    page = capsys.readouterr().out
    read = _Page(page)
    assert read.open == []
    text = " ".join(read.words)
    assert "Begin with “computer” or “hey <house>”." in text
    assert "please turn on / off the room light s" in text
    assert "open the back / the 1*1 & door Mon to Fri, 07:00 to 22:00, asks first" in text
    assert "src=" not in page
    assert "href=" not in page


@pytest.mark.parametrize(
    "given",
    [
        ["--html", "suggest"],
        ["--limit", "3", "suggest"],
        ["--commands", "x.yaml", "import", "x"],
        ["--settings", "x.yaml", "import", "x"],
    ],
    ids=" ".join,
)
def test_an_option_that_would_be_ignored_is_refused(
    given: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["table", *given])
    assert f"{given[0]} has no effect on import or suggest" in capsys.readouterr().err
