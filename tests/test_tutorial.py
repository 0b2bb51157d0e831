"""The tutorial from the first command to the last (`tests/documentation.py`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.documentation import ROOT, assert_true

if TYPE_CHECKING:
    from pathlib import Path


def test_the_tutorial(tmp_path: Path) -> None:
    assert_true(ROOT / "docs" / "tutorial.md", tmp_path)
