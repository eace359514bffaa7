"""How often an address may ask."""

from voice2mqtt.console.request_budget import RequestBudget


def test_a_burst_and_then_a_steady_rate() -> None:
    budget = RequestBudget(burst=3, per_s=2)
    assert [budget.take("a", 0.0) for _ in range(4)] == [True, True, True, False]
    assert not budget.has_any("a", 0.4)
    assert budget.has_any("a", 0.5)
    assert budget.take("a", 0.5)
    assert not budget.take("a", 0.5)
    assert budget.take("b", 0.5)


def test_it_forgets_the_address_that_asked_longest_ago() -> None:
    budget = RequestBudget(burst=1, per_s=0.001)
    for number in range(3000):
        budget.take(str(number), 0.0)
    assert budget.take("0", 0.0)
    assert not budget.take("2999", 0.0)
