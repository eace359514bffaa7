"""One fault at one moment of a sentence, and what became of the sentence."""

import time
from dataclasses import dataclass
from threading import Thread

from bench.fault_kinds import Fault, present
from bench.part import Usage
from bench.system import EXPIRES_S, ROOT, SpokenSentence, System
from voice2mqtt import clock

INTO_SPEECH_S = 0.5
INTO_RECOGNITION_S = 0.33
"""After the end of speech: the endpointer has closed, and the host makes its last transcription."""
LASTS_S = 3.0
ARRIVES_WITHIN_S = 4.0
FATE_WITHIN_S = 4.0
"""After the end of the fault. Who speaks before gives up the first sentence for the second."""
ATTEMPTS = 6
"""How often the second sentence is said at most."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What one fault at one moment did."""

    fault: str
    moment: str
    spoken: bool
    """Whether a sentence was said that could be heard."""
    done: bool
    told: str
    """What was told of the sentence if it was not carried out."""
    doubled: int
    late: int
    recovery_s: float | None
    """From the end of the fault until the first sentence is carried out, or a second one begins
    that is. None if neither was."""
    delay: str
    """What was told of the second sentence when it had to be repeated."""
    had_gaps: bool
    """Whether the machine was too busy to say the sentences without gaps."""
    restarts: int
    """Of processes that the fault did not end."""
    daemon: tuple[Usage, Usage]
    """Before and after; the second is of another process where the fault ended the first."""
    host: tuple[Usage, Usage]

    @property
    def fate(self) -> str:
        """What became of the sentence: `done`, `told` (it was not done, and that was said)..."""
        if not self.spoken:
            return "–"
        return "done" if self.done else "told" if self.told else "lost"


def one_trial(
    system: System, fault: Fault, moment: str, first: SpokenSentence, second: SpokenSentence
) -> Trial:
    """Say `first` with `fault` at `moment`, then `second` until it is carried out."""
    system.wait_until_well()
    daemon, host = system.daemon.usage(), system.host.usage()
    restarts, gaps = system.restarts, system.gaps
    before, events_before = len(system.seen.messages), len(system.seen.on(f"{ROOT}/event"))
    spoken = not (fault.deaf and moment == "idle")
    said_s = _fail(system, fault, moment, first if spoken else None)
    over_s = clock.now_s()
    if spoken:
        _wait_for_fate(system, first, before, events_before, FATE_WITHIN_S)
    told = _told(system, events_before)
    events_between = len(system.seen.on(f"{ROOT}/event"))
    recovery_s, attempts = _recover(system, second, first, over_s)
    # What is late would arrive now, and a repeated message too.
    time.sleep(1.0)
    of_first = [at_s for t, p, at_s in system.commands(before) if (t, p) == _message(first)]
    of_second = [at_s for t, p, at_s in system.commands(before) if (t, p) == _message(second)]
    if of_first and of_first[0] > over_s and recovery_s is not None:
        recovery_s = of_first[0] - over_s
    return Trial(
        fault=fault.name,
        moment=moment,
        spoken=spoken,
        done=bool(of_first),
        told="" if of_first else told or _told(system, events_before),
        doubled=max(0, len(of_first) - 1) + max(0, len(of_second) - attempts),
        late=sum(at_s > said_s + EXPIRES_S for at_s in of_first),
        recovery_s=recovery_s,
        delay=_told(system, events_between) if attempts > 1 else "",
        had_gaps=not fault.deaf and system.gaps > gaps,
        restarts=system.restarts - restarts,
        daemon=(daemon, system.daemon.usage()),
        host=(host, system.host.usage()),
    )


def _message(sentence: SpokenSentence) -> tuple[str, str]:
    return sentence.topic, sentence.payload


def _fail(system: System, fault: Fault, moment: str, sentence: SpokenSentence | None) -> float:
    """Have the fault happen while `sentence` is said; return when its speech ends."""
    if moment == "idle":
        with present(fault, system):
            said_s = system.say(sentence) if sentence else clock.now_s()
            time.sleep(LASTS_S if sentence is None else ARRIVES_WITHIN_S)
        return said_s
    assert sentence
    system.hold_command(moment == "publish")
    begun_s = clock.now_s()
    speaking = Thread(target=system.play, args=(sentence.pcm,))
    speaking.start()
    ends_s = system.ends_s(begun_s, sentence)
    match moment:
        case "utterance":
            begins_s = ends_s - sentence.end_s + sentence.begin_s
            time.sleep(max(0.0, begins_s + INTO_SPEECH_S - clock.now_s()))
        case "recognition":
            time.sleep(max(0.0, ends_s + INTO_RECOGNITION_S - clock.now_s()))
        case _:
            system.publishing.wait(ends_s + ARRIVES_WITHIN_S - clock.now_s())
    with present(fault, system):
        system.hold_command(False)
        time.sleep(LASTS_S)
    speaking.join()
    return ends_s


def _wait_for_fate(
    system: System,
    sentence: SpokenSentence,
    before: int,
    events_before: int,
    within_s: float,
    but_of: str = "",
) -> bool:
    """Return whether `sentence` is carried out; at once when that, or the contrary, is told."""
    until_s = clock.now_s() + within_s
    while not (done := system.arrives(sentence, before, clock.now_s())):
        if _told(system, events_before, but_of) or clock.now_s() > until_s:
            break
        time.sleep(0.05)
    return done


def _recover(
    system: System, sentence: SpokenSentence, first: SpokenSentence, over_s: float
) -> tuple[float | None, int]:
    """Say `sentence` until it is carried out; return how long that took, and how often.

    What became of the `first` may be told only now.
    """
    for attempt in range(1, ATTEMPTS + 1):
        before, events_before = len(system.seen.messages), len(system.seen.on(f"{ROOT}/event"))
        begun_s = clock.now_s()
        system.say(sentence)
        if _wait_for_fate(
            system, sentence, before, events_before, ARRIVES_WITHIN_S, but_of=first.topic
        ):
            begins_s = system.ends_s(begun_s, sentence) - sentence.end_s + sentence.begin_s
            return begins_s - over_s, attempt
    return None, ATTEMPTS


def _told(system: System, events_before: int, but_of: str = "") -> str:
    """Return what the events since then say of a sentence that was not carried out.

    Messages to the topic `but_of` belong to another one.
    """
    for event in system.events(events_before):
        if but_of and event["event"] == "not_done" and but_of in str(event["reason"]):
            continue
        if event["event"] in {"canceled", "not_done", "no_match", "unmatched", "ask", "held_back"}:
            return f"{event['event']}: {event.get('details') or event.get('reason') or ''}"
    return ""
