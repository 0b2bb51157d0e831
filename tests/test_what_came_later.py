"""Results as of a moment are the same whether what came later is in the data or was never written (LANGUAGE §2).

On companies at random, with every basis and every form of a promise, references, roll-ups, records made of rows, and
entities that tell the past of fields: with all they know, and as they would have been exported at that moment. Records
that are there twice are left out: which one stays is decided by all that is known.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from aac.reports.json import as_json
from tests.histories import PASTS, WINDOWS, Chance, as_it_was, csv_texts, documents, written
from tests.small import measured, write_project

if TYPE_CHECKING:
    from tests.histories import History, Tables

CURRENT_VALUE = "AAC515"
"""That a rule reads a field without a past is said only where more is known than as_of may see."""
Told = tuple[list[dict[str, Any]], list[tuple[str, str, str, int]]]


def told(history: History, tables: Tables, watermark: str) -> Told:
    """All results as of the moment, and what was found on the way to them."""
    with TemporaryDirectory() as folder:
        root = write_project(
            Path(folder) / "p",
            documents(history.company),
            csv_texts(tables),
            watermark=watermark,
            settings=f'timezone = "{history.source}"\n',
        )
        found = as_json(measured(root, *WINDOWS, as_of=written(history.as_of)))
    of_numbers = [f for f in found["findings"] if f["doc"] and f["doc"].startswith(("metric:", "sla:"))]
    findings = [(f["code"], f["doc"], f["message"], f["count"]) for f in of_numbers if f["code"] != CURRENT_VALUE]
    return found["results"], findings


def differences(one: Told, other: Told) -> list[str]:
    """Cells, and findings, that only one of the two has."""

    def cells(found: Told) -> set[str]:
        return {str(cell) for part in found for cell in part}

    return sorted(cells(one) ^ cells(other))


def check(seed: int) -> None:
    history = Chance(seed).history()
    knowing_all = told(history, history.tables, "2026-12-31T00:00:00Z")
    assert differences(knowing_all, told(history, as_it_was(history), written(history.as_of)))[:4] == []


SEEDS = st.integers(0, 100_000)
NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
"""An example is a seed, and a smaller seed is no simpler."""


@given(SEEDS)
@example(0)  # a stage that rules ask for, and that all have left since
@settings(max_examples=4, deadline=None, phases=NO_SHRINKING)
def test_what_came_later_changes_nothing(seed: int) -> None:
    check(seed)


@pytest.mark.long
@given(SEEDS)
@settings(max_examples=300, deadline=None, phases=NO_SHRINKING)
def test_what_came_later_changes_nothing_for_long(seed: int) -> None:
    check(seed)


def test_what_came_before_is_seen() -> None:
    """A day earlier something was not there yet, and each field that has a past would be seen if it were today's."""
    history = Chance(5, 24).history()
    then = as_it_was(history)
    expected = told(history, then, written(history.as_of))
    earlier = as_it_was(history._replace(as_of=history.as_of - timedelta(days=10)))
    assert differences(expected, told(history, earlier, written(history.as_of)))
    for field in PASTS:
        today = {row["id"]: row[field] for row in history.tables["lead"]}
        leads = [{**row, field: today[row["id"]]} for row in then["lead"]]
        assert differences(expected, told(history, {**then, "lead": leads}, written(history.as_of))), field
