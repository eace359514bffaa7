from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from tests.speechhost import client
from tests.speechhost.fakes import LoudnessActivity, entry, silence, tone
from voice2mqtt.nlu.grammar.table import Json
from voice2mqtt.speechhost.engine import Transcript
from voice2mqtt.speechhost.jobs import Abandon, Prepare, Transcribe
from voice2mqtt.speechhost.protocol.frames import ProtocolError
from voice2mqtt.speechhost.protocol.request_options import read_address
from voice2mqtt.speechhost.protocol.session import Output, Session

LIGHT = Transcript(nbest=(entry("Turn on the light."),))


def new_session(mode: str = "interactive") -> Session:
    address = read_address(f"/speech/recognition/{mode}/cognitiveservices/v1?language=en-US")
    assert address
    return Session(address, LoudnessActivity())


def receive(session: Session, *frames: str | bytes) -> list[Output]:
    return [output for frame in frames for step in session.receive(frame, 100.0) for output in step]


def messages(outputs: list[Output]) -> list[tuple[str, str]]:
    """Path and request id of each message to the client."""
    return [client.read(output)[:2] for output in outputs if isinstance(output, str)]


def answer(session: Session, outputs: list[Output]) -> list[Output]:
    (job_id,) = (output.job_id for output in outputs if isinstance(output, Transcribe))
    return session.transcribed(job_id, LIGHT)


def test_a_turn_from_context_to_end() -> None:
    session = new_session()
    outputs = receive(session, "Path:speech.config\r\n\r\n{}", client.context("a1"))
    assert messages(outputs) == [("turn.start", "a1")]
    outputs = receive(
        session,
        client.audio("a1", client.riff(), wave=True),
        client.audio("a1", silence(300) + tone(600)),
        client.audio("a1", b""),
    )
    assert messages(outputs) == [("speech.startDetected", "a1"), ("speech.endDetected", "a1")]
    phrase = ("speech.phrase", "a1")
    assert messages(answer(session, outputs)) == [phrase, phrase, ("turn.end", "a1")]
    assert not session.owes_answer


def test_late_audio_of_a_finished_turn_is_dropped() -> None:
    session = new_session()
    answer(
        session,
        receive(
            session, client.context("a1"), client.audio("a1", tone(600)), client.audio("a1", b"")
        ),
    )
    late = receive(
        session, client.audio("a1", tone(600)), client.audio("a1", b""), client.context("a1")
    )
    assert late == []
    assert messages(receive(session, client.context("a2"))) == [("turn.start", "a2")]
    assert receive(session, client.audio("a1", tone(600))) == []


def test_a_client_may_begin_with_audio() -> None:
    session = new_session()
    outputs = receive(session, client.audio("a1", tone(600)))
    assert messages(outputs) == [("turn.start", "a1"), ("speech.startDetected", "a1")]


def test_a_new_turn_takes_the_place_of_one_that_never_ended() -> None:
    session = new_session()
    outputs = receive(session, client.audio("a1", tone(600) + silence(200)))
    (job_id,) = (output.job_id for output in outputs if isinstance(output, Transcribe))
    outputs = receive(session, client.context("a2"))
    assert outputs[0] == Abandon(job_id=job_id)
    assert messages(outputs) == [("turn.start", "a2")]
    assert receive(session, client.audio("a1", tone(600))) == []


def test_telemetry_and_unknown_paths_are_ignored() -> None:
    session = new_session()
    assert (
        receive(session, client.text("telemetry", "a1", {}), client.text("agent.x", "a1", {})) == []
    )


def test_other_forms_of_audio_are_acknowledged_in_their_own_time() -> None:
    session = new_session()
    header = client.riff(rate_hz=44_100, channels=2)
    mono = tone(1000, 44_100)
    stereo = b"".join(mono[at : at + 2] * 2 for at in range(0, len(mono), 2))
    outputs = receive(
        session,
        client.context("a1"),
        client.audio("a1", header + stereo[:1001]),
        client.audio("a1", stereo[1001:]),
        client.audio("a1", b""),
    )
    phrase = client.read(next(o for o in answer(session, outputs) if isinstance(o, str)))[2]
    assert phrase["Offset"] + phrase["Duration"] == 10_000_000


def test_the_form_of_the_audio_holds_for_the_turns_that_follow() -> None:
    session = new_session()
    header = client.riff(rate_hz=8000)
    receive(session, client.context("a1"), client.audio("a1", header))
    outputs = receive(
        session, client.context("a2"), client.audio("a2", tone(600, 8000)), client.audio("a2", b"")
    )
    phrase = client.read(next(o for o in answer(session, outputs) if isinstance(o, str)))[2]
    assert phrase["Offset"] + phrase["Duration"] == 6_000_000


