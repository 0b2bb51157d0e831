"""The how-to pages, each from its first command to its last (`tests/documentation.py`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.documentation import ROOT, assert_true

if TYPE_CHECKING:
    from pathlib import Path

ELSEWHERE = ("connect-dlt", "connect-hubspot", "connect-pipedrive", "connect-postgresql", "connect-salesforce")
"""Pages that need a server, or the shell: tests of their own run them (`test_dlt.py`, `test_hubspot_page.py`, …,
`tests/servers/test_docs_with_servers.py`)."""
PAGES = {path.stem: path for path in sorted((ROOT / "docs" / "how-to").glob("*.md")) if path.stem not in ELSEWHERE}


@pytest.mark.parametrize("page", PAGES)
def test_how_to(page: str, tmp_path: Path) -> None:
    assert_true(PAGES[page], tmp_path)
