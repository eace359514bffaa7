import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.settings.home_assistant.importing import imported, matches
from tests.settings.reading import table
from voice2mqtt.nlu.grammar.table import TextList
from voice2mqtt.settings.yaml.faults import FaultsError

_SENTENCES = """
language: nl
intents:
  SetVolume:
    data:
      - sentences:
          - "(zet|maak) {media_player} volume op {volume} [procent]"
          - "<what> volume {volume:level}"
        slots: {domain: media_player, steps: 2}
        requires_context: {domain: light}
      - sentences: ["stil in {area}", "harder <name>", "(kapot"]
        lists: {media_player: {values: [other]}}
lists:
  media_player:
    values:
      - {in: woonkamer, out: media_player.living_room, context: {a: b}}
      - "(slaap|bad)kamer"
      - {in: radio, out: 5}
      - plat
  volume: {range: {from: 0, to: 100, type: percentage, fractions: halves, digits: true}}
  song: {wildcard: true}
expansion_rules: {what: "[de] {media_player}"}
skip_words: [graag]
"""


def test_custom_sentences_become_a_table_that_can_be_read() -> None:
    written = imported(_SENTENCES).table()
    assert written == (
        "language: nl\n"
        "skip_words: [graag]\n"
        "\n"
        "lists:\n"
        "  volume: {range: {from: 0, to: 100, type: percentage, fractions: halves}}\n"
        "  song: {wildcard: true}\n"
        '  media_player_light: [{in: "(slaap|bad)kamer", out: slaapkamer}, {in: radio, out: 5}, '
        "plat]\n"
        "  area: [one, two]\n"
        "\n"
        "rules:\n"
        '  what_2: "[de] {media_player_light:media_player}"\n'
        "\n"
        "commands:\n"
        "  - name: SetVolume 2\n"
        '    say: "stil in {area}"\n'
        "    topic: home/intent/SetVolume\n"
        '    payload: {area: "{area}"}\n'
        "\n"
        "  - name: SetVolume\n"
        "    say:\n"
        '      - "(zet|maak) {media_player_light:media_player} volume op {volume} [procent]"\n'
        '      - "<what_2> volume {volume:level}"\n'
        "    topic: home/intent/SetVolume\n"
        "    payload: {domain: media_player, steps: 2, media_player: "
        '"{media_player}", volume: "{volume}", level: "{level}"}\n'
    )
    assert [row.name for row in table(written).rows] == ["SetVolume 2", "SetVolume"]


_KNOWN_THERE = "Home Assistant from what it knows; write its words under lists:"
_BUILT_IN = "the rule name is built into Home Assistant, or contains itself; write it under rules:"


def test_what_has_no_counterpart_or_is_missing_is_noted() -> None:
    gathered = imported(_SENTENCES)
    gathered.table()
    assert gathered.notes == [
        f"the list area is filled by {_KNOWN_THERE}",
        f"SetVolume: 'harder <name>' is left out: {_BUILT_IN}",
        "SetVolume: '(kapot' is left out: '(' is never closed",
        "the context domain is not looked at: what requires or excludes it acts whatever it is",
    ]


def test_rules_that_lead_nowhere_are_left_out() -> None:
    gathered = imported("""
intents: {Hello: {data: [{sentences: ["hello <to>"]}]}}
expansion_rules:
  to: world
  spare: "[spare] <to>"
  where: "in [the] {area}"
  there: "over <where>"
  who: "<name>"
  circle: "go <circle>"
  broken: "(oh"
""")
    assert list(table(gathered.table()).rules) == ["to", "spare"]
    assert gathered.notes == [
        "the rule where is left out: there is no list area, and no sentence uses it",
        "the rule there is left out: there is no list area, and no sentence uses it",
        (
            "the rule who is left out: there is no rule name, or it contains itself, and no "
            "sentence uses it"
        ),
        (
            "the rule circle is left out: there is no rule circle, or it contains itself, and no "
            "sentence uses it"
        ),
        "the rule broken is left out: '(' is never closed, and no sentence uses it",
    ]


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("lights on", "On"),
        ("please lights on", "On"),
        ("lights on please", "On"),
        ("could you please lights off", "Off"),
        ("could you please please lights off", "Off"),
        ("could you lights off please", "Off"),
        ("dark", "Off"),
        ("lights please on", "On"),
        ("lights on please dear", ""),
    ],
)
def test_skip_words_may_be_said_anywhere(text: str, intent: str) -> None:
    written = imported("""
intents:
  On: {data: [{sentences: ["lights on"]}]}
  Off: {data: [{sentences: ["lights off|dark"]}]}
skip_words: [please, could you, "(sic)"]
expansion_rules: {skip_words: something else}
""").table()
    assert [name for name, _ in matches(written, text)] == ([intent] if intent else [])


def test_what_is_said_beats_what_a_block_fixes() -> None:
    written = imported("""
intents: {Dim: {data: [{sentences: ["dim [to {n}]"], slots: {n: 10, domain: light}}]}}
lists: {n: {range: {from: 0, to: 100}}}
""").table()
    (row,) = table(written).rows
    assert row.defaults == {"n": 10}


def test_true_and_false_stay_what_they_are() -> None:
    written = imported("""
intents: {Set: {data: [{sentences: ["set it {state}"]}]}}
lists: {state: {values: [{in: up, out: true}, {in: down, out: false}, {in: away, out: off}]}}
""").table()
    state = table(written).lists["state"]
    assert isinstance(state, TextList)
    assert [value.out for value in state.values] == [True, False, "off"]


