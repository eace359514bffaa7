"""Capture and endpointer: onsets kept, audio sent, delay at the end of speech, cost.

Needs `--data DIR` with recorded commands and kitchen noise. The endpointer is measured on mixed
recordings, faster than real time; continuity and cost on a real capture of a virtual microphone.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from bench.capture_cost import measure_cost, measure_memory
from bench.continuity import measure_continuity
from bench.labels import NOISE, interval, recordings
from bench.mixing import Samples, mix, read_wav, to_pcm
from bench.report import Options, Report
from bench.true_speech import Spoken, find_speech, shifted
from voice2mqtt.audio.factory import voice_activity
from voice2mqtt.audio.segmenter import Segmenter
from voice2mqtt.audio.utterance import LiveUtterance
from voice2mqtt.core.audio import RATE_HZ, SAMPLE_BYTES, PartialMatch
from voice2mqtt.settings.model import EndpointerSettings

SNRS_DB = (None, 12.0, 6.0)
"""None is clean."""
LEAD_S, TAIL_S = 1.5, 3.0
CLIPPED_SAMPLES = RATE_HZ * 30 // 1000
"""An utterance that begins this much after the speech (30 ms) has lost its first phoneme."""
CUT_SAMPLES = RATE_HZ * 50 // 1000
"""One that ends this much before the speech (50 ms) is cut."""
WORD_S = 0.15
"""Delay from the words to the endpointer knowing their partial match, as with a real host."""
PAUSE_S = 0.7
"""As long as the hangover of an utterance of which nothing is known."""
BLOCK = RATE_HZ // 50
"""Samples of a block of 20 ms."""
WORD_BLOCKS = 5
"""Blocks between two updates of the partial match."""
NOISE_S = 600
"""Kitchen noise without speech, ten minutes."""


_PartialMatchAt = Callable[[int], PartialMatch]
"""The partial match known at a sample."""


@dataclass
class _Tally:
    """Results of all recordings at one level of noise."""

    trials: int = 0
    onset_kept: int = 0
    cut: int = 0
    sent: int = 0
    spoken: int = 0
    waits_ms: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Sent:
    start: int
    end: int


def run(options: Options) -> Report:
    """Measure everything; `--quick` takes a tenth of the recordings."""
    data = options.recordings_folder()
    report = Report("ear")
    noise = read_wav(data / NOISE)
    chosen = recordings(data)[:: 14 if options.quick else 1]
    clean = [(recording.path.name, read_wav(recording.path)) for recording in chosen]
    for snr_db in SNRS_DB:
        _report_gate(report, snr_db, _tally(clean, noise, snr_db, _oracle))
    for partial_match in (PartialMatch.OPEN, PartialMatch.UNKNOWN):
        _report_waiting(report, partial_match, _tally(clean, noise, 12.0, _always(partial_match)))
    _report_pauses(report, clean, noise)
    noise_s = 60 if options.quick else NOISE_S
    sent = _hear(
        to_pcm(np.resize(noise, noise_s * RATE_HZ) * 0.5), lambda _at: PartialMatch.UNKNOWN
    )
    share = 100 * sum(each.end - each.start for each in sent) / (noise_s * RATE_HZ)
    report.add(f"kitchen noise alone sent, {noise_s / 60:g} min", share, "%", 1.0)
    measure_continuity(report, [samples for _, samples in clean[:8]], quick=options.quick)
    measure_cost(report, duration_s=10 if options.quick else 60)
    measure_memory(report, chosen[0].path, hours=0.02 if options.quick else 2.0)
    return report


def _report_gate(report: Report, snr_db: float | None, tally: _Tally) -> None:
    where = "clean" if snr_db is None else f"{snr_db:g} dB"
    goal = 97.0 if snr_db == 6 else 99.0
    kept = 100 * tally.onset_kept / tally.trials
    note = interval(tally.onset_kept, tally.trials)
    report.add(f"first phoneme kept, {where}", kept, "%", goal, "high", note)
    report.add(f"audio sent / speech spoken, {where}", tally.sent / tally.spoken, "", 1.5)
    median, late = np.percentile(tally.waits_ms, [50, 95])
    report.add(f"end of speech to end of utterance, median, {where}", median, "ms", 250)
    report.add(f"the same, p95, {where}", late, "ms")
    note = interval(tally.cut, tally.trials)
    report.add(f"commands cut in two, {where}", 100 * tally.cut / tally.trials, "%", 0.5, note=note)


def _report_waiting(report: Report, partial_match: PartialMatch, tally: _Tally) -> None:
    """Report delay and cuts when the partial match is always the same."""
    where = f"if all words are {partial_match.value}, 12 dB"
    report.add(f"end of utterance, median, {where}", float(np.median(tally.waits_ms)), "ms")
    note = interval(tally.cut, tally.trials)
    report.add(f"cut in two {where}", 100 * tally.cut / tally.trials, "%", 0.5, note=note)


def _tally(
    clean: list[tuple[str, Samples]],
    noise: Samples,
    snr_db: float | None,
    partial_matches: Callable[[int], _PartialMatchAt],
) -> _Tally:
    """Segment all recordings; `partial_matches` maps the end of speech to what is known when."""
    tally = _Tally()
    for name, samples in clean:
        lead = int(LEAD_S * RATE_HZ)
        spoken = shifted(find_speech(samples), lead)
        sent = _hear(_scene(samples, noise, snr_db, name), partial_matches(spoken.end))
        hits = [each for each in sent if each.end > spoken.start and each.start < spoken.end]
        tally.trials += 1
        tally.sent += sum(each.end - each.start for each in sent)
        tally.spoken += spoken.end - spoken.start
        if not hits:
            continue
        tally.onset_kept += hits[0].start <= spoken.start + CLIPPED_SAMPLES
        tally.cut += len(hits) > 1 or hits[-1].end < spoken.end - CUT_SAMPLES
        tally.waits_ms.append((hits[-1].end - spoken.end) * 1000 / RATE_HZ)
    return tally


def _report_pauses(report: Report, clean: list[tuple[str, Samples]], noise: Samples) -> None:
    """Insert a pause of room noise between two words; the words before are not a command."""
    cut = 0
    for name, samples in clean:
        spoken = find_speech(samples)
        at = _quietest(samples, spoken)
        pause = int(PAUSE_S * RATE_HZ)
        apart = np.concatenate([samples[:at], np.zeros(pause), samples[at:]])
        lead = int(LEAD_S * RATE_HZ)
        start, end = spoken.start + lead, spoken.end + lead + pause
        sent = _hear(_scene(apart, noise, 12.0, name), _oracle(end))
        cut += sum(each.end > start and each.start < end for each in sent) > 1
    what = f"cut in a pause of {PAUSE_S * 1000:.0f} ms in the middle of a command"
    report.add(what, 100 * cut / len(clean), "%", 0.5, note=interval(cut, len(clean)))


def _quietest(samples: Samples, spoken: Spoken) -> int:
    """Return where the sentence is quietest, away from its ends: most likely between two words."""
    window = RATE_HZ // 50
    inside = np.square(samples[spoken.start + RATE_HZ // 3 : spoken.end - RATE_HZ // 3])
    energy = np.convolve(inside, np.ones(window), mode="valid")
    return spoken.start + RATE_HZ // 3 + int(energy.argmin()) + window // 2


def _scene(samples: Samples, noise: Samples, snr_db: float | None, name: str) -> bytes:
    """Return the recording with room noise before and after it."""
    lead, tail = np.zeros(int(LEAD_S * RATE_HZ)), np.zeros(int(TAIL_S * RATE_HZ))
    if snr_db is not None:
        return to_pcm(mix(np.concatenate([lead, samples, tail]), noise, snr_db, name=name))
    # Around a clean recording: noise as loud as its own quietest 5 % of blocks.
    count = len(samples) // BLOCK
    energy = np.square(samples[: count * BLOCK].reshape(count, BLOCK)).mean(axis=1)
    hiss = np.random.default_rng(1).normal(0, np.sqrt(np.percentile(energy, 5)), len(tail))
    return to_pcm(np.concatenate([hiss[: len(lead)], samples, hiss]))


def _oracle(end: int) -> _PartialMatchAt:
    """Return the partial matches of an oracle that knows the end, as late as a host would."""
    said = end + int(WORD_S * RATE_HZ)
    return lambda at: PartialMatch.COMPLETE if at >= said else PartialMatch.UNFINISHED


def _always(partial_match: PartialMatch) -> Callable[[int], _PartialMatchAt]:
    return lambda _end: lambda _at: partial_match


def _hear(pcm: bytes, partial_match_at: _PartialMatchAt) -> list[_Sent]:
    """Return the segments of `pcm` that are sent, with partial matches from `partial_match_at`."""
    utterances: list[LiveUtterance] = []
    segmenter = Segmenter(voice_activity(), EndpointerSettings(), utterances.append)
    for block in range(len(pcm) // BLOCK // SAMPLE_BYTES):
        at = block * BLOCK * SAMPLE_BYTES
        segmenter.feed(pcm[at : at + BLOCK * SAMPLE_BYTES], 0.0)
        if utterances and block % WORD_BLOCKS == 0:
            utterances[-1].expect(partial_match_at((block + 1) * BLOCK))
    segmenter.interrupt()
    return [_Sent(u.start_sample, u.start_sample + _length(u)) for u in utterances]


def _length(utterance: LiveUtterance) -> int:
    return sum(len(frame) for frame in utterance.frames()) // SAMPLE_BYTES
