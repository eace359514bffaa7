"""One turn: audio in, phrases out. Pure: time and results are arguments, and work is returned.

An interactive turn (single shot) ends with its first phrase; others go on until the client ends
its audio, and their phrases are answered in order. An answer acknowledges the audio up to the end
of its speech; the end of a turn acknowledges all that it has consumed. Positions are in ticks of
100 ns since the first audio of the turn.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from voice2mqtt.core.audio import VoiceActivity
from voice2mqtt.nlu.grammar.table import Json
from voice2mqtt.speechhost.engine import Transcript
from voice2mqtt.speechhost.jobs import Abandon, Transcribe, Work
from voice2mqtt.speechhost.protocol import answers, sentences
from voice2mqtt.speechhost.protocol.answers import TICKS_PER_SAMPLE
from voice2mqtt.speechhost.protocol.audio_format import TICKS_PER_S
from voice2mqtt.speechhost.protocol.endpointer import (
    INTERIM_MS,
    Began,
    Ended,
    GoesOn,
    Paused,
    PhraseEndpointer,
    PhraseEvent,
    Resumed,
    StayedSilent,
)
from voice2mqtt.speechhost.protocol.hypotheses import Hypotheses
from voice2mqtt.speechhost.protocol.lookahead import Lookahead
from voice2mqtt.speechhost.protocol.request_options import Mode, RequestOptions

STREAM_GAP_S = 0.15
"""Within this time the live stream follows audio that came again after a broken connection."""
STARVED_S = 2.0
"""A client that sends nothing for so long ends the phrase under way."""
CAPTION_MS = 330
"""Speech between two interim transcriptions of a client that shows captions, if a core is free."""
MIN_NEXT_WORDS = 3
LONGEST_TURN_S = 600
"""Of audio; after that a turn ends with its next phrase, and the client begins another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """A message for the client."""

    path: str
    body: dict[str, Json]


Action = Send | Work


@dataclass(slots=True, kw_only=True)
class _Phrase:
    """A phrase that has ended and waits for its result and for those before it."""

    job_id: int | None = None
    begin: int
    """Where the audio begins that was transcribed."""
    offset: int
    speech_end: int
    end: int
    """Of the silence after the speech too."""
    no_words_status: answers.NoWordsStatus
    """The status to answer if no words are found in it."""
    hypotheses: Hypotheses
    """What was told of it."""
    result: Transcript | None = None
    commit_token: str = ""
    """To answer with, if the client has ended it by a commit."""


