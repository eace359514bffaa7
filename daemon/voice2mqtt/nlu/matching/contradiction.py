"""Words that forbid to take what was heard for a sentence that it sounds like.

"Turn off the oven" is as near to "turn on the oven" as "study like" is to "study light"; "don't
open the door" and "I opened the door" contain the whole command; and in a home with a bedroom only,
"bathroom" was not a misheard bedroom. So the data file of a language lists opposites, denials, the
subjects of a report, and things found in every home. In a language without such a list, sound alone
never acts (`are_known`). In any language, a longer word of the table also contradicts if it was
heard but not meant, or meant but not heard, while all around it matches.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import dropwhile, pairwise

from voice2mqtt.languages.language import ContradictionWords, language_named
from voice2mqtt.nlu.matching.candidate import Candidate
from voice2mqtt.nlu.text.letters import APOSTROPHES
from voice2mqtt.nlu.text.normaliser import normaliser
from voice2mqtt.nlu.text.token_lattice import Keys

_MIN_STEM = 4
"""Letters of a word that may contradict, and that two inflections of a word share."""
_SHARED_LETTERS = 3
"""Words that begin with the same letters may be confused or one: "sixteen", "sixty"."""
_MAX_DIGITS = 9
"""More digits are a name, not a number."""
_ELISION = re.compile(f"[{APOSTROPHES}]")


def are_known(language: str) -> bool:
    """Return whether `language` has such words; without them, sound alone never acts.

    "Lås dörren" (lock the door) is as near to "lås upp dörren" (unlock it) as a misheard word.
    """
    return language_named(language).contradiction is not None


class Contradictions:
    """The contradictions of one language."""

    def __init__(
        self,
        language: str,
        table: frozenset[str] = frozenset(),
        sound_the_same: Callable[[str, str], bool] = lambda _one, _other: False,
        skipped: Iterable[Keys] = (),
    ) -> None:
        """Read the words of a language.

        Args:
            language: a tag such as "de" or "en-GB".
            table: the words that can be said.
            sound_the_same: whether two words are homophones.
            skipped: words that mean nothing wherever they are said.
        """
        spoken = language_named(language)
        words = spoken.contradiction or ContradictionWords()
        negations = spoken.negations if spoken.contradiction else ()
        self._normaliser = normaliser(language)
        self._words = lru_cache(maxsize=100)(self._split)
        """(key, surface) of the words of a text, elided ones by themselves"""
        self._elided = words.elided
        self._table = table
        self._are_forms = self._normaliser.inflection.are_forms
        self._sound_the_same = sound_the_same
        self._fillers = self._keys(" ".join(spoken.fillers)).union(*skipped)
        kinds = [(kind - table, kind) for kind in map(self._keys, words.kinds)]
        self._opposites = list(map(self._keys, words.opposites))
        self._acts = frozenset[str]().union(*self._opposites)
        self._others = [(line, line) for line in self._opposites] + kinds
        """(words, group): none of `words` is misheard for another word of `group`"""
        self._denials = self._keys(" ".join((*negations, *words.denials)))
        self._subjects = self._keys(" ".join(words.subjects))

    def in_any(self, heard: Iterable[str], said: str) -> str | None:
        """Return the first word that `found` returns for any of `heard`, else None."""
        found = (self.found(text, said) for text in dict.fromkeys(heard))
        return next(filter(None, found), None)

    def found(self, heard: str, said: str) -> str | None:
        """Return the word of `heard` that contradicts `said`, else None.

        It counts only next to words of `said`: what was misheard altogether may have any word.
        """
        there = self._words(heard)
        words, meant = ([key for key, _ in found] for found in (there, self._words(said)))
        if not meant:
            return None
        known = {*meant, ""}
        if subject := self._reporter(there, meant):
            return subject
        pairs = set(zip(["", *meant], [*meant, ""], strict=True))
        # The word after it may be misheard: "no habrá" for "no abra".
        apart = set(zip(["", *meant[:-1]], [*meant[1:], ""], strict=True))
        neighbours = zip(["", *words], [*words[1:], ""], [*words[2:], "", ""], strict=False)
        for (word, surface), (before, after, next_but_one) in zip(there, neighbours, strict=False):
            if word in known:
                continue
            left, right = self._as_meant(before, meant), self._as_meant(after, meant)
            if word in self._denials and (
                (left, right) in pairs or (right not in known and (left, next_but_one) in apart)
            ):
                return surface
            for strange, group in self._others:
                if word in strange and _fits(after, known):
                    others = group.intersection(meant).difference(words)
                    # "Unlock" may be heard as "and lock", too.
                    part = any(other.endswith(word) for other in others)
                    if others and (not part or _fits(before, known)):
                        return surface
        return self._table_word(words, meant) or self._another_number(words, meant)

    def _reporter(self, heard: Sequence[tuple[str, str]], meant: Sequence[str]) -> str | None:
        """Return the subject of a report of what is meant: "*he* has closed the blinds".

        Behind it and its verbs comes the first word of what is meant, in any form.
        """
        words = [key for key, _ in heard]
        for at, (word, surface) in enumerate(heard):
            if word in self._subjects and word not in meant:
                after = next(dropwhile(self._subjects.__contains__, words[at:]), "")
                if after.startswith(meant[0]) or self._are_forms(after, meant[0]):
                    return surface
        return None

    def _as_meant(self, word: str, meant: Sequence[str]) -> str:
        """Return the word of `meant` that `word` is a form of, else `word`."""
        return next((other for other in meant if self._are_forms(word, other)), word)

    def left_open(self, best: Candidate, others: Iterable[Candidate]) -> Candidate | None:
        """Return another meaning that has an opposite of a word of `best`, if neither was heard.

        "Turn the volume" is neither up nor down, though the shorter word is the nearer one.
        """
        words = [key for key, _ in self._words(best.heard)]
        one = self._unheard(best.sentence, words)
        groups = [group for group in self._opposites if group & one]
        for other in others if groups else ():
            another = self._unheard(other.sentence, words) - one
            if any(group & another for group in groups):
                # As near as the best, since nothing was heard that tells them apart.
                return replace(other, distance=best.distance)
        return None

    def _unheard(self, said: str, words: Sequence[str]) -> set[str]:
        """Return the words of `said` that neither `words` have nor others in their place."""
        meant = [key for key, _ in self._words(said)]
        matched = SequenceMatcher(None, meant, words, autojunk=False).get_opcodes()
        return {
            key
            for what, first, last, *_ in matched
            if what == "delete"
            for key in meant[first:last]
        }

    def _another_number(self, words: Sequence[str], meant: Sequence[str]) -> str | None:
        """Return the number of `words` where `meant` has one that sounds different.

        "Eight ounces" is not twenty ounces, but may be eighteen.
        """
        wanted = {after: key for key, after in pairwise([*meant, ""]) if _is_number(key)}
        numbers = (
            key
            for key, after in pairwise([*words, ""])
            if _is_number(key)
            and key not in meant
            and wanted.get(after, key) not in words
            and not self._sound_alike(key, wanted[after])
        )
        return next(numbers, None)

    def _sound_alike(self, *numbers: str) -> bool:
        forms = (self._normaliser.spell(int(number)) or ((number,),) for number in numbers)
        one, other = ("".join(words)[:_SHARED_LETTERS] for words, *_ in forms)
        return one == other

    def _table_word(self, words: Sequence[str], meant: Sequence[str]) -> str | None:
        """Return a word of the table in which what was heard differs from what is meant.

        One that was heard for another; or that was inserted, with only words of the table around
        it ("with *some* milk"); or that is missing, where everything else was heard, if it is no
        subject ("la porte est-*elle* fermée"). Fillers such as "please" do not count, nor does
        another form of the word or one that sounds the same.
        """
        matched = SequenceMatcher(None, meant, words, autojunk=False).get_opcodes()
        unlike = [part for part in matched if part[0] != "equal"]
        runs: list[Sequence[str]] = []
        for what, first, last, start, end in unlike:
            is_one = last - first == end - start == 1 and words[start] not in meant
            if is_one and self._are_one_word(words[start], meant[first]):
                continue
            if is_one and self._is_another_act(words[start], meant[first]):
                return words[start]
            if (what == "insert" or is_one) and self._table.issuperset(words[start:end]):
                runs.append(words[start:end])
            if what == "delete" and len(unlike) == 1:
                runs.append([word for word in meant[first:last] if word not in self._subjects])
        candidates = (word for run in runs for word in run if word not in self._fillers)
        return next((word for word in candidates if len(word) >= _MIN_STEM), None)

    def _is_another_act(self, heard: str, meant: str) -> bool:
        """Return whether both have opposites, and are unlike: "aus" was not heard for "leiser"."""
        # Other forms of a word begin alike: "encender" and "enciende".
        unlike = len(meant) >= _MIN_STEM and not heard.startswith(meant[:_SHARED_LETTERS])
        return unlike and {meant, heard} <= self._acts

    def _are_one_word(self, heard: str, meant: str) -> bool:
        return self._are_forms(heard, meant) or self._sound_the_same(heard, meant)

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
    return key.isdecimal() and len(key) <= _MAX_DIGITS


def _fits(word: str, known: set[str]) -> bool:
    """Whether `word` is one of `known` or an inflection of one: "light" for "lights"."""
    return word in known or any(
        len(other) >= _MIN_STEM <= len(word) and (other.startswith(word) or word.startswith(other))
        for other in known
    )
