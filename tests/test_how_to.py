"""The how-to pages, each from its first command to its last (`tests/documentation.py`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.documentation import ROOT, assert_true

if TYPE_CHECKING:
    from pathlib import Path

SERVERS = ("connect-hubspot", "connect-pipedrive", "connect-postgresql")
"""Pages that need a server: tests of their own (`test_hubspot_page.py`, …, `tests/servers/test_docs_with_servers.py`)
run them."""
PAGES = {path.stem: path for path in sorted((ROOT / "docs" / "how-to").glob("*.md")) if path.stem not in SERVERS}


@pytest.mark.parametrize("page", PAGES)
def test_how_to(page: str, tmp_path: Path) -> None:
    assert_true(PAGES[page], tmp_path)
