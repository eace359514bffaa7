from pathlib import Path

from voice2mqtt.settings.file_changes import FileChanges


def watched(path: Path) -> FileChanges:
    changes = FileChanges()
    changes.add(path)
    return changes


def test_a_file_that_is_gone_is_noticed_once_and_so_is_its_return(tmp_path: Path) -> None:
    path = tmp_path / "commands.yaml"
    path.write_text("commands: []")
    changes = watched(path)
    looks = [changes.any_new()]
    path.unlink()
    looks += [changes.any_new() for _ in range(4)]
    path.write_text("commands: []")
    looks += [changes.any_new() for _ in range(2)]
    assert looks == [False, False, True, False, False, True, False]


def test_a_file_that_an_editor_puts_in_place_of_another_is_not_gone(tmp_path: Path) -> None:
    path = tmp_path / "commands.yaml"
    path.write_text("commands: []")
    changes = watched(path)
    path.unlink()
    assert not changes.any_new()
    path.write_text("commands: [] # another")
    assert [changes.any_new() for _ in range(2)] == [True, False]


def test_a_file_that_is_missing_from_the_first_is_noticed_when_it_comes(tmp_path: Path) -> None:
    path = tmp_path / "commands.yaml"
    changes = watched(path)
    looks = [changes.any_new() for _ in range(3)]
    path.write_text("commands: []")
    looks += [changes.any_new() for _ in range(2)]
    assert looks == [False, False, False, True, False]


def test_of_several_files_each_change_is_noticed_once(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.touch()
    changes = watched(one)
    changes.add(other)
    one.write_text("1")
    other.touch()
    assert [changes.any_new() for _ in range(2)] == [True, False]
