"""Real CRM data, by documents alone: 8,800 opportunities with their product misspelt, against plain Python and SQL.

The data may not ship, so it lies beside the repository (`../shared/data/maven_crm`, or below $AAC_SHARED).
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from shutil import copytree
from typing import TYPE_CHECKING, Any

import pytest

from aac.evaluate import Asked
from aac.folders import ALLOWED
from aac.operations import measure, open_sound_project, pull_sources
from aac.results import ClockReading
from tests.comparing import clock_cells, differences, expected_cells, metric_cells
from tests.oracle.maven import clock_by_sql

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aac.landing.pull import Pulled
    from aac.results import Results

HERE = Path(__file__).parent
DATA = Path(os.environ.get("AAC_SHARED", HERE.parent.parent / "shared")) / "data" / "maven_crm"
EXPECTED: dict[str, Any] = json.loads((HERE / "expected" / "maven.json").read_text())
NOW_US = 1_514_764_800_000_000
REPAIR = "product: {ref: product, map: {GTXPro: GTX Pro}}"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"the real CRM export is absent: {DATA}")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("maven") / "project"
    copytree(HERE / "projects" / "maven", root)
    settings = root / "aac.toml"
    settings.write_text(settings.read_text().replace("@DATA@", str(DATA.resolve())))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(ALLOWED, str(DATA.resolve()))
        yield root


@pytest.fixture(scope="module")
def pulled(root: Path) -> Pulled:
    return pull_sources(open_sound_project(root), NOW_US, lambda _: None)


@pytest.fixture(scope="module")
def results(root: Path, pulled: Pulled) -> Results:
    assert pulled.rows == EXPECTED["entities"]
    months = EXPECTED["metrics"]["month"]["revenue"]["windows"]
    asked = Asked(
        windows=("all", *months, *EXPECTED["slas"]["close_in_60_days"]["month"]["windows"].keys() - {"unplaced"})
    )
    return measure(open_sound_project(root), NOW_US, asked, print, everything=True)


@pytest.mark.parametrize("grain", ["all", "month"])
@pytest.mark.parametrize("id_", ["closed", "won", "win_rate", "revenue", "average_deal", "cycle"])
def test_metric(results: Results, grain: str, id_: str) -> None:
    for label, window in EXPECTED["metrics"][grain][id_]["windows"].items():
        assert differences(metric_cells(results, id_, label), expected_cells(window["cells"])) == []


def test_the_numbers_everybody_can_look_up(results: Results) -> None:
    """The figures of the issue, as they are printed in articles about this data set."""
    total = {
        id_: metric_cells(results, id_, "all")[()]["value"]
        for id_ in EXPECTED["metrics"]["all"]
        if id_ != "revenue_repaired"
    }
    assert (total["closed"], total["won"], total["revenue"], total["cycle"]) == (6711, 4238, 10_005_534, 57)
    assert round(float(total["win_rate"]) * 100, 4) == 63.1501
    assert round(float(total["average_deal"]), 2) == 2360.91
    offices = {group[0][1]: cell["value"] for group, cell in metric_cells(results, "win_rate", "all").items() if group}
    shown = {office: round(float(value) * 100, 2) for office, value in offices.items()}
    assert shown == {"Central": 62.56, "East": 63.02, "West": 63.94}


@pytest.mark.parametrize("grain", ["all", "month"])
def test_closed_within_60_days(results: Results, grain: str) -> None:
    for label, window in EXPECTED["slas"]["close_in_60_days"][grain]["windows"].items():
        actual = clock_cells(results, "close_in_60_days", label)
        assert differences(actual, expected_cells(window["cells"])) == []


def test_the_clock_is_equal_to_hand_written_sql(results: Results) -> None:
    for label, counted in clock_by_sql(DATA).items():
        found = clock_cells(results, "close_in_60_days", label)[()]
        assert {outcome: found[outcome] for outcome in counted} == counted, label


def test_what_is_wrong_is_told_and_nothing_is_lost(pulled: Pulled) -> None:
    told = {(f.code, f.span.line if f.span else 0): f for f in pulled.findings if f.doc == "entity:opportunity"}
    by_code = {code: [f for (other, _), f in told.items() if other == code] for code, _ in told}
    (product,) = by_code["AAC503"]
    assert product.count == 1480
    assert "GTXPro" in product.message
    assert 1425 in [f.count for f in by_code["AAC508"]]
    (moment,) = by_code["AAC507"]
    assert moment.count == 500
    assert pulled.rows["opportunity"] == 8800


def test_one_line_repairs_the_references_without_a_new_pull(root: Path, results: Results) -> None:
    before = metric_cells(results, "revenue", "all")
    entity = root / "alignment" / "entities" / "opportunity.yml"
    written = entity.read_text()
    (line,) = [line for line in written.splitlines() if line.strip().startswith("product:")]
    indent = line[: len(line) - len(line.lstrip())]
    told: list[str] = []
    try:
        entity.write_text(written.replace(line, indent + REPAIR))
        after = measure(open_sound_project(root), NOW_US, Asked(windows=("all",)), told.append, everything=True)
    finally:
        entity.write_text(written)
    assert any("opportunity" in notice for notice in told)
    assert not [f for f in after.findings if f.code == "AAC503"]
    assert metric_cells(after, "revenue", "all")[()]["value"] == before[()]["value"] == 10_005_534
    repaired = EXPECTED["metrics"]["all"]["revenue_repaired"]["windows"]["all"]["cells"]
    assert differences(metric_cells(after, "revenue", "all"), expected_cells(repaired)) == []


def test_items_without_a_start_are_in_no_window(results: Results) -> None:
    (unplaced,) = [r for r in results.results if r.reading.window.label == "unplaced" and not r.reading.by]
    assert isinstance(unplaced.reading, ClockReading)
    assert sum(unplaced.reading.counts.values()) == 500
