"""The page of the documentation that speaks of PostgreSQL, run with one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.documentation import ROOT, assert_true

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.postgresql import Server

pytestmark = pytest.mark.servers


def test_how_to_connect_postgresql(server: Server, tmp_path: Path) -> None:
    assert_true(ROOT / "docs" / "how-to" / "connect-postgresql.md", tmp_path, CRM_DSN=server.create("documented"))
