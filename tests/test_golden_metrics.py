"""Small projects whose numbers anybody can reckon by hand, against `expected.json` beside their documents and data."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from aac.reports.json import as_json
from tests.small import measured

CASES = Path(__file__).parent / "cases" / "metrics"


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir()))
def test_numbers(case: str, tmp_path: Path) -> None:
    expected: list[dict[str, Any]] = json.loads((CASES / case / "expected.json").read_text(encoding="utf-8"))
    root = copytree(CASES / case, tmp_path / case)
    results = as_json(measured(root, *sorted({cell["window"] for cell in expected})))["results"]
    told = {(cell["id"], cell["window"]["label"], json.dumps(cell["by"])): cell for cell in results}
    for cell in expected:
        found = told[cell["id"], cell["window"], json.dumps(cell["by"])] | {"window": cell["window"]}
        assert {key: found[key] for key in cell} == cell
