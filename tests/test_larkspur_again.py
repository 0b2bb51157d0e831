"""The root project, as JSON tells it, against a second oracle that shares nothing with the first."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree, ignore_patterns
from typing import Any

import pytest

from aac.evaluate import Asked
from aac.operations import measure, open_sound_project, pull_sources
from aac.reports.json import as_json
from tests.oracle.larkspur_again_metrics import metrics
from tests.oracle.larkspur_again_promises import promises

ROOT = Path(__file__).parent.parent
NOW_US = 1_772_442_000_000_000
PROMISES, METRICS = promises(), metrics()
STATUSES = {"not_measurable", "stale", "not_enough_data", "off_target", "at_risk", "on_target"}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str, str], dict[str, Any]]:
    """The totals by kind, id and window: what is asked for by name, and the rolling ones."""
    root = tmp_path_factory.mktemp("again") / "project"
    root.mkdir()
    for name in ("alignment", "data"):
        copytree(ROOT / name, root / name, ignore=ignore_patterns(".*"))
    settings = (ROOT / "aac.toml").read_text(encoding="utf-8").replace("k = 5", "k = 1")  # groups of any size
    (root / "aac.toml").write_text(settings, encoding="utf-8")
    opened = open_sound_project(root)
    pull_sources(opened, NOW_US, lambda _: None)
    labels = sorted({label for _, label in PROMISES | METRICS if not label.startswith("rolling")})
    asked = (Asked(windows=tuple(labels)), Asked())
    results = [r for one in asked for r in as_json(measure(opened, NOW_US, one, print, everything=True))["results"]]
    return {(r["kind"], r["id"], r["window"]["label"]): r for r in results if not r["by"]}


def test_enough_is_recomputed() -> None:
    results = [*PROMISES.values(), *METRICS.values()]
    assert len(results) >= 60
    assert {result["status"] for result in results} >= STATUSES


@pytest.mark.parametrize(("id_", "label"), PROMISES)
def test_promise(told: dict[tuple[str, str, str], dict[str, Any]], id_: str, label: str) -> None:
    found, expected = dict(told["sla", id_, label]), dict(PROMISES[id_, label])
    found["budget"] = [found["budget"]["allowed"], found["budget"]["spent"]]
    found["late_items"] = [item["key"] for item in found["late_items"]]
    assert {key: found[key] for key in expected} == expected


@pytest.mark.parametrize(("id_", "label"), METRICS)
def test_metric(told: dict[tuple[str, str, str], dict[str, Any]], id_: str, label: str) -> None:
    found, expected = told["metric", id_, label], METRICS[id_, label]
    nearest = {key: expected[key] if expected[key] is None else float(expected[key]) for key in SIDES}
    assert {key: found[key] for key in expected} == expected | nearest


SIDES = ("value", "numerator", "denominator")
