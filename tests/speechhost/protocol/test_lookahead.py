from itertools import count

from tests.speechhost.fakes import entry
from voice2mqtt.speechhost.engine import Transcript
from voice2mqtt.speechhost.jobs import Abandon, Hasten, Transcribe, Urgency
from voice2mqtt.speechhost.protocol.lookahead import Lookahead

LIGHT = Transcript(nbest=(entry("Turn on the light."),))


def lookahead() -> Lookahead:
    return Lookahead(count(), ("Contoso lamp",))


def test_a_speculative_job_is_the_answer_if_nothing_follows() -> None:
    ahead = lookahead()
    assert ahead.paused(b"so far") == [
        Transcribe(job_id=0, pcm=b"so far", urgency=Urgency.PAUSE, phrases=("Contoso lamp",))
    ]
    assert ahead.transcribed(0, LIGHT)
    assert ahead.ended(b"so far, and silence") == (0, LIGHT, [])


def test_a_speculative_job_that_is_not_done_is_waited_for() -> None:
    ahead = lookahead()
    ahead.paused(b"so far")
    assert ahead.ended(b"so far, and silence") == (0, None, [Hasten(job_id=0)])
    assert not ahead.transcribed(0, LIGHT)  # it is the phrase's now


def test_without_a_speculative_job_the_whole_phrase_is_transcribed() -> None:
    job_id, result, work = lookahead().ended(b"all")
    assert (job_id, result) == (0, None)
    assert work == [
        Transcribe(job_id=0, pcm=b"all", urgency=Urgency.ANSWER, phrases=("Contoso lamp",))
    ]


def test_when_speech_goes_on_a_speculative_job_is_dropped() -> None:
    ahead = lookahead()
    ahead.paused(b"so far")
    assert ahead.forget() == [Abandon(job_id=0)]
    assert not ahead.transcribed(0, LIGHT)
    assert ahead.ended(b"all")[0] == 1


def test_a_speculative_job_that_is_done_needs_no_abandoning() -> None:
    ahead = lookahead()
    ahead.paused(b"so far")
    ahead.transcribed(0, LIGHT)
    assert ahead.forget() == []
    assert ahead.ended(b"all")[1] is None


def test_there_is_one_interim_job_at_a_time_and_a_pause_drops_it() -> None:
    ahead = lookahead()
    assert len(ahead.goes_on(b"so far")) == 1
    assert ahead.goes_on(b"so far, and on") == []
    dropped, speculative = ahead.paused(b"so far, and on")
    assert dropped == Abandon(job_id=0)
    assert isinstance(speculative, Transcribe)


def test_an_interim_job_that_failed_is_followed_by_another() -> None:
    ahead = lookahead()
    ahead.goes_on(b"so far")
    assert not ahead.transcribed(0, None)
    assert len(ahead.goes_on(b"so far, and on")) == 1


def test_for_sentences_interim_results_are_timed_and_pauses_do_not_drop_them() -> None:
    ahead = Lookahead(count(), (), timed=True, keeps=True)
    (interim,) = ahead.goes_on(b"so")
    assert isinstance(interim, Transcribe)
    assert interim.timed
    assert [type(work) for work in ahead.paused(b"so far")] == [Transcribe]
    assert ahead.resumed() == [Abandon(job_id=1)]
    assert ahead.transcribed(0, LIGHT)
    plain = Lookahead(count(), (), timed=True)
    (untimed,) = plain.goes_on(b"so")
    assert isinstance(untimed, Transcribe)
    assert not untimed.timed
