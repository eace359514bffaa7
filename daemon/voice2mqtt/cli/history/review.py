"""`voice2mqtt review`: make commands of what was not understood, in a conversation."""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from voice2mqtt.cli import arguments as common
from voice2mqtt.cli.aligned import aligned_lines
from voice2mqtt.cli.history.command import since
from voice2mqtt.cli.history.recordings import recognized
from voice2mqtt.cli.history.reviewing import review_of
from voice2mqtt.core.audio import RATE_HZ, SAMPLE_BYTES
from voice2mqtt.core.decision import Fire, Message
from voice2mqtt.core.outcome import Heard
from voice2mqtt.core.ports import Recognizer
from voice2mqtt.errors import ExitStatus, UserFacingError
from voice2mqtt.feedback.playback import Playback, PlaybackError
from voice2mqtt.history.reader import RefusedSound
from voice2mqtt.review.alias import Alias
from voice2mqtt.review.review import Case, Done, Review
from voice2mqtt.service import interpreters as build
from voice2mqtt.service.recognition import speech_services
from voice2mqtt.settings.load import load_table
from voice2mqtt.settings.model import Settings

HELP = "go through what was not understood, and make commands of it"

_MOST = 1000
"""Sounds that one review goes through."""
_TRY_AGAIN_S = 10.0
"""How long a Speech host may take to notice that the table has changed."""
_PAUSE_S = 0.5
"""Between two attempts meanwhile."""