def test_a_huge_message_is_taken_in_small_steps() -> None:
    steps = list(new_session("conversation").receive(client.audio("a1", silence(10_000)), 100.0))
    assert len(steps) >= 100


def test_audio_that_waits_is_counted() -> None:
    session = new_session("conversation")
    receive(session, client.context("a1"), client.audio("a1", tone(2000) + silence(700)))
    assert session.backlog_s == pytest.approx(2.7, abs=0.1)


FRAMES = st.one_of(
    st.text(max_size=50),
    st.binary(max_size=50),
    st.sampled_from([client.context("a1"), client.context("a2", continuation={})]),
    st.sampled_from([client.commit("a1", "1"), client.commit("a2", "x")]),
    st.builds(
        client.audio,
        st.sampled_from(["a1", "a2", "a3"]),
        st.sampled_from([b"", b"\0", tone(300), silence(900), client.riff(rate_hz=8000)])
        | st.binary(max_size=60).map(lambda tail: client.riff()[:20] + tail),
        wave=st.booleans(),
    ),
)


@examples(0.5)
@given(
    mode=st.sampled_from(["interactive", "conversation", "dictation"]),
    events=st.lists(FRAMES | st.integers(0, 20) | st.floats(0, 30), max_size=40),
)
def test_whatever_a_client_does_its_turns_end_and_no_work_is_left(
    mode: str, events: list[str | bytes | int | float]
) -> None:
    """A number is time that passes; a whole number is the result of that job."""
    session = new_session(mode)
    open_jobs: set[int] = set()
    outputs: list[Output] = []
    now_s = 0.0

    def take(new: list[Output]) -> None:
        nonlocal open_jobs
        outputs.extend(new)
        open_jobs |= {output.job_id for output in new if isinstance(output, Transcribe)}
        open_jobs -= {output.job_id for output in new if isinstance(output, Abandon)}

    try:
        for event in events:
            match event:
                case int():
                    take(session.transcribed(event, LIGHT) if event in open_jobs else [])
                    open_jobs.discard(event)
                case float():
                    now_s += event
                    take(session.tick(now_s))
                case _:
                    # Step by step, for what was put out before a protocol error counts too.
                    for step in session.receive(event, now_s):
                        take(step)
    except ProtocolError:
        pass
    left = session.abandon()
    open_jobs -= {output.job_id for output in left if isinstance(output, Abandon)}
    assert not open_jobs
    starts = [request for path, request in messages(outputs) if path == "turn.start"]
    ends = [request for path, request in messages(outputs) if path == "turn.end"]
    assert len(set(starts)) == len(starts)
    assert len(set(ends)) == len(ends)
    assert set(ends) <= set(starts)


def test_a_client_s_phrases_are_prepared_before_it_has_said_a_word() -> None:
    groups: Json = [{"Items": [{"Text": "Contoso lamp"}]}]
    outputs = receive(new_session(), client.context("a1", dgi={"Groups": groups}))
    assert outputs[-1] == Prepare(phrases=("Contoso lamp",), left_out=0)


@pytest.mark.parametrize(
    ("rate_hz", "bits", "channels"), [(4000, 8, 1), (16_000, 16, 1), (44_100, 24, 2)]
)
def test_a_long_message_is_taken_in_short_steps(rate_hz: int, bits: int, channels: int) -> None:
    session = new_session("conversation")
    receive(session, client.audio("a1", client.riff(rate_hz=rate_hz, bits=bits, channels=channels)))
    duration_s = 5
    payload = bytes([0, 0, 1]) * (rate_hz * bits * channels // 8 * duration_s // 3)
    at_s = [session.taken_s for _ in session.receive(client.audio("a1", payload), 100.0)]
    steps_s = [after - before for before, after in pairwise(at_s)]
    assert max(steps_s) < 0.11
    assert at_s[-1] == pytest.approx(duration_s, abs=0.1)


def test_what_is_no_audio_counts_by_its_length() -> None:
    session = new_session()
    receive(session, "Path:telemetry\r\n\r\n" + " " * 32_000)
    assert session.taken_s == pytest.approx(1, abs=0.01)
    answer(session, receive(session, client.audio("a1", tone(600)), client.audio("a1", b"")))
    before_s = session.taken_s
    receive(session, client.audio("a1", bytes(32_000)))  # late
    assert session.taken_s - before_s == pytest.approx(1, abs=0.01)
