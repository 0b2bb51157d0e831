"""Pages of the documentation that speak of a server, run with one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.documentation import ROOT, assert_true
from tests.test_how_to import SERVERS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.postgresql import Server

pytestmark = pytest.mark.servers


@pytest.mark.parametrize("page", SERVERS)
def test_how_to(page: str, server: Server, tmp_path: Path) -> None:
    assert_true(ROOT / "docs" / "how-to" / f"{page}.md", tmp_path, CRM_DSN=server.create("documented"))
