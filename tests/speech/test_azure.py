"""The real Azure SDK over a real websocket to our host; only the engine is scripted."""

import gc
import itertools
import json
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from bench.process import resident_mb

from tests.broker import wait_until
from tests.relay import Relay
from tests.speech.scripted import answering, scripted, silent
from tests.speechhost.fakes import ScriptedEngine, silence, tone
from tests.speechhost.hosting import THREADS as HOST_THREADS
from tests.speechhost.hosting import hosting, serving
from voice2mqtt.core.audio import PartialMatch
from voice2mqtt.core.outcome import Canceled, Heard, NoMatch
from voice2mqtt.demo.stage import free_port
from voice2mqtt.errors import SettingsError
from voice2mqtt.settings.speech_settings import SpeechSettings
from voice2mqtt.speech import turn
from voice2mqtt.speech.azure import AzureRecognizer
from voice2mqtt.speech.probe import look
from voice2mqtt.speech.turn import SdkTurn
from voice2mqtt.speechhost.serving import scheduler
from voice2mqtt.speechhost.serving.admission import Limits

WITHIN_S = 60.0


class Spoken:
    """An utterance that is all there, or whose frames come when a test lets them."""

    speech_began_at_s = 0.0
    speech_ended_at_s = 0.0
    cut = ""
    loudness_db = -20.0

    def __init__(self, *blocks: bytes, until: threading.Event | None = None) -> None:
        self._blocks: Sequence[bytes] = blocks
        self._until = until
        self.partial_matches: list[PartialMatch] = []

    def frames(self) -> Iterator[bytes]:
        yield from self._blocks
        if self._until:
            assert self._until.wait(WITHIN_S)

    def expect(self, partial_match: PartialMatch) -> None:
        self.partial_matches.append(partial_match)


def ignore(_interim: str) -> None:
    pass


def recognizer(url: str, **settings: Any) -> AzureRecognizer:
    return AzureRecognizer(SpeechSettings(host=url, **settings))


def test_words_come_with_their_hypotheses_and_confidences() -> None:
    with serving(ScriptedEngine("Turn on.", "Turn off.")) as url:
        outcome = recognizer(url).recognize(Spoken(silence(300), tone(800), silence(300)), ignore)
    assert isinstance(outcome, Heard)
    assert outcome.text == "Turn on."
    assert [(h.text, h.confidence) for h in outcome.hypotheses] == [
        ("Turn on.", 0.9),
        ("Turn off.", 0.09),
    ]


def test_what_the_host_heard_instead_of_its_table_is_told_as_that() -> None:
    engine = ScriptedEngine("What a day.", "Turn off.")
    engine.nbest = (replace(engine.nbest[0], out_of_grammar=True), engine.nbest[1])
    with serving(engine) as url:
        outcome = recognizer(url).recognize(Spoken(silence(300), tone(800), silence(300)), ignore)
    assert isinstance(outcome, Heard)
    assert [hypothesis.outside for hypothesis in outcome.hypotheses] == [True, False]


def test_one_recognizer_serves_many_utterances() -> None:
    with serving(ScriptedEngine("Turn on.")) as url:
        mine = recognizer(url)
        outcomes = [mine.recognize(Spoken(tone(1000), silence(200)), ignore) for _ in range(5)]
    assert [type(outcome) for outcome in outcomes] == [Heard] * 5


@pytest.mark.parametrize("mode", ["single-shot", "continuous"])
def test_an_utterance_leaves_no_connection_behind(mode: str) -> None:
    gc.disable()
    try:
        with serving(ScriptedEngine("Turn on.")) as url:
            mine = recognizer(url, mode=mode)
            for _ in range(8):
                mine.recognize(Spoken(tone(600), silence(200)), ignore)
            with urllib.request.urlopen(f"{url.replace('ws', 'http', 1)}/status") as answer:
                status = json.load(answer)
    finally:
        gc.enable()
    assert status["connectionsServed"] == 8
    # The last one, and one that is being closed.
    assert status["connections"] <= 2


def test_silence_is_no_match_with_its_reason() -> None:
    with serving(ScriptedEngine("Turn on.")) as url:
        outcome = recognizer(url).recognize(Spoken(silence(1500)), ignore)
    assert outcome == NoMatch(reason="InitialSilenceTimeout")


def test_a_host_with_too_much_to_do_says_so_at_once_and_answers_those_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scheduler, "MAX_WAIT_S", 0.05)
    engine = ScriptedEngine("Turn on.")
    engine.gate.clear()
    spoken = Spoken(silence(300), tone(800), silence(300))
    with hosting(engine) as host, ThreadPoolExecutor() as threads:
        both = [
            threads.submit(recognizer(host.url).recognize, spoken, ignore)
            for _ in range(HOST_THREADS)
        ]
        wait_until(lambda: len(engine.asked) == HOST_THREADS, "two that are answered")
        refused = recognizer(host.url, retry_s=0).recognize(spoken, ignore)
        assert not any(one.done() for one in both)
        engine.gate.set()
        assert all(isinstance(one.result(), Heard) for one in both)
    assert isinstance(refused, Canceled)
    assert refused.explanation == "the host has too much to do (4429)"
    assert refused.passes


