import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.broker import Broker
from voice2mqtt.cli.main import main
from voice2mqtt.demo.stage import free_port
from voice2mqtt.errors import ExitStatus

_TABLE = """
lists: {room: [kitchen, hall]}
commands:
  - {name: light, say: "turn on the {room} light", topic: "home/{room}/light", payload: "ON"}
  - name: good night
    say: good night
    publish:
      - {topic: home/all, payload: "OFF", qos: 1}
      - {topic: home/heating, payload: {mode: night}, retain: true, after_s: 0.3}
  - {name: door, say: open the door, topic: home/door, payload: OPEN, confirm: Really?}
"""


@pytest.fixture
def settings_path(tmp_path: Path, broker: Broker) -> str:
    (tmp_path / "commands.yaml").write_text(_TABLE)
    path = tmp_path / "voice2mqtt.yaml"
    path.write_text(f"node: hall\nmqtt: {{broker: '{broker.url}'}}\n")
    return str(path)


@pytest.fixture
def unreachable_broker(tmp_path: Path) -> str:
    (tmp_path / "commands.yaml").write_text(_TABLE)
    path = tmp_path / "voice2mqtt.yaml"
    path.write_text(f"mqtt: {{broker: 'mqtt://127.0.0.1:{free_port()}'}}\n")
    return str(path)


def test_what_is_said_is_published_and_nobody_is_disturbed(
    settings_path: str, broker: Broker
) -> None:
    with broker.subscriber() as everything:
        assert main(["say", "--settings", settings_path, "Good", "night!"]) == ExitStatus.OK
        assert everything.wait_for("home/heating").payload == '{"mode": "night"}'
        assert [(m.topic, m.payload) for m in everything.messages] == [
            ("home/all", "OFF"),
            ("home/heating", '{"mode": "night"}'),
        ]


def test_a_dry_run_needs_no_broker_and_says_what_it_would_publish(
    unreachable_broker: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        main(["say", "--settings", unreachable_broker, "--dry-run", "good night"]) == ExitStatus.OK
    )
    assert capsys.readouterr().out == (
        "would publish  home/all  OFF  (qos 1)\n"
        'would publish  home/heating  {"mode": "night"}  (retained, after 0.3 s)\n'
    )


def test_what_is_no_command_does_nothing_and_ends_with_1(
    unreachable_broker: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        main(["say", "--settings", unreachable_broker, "--dry-run", "what a day"])
        == ExitStatus.FAILED
    )
    assert capsys.readouterr().out.startswith("does nothing: ")


@pytest.mark.parametrize("words", ["", " ", "?!"])
def test_no_words_do_nothing_and_end_with_1(
    unreachable_broker: str, capsys: pytest.CaptureFixture[str], words: str
) -> None:
    assert main(["say", "--settings", unreachable_broker, "--dry-run", words]) == ExitStatus.FAILED
    assert capsys.readouterr().out == "does nothing: no row says this; there are no words in it\n"


def test_a_question_is_shown_and_nothing_published(
    unreachable_broker: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        main(["say", "--settings", unreachable_broker, "--dry-run", "open the door"])
        == ExitStatus.OK
    )
    assert capsys.readouterr().out == "asks  Really?\n"


def test_a_person_at_a_terminal_can_answer(
    unreachable_broker: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _prompt: "yes")
    assert (
        main(["say", "--settings", unreachable_broker, "--dry-run", "open the door"])
        == ExitStatus.OK
    )
    assert capsys.readouterr().out == "asks  Really?\nwould publish  home/door  OPEN\n"


