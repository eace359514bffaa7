from pathlib import Path

from voice2mqtt.service.table_watch import TableWatch


def test_a_table_that_is_gone_is_noticed_once_and_so_is_its_return(tmp_path: Path) -> None:
    path = tmp_path / "commands.yaml"
    path.write_text("commands: []")
    watch = TableWatch(path, "en", lambda _table: None)
    looks = [watch.changed()]
    path.unlink()
    looks += [watch.changed() for _ in range(4)]
    path.write_text("commands: []")
    looks += [watch.changed() for _ in range(2)]
    assert looks == [False, False, True, False, False, True, False]


def test_a_table_that_an_editor_puts_in_place_of_another_is_no_missing_one(tmp_path: Path) -> None:
    path = tmp_path / "commands.yaml"
    path.write_text("commands: []")
    watch = TableWatch(path, "en", lambda _table: None)
    path.unlink()
    assert not watch.changed()
    path.write_text("commands: [] # another")
    assert [watch.changed() for _ in range(2)] == [True, False]
