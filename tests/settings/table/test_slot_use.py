import pytest

from tests.settings.reading import first_lines, table, table_report


def _table(row: str) -> str:
    return (
        "lists: {room: [hall], shade: [red]}\n"
        'rules: {where: "in [the] {room}", again: "<again> b", lost: "to {nowhere}"}\n'
        f"commands:\n  - {row}\n"
    )


_FLAWED_RULES = [
    "x.yaml:2:43: the rule again contains itself; a rule must end",
    "x.yaml:2:65: there is no list nowhere; known here: room, shade",
]


@pytest.mark.parametrize(
    "row",
    [
        pytest.param('{say: "light {room}", topic: "h/{room}", payload: p}', id="always-spoken"),
        pytest.param(
            '{say: "light [{room}]", topic: "h/{room}", payload: p, defaults: {room: all}}',
            id="unspoken-with-default",
        ),
        pytest.param(
            '{say: "light [{room}]", topic: h, payload: {where: "{room}", n: 1}}',
            id="left-out-of-json",
        ),
        pytest.param(
            '{say: "(light in {room}|{room} light)", topic: "h/{room}", payload: p}',
            id="in-both-alternatives",
        ),
        pytest.param('{say: "(light;{room})", topic: "h/{room}", payload: p}', id="in-any-order"),
        pytest.param('{say: "light <where>", topic: "h/{room}", payload: p}', id="by-a-rule"),
        pytest.param('{say: "light {room:place}", topic: "h/{place}", payload: p}', id="renamed"),
        pytest.param(
            '{say: "light {0..100:level}", topic: h, payload: "{level}"}', id="range-on-the-spot"
        ),
        pytest.param('{say: light, topic: h, payload: \'{"a": {"b": 1}}\'}', id="braces-of-json"),
        pytest.param(
            '{say: light, topic: "h/{room}", payload: p, defaults: {room: all}}',
            id="a-constant",
        ),
    ],
)
def test_what_can_be_filled_is_fine(row: str) -> None:
    text = _table(row).replace(', again: "<again> b", lost: "to {nowhere}"', "")
    assert len(table(text).rows) == 1


@pytest.mark.parametrize(
    ("row", "sentences"),
    [
        pytest.param(
            '{say: "light [{room}]", topic: "h/{room}", payload: p}',
            [
                (
                    "x.yaml:4:39: {room} stays empty when the command is said without it; give it "
                    "a value under defaults:, as in defaults: {room: …}"
                )
            ],
            id="hole-in-a-topic",
        ),
        pytest.param(
            '{say: ["light {room}", lamp], topic: h, payload: "in {room}"}',
            [
                (
                    "x.yaml:4:58: {room} stays empty when the command is said without it; give it "
                    "a value under defaults:, as in defaults: {room: …}"
                )
            ],
            id="hole-in-a-text-by-another-sentence",
        ),
        pytest.param(
            '{say: "light {room}", topic: "h/{rom}", payload: {a: ["{shade}"]}}',
            [
                "x.yaml:4:37: the sentences of this command have no slot {rom}; did you mean room?",
                "x.yaml:4:60: the sentences of this command have no slot {shade}; known here: room",
            ],
            id="no-such-slot",
        ),
        pytest.param(
            '{say: light, topic: h, payload: p, confirm: "In the {room}?"}',
            ["x.yaml:4:57: the sentences of this command have no slot {room}; name a list in say:"],
            id="no-such-slot-in-a-question",
        ),
        pytest.param(
            '{say: "light {room}", topic: h, payload: p, defaults: {rom: x}}',
            ["x.yaml:4:60: this command has no slot {rom}; did you mean room?"],
            id="default-of-no-slot",
        ),
        pytest.param(
            '{say: "[light] [now]", topic: h, payload: p}',
            [
                (
                    "x.yaml:4:11: this is said already when nothing is said; leave one word "
                    "without [brackets]"
                )
            ],
            id="silence",
        ),
        pytest.param(
            '{say: "light <were>", topic: h, payload: p}',
            ["x.yaml:4:18: there is no rule were; did you mean where?"],
            id="no-such-rule",
        ),
        pytest.param(
            '{say: "light {9..5:level}", topic: h, payload: p}',
            ["x.yaml:4:18: a range goes upwards: {lowest..highest,step:name}"],
            id="range-downwards",
        ),
    ],
)
def test_what_cannot_be_filled_is_told_in_a_sentence(row: str, sentences: list[str]) -> None:
    assert first_lines(table_report(_table(row))) == [*_FLAWED_RULES, *sentences]
