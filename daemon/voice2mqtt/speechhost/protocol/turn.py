"""One turn: audio in, phrases out. Pure: time and results come as arguments, work is asked for.

An interactive turn ends with its first phrase; others go on until the client ends its audio,
and their phrases are answered in order. Every answer acknowledges all audio up to its end.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from voice2mqtt.core.audio import VoiceActivity
from voice2mqtt.nlu.grammar.table import Json
from voice2mqtt.speechhost.engine import Transcript
from voice2mqtt.speechhost.jobs import Abandon, Work
from voice2mqtt.speechhost.protocol import answers
from voice2mqtt.speechhost.protocol.answers import TICKS_PER_SAMPLE
from voice2mqtt.speechhost.protocol.audio_format import TICKS_PER_S
from voice2mqtt.speechhost.protocol.endpointer import (
    Began,
    Ended,
    Event,
    GoesOn,
    Paused,
    PhraseEndpointer,
    Resumed,
    StayedSilent,
)
from voice2mqtt.speechhost.protocol.lookahead import Lookahead
from voice2mqtt.speechhost.protocol.request_options import Mode, RequestOptions

STREAM_GAP_S = 0.15
"""After audio that came again, the live stream follows its end within this time."""
STARVED_S = 2.0
"""A client that sends nothing for so long in the middle of a phrase has ended it."""
LONGEST_TURN_S = 600
"""After so much audio a turn ends with its phrase; the client begins another by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """A message for the client."""

    path: str
    body: dict[str, Json]


Action = Send | Work


@dataclass(slots=True, kw_only=True)
class _Phrase:
    """A phrase that has ended and waits for its words and its place in the order."""

    job: int | None
    offset: int
    end: int
    otherwise: answers.Wordless
    """What is said if no words are found in it."""
    result: Transcript | None = None


