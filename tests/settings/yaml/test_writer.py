import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.settings.reading import document
from voice2mqtt.nlu.grammar.table import Json
from voice2mqtt.settings.yaml.faults import Faults
from voice2mqtt.settings.yaml.nodes import json as as_json
from voice2mqtt.settings.yaml.writer import block, inline

_TEXTS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["on", "No", "null", "5", "-", "a: b", "a #b", " a", "a ", "{a}", "a, b", "~"]),
)
_VALUES: st.SearchStrategy[Json] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**15), 10**15), _TEXTS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(_TEXTS, inner, max_size=3)
    ),
    max_leaves=10,
)


@given(value=_VALUES)
def test_what_is_written_is_read_back(value: Json) -> None:
    for written in (inline(value), block(value)):
        assert as_json(document(written), Faults("x")) == value, json.dumps(written)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        pytest.param("good night", "good night", id="plain"),
        pytest.param("ON", '"ON"', id="yamls-truth"),
        pytest.param("the {room}", '"the {room}"', id="slot"),
        pytest.param({"a": [1, "b c"]}, "{a: [1, b c]}", id="nested"),
        pytest.param("a\u2028b", '"a\\u2028b"', id="forbidden"),
    ],
)
def test_quotes_stand_only_where_they_must(value: Json, written: str) -> None:
    assert inline(value) == written
