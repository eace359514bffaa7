"""Speculative transcription: a phrase is transcribed before it is known to have ended. Pure.

At the first short pause the phrase so far is transcribed, on the chance that it is over. If it is,
that result is its answer; if speech goes on, the job is dropped. A long phrase without pauses is
also transcribed now and then, for an interim result.
"""

from collections.abc import Iterator

from voice2mqtt.speechhost.engine import Transcript
from voice2mqtt.speechhost.jobs import Abandon, Hasten, Transcribe, Urgency, Work


class Lookahead:
    """The jobs of the phrase under way."""

    def __init__(
        self,
        job_ids: Iterator[int],
        phrases: tuple[str, ...],
        *,
        timed: bool = False,
        keeps: bool = False,
    ) -> None:
        """`job_ids` numbers the jobs; `phrases` are likely to be said.

        `timed` asks for the time of each word of an answer. With `keeps`, interim results have
        them too, and pauses do not drop their jobs.
        """
        self._keeps = keeps
        self._job_ids = job_ids
        self._phrases = phrases
        self._timed = timed
        self._speculative_job: int | None = None
        self._speculative_result: Transcript | None = None
        self._interim_job: int | None = None

    def paused(self, pcm: bytes) -> list[Work]:
        """Transcribe `pcm` on the chance that it is all; drops an interim job to free its core."""
        dropped = [] if self._keeps else self.forget()
        work = self._transcribe(pcm, Urgency.PAUSE)
        self._speculative_job = work.job_id
        return [*dropped, work]

    def resumed(self) -> list[Work]:
        """Drop the job of a pause: speech goes on."""
        if not self._keeps:
            return self.forget()
        kept, self._interim_job = self._interim_job, None
        dropped = self.forget()
        self._interim_job = kept
        return dropped

    def goes_on(self, pcm: bytes) -> list[Work]:
        """Transcribe `pcm` for an interim result, unless one is still on its way."""
        if self._interim_job is not None:
            return []
        work = self._transcribe(pcm, Urgency.INTERIM)
        self._interim_job = work.job_id
        return [work]

    def ended(self, pcm: bytes) -> tuple[int, Transcript | None, list[Work]]:
        """Return the job that answers for the phrase, its result if that is there, and work."""
        job_id, result = self._speculative_job, self._speculative_result
        self._speculative_job = self._speculative_result = None
        dropped = self.forget()
        if job_id is None:
            work = self._transcribe(pcm, Urgency.ANSWER)
            return work.job_id, None, [*dropped, work]
        return job_id, result, dropped if result else [*dropped, Hasten(job_id=job_id)]

    def transcribed(self, job_id: int, result: Transcript | None) -> bool:
        """Take a result, None for a failure; return whether it is one of the phrase under way."""
        if job_id == self._speculative_job:
            self._speculative_result = result
            self._speculative_job = None if result is None else job_id
        elif job_id == self._interim_job:
            self._interim_job = None
        else:
            return False
        return result is not None

    def forget(self) -> list[Work]:
        """Drop all jobs: speech goes on, or the phrase is over."""
        pending = None if self._speculative_result else self._speculative_job
        jobs = (pending, self._interim_job)
        self._speculative_job = self._speculative_result = self._interim_job = None
        return [Abandon(job_id=job_id) for job_id in jobs if job_id is not None]

    def _transcribe(self, pcm: bytes, urgency: Urgency) -> Transcribe:
        job_id = next(self._job_ids)
        timed = self._timed and (self._keeps or urgency is not Urgency.INTERIM)
        return Transcribe(
            job_id=job_id, pcm=pcm, urgency=urgency, phrases=self._phrases, timed=timed
        )
