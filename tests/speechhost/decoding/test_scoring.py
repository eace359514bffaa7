import pytest

from voice2mqtt.speechhost.decoding.scoring import (
    OpenHypothesis,
    Posterior,
    ScoredMeaning,
    Sentence,
    Synonyms,
    by_meaning,
)

ON, ON_TOO, OFF = (1, 2), (1, 3, 2), (4, 2)


def _scored(
    tokens: tuple[int, ...], nats: float, prior: float = -30.0, misfit: float = 1.0
) -> ScoredMeaning:
    meaning = Synonyms(best=Sentence(tokens, "on", nats), others_nats=0.0)
    count = len(tokens)
    return ScoredMeaning(
        meaning=meaning,
        log_probabilities=(nats / count,) * count,
        gaps=(0.0, misfit, *[0.0] * (count - 2)),
        prior=(prior / count,) * count,
        letters=20,
    )


def _open_hypothesis(
    nats: float = -3.0, per_token: float = -1.5, letters: float = 20
) -> OpenHypothesis:
    return OpenHypothesis(text="", log_probability=nats, per_token=per_token, letters=letters)


def test_sentences_that_mean_the_same_add_up() -> None:
    sentences = [Sentence(OFF, "off", -3.0), Sentence(ON, "on", -3.1), Sentence((9, 2), "on", -3.1)]
    best, second = by_meaning(sentences, max_meanings=8, within_nats=8.0)
    assert best.best.meaning == "on"
    assert best.others_nats == pytest.approx(0.693, abs=0.001)
    assert second.best.meaning == "off"


def test_a_longer_sentence_is_not_less_likely_for_its_length() -> None:
    sentences = [Sentence(ON, "short", -3.0), Sentence(ON_TOO, "long", -3.5)]
    assert by_meaning(sentences, max_meanings=8, within_nats=8.0)[0].best.meaning == "long"


def test_what_is_far_behind_or_too_many_is_left_out() -> None:
    sentences = [Sentence((n, 2), n, -float(n)) for n in range(20)]
    assert len(by_meaning(sentences, max_meanings=5, within_nats=8.0)) == 5
    assert len(by_meaning(sentences, max_meanings=20, within_nats=3.0)) == 4
    assert by_meaning([], max_meanings=8, within_nats=8.0) == []


def test_confidences_are_shares_of_what_was_said() -> None:
    posterior = Posterior.of([_scored(OFF, -4.0), _scored(ON, -3.0)], _open_hypothesis())
    best, second = posterior.confidences()
    assert best[0] == ON
    assert best[1] / second[1] == pytest.approx(2.718, abs=0.001)
    assert best[1] + second[1] == pytest.approx(posterior.grammar_probability)


def test_words_that_are_likely_without_audio_prove_little() -> None:
    evident = Posterior.of([_scored(ON, -3.0, prior=-30.0)], _open_hypothesis())
    expected = Posterior.of([_scored(ON, -3.0, prior=-4.0)], _open_hypothesis())
    assert evident.grammar_probability > expected.grammar_probability


def test_what_another_word_contradicts_was_not_said_unless_that_was_misheard() -> None:
    posterior = Posterior.of([_scored(ON, -3.0)], _open_hypothesis())
    contradicted = posterior.contradicted()
    assert contradicted.grammar_probability < 0.5 < posterior.grammar_probability
    assert contradicted.uncontradicted_probability == posterior.grammar_probability
    assert Posterior.of([], _open_hypothesis()).contradicted().uncontradicted_probability == 0


def test_a_near_miss_that_is_heard_clearly_was_said() -> None:
    near = ScoredMeaning(
        meaning=Synonyms(best=Sentence((1, 3, 4, 5, 6, 7, 2), "on", -13.0), others_nats=0.0),
        log_probabilities=(-0.2, -0.2, -12.0, -0.2, -0.1, -0.1, -0.2),
        gaps=(0.0, 0.0, 11.5, 0.0, 0.0, 0.0, 0.0),
        prior=(-5.0,) * 7,
        letters=20,
    )
    clearly = Posterior.of([near], _open_hypothesis(-1.0, per_token=-0.1))
    in_noise = Posterior.of([near], _open_hypothesis(-4.0, per_token=-1.5))
    assert clearly.grammar_probability < 0.2
    assert in_noise.grammar_probability > clearly.grammar_probability + 0.2


def test_one_word_must_be_heard_itself_and_not_only_end() -> None:
    def probability(word_nats: float, behind_nats: float) -> float:
        scored = ScoredMeaning(
            meaning=Synonyms(best=Sentence(ON, "on", word_nats), others_nats=0.0),
            log_probabilities=(word_nats, -0.3),
            gaps=(behind_nats, 0.0),
            prior=(-6.8, -1.1),
            letters=4,
        )
        return Posterior.of(
            [scored], _open_hypothesis(-0.7, per_token=-0.35, letters=3)
        ).grammar_probability

    assert probability(-1.0, 0.3) > 0.9
    assert probability(-6.3, 5.6) < 0.5


def test_rare_words_that_fit_do_not_make_up_for_one_that_does_not() -> None:
    def probability(rarity: float) -> float:
        log_probabilities, prior = (-0.2, -0.2, -12.0, -0.2), (-5.0, -rarity, -5.0, -5.0)
        meaning = Synonyms(best=Sentence((1, 3, 4, 2), "on", -12.6), others_nats=0.0)
        gaps = (0.0, 0.0, 11.5, 0.0)
        scored = ScoredMeaning(
            meaning=meaning, log_probabilities=log_probabilities, gaps=gaps, prior=prior, letters=20
        )
        return Posterior.of([scored], _open_hypothesis(-1.0, per_token=-0.1)).grammar_probability

    assert probability(25.0) == pytest.approx(probability(5.0))
    assert probability(1.0) < probability(5.0)


def test_one_word_that_does_not_fit_among_others_that_do_was_not_said() -> None:
    evenly = Posterior.of([_scored(ON_TOO, -9.0, prior=-18.0, misfit=3.0)], _open_hypothesis())
    in_one_place = Posterior.of(
        [_scored(ON_TOO, -9.0, prior=-18.0, misfit=13.0)], _open_hypothesis()
    )
    assert 1 - in_one_place.grammar_probability > 5 * (1 - evenly.grammar_probability)


def test_more_words_than_the_command_are_something_else() -> None:
    part = _scored(ON_TOO, -6.0, prior=-12.0)
    assert Posterior.of([part], _open_hypothesis(letters=21)).grammar_probability > 0.9
    assert (
        Posterior.of([part], _open_hypothesis(letters=60)).grammar_probability
        < Posterior.of([part], _open_hypothesis()).grammar_probability - 0.1
    )


def test_nothing_heard_is_nothing_said() -> None:
    posterior = Posterior.of([], _open_hypothesis())
    assert (posterior.grammar_probability, list(posterior.confidences())) == (0.0, [])


def test_a_second_command_earns_nothing_by_its_length() -> None:
    repeated = Sentence((1, 5, 2, 5, 2), ("on", "on"), -4.0, second_length=3)
    assert repeated.rough_score < Sentence((1, 2), ("on",), -4.0).rough_score
    alone, both = (
        ScoredMeaning(
            meaning=Synonyms(best=best, others_nats=0.0),
            log_probabilities=(-0.8,) * 5, gaps=(0.0,) * 5, prior=(-6.0,) * 5, letters=20,
        )
        for best in (Sentence((1, 3, 4, 5, 2), "one", -4.0), repeated)
    )  # fmt: skip
    assert both.score < alone.score
