"""The recordings that a household made in training, kept to be tried again after any change."""

import json
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from voice2mqtt.core.jsontext import read_json
from voice2mqtt.errors import UserFacingError
from voice2mqtt.review.training import Result

FOLDER = "training"
_INDEX = "sentences.jsonl"
MOST_OF_A_SENTENCE = 5
"""Older recordings of the same sentence are removed; set by hand."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSentence:
    """One sentence as somebody said it."""

    sentence: str
    """What was to be said."""
    result: Result
    """What became of it when it was recorded, or was last accepted."""
    path: Path


class TrainingSet:
    """The recordings in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, sentence: str, wav: bytes, result: Result) -> None:
        """Keep a recording of `sentence`.

        Raises:
            UserFacingError: it cannot be written.
        """
        name = f"{time.time_ns()}.wav"
        line = json.dumps({"file": name, "sentence": sentence, "result": result.value})
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self._folder / name).write_bytes(wav)
            with (self._folder / _INDEX).open("a", encoding="utf-8") as index:
                index.write(f"{line}\n")
            for old in [r for r in self.recordings() if r.sentence == sentence][
                :-MOST_OF_A_SENTENCE
            ]:
                old.path.unlink()
        except OSError as error:
            raise UserFacingError(f"{self._folder} cannot be written: {error.strerror}") from error

    def recordings(self) -> Iterator[TrainingSentence]:
        """Yield all recordings, in the order in which they were made.

        Raises:
            UserFacingError: they cannot be read.
        """
        try:
            lines = (self._folder / _INDEX).read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return
        except (OSError, UnicodeError) as error:
            raise UserFacingError(f"{self._folder / _INDEX} cannot be read: {error}") from error
        for number, line in enumerate(lines, 1):
            recording = self._recording(line)
            if recording is None:
                log.warning("%s:%d is none of ours; left out", self._folder / _INDEX, number)
            elif recording.path.is_file():
                yield recording

    def _recording(self, line: str) -> TrainingSentence | None:
        try:
            match read_json(line):
                case {"file": str(name), "sentence": str(sentence), "result": str(result)}:
                    path = self._folder / Path(name).name
                    return TrainingSentence(sentence=sentence, result=Result(result), path=path)
        except ValueError:
            pass
        return None