class Turn:
    """From the first audio of a request to `turn.end`."""

    def __init__(self, wishes: RequestOptions, voice: VoiceActivity, jobs: Iterator[int]) -> None:
        """`voice` is this turn's alone while it lasts; `jobs` numbers the work."""
        self.ended = False
        self.wake_at_s: float | None = None
        """When `tick` is due."""
        self._wishes = wishes
        self._single = wishes.mode is Mode.INTERACTIVE
        self._endpointer = PhraseEndpointer(
            voice,
            initial_silence_ms=wishes.initial_silence_ms,
            end_silence_ms=wishes.end_silence_ms,
            longest_phrase_ms=wishes.longest_phrase_ms,
        )
        self._lookahead = Lookahead(jobs, wishes.phrases)
        self._received = 0
        self._onset = 0
        self._said = ""
        self._waiting: deque[_Phrase] = deque()
        self._speech_told = False
        self._stream_ended = False
        self._audio_over = False
        self._next_phrase_at: int | None = None  # speech that came behind a single phrase
        self._out: list[Action] = []

    @property
    def backlog_s(self) -> float:
        """Seconds of audio that wait for their words."""
        return sum(phrase.end - phrase.offset for phrase in self._waiting) / TICKS_PER_S

    @property
    def owes_answer(self) -> bool:
        """Whether an answer is to come: always for a single shot, else for what is being said."""
        return self._single or self._endpointer.in_speech or bool(self._waiting)

    def hear(self, pcm: bytes, received: int, now_s: float) -> list[Action]:
        """Take the next audio; `received` is where it ends, in ticks as the client counts."""
        if not self._audio_over:
            self._stream_ended = False
            self._received = received
            self._follow(self._endpointer.hear(pcm))
            self._wait(now_s)
        return self._take()

    def stream_ended(self, now_s: float) -> list[Action]:
        """Take the end of a stream: of the turn's audio, unless it was one that came again."""
        if self._wishes.continues:
            self._stream_ended = True
            self.wake_at_s = now_s + STREAM_GAP_S
        else:
            self._end_audio()
        return self._take()

    def tick(self, now_s: float) -> list[Action]:
        """Notice that time has passed."""
        if self.wake_at_s is not None and now_s >= self.wake_at_s:
            if self._stream_ended or self._single:
                self._end_audio()
            else:
                self.wake_at_s = None
                self._follow(self._endpointer.finish())
        return self._take()

    def transcribed(self, job: int, result: Transcript | None) -> list[Action]:
        """Take the result of a job; None if the engine failed or had no time for it."""
        phrase = next((phrase for phrase in self._waiting if phrase.job == job), None)
        if phrase:
            if result is None:
                phrase.otherwise = "Error"
            phrase.result = result or Transcript()
            self._answer()
        elif self._lookahead.transcribed(job, result) and result:
            self._tell(result)
        return self._take()

    def abandon(self) -> list[Action]:
        """Give the turn up without a word; its work is abandoned."""
        self._finish()
        return self._take()

    def _wait(self, now_s: float) -> None:
        if self._audio_over or (self._single and self._waiting):
            self.wake_at_s = None
        elif self._endpointer.in_speech:
            self.wake_at_s = now_s + STARVED_S
        else:
            patience_s = self._wishes.initial_silence_ms / 1000
            self.wake_at_s = now_s + patience_s if self._single else None

    def _follow(self, events: list[Event]) -> None:
        for event in events:
            if self._audio_over:
                return
            if self._single and self._waiting:
                self._follow_behind(event)
            else:
                self._follow_phrase(event)

    def _follow_behind(self, event: Event) -> None:
        """While a single phrase waits for its words: what speech follows is for the next turn."""
        if isinstance(event, Began) and self._next_phrase_at is None:
            self._next_phrase_at = event.onset * TICKS_PER_SAMPLE

    def _follow_phrase(self, event: Event) -> None:
        match event:
            case Began(onset=onset):
                self._onset, self._said = onset * TICKS_PER_SAMPLE, ""
                if not self._speech_told:
                    self._send("speech.startDetected", {"Offset": self._onset})
                self._speech_told = True
            case Paused(pcm=pcm):
                # The same words are told again: after a pause they may be the whole sentence,
                # and a client whose gate waits for that word would wait in vain.
                self._said = ""
                self._out += self._lookahead.paused(pcm)
            case Resumed():
                self._out += self._lookahead.forget()
            case GoesOn(pcm=pcm):
                self._out += self._lookahead.goes_on(pcm)
            case Ended():
                self._end_phrase(event)
            case StayedSilent(end=end):
                self._end_silence(end * TICKS_PER_SAMPLE)

    def _end_phrase(self, ended: Ended) -> None:
        self._detect_end()
        job, result, work = self._lookahead.ended(ended.pcm)
        self._out += work
        self._waiting.append(
            _Phrase(
                job=job,
                offset=ended.onset * TICKS_PER_SAMPLE,
                end=ended.end * TICKS_PER_SAMPLE,
                otherwise="BabbleTimeout" if ended.cut else "NoMatch",
                result=result,
            )
        )
        self._answer()

    def _end_silence(self, end: int) -> None:
        self._detect_end()
        self._waiting.append(
            _Phrase(
                job=None,
                offset=end,
                end=end,
                otherwise="InitialSilenceTimeout",
                result=Transcript(),
            )
        )
        self._answer()

    def _detect_end(self) -> None:
        # Only where the turn ends too: the client stops sending when it is told.
        if self._single:
            self._send("speech.endDetected", {"Offset": self._received})

    def _end_audio(self) -> None:
        self.wake_at_s = None
        if self._endpointer.in_doubt or (self._single and not self._waiting):
            self._follow(self._endpointer.finish())
        self._audio_over = True
        self._answer()

    def _answer(self) -> None:
        """Send what is complete, in order, and the end of the turn if that was all."""
        while not self.ended and self._waiting and (result := self._waiting[0].result) is not None:
            phrase = self._waiting.popleft()
            end = self._acknowledged(phrase)
            self._send(
                "speech.phrase",
                answers.success(
                    result, self._wishes, offset=phrase.offset, duration=end - phrase.offset
                )
                if result.readings
                else answers.without_words(phrase.otherwise, consumed=end),
            )
            if self._single or phrase.otherwise == "Error" or end >= LONGEST_TURN_S * TICKS_PER_S:
                self._end()
        if self._audio_over and not self._waiting and not self.ended:
            self._send("speech.endDetected", {"Offset": self._received})
            body = answers.without_words("EndOfDictation", consumed=self._received)
            self._send("speech.phrase", body)
            self._end()

    def _acknowledged(self, phrase: _Phrase) -> int:
        if not self._single:
            return min(phrase.end, self._received)
        if self._next_phrase_at is None:
            return self._received
        return min(max(phrase.end, self._next_phrase_at), self._received)

    def _tell(self, result: Transcript) -> None:
        if result.readings and result.readings[0].lexical != self._said:
            self._said = result.readings[0].lexical
            body = answers.hypothesis(
                result.readings[0],
                self._wishes,
                offset=self._onset,
                duration=max(0, self._received - self._onset),
            )
            self._send("speech.hypothesis", body)

    def _end(self) -> None:
        self._send("turn.end", {})
        self._finish()

    def _finish(self) -> None:
        self._out += self._lookahead.forget()
        jobs = [phrase.job for phrase in self._waiting if not phrase.result]
        self._out += [Abandon(job=job) for job in jobs if job is not None]
        self._waiting.clear()
        self.ended = self._audio_over = True
        self.wake_at_s = None

    def _send(self, path: str, body: dict[str, Json]) -> None:
        self._out.append(Send(path=path, body=body))

    def _take(self) -> list[Action]:
        out, self._out = self._out, []
        return out
