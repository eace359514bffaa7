"""The matrix of faults: everything that fails at home, at every moment of a sentence.

A sentence is said to the whole real system, and the fault happens while nobody speaks, in the
middle of the sentence, while it is recognised, or while its message is on its way. When the fault
is over, another sentence is said, again and again, until it is carried out. A full run writes
`docs/faults.md`.
"""

import random
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bench.fault_kinds import FAULTS, Fault
from bench.fault_trial import Trial, one_trial
from bench.part import Usage
from bench.report import Options, Report, machine
from bench.system import SENTENCES, SpokenSentence, System
from voice2mqtt.errors import UnavailableError
from voice2mqtt.settings.search import ROOT

SEED = 22
MOMENTS = ("idle", "utterance", "recognition", "publish")
RECOVERY_GOAL_S = 5.0
MEMORY_GOAL_PERCENT = 5.0
QUICK = (
    ("host killed", "recognition"),
    ("broker killed", "publish"),
    ("microphone unplugged", "utterance"),
    ("broker half-open", "idle"),
)
PAGE = ROOT / "docs" / "faults.md"


PROSE = """# Faults

What voice2mqtt survives, as `script/bench faults` measures it on the whole real system: a virtual
microphone, the daemon, our Speech host and mosquitto, each a process of its own. This page is
written by that command; the last full run was on {date}, {trials} trials ({machine}).

A sentence is said, and a fault happens while nobody speaks (*idle*; the sentence is said in the
midst of it), half a second into the *utterance*, during its last *recognition*, or while its
message is on its way to the broker (*publish*). It lasts three seconds, or until the process that
it ended is there again. Then another sentence is said until it is carried out. The table tells
what became of the first sentence, and how long after the end of the fault it was carried out, or
else the speaker of the second began:

- **done**: carried out, once and in time;
- **told**: not carried out; an event, the journal and a tone or an answer say so, with the reason;
- **lost**: not carried out, and nobody was told;
- **–**: nothing could be heard, so nothing was said.

A message that may have reached the broker is never sent again: a command is carried out once or
not at all. So a connection that breaks between message and acknowledgement costs that command,
and the speaker is told. A daemon that was killed tells at its next start of the sentence that it
was hearing. The shortest recovery that can be seen is a second, the time between two sentences. On
a machine with more to do than it has cores everything takes longer: the host a quarter of a minute
to be back, so that a sentence may be too old by then.
"""


def run(options: Options) -> Report:
    """Run the matrix, or four of its trials."""
    report = Report("faults")
    wanted = [
        (fault, moment) for fault in FAULTS for moment in MOMENTS
        if not options.quick or (fault.name, moment) in QUICK
    ]  # fmt: skip
    random.Random(SEED).shuffle(wanted)
    # A home that had another room once does not act where that one might have.
    wanted.sort(key=lambda each: each[0].another_room)
    trials: list[Trial] = []
    if not _may_mount():
        omitted = sorted({fault.name for fault, _ in wanted if fault.needs_root})
        print(f"not tried, since a small disk needs root: {', '.join(omitted)}")
        wanted = [(fault, moment) for fault, moment in wanted if not fault.needs_root]
    for clock_jumps in (False, True):
        if share := [each for each in wanted if each[0].clock_jumps is clock_jumps]:
            trials += _trials(share, clock_jumps=clock_jumps)
    _summarise(report, trials)
    if not options.quick:
        PAGE.write_text(page(trials))
    return report


def _may_mount() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        mount = ["mount", "-t", "tmpfs", "none", folder]
        if (
            shutil.which("mount") is None
            or subprocess.run(mount, capture_output=True, check=False).returncode
        ):
            return False
        subprocess.run(["umount", folder], check=True)
    return True


def _trials(wanted: Sequence[tuple[Fault, str]], *, clock_jumps: bool) -> Iterator[Trial]:
    """Run the trials, in one system as long as it recovers."""
    rng = random.Random(SEED)
    waiting, again = list(wanted), list[tuple[Fault, str]]()
    while waiting:
        with small_disk() as folder, System(folder, clock_jumps=clock_jumps) as system:
            sentences = system.learn(SENTENCES[: 4 if len(wanted) == len(QUICK) else None])
            if len(sentences) < 4:
                raise UnavailableError("no sentence is understood; see script/bench accuracy")
            recovered, recent = True, list[SpokenSentence]()
            while waiting and recovered:
                fault, moment = waiting.pop(0)
                # What comes late of one trial must not count in the next.
                first, second = recent = rng.sample([s for s in sentences if s not in recent], 2)
                try:
                    tried = one_trial(system, fault, moment, first, second)
                except (OSError, RuntimeError, AssertionError) as error:
                    # Hours of other trials are worth more than this one.
                    print(f"{fault.name} {moment}: the bench failed: {error!r}", flush=True)
                    break
                print(line_of(tried), flush=True)
                recovered = tried.recovery_s is not None
                if tried.had_gaps and (fault, moment) not in again:
                    print("it had gaps, since the machine is busy: once more at the end")
                    again.append((fault, moment))
                    waiting.append((fault, moment))
                else:
                    yield tried


