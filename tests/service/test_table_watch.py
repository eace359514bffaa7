"""A changed table is taken while the daemon runs; a faulty one never replaces a good one."""

import gc
import os
import signal
import threading
from collections.abc import Callable

import pytest
from bench.process import children

from tests.broker import wait_until
from tests.service.stage import ROOT, TABLE, Stage
from voice2mqtt.service.table_watch import TableWatch


def test_a_bad_new_table_never_replaces_a_good_one(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage()

    def direct() -> None:
        stage.seen.wait_for(f"{ROOT}/availability", lambda said: said == "online")
        stage.table.write_text("commands: [")
        stage.seen.send(f"{ROOT}/reload/set", "")
        refused = stage.events(1)[0]
        assert refused["event"] == "reload_refused"
        assert "commands.yaml:1:" in str(refused["reason"])
        stage.seen.send(f"{ROOT}/say/set", "turn on the light")
        assert stage.events(2)[1]["event"] == "command"

    stage.play(direct)


def test_a_changed_table_is_taken_by_itself_and_on_sighup(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage()

    def direct() -> None:
        stage.seen.wait_for(f"{ROOT}/availability", lambda said: said == "online")
        stage.table.write_text(TABLE.replace("good night", "sleep well"))
        assert stage.events(1)[0]["event"] == "reloaded"
        stage.seen.send(f"{ROOT}/say/set", "sleep well")
        assert stage.events(2)[1]["row"] == "night"
        os.kill(os.getpid(), signal.SIGHUP)
        assert stage.events(3)[2]["event"] == "reloaded"

    stage.play(direct)


def test_a_recogniser_keeps_no_former_table_alive(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage("turn on the light")

    def direct() -> None:
        stage.seen.wait_for(f"{ROOT}/availability", lambda said: said == "online")
        # Of each table its espeak-ng is the part that can be seen from outside.
        pronouncing = {*children(os.getpid())}
        stage.microphone.speak()
        assert stage.events(1)[0]["event"] == "command"
        stage.seen.send(f"{ROOT}/reload/set", "")
        assert stage.events(2)[1]["event"] == "reloaded"
        gc.collect()
        wait_until(lambda: not pronouncing <= {*children(os.getpid())}, "the end of the first")

    stage.play(direct)


def test_a_table_that_would_take_for_ever_is_refused_and_the_old_one_stays(
    make_stage: Callable[..., Stage],
) -> None:
    stage = make_stage()
    endless = "x " + "[(a|b)] " * 20 + "a" + " (a|b)" * 20

    def direct() -> None:
        stage.seen.wait_for(f"{ROOT}/availability", lambda said: said == "online")
        stage.table.write_text(f'{TABLE}\n  - {{say: "{endless}", topic: t, payload: "1"}}\n')
        refused = stage.events(1)[0]
        assert refused["event"] == "reload_refused"
        assert "too many ways" in str(refused["reason"])
        assert "commands.yaml:" in str(refused["reason"])
        stage.seen.send(f"{ROOT}/say/set", "turn on the light")
        assert stage.events(2)[1]["event"] == "command"

    stage.play(direct)


def test_what_is_asked_while_a_table_is_read_does_not_wait(
    make_stage: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = make_stage()
    may_read, reload = threading.Event(), TableWatch.reload

    def read_slowly(watch: TableWatch) -> int:
        assert may_read.wait(30)
        return reload(watch)

    monkeypatch.setattr(TableWatch, "reload", read_slowly)

    def direct() -> None:
        stage.seen.wait_for(f"{ROOT}/availability", lambda said: said == "online")
        stage.seen.send(f"{ROOT}/reload/set", "")
        stage.mute(on=True)
        may_read.set()
        assert stage.events(1)[0]["event"] == "reloaded"

    stage.play(direct)


def test_warnings_about_a_new_table_are_logged(
    make_stage: Callable[..., Stage], caplog: pytest.LogCaptureFixture
) -> None:
    stage = make_stage()

    def direct() -> None:
        stage.seen.wait_for(f"{ROOT}/availability", lambda said: said == "online")
        stage.table.write_text(f"rules: {{loose: please}}\n{TABLE}")
        assert stage.events(1)[0]["event"] == "reloaded"
        wait_until(lambda: "the rule loose is never used" in caplog.text, "the warning")

    stage.play(direct)
