"""The catalogue: each of its rows has documents, and each of these says how it was decided what could be read in two
ways."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from aac.kinds.metric import Metric
from aac.operations import open_project

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "reference" / "catalogue.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.split("|")[1:-1]] for line in PAGE.splitlines() if re.match(r"\| M\d", line)]
PROJECT = open_project(ROOT)
METRICS = {id_: model for (_, id_), model in PROJECT.project.models.items() if isinstance(model, Metric)}


def test_the_catalogue_has_all_rows() -> None:
    assert [row[0] for row in ROWS] == [f"M{number}" for number in range(1, 33)]
    assert {len(row) for row in ROWS} == {5}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_row_has_documents(row: list[str]) -> None:
    named = re.findall(r"`(\w+)`", row[2])
    known = {id_ for _, id_ in PROJECT.project.models}
    assert named
    assert set(named) <= known
    assert any(METRICS[name].choices for name in named if name in METRICS)
    assert row[3]


def test_every_metric_is_in_the_catalogue_but_the_plain_counts() -> None:
    told = {name for row in ROWS for name in re.findall(r"`(\w+)`", row[2])}
    assert {id_ for id_, metric in METRICS.items() if metric.role != "input"} - told == {
        "lead_to_mql",
        "leads",
        "new_customers",
        "revenue",
        "sqls",
    }


@pytest.mark.parametrize("id_", sorted(METRICS))
def test_a_metric_says_how_it_was_decided(id_: str) -> None:
    assert METRICS[id_].choices or METRICS[id_].role == "input"


def test_all_bases_occur() -> None:
    assert {metric.basis for metric in METRICS.values()} == {"period", "cohort", "snapshot", "retention", "derived"}


def test_nothing_is_left_to_say() -> None:
    assert PROJECT.findings == ()
