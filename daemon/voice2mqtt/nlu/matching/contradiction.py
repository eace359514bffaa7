"""Small words that make the contrary of a sentence, another one, or a report of it.

"Turn off the oven" is as near to "turn on the oven" as "study like" is to "study light"; "don't
open the door" and "I opened the door" hold the whole command; and where a home has a bedroom
only, its "bathroom" was not misheard. Whoever goes by sound must know the words with which that
does not do: opposites, denials, who tells of doing it, and what is found in every home. In a
language without an entry, sound alone is no reason to act (`are_known`); in any, a longer word
of the table is not said and not heard, or the other way round, where all around it fits.
"""

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import pairwise

from voice2mqtt.languages.language import ContradictionWords, language_named
from voice2mqtt.nlu.text.letters import APOSTROPHES
from voice2mqtt.nlu.text.normaliser import normaliser

_STEM = 4
"""Letters from which on a word tells something, and two that begin so may be forms of one."""
_ALIKE = 3
"""Letters with which numbers begin that may be misheard for one another: "sixteen", "sixty"."""
_LONGEST_NUMBER = 9
"""Digits; who says more of them says a name."""
_ELISION = re.compile(f"[{APOSTROPHES}]")


def are_known(language: str) -> bool:
    """Whether there are words of `language`; without, what sounds alike is asked about at most.

    "Lås dörren" (lock the door) is as near to "lås upp dörren" (unlock it) as what was misheard.
    """
    return language_named(language).contradiction is not None


class Contradictions:
    """Those of one language."""

    def __init__(self, language: str, table: frozenset[str] = frozenset()) -> None:
        """`language` is a tag such as "de" or "en-GB", `table` the words that can be said."""
        spoken = language_named(language)
        words = spoken.contradiction or ContradictionWords()
        negations = spoken.negations if spoken.contradiction else ()
        self._normaliser = normaliser(language)
        self._words = lru_cache(maxsize=100)(self._split)
        """Key and writing of the words of a text, an elided one by itself."""
        self._elided = words.elided
        self._table = table
        self._fillers = self._keys(" ".join(spoken.fillers))
        kinds = [(kind - table, kind) for kind in map(self._keys, words.kinds)]
        self._others = [(line, line) for line in map(self._keys, words.opposites)] + kinds
        """Words that cannot be heard for any of theirs."""
        self._denials = self._keys(" ".join((*negations, *words.denials)))
        self._subjects = self._keys(" ".join(words.subjects))

    def in_any(self, heard: Iterable[str], said: str) -> str | None:
        """Return what `found` returns for the first of `heard` in which there is a word."""
        found = (self.found(text, said) for text in dict.fromkeys(heard))
        return next(filter(None, found), None)

    def found(self, heard: str, said: str) -> str | None:
        """Return the word by which `heard` is no way to say `said`; None without one.

        It counts only among words of `said`: what was misheard from end to end may hold any word.
        """
        there = self._words(heard)
        words, meant = ([key for key, _ in found] for found in (there, self._words(said)))
        if not meant:
            return None
        known = {*meant, ""}
        pairs = set(zip(["", *meant], [*meant, ""], strict=True))
        neighbours = zip(["", *words], [*words[1:], ""], strict=False)
        for (word, surface), (before, after) in zip(there, neighbours, strict=False):
            if word in known:
                continue
            if word in self._denials and (before, after) in pairs:
                return surface
            if word in self._subjects and after and after.startswith(meant[0]):
                return surface
            for strange, group in self._others:
                if word in strange and _fits(after, known):
                    others = group.intersection(meant).difference(words)
                    # "And lock" is heard for "unlock", too.
                    part = any(other.endswith(word) for other in others)
                    if others and (not part or _fits(before, known)):
                        return surface
        return self._telling(words, meant)

    def another_number(self, heard: str, said: str) -> bool:
        """Whether `heard` has a number where `said` has another one that sounds unlike it.

        "Eight ounces" are no twenty, but may be eighteen.
        """
        words, meant = ([key for key, _ in self._words(text)] for text in (heard, said))
        wanted = {after: key for key, after in pairwise([*meant, ""]) if _is_number(key)}
        return any(
            _is_number(key)
            and key not in meant
            and wanted.get(after, key) not in words
            and not self._sound_alike(key, wanted[after])
            for key, after in pairwise([*words, ""])
        )

    def _sound_alike(self, *numbers: str) -> bool:
        forms = (self._normaliser.spell(int(number)) or ((number,),) for number in numbers)
        one, other = ("".join(words)[:_ALIKE] for words, *_ in forms)
        return one == other

    def _telling(self, words: Sequence[str], meant: Sequence[str]) -> str | None:
        """Return a word of the table that tells what was heard from what is meant.

        One heard in the place of another; or heard where nothing is meant, with none but words of
        the table beside it ("with *some* milk"); or meant, where all else was heard. A "please" is
        neither here nor there.
        """
        matched = SequenceMatcher(None, meant, words, autojunk=False).get_opcodes()
        unlike = [part for part in matched if part[0] != "equal"]
        runs: list[Sequence[str]] = []
        for what, first, last, start, end in unlike:
            is_one = last - first == end - start == 1 and words[start] not in meant
            if (what == "insert" or is_one) and self._table.issuperset(words[start:end]):
                runs.append(words[start:end])
            if what == "delete" and len(unlike) == 1:
                runs.append(meant[first:last])
        telling = (word for run in runs for word in run if word not in self._fillers)
        return next((word for word in telling if len(word) >= _STEM), None)

    def _keys(self, line: str) -> frozenset[str]:
        return frozenset(key for key, _ in self._words(line))

    def _split(self, text: str) -> list[tuple[str, str]]:
        words: list[tuple[str, str]] = []
        for token in self._normaliser.tokens(text):
            apart = _ELISION.split(token.surface, maxsplit=1)
            parts = apart if apart[0].lower() in self._elided else [token.surface]
            words += [(self._normaliser.key(part), part) for part in parts]
        return words


def _is_number(key: str) -> bool:
    return key.isdecimal() and len(key) <= _LONGEST_NUMBER


def _fits(word: str, known: set[str]) -> bool:
    """Whether it is one of `known`, or another form of one: "light" for "lights"."""
    return word in known or any(
        len(other) >= _STEM <= len(word) and (other.startswith(word) or word.startswith(other))
        for other in known
    )
