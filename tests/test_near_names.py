"""What is proposed instead of a name that nobody knows."""

from __future__ import annotations

import pytest

from aac.findings import did_you_mean


@pytest.mark.parametrize(
    ("word", "known", "said"),
    [
        ("anwser", ["answer", "question"], "did you mean `answer`?"),
        ("Owner", ["owner", "other"], "did you mean `owner`?"),
        ("cvs", ["csv"], "did you mean `csv`?"),
        ("dsk", ["desk", "new_york"], "did you mean `desk`?"),
        # what was renamed is no near word of three letters
        ("mql", ["sql", "won_deal"], "one of: `sql`, `won_deal`"),
        # a longer name that holds the word, and the word in a longer text
        ("score", ["source", "lead_score"], "did you mean `lead_score`?"),
        ("Closed Won", ["lost", "won"], "did you mean `won`?"),
        ("Won", ["Closed Won", "Closed Lost", "Open"], "did you mean `Closed Won`?"),
        ("deal", ["won_deal", "closed_deal"], "did you mean `won_deal`?"),
        ("x", [], ""),
        ("x", [f"name_{number}" for number in range(20)], "and 8 more"),
        ("x", [f"name_{number:02}" for number in range(13)], "`name_12`"),
    ],
)
def test_what_is_proposed(word: str, known: list[str], said: str) -> None:
    told = did_you_mean(word, known)
    assert told == said if said.startswith(("did", "one")) or not said else told.endswith(said)
