"""`voice2mqtt table import`."""

from pathlib import Path

import pytest

from voice2mqtt.cli.main import main
from voice2mqtt.errors import ExitStatus


def test_custom_sentences_of_home_assistant_are_imported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "hello.yaml").write_text(
        "language: en\nintents: {Hello: {data: [{sentences: ['hello {name}']}]}}\n"
    )
    assert main(["table", "import", "--topic", "ha/{intent}", str(tmp_path)]) == ExitStatus.OK
    told = capsys.readouterr()
    assert told.out.endswith(
        'commands:\n  - name: Hello\n    say: "hello {name}"\n    topic: ha/Hello\n'
        '    payload: {name: "{name}"}\n'
    )
    assert told.err == (
        "note: the list name is filled by Home Assistant from what it knows; write its words "
        "under lists:\n"
    )


def test_a_folder_without_sentences_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["table", "import", str(tmp_path)]) == ExitStatus.NO_INPUT
    told = capsys.readouterr().err
    assert f"{tmp_path}: there are no YAML files; name custom_sentences/<language>\n" in told
