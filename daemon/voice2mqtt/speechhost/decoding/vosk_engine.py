"""A second engine behind the port: Vosk (Kaldi), for the languages that it has models for.

With a table of commands the audio is first decoded with the table's words as the only vocabulary;
if an unknown word was heard, or the confidence is low, the answer is what the whole language model
hears. Which words make a command is for `nlu` to say. The model, and with it the language, is a
folder that the user names.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import vosk

from voice2mqtt.core.audio import RATE_HZ
from voice2mqtt.errors import InputError
from voice2mqtt.languages.language import primary_of
from voice2mqtt.nlu.grammar.automaton import Number, Wildcard, Word
from voice2mqtt.speechhost.decoding.verbaliser import labels, number_spellings, word_spellings
from voice2mqtt.speechhost.engine import EngineGrammar, NBestEntry, TimedWord, Transcript, never

UNKNOWN = "[unk]"
"""What Vosk writes for a word that is not in its vocabulary."""
MIN_CONFIDENCE = 0.6
"""Below, the table's words are not believed."""
_BLOCK_BYTES = RATE_HZ
"""Half a second, after which the work may be abandoned."""


class VoskEngine:
    """Audio to text with a Vosk model."""

    def __init__(self, folder: Path, language: str) -> None:
        """Load the model of `language` in `folder`; raises InputError when there is none."""
        vosk.SetLogLevel(-1)
        if not (folder / "am").is_dir() and not (folder / "final.mdl").exists():
            raise InputError(f"{folder} holds no Vosk model; unpack one there and name its folder")
        try:
            self._model = vosk.Model(model_path=str(folder))
        except Exception as error:  # it raises nothing narrower
            raise InputError(
                f"the Vosk model in {folder} is damaged or not whole; unpack it once more"
            ) from error
        self.language = language
        self.languages = frozenset({primary_of(language)})

    def prepare(self, grammar: EngineGrammar) -> None:
        """See `Engine`: nothing takes long."""

    def transcribe(
        self,
        pcm: bytes,
        grammar: EngineGrammar | None,
        abandoned: Callable[[], bool] = never,
        languages: Sequence[str] = (),  # noqa: ARG002 - it knows one
        *,
        timed: bool = False,  # noqa: ARG002 - the times come with the words
    ) -> Transcript:
        """See `Engine`; words have their times, asked or not."""
        if grammar and grammar.forced and (words := words_of(grammar)) is not None:
            entry = read_result(self._decode(pcm, abandoned, json.dumps([*words, UNKNOWN])))
            if entry and UNKNOWN not in entry.text and entry.confidence >= MIN_CONFIDENCE:
                return self._transcript(entry)
        entry = None if abandoned() else read_result(self._decode(pcm, abandoned))
        return self._transcript(entry) if entry and not abandoned() else Transcript()

    def _transcript(self, entry: NBestEntry) -> Transcript:
        return Transcript(nbest=(entry,), language=self.language)

    def _decode(self, pcm: bytes, abandoned: Callable[[], bool], *words: str) -> str:
        recogniser = vosk.KaldiRecognizer(self._model, RATE_HZ, *words)
        recogniser.SetWords(True)
        finals = []
        for start in range(0, len(pcm), _BLOCK_BYTES):
            if abandoned():
                break
            if recogniser.AcceptWaveform(pcm[start : start + _BLOCK_BYTES]):
                finals.append(json.loads(recogniser.Result()))
        finals.append(json.loads(recogniser.FinalResult()))
        return json.dumps({"result": [word for part in finals for word in part.get("result", [])]})


def read_result(result: str) -> NBestEntry | None:
    """Return Vosk's JSON `result` as an entry; None when no word was heard."""
    words: list[dict[str, Any]] = json.loads(result).get("result", [])
    if not words:
        return None
    text = " ".join(word["word"] for word in words)
    confidence = sum(word["conf"] for word in words) / len(words)
    timed = tuple(
        TimedWord(
            word=word["word"], begin_s=word["start"], end_s=word["end"], confidence=word["conf"]
        )
        for word in words
    )
    return NBestEntry(text=text, lexical=text, confidence=confidence, words=timed)


def words_of(grammar: EngineGrammar) -> tuple[str, ...] | None:
    """Return all words that a sentence of `grammar` may have; None when any word may."""
    words: dict[str, None] = {}
    for label in labels(grammar.automaton):
        match label:
            case Wildcard():
                return None
            case Word():
                spellings = [
                    tuple(spelling.split("-"))
                    for spelling in word_spellings(label, grammar.language)
                ]
            case Number():
                spellings = list(number_spellings(label, grammar.language))
        spoken = (word.lower() for spelling in spellings for word in spelling)
        words |= dict.fromkeys(word for word in spoken if not word.isdecimal())
    return tuple(words)