def test_own_words_come_before_free_text() -> None:
    written = imported("""
intents:
  Play: {data: [{sentences: ["play {song}"]}]}
  PlayOnTv: {data: [{sentences: ["play {genre} on the tv"]}]}
lists: {song: {wildcard: true}, genre: {values: [jazz, rock]}}
""").table()
    assert next(name for name, _ in matches(written, "play jazz on the tv")) == "PlayOnTv"
    assert next(name for name, _ in matches(written, "play jazz")) == "Play"


def test_a_device_is_found_by_its_name_first() -> None:
    written = imported("""
intents:
  Light: {data: [{sentences: ["[the] lamp [to] {color}"]}]}
  Set: {data: [{sentences: ["{name} [to] {color}"]}]}
lists: {color: {values: [red]}, name: {values: [lamp]}}
""").table()
    assert next(name for name, _ in matches(written, "lamp to red")) == "Set"


def test_the_row_that_leaves_fewest_words_to_free_text_is_meant() -> None:
    written = imported("""
intents:
  Play: {data: [{sentences: ["play {song}"]}]}
  PlayBy: {data: [{sentences: ["play {song} by {artist}"]}]}
lists: {song: {wildcard: true}, artist: {wildcard: true}}
""").table()
    assert next(name for name, _ in matches(written, "play roxanne by sting")) == "PlayBy"


def test_numbers_are_understood_in_the_words_of_the_language_that_a_list_names() -> None:
    written = imported("""
language: en
intents: {Dial: {data: [{sentences: ["dial {code}", "tune to {key}", "heat to {n}"]}]}}
lists:
  code: {range: {from: 0, to: 100, words_language: de}}
  key: {values: [C, "C#"]}
  n: {range: {from: 0, to: 100, words: false, digits: false, words_language: en}}
""").table()
    for said in ("dial fünfzig", "dial 50"):
        assert matches(written, said) == [("Dial", {"code": 50})]
    assert matches(written, "dial fifty") == matches(written, "dial 50")
    assert matches(written, "tune to C") == [("Dial", {"key": "C"})]
    assert matches(written, "tune to C#") == matches(written, "tune to c sharp")
    assert matches(written, "tune to C#") == [("Dial", {"key": "C#"})]
    for said in ("heat to fifty", "heat to 50"):
        assert matches(written, said) == [("Dial", {"n": 50})]


def test_empty_lists_are_none() -> None:
    written = imported("""
intents: {Hello: {data: [{sentences: ["hello"]}, {sentences: []}]}}
skip_words: []
""").table()
    assert [row.name for row in table(written).rows] == ["Hello"]


def test_several_files_make_one_table() -> None:
    written = imported(
        "intents: {Hello: {data: [{sentences: [hello <to>]}]}}\n",
        "conversation: {intents: {Bye: [bye]}}\nexpansion_rules: {to: world}\n",
    ).table()
    assert [(row.name, row.say) for row in table(written).rows] == [
        ("Hello", ("hello <to>",)),
        ("Bye", ("bye",)),
    ]


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        pytest.param(
            "- a\n",
            "x.yaml:1:1: expected intents, lists or expansion_rules, found a list",
            id="list",
        ),
        pytest.param(
            "intents: {A: {data: [{slots: {}}]}}\n",
            "x.yaml:1:22: 'sentences' is missing; it is what is said",
            id="no-sentences",
        ),
        pytest.param(
            "lists: {a: [b]}\n",
            "x.yaml:1:12: expected values, a range or a wildcard, found a list",
            id="list-of-nothing",
        ),
        pytest.param(
            "lists: {a: {values: [{out: b}]}}\n",
            "x.yaml:1:22: expected a text or {in: …, out: …}, found a mapping",
            id="value-without-in",
        ),
    ],
)
def test_a_file_of_another_form_is_told(file: str, sentence: str) -> None:
    with pytest.raises(FaultsError) as caught:
        imported(file)
    assert caught.value.report.split("\n")[0] == sentence


_TEXTS = st.text(alphabet="ab {}[]()<>|:.0\\é", max_size=10)
_NAMES = st.sampled_from(
    [
        "intents",
        "lists",
        "expansion_rules",
        "conversation",
        "data",
        "sentences",
        "slots",
        "values",
        "range",
        "in",
        "out",
        "a",
    ]
)
_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), _TEXTS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(_NAMES, inner, max_size=4)
    ),
    max_leaves=12,
)
_DATA = st.fixed_dictionaries(
    {"sentences": st.lists(_TEXTS, max_size=3)},
    optional={"lists": _VALUES, "slots": _VALUES, "expansion_rules": _VALUES},
)


@given(data=_DATA, lists=_VALUES, rules=st.dictionaries(_NAMES, _TEXTS, max_size=3))
def test_whatever_a_file_holds_it_is_imported_or_told(
    data: object, lists: object, rules: object
) -> None:
    file = {
        "intents": {"A": {"data": [data]}},
        "lists": lists,
        "expansion_rules": rules,
        "skip_words": ["a", "(b"],
    }
    told = ""
    try:
        table(imported(json.dumps(file)).table())
    except FaultsError as error:
        told = str(error)
    assert told == "" or told.startswith("x.yaml:")
