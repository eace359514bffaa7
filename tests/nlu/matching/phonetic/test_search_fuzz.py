"""Whatever is said to whatever table, the phonetic search never raises."""

import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.examples import examples
from tests.nlu.grammars import SENTENCES, SPOKEN, tables
from tests.nlu.homes import NOON, home, published, row, text_list
from voice2mqtt.core.decision import Ask, Fire
from voice2mqtt.core.outcome import Heard, Hypothesis
from voice2mqtt.nlu.dialogue.interpreter import Interpreter
from voice2mqtt.nlu.dialogue.policy import Policy
from voice2mqtt.nlu.grammar.compiler import TableError, compile_table
from voice2mqtt.nlu.grammar.table import CommandTable, RangeList
from voice2mqtt.nlu.lint.report import lint
from voice2mqtt.nlu.matching.exact import ExactMatcher
from voice2mqtt.nlu.matching.phonetic.search import PhoneticMatcher
from voice2mqtt.nlu.text.normaliser import normaliser
from voice2mqtt.pronunciation.espeak import Espeak
from voice2mqtt.pronunciation.letters import Letters

WORDS = normaliser("en")
MISHEARD = st.lists(
    st.builds(
        lambda word, at, letter: word[:at] + letter + word[at + 1 :],
        st.sampled_from(SPOKEN),
        st.integers(0, 6),
        st.sampled_from(["", "a", "n", "é", "7"]),
    ),
    max_size=8,
).map(" ".join)
# No surrogates: they are no text, and no host can send them.
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=120)
TEXTS = st.one_of(
    SENTENCES,
    MISHEARD,
    ANY_TEXT,
    st.tuples(MISHEARD, SENTENCES).map(" and ".join),
)
CONFIDENCES = st.one_of(st.none(), st.floats(0.0, 1.0))
N_BEST = st.lists(
    st.builds(lambda text, sure: Hypothesis(text=text, confidence=sure), TEXTS, CONFIDENCES),
    max_size=4,
)


def _nearest(table: CommandTable) -> PhoneticMatcher:
    return PhoneticMatcher(compile_table(table), WORDS, Letters())


@given(table=tables(), hypotheses=N_BEST)
def test_a_search_finds_rows_of_the_table_each_meaning_once(
    table: CommandTable, hypotheses: Sequence[Hypothesis]
) -> None:
    found = _nearest(table).search(hypotheses)
    distances = [candidate.distance for candidate in found]
    assert all(0 <= distance <= 1 for distance in distances)
    assert all(0 <= candidate.row < len(table.rows) for candidate in found)
    meanings = [(c.row, tuple(sorted(c.slots.items()))) for c in found]
    assert len(set(meanings)) == len(meanings), "each meaning stands there once"


@given(table=tables(), text=TEXTS)
def test_what_is_found_by_sound_is_a_sentence_of_its_row(table: CommandTable, text: str) -> None:
    matcher = ExactMatcher(compile_table(table), WORDS)
    for match in _nearest(table).find(text, 0.3):
        rows = {parse.row for parse in matcher.parses(match.sentence)}
        # Or a sentence that breaks off: free text that swallowed the own words of its row.
        assert match.row in rows | matcher.unfinished(match.sentence)


@given(table=tables(), heard=TEXTS, said=TEXTS)
def test_any_two_texts_have_a_distance(table: CommandTable, heard: str, said: str) -> None:
    nearest = _nearest(table)
    assert 0 <= nearest.distance(heard, said) <= 1
    assert nearest.distance(heard, heard) < 1e-6


@given(table=tables(), said=st.lists(N_BEST, max_size=3), wake=st.booleans(), ask=st.booleans())
def test_deciding_by_sound_never_raises(
    table: CommandTable, said: Sequence[Sequence[Hypothesis]], wake: bool, ask: bool
) -> None:
    policy = Policy(wake_phrases=("hey lamp",) if wake else (), ask=ask)
    interpreter = Interpreter(table, policy, _nearest(table))
    for now_s, hypotheses in enumerate(said):
        text = hypotheses[0].text if hypotheses else ""
        heard = Heard(text=text, hypotheses=tuple(hypotheses))
        decisions = interpreter.decide(heard, float(now_s), NOON)
        assert decisions
        assert all(decision.reason.text for decision in decisions)


