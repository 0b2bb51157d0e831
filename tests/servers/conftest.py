"""One server for all tests that need one, and a new database for each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aac.connectors.base import Context
from aac.connectors.postgres import PostgresConnector, PostgresSettings
from tests.servers.postgresql import postgresql
from tests.servers.tryton import tryton

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.servers.postgresql import Server
    from tests.servers.pulling import Connect, Run
    from tests.servers.tryton import Crm


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with postgresql() as started:
        yield started


@pytest.fixture
def database(server: Server) -> Run:
    """Runs statements in a new database."""
    server.create("crm")
    return lambda statements: server.run(statements, "crm")


@pytest.fixture
def connect(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Connect:
    """A connector to it by some settings, checked."""

    def connected(dsn: str = "", **settings: object) -> PostgresConnector:
        monkeypatch.setenv("CRM_DSN", dsn or server.url("crm"))
        made = PostgresSettings.model_validate({"dsn": {"env": "CRM_DSN"}, **settings})
        connector = PostgresConnector(made, Context(tmp_path, tmp_path / "own"))
        connector.check()
        return connector

    return connected


@pytest.fixture(scope="module")
def crm(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crm]:
    with tryton(server, tmp_path_factory.mktemp("tryton")) as started:
        yield started
