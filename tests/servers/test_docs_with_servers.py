"""Pages of the documentation that speak of a server, run with one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.documentation import ROOT, Session, blocks
from tests.test_docs import SERVERS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.postgresql import Server

pytestmark = pytest.mark.servers


@pytest.mark.parametrize("page", SERVERS)
def test_what_a_page_shows(page: str, server: Server, tmp_path: Path) -> None:
    session = Session(tmp_path, {"CRM_DSN": server.create("documented")})
    for block in blocks(ROOT / page):
        session.run(block)
    assert "\n".join(session.told) == ""
