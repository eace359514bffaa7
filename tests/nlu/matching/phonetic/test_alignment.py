from collections.abc import Sequence

import pytest

from voice2mqtt.nlu.matching.phonetic.alignment import Match, alignment_view
from voice2mqtt.nlu.text.normaliser import normaliser

_SOUNDS = {
    "light": "l aɪ t", "like": "l aɪ k", "study": "s t ʌ d i", "the": "ð ə", "living": "l ɪ v ɪ ŋ",
    "room": "ɹ uː m", "livingroom": "l ɪ v ɪ ŋ ɹ uː m", "please": "p l iː z",
}  # fmt: skip


class _Spoken:
    def pronounce(self, words: Sequence[str]) -> Sequence[tuple[str, ...]]:
        return [tuple(_SOUNDS[word.lower()].split()) for word in words]


def _picture(heard: str, said: str) -> tuple[Match, ...]:
    return alignment_view(heard, said, normaliser("en"), _Spoken())


def test_each_word_stands_beside_what_was_heard_for_it() -> None:
    study, light = _picture("Study like.", "study light")
    assert (study.said, study.heard, study.cost) == ("study", "Study", 0)
    assert (light.said, light.heard) == ("light", "like")
    assert (light.said_sounds, light.heard_sounds) == ("l aɪ t", "l aɪ k")
    assert 0 < light.cost < 1


@pytest.mark.parametrize(
    ("heard", "said", "pairs"),
    [
        pytest.param(
            "the livingroom light",
            "the living room light",
            [("the", "the"), ("living room", "livingroom"), ("light", "light")],
            id="two-words-heard-as-one",
        ),
        pytest.param(
            "please light", "light", [("", "please"), ("light", "light")], id="a-word-too-many"
        ),
        pytest.param("light", "the light", [("the", ""), ("light", "light")], id="a-word-missing"),
        pytest.param("", "light", [("light", "")], id="nothing-heard"),
        pytest.param("", "", [], id="nothing-at-all"),
    ],
)
def test_words_are_kept_together_that_belong_together(
    heard: str, said: str, pairs: list[tuple[str, str]]
) -> None:
    assert [(match.said, match.heard) for match in _picture(heard, said)] == pairs