def test_a_person_at_a_terminal_may_leave_the_question(
    unreachable_broker: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def leave(_prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", leave)
    assert (
        main(["say", "--settings", unreachable_broker, "--dry-run", "open the door"])
        == ExitStatus.OK
    )
    assert capsys.readouterr().out == "asks  Really?\n\n"


def test_json_is_the_event_of_the_house(
    unreachable_broker: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = "turn on the hall light"
    main(["say", "--settings", unreachable_broker, "--dry-run", "--json", said])
    event = json.loads(capsys.readouterr().out)
    assert (event["event"], event["row"], event["text"]) == ("command", "light", said)
    assert event["messages"] == [
        {"topic": "home/hall/light", "payload": "ON", "qos": 0, "retain": False}
    ]


def _say_many(
    settings_path: str, sentences: str, *flags: str, monkeypatch: pytest.MonkeyPatch
) -> ExitStatus:
    monkeypatch.setattr("sys.stdin", io.StringIO(sentences))
    return ExitStatus(main(["say", "--settings", settings_path, *flags, "-"]))


def test_many_sentences_are_each_decided_on_their_own(
    unreachable_broker: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sentences = (
        "turn on the hall light\nopen the door\nyes\n\nwhat a day\r\nturn on the kitchen light"
    )
    status = _say_many(
        unreachable_broker, sentences, "--json", "--dry-run", monkeypatch=monkeypatch
    )
    assert status == ExitStatus.OK
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(event["event"], event["text"]) for event in events] == [
        ("command", "turn on the hall light"),
        ("ask", "open the door"),
        ("unmatched", "yes"),
        ("unmatched", ""),
        ("unmatched", "what a day"),
        ("command", "turn on the kitchen light"),
    ]


def test_many_sentences_are_published_and_it_ends_after_the_last(
    settings_path: str, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    with broker.subscriber() as everything:
        said = "turn on the hall light\nturn on the kitchen light\n"
        assert _say_many(settings_path, said, monkeypatch=monkeypatch) == ExitStatus.OK
        assert everything.wait_for("home/kitchen/light").payload == "ON"
        assert [m.topic for m in everything.messages] == ["home/hall/light", "home/kitchen/light"]


def test_a_cooldown_does_not_reach_from_one_sentence_to_the_next(
    unreachable_broker: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "commands.yaml").write_text(
        "commands: [{say: hi, topic: t, payload: p, cooldown_s: 60}]\n"
    )
    assert (
        _say_many(unreachable_broker, "hi\n" * 3, "--dry-run", monkeypatch=monkeypatch)
        == ExitStatus.OK
    )
    assert capsys.readouterr().out == "would publish  t  p\n" * 3


def test_each_is_answered_before_the_next_is_known(unreachable_broker: str) -> None:
    program = [sys.executable, "-m", "voice2mqtt", "say", "--settings", unreachable_broker]
    with subprocess.Popen(
        [*program, "--json", "--dry-run", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as running:
        assert running.stdin
        assert running.stdout
        for said in (b"turn on the hall light\n", b"open the do\xff\n"):
            running.stdin.write(said)
            running.stdin.flush()
            assert json.loads(running.stdout.readline())["event"] in ("command", "ask", "unmatched")
        running.stdin.close()
        assert running.stdout.read() == b""
    assert running.returncode == ExitStatus.OK


def test_explain_names_row_slots_and_reason(
    unreachable_broker: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(
        [
            "say",
            "--settings",
            unreachable_broker,
            "--dry-run",
            "--explain",
            "turn on the hall light",
        ]
    )
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "would publish  home/hall/light  ON"
    assert told[1].startswith("  light, 100% sure: ")
    assert told[2] == "  room = hall"


def test_a_broker_that_is_away_is_an_error_with_its_reason(
    unreachable_broker: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "quick.yaml").write_text(
        "commands: [{say: hi, topic: t, payload: p, expires_s: 0.2}]\n"
    )
    told = [
        "say",
        "--settings",
        unreachable_broker,
        "--commands",
        str(tmp_path / "quick.yaml"),
        "hi",
    ]
    assert main(told) == ExitStatus.UNAVAILABLE
    assert capsys.readouterr().err.startswith("not published: t: ")


def test_explain_draws_what_differs_in_sound(
    unreachable_broker: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(
        ["say", "--settings", unreachable_broker, "--dry-run", "--explain", "turn on the hall like"]
    )
    told = [line.split("  ") for line in capsys.readouterr().out.splitlines()]
    drawn = [[cell.strip() for cell in line if cell.strip()] for line in told]
    assert ["table", "heard", "sounds"] in drawn
    assert ["hall", "hall", "the same"] in drawn
    assert any(line[:2] == ["light", "like"] and line[2] != "the same" for line in drawn if line)
    assert any("for the sound of the whole sentence" in cell for line in drawn for cell in line)
    literally = "something else: 0.20 away: 'turn on the hall like', taken literally"
    assert [literally] in drawn