@given(text=ANY_TEXT)
def test_talk_in_any_script_does_nothing(text: str) -> None:
    decisions = Interpreter(home(), phonetic=_at_home()).decide(
        Heard(text=f"qq {text} qq"), 0.0, NOON
    )
    assert not any(isinstance(decision, Fire | Ask) for decision in decisions)


@lru_cache
def _at_home() -> PhoneticMatcher:
    return _nearest(home())


@examples(0.2)
@given(table=tables())
def test_every_table_can_be_checked_by_sound(table: CommandTable) -> None:
    nearest = _nearest(table)
    looked = lint(table, ExactMatcher(compile_table(table), WORDS), nearest)
    assert all(finding.problem and finding.cure for finding in looked.findings)


_BRACKETS = frozenset("()[]{}<>|;:\\")
"""What means something in a template."""


class Silent:
    """Has no sounds for words with one of the letters `mute`, and letters for all others."""

    def __init__(self, mute: str) -> None:
        self._mute = frozenset(mute)

    def pronounce(self, words: Sequence[str]) -> Sequence[tuple[str, ...]]:
        return [() if self._mute & {*word} else tuple(word) for word in words]


ANY_WORDS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="".join(_BRACKETS)), max_size=12
)


@examples(0.5)
@given(
    value=ANY_WORDS,
    other=ANY_WORDS,
    before=ANY_WORDS,
    mute=st.sampled_from(["", "lamp", "0123456789", "".join(map(chr, range(0x20, 0x300)))]),
    texts=st.lists(ANY_TEXT, max_size=2),
)
def test_words_without_sounds_anywhere_raise_nothing_and_fill_no_slot(
    value: str, other: str, before: str, mute: str, texts: Sequence[str]
) -> None:
    table = CommandTable(
        rows=(
            row("on", f"on {before} {{x}}", "on", "{x}"),
            row("level", f"{before} level [{{n}}]", "level", "{n}"),
        ),
        lists={
            "x": text_list(one=f"lamp {value}", two=f"{other} fan", three=value),
            "n": RangeList(lowest=0, highest=100),
        },
    )
    try:
        nearest = PhoneticMatcher(compile_table(table), WORDS, Silent(mute))
    except TableError:
        assume(False)  # it is refused at load
    interpreter = Interpreter(table, phonetic=nearest)
    for heard in ("on lamp", f"on {before}", f"{before} level 50", f"lamp {value} {other}", *texts):
        assert interpreter.decide(Heard(text=heard), 0.0, NOON)
        interpreter.reset()
    assert published(interpreter.decide(Heard(text=f"{before} levle"), 0.0, NOON)) == []


CATEGORIES = (
    *("Cc", "Cf", "Ll", "Lm", "Lo", "Lt", "Lu", "Mc", "Me", "Mn", "Nd", "Nl", "No"),
    *("Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "Sc", "Sk", "Sm", "So", "Zl", "Zp", "Zs"),
)
"""Of Unicode; all but those of what is not assigned."""


@lru_cache
def _characters() -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    # Nearly all beyond is unassigned, and would take a second to look through.
    for code in range(0x30000):
        found[unicodedata.category(chr(code))].append(chr(code))
    return found


@lru_cache
def _voice(language: str) -> Espeak:
    return Espeak(language)


@pytest.mark.parametrize("language", ["en-us", "he", "ja"])
@pytest.mark.parametrize("category", CATEGORIES)
def test_characters_of_each_kind_may_stand_in_a_slot(category: str, language: str) -> None:
    all_of = _characters()[category]
    some = [sign for sign in all_of[:: max(1, len(all_of) // 8)] if sign not in _BRACKETS]
    values = {
        f"{sign} {number}": f"{'lamp' * (number > 0)} {sign}"
        for sign in some
        for number in range(2)
        if sign.strip()
    }
    table = CommandTable(
        rows=(row("on", "turn on the {x}", "on", "{x}"),),
        lists={"x": text_list(fan="fan", **values)},
        language=language,
    )
    nearest = PhoneticMatcher(compile_table(table), normaliser(language), _voice(language))
    interpreter = Interpreter(table, phonetic=nearest)
    for heard in ("turn on the lamp", "turn on teh fan", *(f"turn on the {s}" for s in some)):
        assert interpreter.decide(Heard(text=heard), 0.0, NOON)
        interpreter.reset()
    assert published(interpreter.decide(Heard(text="turn on the"), 0.0, NOON)) == []
