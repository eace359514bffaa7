"""Builds the token lattice: the ways to read numbers, signs, amounts and times.

From tokens (`normaliser.py`) to arcs (`token_lattice.py`).
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from voice2mqtt.languages.language import Language
from voice2mqtt.nlu.text.amounts import CURRENCIES, Amounts
from voice2mqtt.nlu.text.letters import APOSTROPHES, UNSPACED, folded
from voice2mqtt.nlu.text.numbers import MIN_DIGITS, Numerals
from voice2mqtt.nlu.text.times import Numbers, TimePhrase, TimePhrases, time_of
from voice2mqtt.nlu.text.token_lattice import (
    MINUS,
    ORDINAL,
    Keys,
    LatticeArc,
    Token,
    TokenLattice,
    as_whole,
    is_cardinal,
    number_of,
)

MAX_NUMBER_WORDS = 24
"""Words that one number may have."""
_MAX_NUMBER_LETTERS = 64
"""The same in scripts without spaces, whose words are letters here"""
_DIGITS = frozenset("0123456789")
_WRITTEN_PARTS = (0.25, 0.5, 0.75)
"""Of one: what is written 1/4, 1/2 and 3/4"""
_UNSPACED = re.compile(f"[{UNSPACED}]")
_DECADE_IN_DIGITS = re.compile(r"(\d*0)([^\W\d_]+)")
_POINTED_TIME = re.compile(r"(\d{1,2})\.([0-5]\d)")


class LatticeBuilder:
    """Builds lattices in one language, by its tokeniser `split` and its function for keys."""

    def __init__(
        self,
        language: Language,
        numerals: Numerals,
        split: Callable[[str], Sequence[Token]],
        key: Callable[[str], str],
    ) -> None:
        self._numerals = numerals
        self._key = key
        self._split = split
        self._signs: dict[str, list[Keys]] = {}
        """Sign to the ways to read it: several words, or another sign"""
        self._said_signs: dict[str, list[tuple[Keys, str]]] = {}
        """First word of a sign of several words to (all words, sign)"""

        def keys_of(words: str) -> Keys:
            return tuple(token.key for token in split(words))

        for sign, said in language.symbols.items():
            for keys in map(keys_of, said):
                if keys != (sign,):
                    self._signs.setdefault(sign, []).append(keys)
                    if len(keys) > 1:
                        self._said_signs.setdefault(keys[0], []).append((keys, sign))
        for short, whole in language.contractions.items():
            (contracted,) = keys_of(short)
            self._signs.setdefault(contracted, []).append(keys_of(whole))
            self._said_signs.setdefault(keys_of(whole)[0], []).append((keys_of(whole), contracted))
        self._said_before = frozenset(language.signs_said_before)
        self._clock = TimePhrases(
            [
                TimePhrase(times.minute, _keys_around_placeholders(words, keys_of))
                for times in language.clock
                for words in times.say
            ],
            {key(name): hour for name, hour in language.hours.items()},
        )
        units = language.durations
        self._parts_of_hours = (
            frozenset(key for words in (units.minutes, units.seconds) for key in keys_of(words))
            if units
            else frozenset()
        )
        """Units before which "twenty and one" is no time of day"""
        self._ones = frozenset(map(keys_of, language.ones))
        self._time_point = "." if language.decimal_comma else ""
        elided = language.elided
        self._elided = elided and re.compile(rf"({elided})[{APOSTROPHES}](.+)", re.IGNORECASE)
        self._elisions = {
            key(word): tuple(map(key, whole)) for word, whole in language.elisions.items()
        }
        parts = "|".join(part for part in language.fractions if " " not in part)
        joins = language.fractions_join and bool(parts)
        self._compound = joins and re.compile(rf"({parts})(\w{{3,}})", re.IGNORECASE)
        self._amounts = Amounts(language, keys_of)

    def build(self, text: str, tokens: tuple[Token, ...]) -> TokenLattice:
        """Return the lattice of `tokens`, the words of `text`."""
        outgoing: list[list[LatticeArc]] = [[] for _ in range(len(tokens) + 1)]
        keys = tuple(token.key for token in tokens)
        for at in range(len(tokens)):
            outgoing[at] += self._words_and_numbers(tokens, keys, at)
        numbers = [_cardinals(start) for start in outgoing]
        elided = dict(self._add_unjoined(tokens, outgoing))
        starts = (*range(len(keys)), *range(len(keys) + 1, len(outgoing)))
        amounts = {at: list(self._amounts_said(keys, numbers, outgoing, at)) for at in starts}
        for at, key in enumerate(keys):
            for words in self._spelt(key):
                _add_path(words, at, at + 1, outgoing, as_numbers=False)
            whole, part = divmod(number_of(key) or 0, 1)
            if whole > 0 and part in _WRITTEN_PARTS:
                # "2 1/2" is two and then one half, too.
                outgoing[at].append(LatticeArc(len(outgoing), number=int(whole)))
                outgoing.append([LatticeArc(at + 1, self._key(f"{part:g}"))])
            if in_digits := _DECADE_IN_DIGITS.fullmatch(tokens[at].surface):
                # "{n} s" may be seconds.
                _add_path(tuple(map(self._key, in_digits.groups())), at, at + 1, outgoing)
            for end, words in self._signs_read(keys, at):
                _add_path(words, at, end, outgoing)
        for at in starts:
            for end, words in amounts[at]:
                _add_path(words, at, end, outgoing)
        for at in starts:
            for end, part in dict.fromkeys(self._amounts.fractions(outgoing, at)):
                outgoing[at].append(LatticeArc(end, number=part))
        units = {(at, end) for at, said in amounts.items() for end, _ in said}
        for at in starts:
            units.update(self._add_below_zero(keys, outgoing, at))
        units.update(self._add_times(tokens, numbers, outgoing))
        arcs = tuple(tuple(dict.fromkeys(start)) for start in outgoing)
        lattice = TokenLattice(text, tokens, arcs, frozenset(units), elided)
        return replace(lattice, arcs=tuple(_without_partial_ordinals(lattice)))

    def _words_and_numbers(
        self, tokens: tuple[Token, ...], keys: Keys, at: int
    ) -> Iterator[LatticeArc]:
        for word in (keys[at], *self._elisions.get(keys[at], ())):
            yield LatticeArc(at + 1, word, number_of(word))
        wrong = self._amounts.articled_fractions(keys, at)
        yield from (said for said in self.numbers(tokens, at) if said.end not in wrong)
        yield from self._signs_said(keys, at)
        if keys[at : at + 2] in self._ones:
            yield LatticeArc(at + 1, number=1)

    def _add_below_zero(
        self, keys: Keys, outgoing: list[list[LatticeArc]], at: int
    ) -> Iterator[tuple[int, int]]:
        """Add the negative numbers from `at`; yield (first, last) of those with words behind."""
        if at < len(keys) and keys[at] == MINUS:
            outgoing[at] += [
                LatticeArc(end, number=-number) for end, number in _cardinals(outgoing[at + 1])
            ]
            return
        for after, number in _cardinals(outgoing[at]):
            for end in self._amounts.ends_below_zero(keys, after):
                outgoing[at].append(LatticeArc(end, number=-number))
                yield at, end
            for unit in outgoing[after] if after != len(keys) else ():
                for end in self._amounts.ends_below_zero(keys, unit.end) if unit.key else ():
                    outgoing.append([LatticeArc(end, unit.key)])
                    outgoing[at].append(LatticeArc(len(outgoing) - 1, number=-number))
                    yield at, end

    def _add_times(
        self, tokens: tuple[Token, ...], numbers: Numbers, outgoing: list[list[LatticeArc]]
    ) -> Iterator[tuple[int, int]]:
        """Add the times; yield (first, last) of those that are more than their numbers."""
        keys = tuple(self._in_digits(token) for token in tokens)
        for at, key in enumerate(keys):
            for end, time, is_plain in dict.fromkeys(self._clock.times(keys, numbers, at)):
                if end < len(keys) and keys[end] in self._parts_of_hours:
                    continue
                if not is_plain:
                    yield at, end
                hour, minute = str(time.hour), str(time.minute)
                digits = f"{hour}:{time.minute:02}"
                phrases = [((digits,), False), ((hour, minute), True), *self._clock.phrases(time)]
                if minute == "0" and end == at + 1 and time_of(key):
                    phrases.append(((hour,), True))
                for words, as_numbers in phrases:
                    _add_path(words, at, end, outgoing, as_numbers=as_numbers)
                    if digits in words and self._time_point and minute != "0":
                        # A "7.30" in the table has the key of a decimal.
                        pointed = self._key(digits.replace(":", self._time_point))
                        spelt = tuple(pointed if word == digits else word for word in words)
                        _add_path(spelt, at, end, outgoing, as_numbers=False)

    def _in_digits(self, token: Token) -> str:
        """Return the key of `token`, with a colon if it may be a time written with a point."""
        found = _POINTED_TIME.fullmatch(token.surface) if self._time_point else None
        return f"{int(found[1])}:{found[2]}" if found else token.key

    def _add_unjoined(
        self, tokens: tuple[Token, ...], outgoing: list[list[LatticeArc]]
    ) -> Iterator[tuple[int, tuple[int, int]]]:
        """Add the two words of "l'entrée" and "Viertelstunde".

        Yields (position, (token, character)) of where the second one of an elided word begins.
        """
        for at, token in enumerate(tokens):
            if number_of(token.key) is None:
                self._add_glued(tokens, at, outgoing)
            for pattern in (self._elided, self._compound):
                found = pattern and pattern.fullmatch(token.surface)
                first, second = map(self._key, found.groups()) if found else ("", "")
                if not found or not first or not second:
                    continue
                whole = self._elisions.get(first, ()) if pattern is self._elided else ()
                for word in (first, *whole):
                    _add_path((word, second), at, at + 1, outgoing)
                    if pattern is self._elided:
                        yield len(outgoing) - 1, (at, token.end - len(found[2]))

    def _add_glued(
        self, tokens: tuple[Token, ...], at: int, outgoing: list[list[LatticeArc]]
    ) -> None:
        """Add the number and the letters of "오십퍼센트" (50 %) and "לשבע" (to seven)."""
        plain = folded(tokens[at].surface)
        first = self._numerals.beginning(plain)
        if first:
            keys = (self._key(plain[:first]), self._key(plain[first:]))
            _add_path(keys, at, at + 1, outgoing)
            inside, compact, start = len(outgoing) - 1, plain[:first], at
            # "Sex þúsund og fimmhundraðkelvin": the number may have begun before.
            while start and at - start < MAX_NUMBER_WORDS:
                start -= 1
                word = self._number_word(tokens[start])
                if not word:
                    break
                compact = word + compact
                number = self._numerals.cardinal(compact)
                if number is not None:
                    outgoing[start].append(LatticeArc(inside, self._key(compact), number))
        before = self._numerals.ending(plain)
        if before:
            outgoing.append([])
            inside = len(outgoing) - 1
            outgoing[at].append(LatticeArc(inside, self._key(plain[:before])))
            rest = Token(self._key(plain[before:]), plain[before:])
            for said in self._single_and_several((rest, *tokens[at + 1 :]), 0):
                outgoing[inside].append(replace(said, end=at + said.end))

    def _amounts_said(
        self, keys: Keys, numbers: Numbers, outgoing: list[list[LatticeArc]], at: int
    ) -> Iterator[tuple[int, Keys]]:
        """Yield (end, keys) of amounts, with the unit before or after as it may be written."""
        for after, number in dict.fromkeys(_cardinals(outgoing[at])):
            for unit in outgoing[after] if after != len(keys) else ():
                if unit.key in CURRENCIES:
                    # "Five dollars" is written "$5".
                    yield unit.end, (unit.key, self._key(f"{number:.2f}"))
                if unit.number is None and number == int(number):
                    for end, more in self._amounts.added(keys, numbers, unit.key, unit.end):
                        amount = self._key(f"{number + more:.2f}")
                        yield end, (amount, unit.key)
                        if unit.key in CURRENCIES:
                            yield end, (unit.key, amount)
        for unit in outgoing[at]:
            if self._amounts.counted_alone(unit.key):
                for end, part in self._amounts.added(keys, numbers, unit.key, unit.end):
                    yield end, (self._key(f"{1 + part:.2f}"), unit.key)

    def numbers(self, tokens: tuple[Token, ...], at: int) -> Iterator[LatticeArc]:
        """Yield the numbers said in several words from `at`, shorter ones first."""
        compact = ""
        digits = one_by_one = True
        unspaced = _UNSPACED.match(tokens[at].surface)
        longest = _MAX_NUMBER_LETTERS if unspaced else MAX_NUMBER_WORDS
        for end in range(at, min(at + longest, len(tokens))):
            token = tokens[end]
            word = self._number_word(token)
            if not word:
                break
            digits = digits and token.surface[0].isdecimal()
            one_by_one = one_by_one and token.key in _DIGITS
            compact += word
            if one_by_one and end - at + 1 >= MIN_DIGITS and tokens[at].key != "0":
                in_a_row = "".join(each.key for each in tokens[at : end + 1])
                yield LatticeArc(end + 1, in_a_row, int(in_a_row))
            if end > at and not digits:
                number = self._numerals.cardinal(compact)
                if number is not None:
                    yield LatticeArc(end + 1, self._key(compact), as_whole(number))
                for other in (self._numerals.ordinal(compact), self._numerals.decade(compact)):
                    if other is not None:
                        yield LatticeArc(end + 1, self._key(compact), other)
        if tokens[at].key == MINUS and at + 1 < len(tokens):
            yield from (
                LatticeArc(after.end, "", -after.number)
                for after in self._single_and_several(tokens, at + 1)
                if after.number is not None
            )

    def _number_word(self, token: Token) -> str:
        """Return the compact word of `token` if it may be part of a number, else ""."""
        said = number_of(token.key if token.surface[0].isdecimal() else token.surface)
        if said is not None and (word := self._numerals.compact(said)):
            return word
        if said is None and (word := self._numerals.word(token.surface)):
            return word
        if number_of(token.key) is not None:
            return folded(token.surface)
        is_letter = _UNSPACED.match(token.surface)
        return self._numerals.letters(token.surface) if is_letter else ""

    def _single_and_several(self, tokens: tuple[Token, ...], at: int) -> Iterator[LatticeArc]:
        yield LatticeArc(at + 1, "", number_of(tokens[at].key))
        yield from self.numbers(tokens, at)

    def _signs_said(self, keys: Keys, at: int) -> Iterator[LatticeArc]:
        """Yield the signs that are said in several words from `at`."""
        for words, sign in self._said_signs.get(keys[at], ()):
            if keys[at : at + len(words)] == words:
                yield LatticeArc(at + len(words), sign)

    def _signs_read(self, keys: Keys, at: int) -> Iterator[tuple[int, Keys]]:
        """Yield (end, keys) of what the sign at `at` is read as."""
        for words in self._signs.get(keys[at], ()):
            yield at + 1, words
        after = keys[at + 1] if at + 1 < len(keys) else ""
        if keys[at] in CURRENCIES and number_of(after) is not None:
            # "$5" is said "five dollars".
            yield at + 2, (after, keys[at])
        if after in self._said_before and number_of(keys[at]) is not None:
            for words in ((after,), *self._signs.get(after, ())):
                yield at + 2, (*words, keys[at])

    def _spelt(self, key: str) -> Iterator[Keys]:
        """Yield the keys of the words of a number that has several.

        Of words only, without their numbers: 25 is not 20 and then 5.
        """
        number = number_of(key)
        if number is None or number < 0:
            return
        nth = key.endswith(ORDINAL)
        forms = self._numerals.spell_ordinal(int(number)) if nth else self._numerals.spell(number)
        for words in forms:
            keys = tuple(self._key(word) for word in words)
            if any(map(_UNSPACED.match, words)):
                keys = tuple(token.key for token in self._split(" ".join(words)))
            if len(keys) > 1:
                yield keys


def _without_partial_ordinals(lattice: TokenLattice) -> Iterator[tuple[LatticeArc, ...]]:
    """Yield the arcs of each position; the "cuarto" of "siete y cuarto", 7:15, is no fourth."""
    for at, start in enumerate(lattice.arcs):
        yield tuple(
            replace(arc, number=None)
            if arc.key.endswith(ORDINAL) and lattice.is_part_of_unit(at, arc.end)
            else arc
            for arc in start
        )


def _cardinals(arcs: list[LatticeArc]) -> list[tuple[int, float]]:
    return [
        (arc.end, arc.number) for arc in arcs if arc.number is not None and is_cardinal(arc.key)
    ]


def _keys_around_placeholders(words: str, keys_of: Callable[[str], Keys]) -> Keys:
    parts = re.split(r"(\{\w\})", words)
    return tuple(key for part in parts for key in ((part,) if part[:1] == "{" else keys_of(part)))


def _add_path(
    keys: Keys,
    start: int,
    end: int,
    outgoing: list[list[LatticeArc]],
    *,
    as_numbers: bool = True,
) -> None:
    """Add a path of `keys` from `start` to `end`, through new positions in between."""
    for last, key in enumerate(keys, start=1 - len(keys)):
        if last < 0:
            outgoing.append([])
        target = len(outgoing) - 1 if last < 0 else end
        outgoing[start].append(LatticeArc(target, key, number_of(key) if as_numbers else None))
        start = target