class Turn:
    """From the first audio of a request to `turn.end`."""

    def __init__(
        self, options: RequestOptions, voice: VoiceActivity, job_ids: Iterator[int]
    ) -> None:
        """`voice` is this turn's alone while it lasts; `job_ids` numbers its jobs."""
        self.ended = False
        self.wake_at_s: float | None = None
        """When `tick` is due."""
        self._options = options
        self._single_shot = options.mode is Mode.INTERACTIVE
        self._endpointer = PhraseEndpointer(
            voice,
            initial_silence_ms=options.initial_silence_ms,
            end_silence_ms=options.end_silence_ms,
            longest_phrase_ms=options.longest_phrase_ms,
            interim_ms=INTERIM_MS if self._single_shot else CAPTION_MS,
        )
        self._lookahead = Lookahead(
            job_ids,
            options.phrases,
            options.offered_languages,
            timed=options.timed or options.semantic,
            keeps=options.semantic,
        )
        self._received = 0
        self._hypotheses = Hypotheses(0, stepwise=False)
        self._spoken_until: dict[int, int] = {}  # by job, of speech that it was given
        self._unanswered: deque[_Phrase] = deque()
        self._start_sent = False
        self._stream_ended = False
        self._audio_ended = False
        self._next_onset: int | None = None  # of speech after the only phrase
        self._commit_token = ""  # for the phrase that ends next
        self._actions: list[Action] = []

    @property
    def backlog_s(self) -> float:
        """Seconds of audio that wait for their transcription."""
        return sum(phrase.end - phrase.offset for phrase in self._unanswered) / TICKS_PER_S

    @property
    def owes_answer(self) -> bool:
        """Whether an answer is to come: always for a single shot, else for what is said."""
        return self._single_shot or self._endpointer.is_open or bool(self._unanswered)

    def feed(self, pcm: bytes, received: int, now_s: float) -> list[Action]:
        """Take the next audio; `received` is where it ends, in ticks of the client's audio."""
        if not self._audio_ended:
            self._stream_ended = False
            self._received = received
            self._handle_events(self._endpointer.hear(pcm))
            self._set_wake_time(now_s)
        return self._take_actions()

    def stream_ended(self, now_s: float) -> list[Action]:
        """Take the end of a stream: of the turn's audio, unless this was audio that came again."""
        if self._options.continues:
            self._stream_ended = True
            self.wake_at_s = now_s + STREAM_GAP_S
        else:
            self._end_audio()
        return self._take_actions()

    def commit(self, token: str) -> list[Action]:
        """End the phrase under way, and answer it with `token`; audio goes on."""
        self._commit_token = token if not self._audio_ended else ""
        self._handle_events(self._endpointer.end_phrase())  # none after the end of the audio
        if self._commit_token and not self._single_shot:
            self._answer_without_words(self._received, "NoMatch")
        self._commit_token = ""
        return self._take_actions()

    def tick(self, now_s: float) -> list[Action]:
        """Handle the time-outs that are due."""
        if self.wake_at_s is not None and now_s >= self.wake_at_s:
            if self._stream_ended or self._single_shot:
                self._end_audio()
            else:
                self.wake_at_s = None
                self._handle_events(self._endpointer.finish())
        return self._take_actions()

    def transcribed(self, job_id: int, result: Transcript | None) -> list[Action]:
        """Take the result of a job; None if the engine failed or had no time for it."""
        phrase = next((phrase for phrase in self._unanswered if phrase.job_id == job_id), None)
        if phrase:
            if result is None:
                phrase.no_words_status = "Error"
            phrase.result = result or Transcript()
            self._send_answers()
        elif self._lookahead.transcribed(job_id, result) and result:
            self._send_hypothesis(result, self._spoken_until.pop(job_id))
        return self._take_actions()

    def abandon(self) -> list[Action]:
        """End the turn without an answer; its work is abandoned."""
        self._close()
        return self._take_actions()

    def _set_wake_time(self, now_s: float) -> None:
        if self._audio_ended or (self._single_shot and self._unanswered):
            self.wake_at_s = None
        elif self._endpointer.is_open:
            self.wake_at_s = now_s + STARVED_S
        else:
            silence_s = self._options.initial_silence_ms / 1000
            self.wake_at_s = now_s + silence_s if self._single_shot else None

    def _handle_events(self, events: list[PhraseEvent]) -> None:
        for event in events:
            if self._audio_ended:
                return
            if not (self._single_shot and self._unanswered):
                self._handle_event_of_phrase(event)
            elif isinstance(event, Began) and self._next_onset is None:
                # After the only phrase of a single shot: this is for the next turn.
                self._next_onset = event.onset * TICKS_PER_SAMPLE

    def _handle_event_of_phrase(self, event: PhraseEvent) -> None:
        match event:
            case Began(onset=onset):
                # Not for a single shot: its client acts on a hypothesis that is a whole command.
                begun = onset * TICKS_PER_SAMPLE
                self._hypotheses = Hypotheses(begun, stepwise=not self._single_shot)
                if not self._start_sent:
                    self._send("speech.startDetected", {"Offset": begun})
                self._start_sent = True
            case Paused(pcm=pcm):
                # The same hypothesis is sent again: after a pause it may be the whole sentence,
                # for which a client with an endpointer of its own may be waiting.
                self._hypotheses.confirm()
                self._look_ahead(self._lookahead.paused(pcm))
            case Resumed():
                self._actions += self._lookahead.resumed()
            case GoesOn(pcm=pcm):
                self._look_ahead(self._lookahead.goes_on(pcm))
            case Ended():
                self._end_phrase(event)
            case StayedSilent(end=end):
                self._send_end_detected()
                self._answer_without_words(end * TICKS_PER_SAMPLE, "InitialSilenceTimeout")

    def _look_ahead(self, work: list[Work]) -> None:
        self._actions += work
        spoken_until = self._endpointer.speech_end * TICKS_PER_SAMPLE
        ids = [one.job_id for one in work if isinstance(one, Transcribe)]
        self._spoken_until |= dict.fromkeys(ids, spoken_until)

    def _end_phrase(self, ended: Ended) -> None:
        self._send_end_detected()
        self._spoken_until.clear()
        job_id, result, work = self._lookahead.ended(ended.pcm)
        self._actions += work
        self._unanswered.append(
            _Phrase(
                job_id=job_id,
                begin=ended.begin * TICKS_PER_SAMPLE,
                offset=ended.onset * TICKS_PER_SAMPLE,
                speech_end=ended.speech_end * TICKS_PER_SAMPLE,
                end=ended.end * TICKS_PER_SAMPLE,
                no_words_status="BabbleTimeout" if ended.cut else "NoMatch",
                hypotheses=self._hypotheses,
                result=result,
                commit_token=self._commit_token,
            )
        )
        self._commit_token = ""
        self._send_answers()

    def _answer_without_words(self, at: int, status: answers.NoWordsStatus) -> None:
        self._unanswered.append(
            _Phrase(
                begin=at,
                offset=at,
                speech_end=at,
                end=at,
                no_words_status=status,
                hypotheses=self._hypotheses,
                result=Transcript(),
                commit_token=self._commit_token,
            )
        )
        self._send_answers()

    def _send_end_detected(self) -> None:
        # Only where the turn ends too, since the client then stops sending.
        if self._single_shot:
            self._send("speech.endDetected", {"Offset": self._received})

    def _end_audio(self) -> None:
        self.wake_at_s = None
        if self._endpointer.in_doubt or (self._single_shot and not self._unanswered):
            self._handle_events(self._endpointer.finish())
        self._audio_ended = True
        self._send_answers()

    def _send_answers(self) -> None:
        """Answer phrases in order, as far as results are there; end the turn after the last."""
        while (
            not self.ended
            and self._unanswered
            and (result := self._unanswered[0].result) is not None
        ):
            phrase = self._unanswered.popleft()
            end = self._acknowledged_until(phrase)
            if result.nbest:
                self._send_words(phrase, result)
            else:
                body = answers.without_words(phrase.no_words_status, consumed=end)
                self._send("speech.phrase", body | answers.committed(phrase.commit_token))
            if (
                self._single_shot
                or phrase.no_words_status == "Error"
                or end >= LONGEST_TURN_S * TICKS_PER_S
            ):
                if result.nbest:
                    self._acknowledge(end)
                self._end_turn()
        if self._audio_ended and not self._unanswered and not self.ended:
            self._send("speech.endDetected", {"Offset": self._received})
            self._acknowledge(self._received)
            self._end_turn()

    def _send_words(self, phrase: _Phrase, result: Transcript) -> None:
        parts = sentences.split(result) if self._options.semantic else [result]
        for part in parts:
            words, best = part.nbest[0].words, part.nbest[0]
            # Where one phrase has become several, their words alone tell where each is.
            hypotheses, end = phrase.hypotheses, min(phrase.speech_end, self._received)
            if part is not parts[0]:
                offset = phrase.begin + answers.ticks(words[0].begin_s)
                hypotheses = Hypotheses(offset, stepwise=True)
            if part is not parts[-1]:
                end = phrase.begin + answers.ticks(words[-1].end_s)
            self._send_hypotheses(hypotheses, hypotheses.before_answer(best.lexical, end))
            dictated = self._options.mode is Mode.DICTATION
            body = answers.success(
                sentences.punctuated(part) if dictated else part,
                self._options,
                audio_begin=phrase.begin,
                offset=hypotheses.onset,
                end=max(end, hypotheses.told_until),
            )
            token = phrase.commit_token if part is parts[-1] else ""
            self._send("speech.phrase", body | answers.committed(token))

    def _acknowledge(self, end: int) -> None:
        # Clients show nothing of this status, but drop the audio up to `end`. Without it they would
        # send the silence after a phrase again, and lose some of what follows.
        self._send("speech.phrase", answers.without_words("EndOfDictation", consumed=end))

    def _acknowledged_until(self, phrase: _Phrase) -> int:
        if not self._single_shot:
            return min(phrase.end, self._received)
        if self._next_onset is None:
            return self._received
        return min(max(phrase.end, self._next_onset), self._received)

    def _send_hypothesis(self, result: Transcript, end: int) -> None:
        """Tell the words of an interim result of speech up to `end`."""
        if not result.nbest:
            return
        first, *more = sentences.split(result) if self._options.semantic else [result]
        if more:
            end = self._after_begin(first.nbest[0].words[-1].end_s)
        self._send_hypotheses(self._hypotheses, self._hypotheses.told(first.nbest[0].lexical, end))
        # With a word or two of the next, a sentence may still turn out to go on.
        if more and (len(more) > 1 or len(more[0].nbest[0].words) >= MIN_NEXT_WORDS):
            self._answer_whole_sentences(result)

    def _after_begin(self, seconds: float) -> int:
        return self._endpointer.start * TICKS_PER_SAMPLE + answers.ticks(seconds)

    def _answer_whole_sentences(self, result: Transcript) -> None:
        """Answer the sentences of an interim result after which another has begun."""
        if (whole := sentences.without_last(result)) is None:
            return
        heard = whole.nbest[0].words
        speech_end = self._after_begin(heard[-1].end_s)
        onset = self._after_begin(result.nbest[0].words[len(heard)].begin_s)
        next_begin = (speech_end + onset) // 2
        self._unanswered.append(
            _Phrase(
                begin=self._after_begin(0),
                offset=self._hypotheses.onset,
                speech_end=speech_end,
                end=next_begin,
                no_words_status="NoMatch",
                hypotheses=self._hypotheses,
                result=whole,
            )
        )
        self._send_answers()
        self._actions += self._lookahead.forget()
        self._endpointer.begin_at(next_begin // TICKS_PER_SAMPLE)
        self._hypotheses = Hypotheses(onset, stepwise=True)

    def _send_hypotheses(self, of: Hypotheses, told: Iterator[tuple[str, int]]) -> None:
        for text, end in told:
            duration = max(0, end - of.onset)
            body = answers.hypothesis(text, self._options, offset=of.onset, duration=duration)
            self._send("speech.hypothesis", body)

    def _end_turn(self) -> None:
        self._send("turn.end", {})
        self._close()

    def _close(self) -> None:
        self._actions += self._lookahead.forget()
        job_ids = [phrase.job_id for phrase in self._unanswered if not phrase.result]
        self._actions += [Abandon(job_id=job_id) for job_id in job_ids if job_id is not None]
        self._unanswered.clear()
        self.ended = self._audio_ended = True
        self.wake_at_s = None

    def _send(self, path: str, body: dict[str, Json]) -> None:
        self._actions.append(Send(path=path, body=body))

    def _take_actions(self) -> list[Action]:
        actions, self._actions = self._actions, []
        return actions
