import pytest

from tests.nlu.lint.tables import findings, numbered_row


@pytest.mark.parametrize(
    ("say", "told"),
    [
        ("close the blinds [please]", True),
        ("close the blinds please", True),
        ("please close the blinds", False),
        ("close the blinds", False),
        ("thank you", False),
    ],
)
def test_a_please_at_the_end_is_better_skipped(say: str, told: bool) -> None:
    problem = (
        "t.yaml:10:5: warning: 'please' at the end is understood only where it is written; "
        "leave it out here and write skip_words: [please]"
    )
    assert findings(numbered_row(1, say)) == [problem] * told
