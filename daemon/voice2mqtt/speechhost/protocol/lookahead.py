"""Transcribing a phrase before it has ended, so that its answer is there when it has. Pure.

With the first short pause a transcription of the phrase so far is asked for, on the chance that
it is over: the guess. If the phrase does end there, the guess is its answer; if speech goes on,
it is forgotten. A phrase that goes on without a pause is looked at now and then.
"""

from collections.abc import Iterator

from voice2mqtt.speechhost.engine import Transcript
from voice2mqtt.speechhost.jobs import Abandon, Hasten, Transcribe, Urgency, Work


class Lookahead:
    """What was asked, and is known, of the phrase under way."""

    def __init__(self, jobs: Iterator[int], phrases: tuple[str, ...]) -> None:
        """`jobs` numbers the work; `phrases` are likely to be said."""
        self._jobs = jobs
        self._phrases = phrases
        self._guess: int | None = None
        self._guessed: Transcript | None = None
        self._look: int | None = None

    def paused(self, pcm: bytes) -> list[Work]:
        """Guess; a look on the way would only share the cores with it."""
        dropped = self.forget()
        work = self._transcribe(pcm, Urgency.PAUSE)
        self._guess = work.job
        return [*dropped, work]

    def goes_on(self, pcm: bytes) -> list[Work]:
        """Look, unless the look before is not done yet."""
        if self._look is not None:
            return []
        work = self._transcribe(pcm, Urgency.INTERIM)
        self._look = work.job
        return [work]

    def ended(self, pcm: bytes) -> tuple[int, Transcript | None, list[Work]]:
        """Return the job that answers for the phrase, its result if that is there, and work."""
        job, result = self._guess, self._guessed
        self._guess = self._guessed = None
        dropped = self.forget()
        if job is None:
            work = self._transcribe(pcm, Urgency.ANSWER)
            return work.job, None, [*dropped, work]
        return job, result, dropped if result else [*dropped, Hasten(job=job)]

    def transcribed(self, job: int, result: Transcript | None) -> bool:
        """Take a result, None for a failure; return whether it tells of the phrase under way."""
        if job == self._guess:
            self._guessed = result
            self._guess = None if result is None else job
        elif job == self._look:
            self._look = None
        else:
            return False
        return result is not None

    def forget(self) -> list[Work]:
        """Forget guess and look: speech goes on, or the phrase is over."""
        jobs = (None if self._guessed else self._guess, self._look)
        self._guess = self._guessed = self._look = None
        return [Abandon(job=job) for job in jobs if job is not None]

    def _transcribe(self, pcm: bytes, urgency: Urgency) -> Transcribe:
        job = next(self._jobs)
        return Transcribe(job=job, pcm=pcm, urgency=urgency, phrases=self._phrases)