_KEYS = """  a  accept it for the sentence above          s  accept it for another sentence
  n  give it a row of its own                  i  ignore what sounds like it
  r  it was right to refuse it                 p  play the recording
  u  take back the last step                   q  leave; an empty line goes on to the next"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    common.settings(parser)
    parser.add_argument(
        "--since", metavar="WHEN", type=since, default=0.0, help="such as 7d, today or 2026-11-29"
    )
    parser.add_argument("--undo", action="store_true", help="only take back the last step")
    common.as_json(parser, "only list, one JSON object a line")


def run(args: argparse.Namespace) -> int:
    """Go through the refused sounds, the most frequent first.

    Raises:
        UserFacingError: nothing is kept, or history or table cannot be used.
    """
    settings = common.load(args)
    common.require_history(settings)
    review = review_of(settings, common.history_path(args, settings))
    if args.undo:
        print(review.undo().what)
        return ExitStatus.OK
    refused = review.refused(since_s=args.since, limit=_MOST)
    if args.json:
        for sound in refused:
            print(_as_json(review.case(sound)))
        return ExitStatus.OK
    if not settings.privacy.log_text:
        print("What was said is not kept (privacy.log_text), so there is nothing to review.")
    _Conversation(review, settings).go_through(refused)
    return ExitStatus.OK


class _Conversation:
    def __init__(self, review: Review, settings: Settings) -> None:
        self._review = review
        self._settings = settings

    def go_through(self, refused: Sequence[RefusedSound]) -> None:
        if not refused:
            print("There is nothing to review.")
            return
        print(_KEYS)
        for number, sound in enumerate(refused, 1):
            print(f"\n{number} of {len(refused)}: {_heard_when(sound)}")
            case = self._review.case(sound)
            _show(case)
            if not self._treat(case):
                return

    def _treat(self, case: Case) -> bool:
        """Do what is asked for until the case is done with; return whether to go on."""
        while True:
            try:
                key = input("> ").strip().lower()
                if key in ("", "q"):
                    return key == ""
                if self._act(key, case):
                    return True
            except UserFacingError as error:
                print(f"  {error}")
            except EOFError:
                print()
                return False

    def _act(self, key: str, case: Case) -> bool:
        """Do what `key` stands for; return whether the case is done with."""
        actions: dict[str, Callable[[], Done]] = {
            "a": lambda: self._review.accept(case),
            "s": lambda: self._review.accept(case, input("  the sentence that was meant: ")),
            "n": lambda: self._review.add_row(case, self._messages(case)),
            "i": lambda: self._review.ignore(case.refused),
            "r": lambda: self._review.was_right(case),
        }
        if key == "p":
            self._play(case)
        elif key == "u":
            print(f"  {self._review.undo().what}")
        elif key in actions:
            done = actions[key]()
            print(f"  {done.what}")
            self._show_again(case, done)
            return True
        else:
            print(_KEYS)
        return False

    def _messages(self, case: Case) -> Sequence[Message]:
        """Ask what the new row publishes; what the nearest one does is proposed."""
        sentence = case.nearest[0].sentence if case.nearest else ""
        proposed = self._review.proposed_messages(sentence) if sentence else ()
        if proposed:
            told = ", ".join(f"{message.topic} = {message.payload}" for message in proposed)
            print(f"  as “{sentence}”: {told}")
        topic = input("  topic (empty for the same): " if proposed else "  topic: ").strip()
        if not topic:
            return proposed
        return (Message(topic=topic, payload=input("  payload: ")),)

    def _play(self, case: Case) -> None:
        wav = self._review.history.recording(case.refused.recorded)
        if not wav:
            print("  no recording is kept; see history.keep_audio_days")
            return
        try:
            speaker = Playback(self._settings.feedback.device)
            speaker.play(wav, len(wav) / (RATE_HZ * SAMPLE_BYTES))
        except PlaybackError as error:
            print(f"  {error}")

    def _show_again(self, case: Case, done: Done) -> None:
        """Show what the sentence does now, as it was heard, and from its recording if kept."""
        for line in _results(done):
            print(f"  tried again: {line}")
        commanded = any(isinstance(decision, Fire) for decision in done.decisions)
        wav = self._review.history.recording(case.refused.recorded)
        if wav and commanded:
            print(f"  tried the recording: {self._recognized_again(wav)}")

    def _recognized_again(self, wav: bytes) -> str:
        """Return what the recording does now, once the Speech host knows the new table."""
        settings = self._settings
        table = load_table(settings.commands, build.language_of(settings))
        interpreter = build.interpreter(settings, table.at_any_time())
        recognizer: Recognizer = speech_services.recognizer(settings, table)
        deadline_s = time.monotonic() + _TRY_AGAIN_S
        try:
            while True:
                processed = recognized(wav, recognizer, interpreter)
                done = Done(what="", decisions=processed.decisions)
                carried_out = any(isinstance(decision, Fire) for decision in done.decisions)
                if carried_out or time.monotonic() > deadline_s:
                    break
                interpreter.reset()
                time.sleep(_PAUSE_S)
        finally:
            recognizer.close()
        if not isinstance(processed.outcome, Heard):
            return processed.outcome.details or processed.outcome.reason
        return "; ".join(_results(done))


def _heard_when(sound: RefusedSound) -> str:
    at = datetime.fromtimestamp(sound.last_at_s).astimezone()
    often = "once" if sound.count == 1 else f"{sound.count} times, the last time"
    return f"heard {often} on {at:%Y-%m-%d at %H:%M}"


def _show(case: Case) -> None:
    print(f"  “{case.refused.last.text}”")
    for decision in case.decisions:
        print(f"  {decision.reason.text}")
    if case.is_command:
        print("  it is a command by now")
    for near in case.nearest:
        print(f"  {near.distance:.2f} away  {near.sentence}  (row “{near.row}”)")
    for line in aligned_lines(case.alignment):
        print(f"    {line}")
    if case.alias:
        print(f"  a would add {_described(case.alias)}")
    elif case.nearest:
        print(f"  {case.no_alias}")


def _described(alias: Alias) -> str:
    words = [f"“{word.words}” to the list {word.list_name}" for word in alias.words]
    template = [f"also_heard_as: {alias.template}"] if alias.template else []
    return " and ".join([*words, *template])


def _results(done: Done) -> list[str]:
    return [
        ", ".join(f"publishes {m.topic} = {m.payload}" for m in decision.messages)
        if isinstance(decision, Fire)
        else f"does nothing: {decision.reason.text}"
        for decision in done.decisions
    ]


def _as_json(case: Case) -> str:
    nearest = [
        {"row": near.row, "sentence": near.sentence, "distance": round(near.distance, 3)}
        for near in case.nearest
    ]
    return json.dumps(
        {
            "text": case.refused.last.text,
            "sound": case.refused.sound,
            "count": case.refused.count,
            "first_at_s": round(case.refused.first_at_s, 3),
            "last_at_s": round(case.refused.last_at_s, 3),
            "recorded": bool(case.refused.recorded),
            "reason": "; ".join(decision.reason.text for decision in case.decisions),
            "nearest": nearest,
            "proposal": _described(case.alias) if case.alias else "",
        },
        ensure_ascii=False,
    )
