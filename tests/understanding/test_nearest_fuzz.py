"""Whatever is said to whatever table, nearest sound finds something or nothing; it never raises."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.understanding.grammars import SENTENCES, SPOKEN, tables
from tests.understanding.homes import NOON, home
from voice2mqtt.core.decision import Ask, Fire
from voice2mqtt.core.outcome import Heard, Hypothesis
from voice2mqtt.pronunciation.letters import Letters
from voice2mqtt.understanding.compile import compile_table
from voice2mqtt.understanding.interpreter import Interpreter
from voice2mqtt.understanding.lint import lint
from voice2mqtt.understanding.match import Matcher
from voice2mqtt.understanding.nearest import NearestSentences
from voice2mqtt.understanding.normalise import normaliser
from voice2mqtt.understanding.policy import Policy
from voice2mqtt.understanding.table import CommandTable

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


def _nearest(table: CommandTable) -> NearestSentences:
    return NearestSentences(compile_table(table), WORDS, Letters())


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
    matcher = Matcher(compile_table(table), WORDS)
    for likeness in _nearest(table).find(text, 0.3):
        assert likeness.row in {parse.row for parse in matcher.parses(likeness.sentence)}


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
    house = Interpreter(table, policy, _nearest(table))
    for now_s, hypotheses in enumerate(said):
        text = hypotheses[0].text if hypotheses else ""
        heard = Heard(text=text, hypotheses=tuple(hypotheses))
        decisions = house.decide(heard, float(now_s), NOON)
        assert decisions
        assert all(decision.reason.text for decision in decisions)


@given(text=ANY_TEXT)
def test_talk_in_any_script_does_nothing(text: str) -> None:
    decisions = Interpreter(home(), nearest=HOME).decide(Heard(text=f"qq {text} qq"), 0.0, NOON)
    assert not any(isinstance(decision, Fire | Ask) for decision in decisions)


HOME = _nearest(home())


@settings(max_examples=30)
@given(table=tables())
def test_every_table_can_be_checked_by_sound(table: CommandTable) -> None:
    nearest = _nearest(table)
    looked = lint(table, Matcher(compile_table(table), WORDS), nearest)
    assert all(finding.problem and finding.cure for finding in looked.findings)
