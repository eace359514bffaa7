"""The review on the page: what was not carried out, and one click to mend each."""

import base64
from collections.abc import Mapping, Sequence

from voice2mqtt import clock
from voice2mqtt.console.explanation import shown
from voice2mqtt.core.decision import Decision, Message
from voice2mqtt.core.event import Event, event_of
from voice2mqtt.errors import InputError
from voice2mqtt.history.reader import RefusedSound
from voice2mqtt.review.review import Case, Done, Review

_MOST = 200
"""Sounds that are listed; set by hand."""


class ReviewView:
    """Gives and takes JSON values. Not thread-safe, as the review is not."""

    def __init__(self, review: Review, node: str, *, with_words: bool = True) -> None:
        """Without `with_words` nothing is shown, not even what was kept when it was allowed."""
        self._review = review
        self._with_words = with_words
        self._node = node

    def listed(self) -> Mapping[str, object]:
        """Return what awaits a decision, the most frequent first, as it was refused then.

        Raises:
            InputError: the history cannot be read.
        """
        return {
            "sounds": [
                {
                    "sound": refused.sound,
                    "text": refused.last.text,
                    "count": refused.count,
                    "first_at_s": refused.first_at_s,
                    "last_at_s": refused.last_at_s,
                    "reason": refused.last.event["reason"],
                    "nearest": refused.last.event["nearest"],
                    "recorded": refused.recorded,
                }
                for refused in self._sounds()
            ]
        }

    def case(self, sound: str) -> Mapping[str, object]:
        """Return one sound as the table of now sees it, and what could be done about it.

        Raises:
            UserFacingError: it is no longer there, or the table cannot be used.
        """
        case = self._case(sound)
        sentence = case.nearest[0].sentence if case.nearest else ""
        proposed = self._review.proposed_messages(sentence) if sentence else ()
        return {
            "heard": case.heard,
            "is_command": case.is_command,
            "nearest": [
                {"row": near.row, "sentence": near.sentence, "distance": round(near.distance, 3)}
                for near in case.nearest
            ],
            "alignment": shown(case.alignment),
            "no_alias": case.no_alias,
            "alias": case.alias.template if case.alias else "",
            "words": [word.words for word in case.alias.words] if case.alias else [],
            "messages": [{"topic": m.topic, "payload": m.payload} for m in proposed],
        }

    def recording(self, utterance_id: str) -> Mapping[str, object]:
        """Return a recording that was kept, as base64.

        Raises:
            InputError: there is none.
        """
        wav = self._review.history.recording(utterance_id) if self._with_words else b""
        if not wav:
            raise InputError("the recording is not kept any more")
        return {"wav": base64.b64encode(wav).decode()}

    def accept(self, sound: str, sentence: str) -> Mapping[str, object]:
        """Have the row that says `sentence` accept it.

        Raises:
            UserFacingError: it would not work; nothing was changed.
        """
        return self._done(self._review.accept(self._case(sound), sentence))

    def add_row(self, sound: str, topic: str, payload: str) -> Mapping[str, object]:
        """Give it a row of its own.

        Raises:
            UserFacingError: it would not work; nothing was changed.
        """
        message = Message(topic=topic, payload=payload)
        return self._done(self._review.add_row(self._case(sound), [message]))

    def was_right(self, sound: str) -> Mapping[str, object]:
        """Note that it was right to refuse it.

        Raises:
            UserFacingError: it is a command by now; nothing was changed.
        """
        return self._done(self._review.was_right(self._case(sound)))

    def ignore(self, sound: str) -> Mapping[str, object]:
        """Show it no more.

        Raises:
            InputError: the history cannot be written.
        """
        return self._done(self._review.ignore(self._refused(sound)))

    def undo(self) -> Mapping[str, object]:
        """Take the last of these back.

        Raises:
            UserFacingError: there is none, or the table has been changed since.
        """
        return self._done(self._review.undo())

    def _sounds(self) -> Sequence[RefusedSound]:
        return self._review.refused(limit=_MOST) if self._with_words else ()

    def _refused(self, sound: str) -> RefusedSound:
        for refused in self._sounds():
            if refused.sound == sound:
                return refused
        raise InputError("this is not there any more; somebody has decided about it meanwhile")

    def _case(self, sound: str) -> Case:
        return self._review.case(self._refused(sound))

    def _done(self, done: Done) -> Mapping[str, object]:
        return {"what": done.what, "events": self._events(done.decisions)}

    def _events(self, decisions: Sequence[Decision]) -> Sequence[Event]:
        at = clock.timestamp()
        return [
            event_of(decision, event_id=str(number), at=at, node=self._node)
            for number, decision in enumerate(decisions)
        ]