def test_a_host_that_is_down_is_a_cancellation_and_the_next_utterance_is_recognised() -> None:
    sent_s: list[float] = []
    settings = SpeechSettings(host=f"ws://127.0.0.1:{free_port()}", retry_s=0.0)
    outcome = AzureRecognizer(settings, on_sent=sent_s.append).recognize(Spoken(tone(500)), ignore)
    assert isinstance(outcome, Canceled)
    assert outcome.code == "ConnectionFailure", outcome
    assert not sent_s
    assert "onnection" in outcome.details
    assert "\n" not in outcome.details


def test_a_token_is_read_for_each_utterance(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("first\n")
    with serving(ScriptedEngine("Turn on.")) as url:
        mine = recognizer(url, token_file=token)
        token.unlink()
        outcome = mine.recognize(Spoken(tone(500)), ignore)
        assert isinstance(outcome, Canceled)
        assert str(token) in outcome.details
        token.write_text("second\n")
        assert isinstance(mine.recognize(Spoken(tone(900), silence(600)), ignore), Heard)


def test_a_fault_of_the_sdk_is_a_cancellation(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_turn: object, _frame: bytes) -> None:
        raise RuntimeError("Exception with error code: 0x5")

    monkeypatch.setattr(SdkTurn, "write", fail)
    with serving(ScriptedEngine("Turn on.")) as url:
        outcome = recognizer(url).recognize(Spoken(tone(500)), ignore)
    assert outcome == Canceled(
        reason="Error",
        code="RuntimeError",
        details="Exception with error code: 0x5",
        explanation="the Speech SDK failed: Exception with error code: 0x5",
    )


def test_a_recognition_may_be_given_up_while_the_sdk_connects() -> None:
    class Broken(Spoken):
        def frames(self) -> Iterator[bytes]:
            yield tone(100)
            raise RuntimeError("on purpose")

    with serving(ScriptedEngine("Turn on.")) as url:
        mine = recognizer(url)
        # The SDK crashed at one in twenty of these.
        outcomes = [mine.recognize(Broken(), ignore) for _ in range(30)]
    assert all(isinstance(outcome, Canceled) for outcome in outcomes)


def test_a_fault_of_the_sdks_own_microphone_is_a_cancellation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Broken:
        def recognize_once_async(self) -> None:
            raise RuntimeError("Exception with error code: 0x15")

    mine = recognizer("ws://127.0.0.1:1")
    monkeypatch.setattr(mine, "_recognizer", lambda _audio: Broken())
    outcome = mine.microphone("default")().outcome
    assert isinstance(outcome, Canceled)
    assert outcome.details == "Exception with error code: 0x15"


def test_a_microphone_that_cannot_be_opened_says_so_with_the_reason_of_the_sdk() -> None:
    with pytest.raises(RuntimeError) as caught:
        recognizer("ws://127.0.0.1:1").microphone("plughw:CARD=None")
    assert str(caught.value) == (
        "the Speech SDK cannot open the microphone plughw:CARD=None; is it there, and used by "
        "nobody else? see microphone.device and `voice2mqtt devices` (Exception with an error "
        "code: 0xe (SPXERR_MIC_NOT_AVAILABLE))"
    )


def test_certificates_that_are_not_there_are_a_fault_of_the_settings(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no such file"):
        recognizer("wss://host:443", ca_file=tmp_path / "ca.pem")


def test_the_interim_hypothesis_arrives_while_the_utterance_is_open() -> None:
    interims: list[str] = []
    arrived = threading.Event()

    def note(text: str) -> None:
        interims.append(text)
        arrived.set()

    with serving(ScriptedEngine("Turn on.")) as url:
        # The pause lets the host try its luck before the end of the audio.
        spoken = Spoken(silence(200), tone(900), silence(400), until=arrived)
        outcome = recognizer(url).recognize(spoken, note)
    assert interims
    assert "turn on" in interims[0].lower()
    assert isinstance(outcome, Heard)


def test_an_exception_of_the_listener_does_not_reach_the_sdk() -> None:
    def fail(_text: str) -> None:
        raise RuntimeError("on purpose")

    with serving(ScriptedEngine("Turn on.")) as url:
        spoken = Spoken(silence(200), tone(900), silence(600))
        outcome = recognizer(url).recognize(spoken, fail)
    assert isinstance(outcome, Heard)


def test_closing_ends_a_recognition_that_the_host_never_answers() -> None:
    engine = ScriptedEngine("Turn on.")
    engine.gate.clear()
    closed_s: list[float] = []

    with serving(engine) as url:
        mine = recognizer(url)

        def close() -> None:
            closed_s.append(time.monotonic())
            mine.close()

        threading.Timer(0.5, close).start()
        outcome = mine.recognize(Spoken(tone(800)), ignore)
        # Half more than is promised; the SDK by itself takes two seconds.
        assert time.monotonic() - closed_s[0] < 1.5
        engine.gate.set()
    assert isinstance(outcome, Canceled)


def test_continuous_mode_joins_what_a_host_hears_in_one_utterance() -> None:
    with serving(ScriptedEngine("Turn on.")) as url:
        mine = recognizer(url, mode="continuous")
        outcome = mine.recognize(Spoken(tone(900), silence(300)), ignore)
    assert isinstance(outcome, Heard)
    assert outcome.text.startswith("Turn on.")


def test_a_name_that_cannot_be_one_is_not_known() -> None:
    found = look(SpeechSettings(host="ws://none..home:1"), "en-US")
    assert found
    assert found.sentence == "the name none..home is not known; see speech.host"


def test_a_sentence_outlives_a_host_that_is_started_anew() -> None:
    silent = ScriptedEngine("Turn on.")
    silent.gate.clear()
    outcomes: list[object] = []
    with hosting(silent, limits=Limits(drain_s=0.05)) as first:
        port = first.port
        mine = recognizer(first.url)
        asking = threading.Thread(
            target=lambda: outcomes.append(mine.recognize(Spoken(tone(800)), ignore))
        )
        asking.start()
        wait_until(lambda: bool(silent.asked), "the host to be at it")
        # Freed for its own thread's sake; the client has been told to go by then.
        threading.Timer(0.3, silent.gate.set).start()
    with hosting(ScriptedEngine("Turn on."), port=port):
        asking.join(WITHIN_S)
    assert [type(outcome) for outcome in outcomes] == [Heard]


def test_a_turn_in_which_the_clock_was_set_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The SDK may wait for ever then; the machine that gets its time at last is a usual case."""
    with scripted(silent, answering("Yes.")) as host:
        mine = recognizer(host.url, timeout_s=20)
        outcomes: list[object] = []
        asking = threading.Thread(
            target=lambda: outcomes.append(mine.recognize(Spoken(tone(600)), ignore))
        )
        asking.start()
        wait_until(lambda: bool(host.contexts), "turn")
        monkeypatch.setattr(turn, "_wall_offset_s", lambda: 3600.0)
        asking.join(WITHIN_S)
    assert [type(outcome) for outcome in outcomes] == [Heard]


def test_what_was_heard_while_the_clock_was_set_is_not_believed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The SDK sends nothing more after a step back, and the host answers the beginning."""
    steps_s = itertools.chain([3600.0, 0.0], itertools.repeat(0.0))

    class Stepped(Spoken):
        def frames(self) -> Iterator[bytes]:
            for block in super().frames():
                monkeypatch.setattr(turn, "_wall_offset_s", partial(float, next(steps_s)))
                yield block

    with scripted(answering("Said."), answering("Yes.")) as host:
        outcome = recognizer(host.url).recognize(Stepped(tone(300), tone(300)), ignore)
    assert isinstance(outcome, Heard)
    assert outcome.text == "Yes."


def test_a_sentence_during_which_the_network_stood_still_is_heard_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The host must not take its client for silent: what was said meanwhile is under way."""
    monkeypatch.setattr("voice2mqtt.speechhost.protocol.turn.STARVED_S", 0.3)
    begun, sent = tone(600), list[bytes]()

    class Stalled(Spoken):
        def frames(self) -> Iterator[bytes]:
            yield begun
            wait_until(lambda: sum(map(len, sent)) > 0.8 * len(begun), "the beginning")
            relay.delay_s = 1.0
            yield from self._blocks

    engine = ScriptedEngine("Yes.")
    with hosting(engine) as host, Relay(host.port, sent.append) as relay:
        mine = recognizer(f"ws://127.0.0.1:{relay.port}")
        assert isinstance(mine.recognize(Stalled(tone(900), silence(300)), ignore), Heard)
    heard_bytes, _ = engine.asked[-1]
    assert heard_bytes > 2 * len(begun)


def test_sentences_leave_nothing_in_memory() -> None:
    """The SDK kept the audio of each, 0.2 MB."""
    spoken = Spoken(tone(3000), silence(300))
    with serving(ScriptedEngine("Yes.")) as url:
        mine = recognizer(url)

        def say(times: int) -> None:
            for _ in range(times):
                assert isinstance(mine.recognize(spoken, ignore), Heard)

        say(12)
        wait_until(lambda: not _releasing(), "release")
        before_mb = resident_mb()
        say(28)
        wait_until(lambda: not _releasing(), "release")
        grown_mb = resident_mb() - before_mb
    assert grown_mb < 4


def _releasing() -> bool:
    return any(thread.name == "sdk-release" for thread in threading.enumerate())