@contextmanager
def small_disk() -> Iterator[Path]:
    """A folder whose `state` is a small disk of its own, where that may be mounted."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        state = Path(name) / "state"
        state.mkdir()
        if _may_mount():
            mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "none", str(state)]
            subprocess.run(mount, check=True)
            stack.callback(subprocess.run, ["umount", "--lazy", str(state)], check=False)
        yield Path(name)


def line_of(trial: Trial) -> str:
    """Return the trial as a line of the table that is printed."""
    recovery = "never" if trial.recovery_s is None else f"{trial.recovery_s:.1f} s"
    memory = f"{_growth(trial.daemon):+.0f} % {_growth(trial.host):+.0f} %"
    told = "".join(f"  {text[:110]}" for text in (trial.told, trial.delay) if text)
    return (
        f"{trial.fault:<34}{trial.moment:<13}{trial.fate:<6}{trial.doubled:>2} doubled "
        f"{trial.late:>2} late  recovered in {recovery:<8}{trial.restarts:>2} restarts  "
        f"memory {memory}{told}"
    )


def _growth(usages: tuple[Usage, Usage]) -> float:
    """Return by how many percent more memory is given out.

    What the allocator holds free goes back to the system within half a minute, which a trial does
    not take: resident memory goes up and down by a tenth with it.
    """
    before, after = usages
    return 100 * (after.heap.in_use_mb / before.heap.in_use_mb - 1)


def _resident_growth(usages: tuple[Usage, Usage]) -> float:
    before, after = usages
    return 100 * (after.resident_mb / before.resident_mb - 1)


def _summarise(report: Report, trials: Sequence[Trial]) -> None:
    deaf = {fault.name for fault in FAULTS if fault.deaf}
    ended = {fault.name for fault in FAULTS if fault.ends_process}
    heard = [trial for trial in trials if trial.spoken and trial.fault not in deaf]
    report.add("trials", len(trials))
    report.add("commands heard completely", len(heard))
    report.add("of these not carried out", sum(not t.done for t in heard), "", 0)
    report.add("of these neither carried out nor told", sum(not (t.done or t.told) for t in heard),
               "", 0)  # fmt: skip
    report.add("commands doubled", sum(t.doubled for t in trials), "", 0)
    report.add("commands late", sum(t.late for t in trials), "", 0)
    slow = [t for t in trials if t.recovery_s is None or t.recovery_s > RECOVERY_GOAL_S]
    report.add(f"trials not recovered within {RECOVERY_GOAL_S:g} s", len(slow), "", 0)
    known_s = [t.recovery_s for t in trials if t.recovery_s is not None]
    report.add("recovery, longest", max(known_s, default=0.0), "s")
    report.add("restarts that no fault asked for", sum(t.restarts for t in trials), "", 0)
    for part in ("daemon", "host"):
        usages = [
            getattr(t, part) for t in trials if t.recovery_s is not None and t.fault not in ended
        ]
        if usages:
            grown = sorted(map(_growth, usages))
            what = f"{part}: memory in use after above before, 95 % of trials"
            report.add(what, grown[int(0.95 * (len(grown) - 1))], "%", MEMORY_GOAL_PERCENT)
            what = f"{part}: resident memory after above before, mean"
            report.add(what, statistics.mean(map(_resident_growth, usages)), "%")


def page(trials: Sequence[Trial]) -> str:
    """Return `docs/faults.md` with `trials`."""
    lines = [PROSE.format(date=datetime.now(UTC).date(), machine=machine(), trials=len(trials))]
    lines += [f"| {' | '.join(_HEADS)} |", "|---" * len(_HEADS) + "|"]
    for fault in FAULTS:
        of_fault = {trial.moment: trial for trial in trials if trial.fault == fault.name}
        if of_fault:
            lines.append(f"| {' | '.join(_cells(fault, of_fault))} |")
    return "\n".join(lines) + "\n"


_HEADS = ("fault", *MOMENTS, "doubled", "late", "restarts", "memory in use after, daemon and host")


def _cells(fault: Fault, of_fault: Mapping[str, Trial]) -> Iterator[str]:
    yield fault.name
    for moment in MOMENTS:
        trial = of_fault.get(moment)
        if trial is None:
            yield ""
        elif trial.recovery_s is None:
            yield f"{trial.fate}, never"
        else:
            yield f"{trial.fate}, {trial.recovery_s:.1f} s"
    trials = of_fault.values()
    yield str(sum(trial.doubled for trial in trials))
    yield str(sum(trial.late for trial in trials))
    yield str(sum(trial.restarts for trial in trials))
    last = list(trials)[-1]
    yield (
        "new process"
        if fault.ends_process
        else (f"{_growth(last.daemon):+.0f} %, {_growth(last.host):+.0f} %")
    )
