"""The connector `salesforce` on an org on loopback that is strict and, when it is told to, unwell."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from aac.testing import Trial, connector_suite, run
from tests.fakes.salesforce.server import salesforce

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Sequence
    from datetime import datetime
    from pathlib import Path

    from tests.fakes.salesforce.server import Salesforce

QUICK = (
    "a page twice", "500 equal cursors", "late rows", "column added", "hard delete", "lost permission",
    "empty",
)  # fmt: skip
"""Checks that are made each time; all of them, of each object, are long."""


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Generator[Salesforce]:
    with salesforce() as running:
        monkeypatch.setenv("SALESFORCE_CLIENT_ID", running.client_id)
        monkeypatch.setenv("SALESFORCE_CLIENT_SECRET", running.client_secret)
        yield running


class SalesforceTrial(Trial):
    """Records of one object: a text of theirs changes, they are deleted."""

    connector = "salesforce"
    stream = "Opportunity"
    key = "Id"
    text = "Name"
    at = "SystemModstamp"
    page = 2_000
    overlap = timedelta(minutes=15)
    many = 60_000

    def __init__(self, fake: Salesforce) -> None:
        self.fake = fake
        self.org = fake.org

    @property
    def settings(self) -> str:
        return (
            f'url = "{self.fake.url}"\nclient_id = {{ env = "SALESFORCE_CLIENT_ID" }}\n'
            'client_secret = { env = "SALESFORCE_CLIENT_SECRET" }\n'
        )

    def create(self, texts: Sequence[str], at: datetime | None = None) -> list[str]:
        return [self.org.create(self.stream, {self.text: text}, at) for text in texts]

    def change(self, keys: Collection[str], text: str) -> None:
        for key in keys:
            self.org.change(self.stream, key, {self.text: text})

    def delete(self, keys: Collection[str]) -> None:
        for key in keys:
            self.org.delete(self.stream, key)

    def add_column(self, name: str, value: str | int) -> None:
        self.org.add_field(self.stream, name, "double" if isinstance(value, int) else "string", value)

    def drop_column(self, name: str) -> None:
        self.org.drop_field(self.stream, name)

    def retype_column(self, name: str, value: str | int) -> None:
        self.drop_column(name)
        self.add_column(name, value)

    def forbid(self) -> None:
        self.org.hidden.add(self.stream)

    def allow(self) -> None:
        self.org.hidden.discard(self.stream)

    def fill(self, number: int) -> None:
        self.create(["x"] * number)


class LeadTrial(SalesforceTrial):
    stream = "Lead"


@pytest.mark.parametrize("check", QUICK)
def test_leads_quickly(check: str, fake: Salesforce, tmp_path: Path) -> None:
    run(check, LeadTrial(fake), tmp_path / "project")


@pytest.mark.long
@connector_suite(SalesforceTrial)
def test_opportunities(check: str, fake: Salesforce, tmp_path: Path) -> None:
    run(check, SalesforceTrial(fake), tmp_path / "project")


@pytest.mark.long
@connector_suite(LeadTrial)
def test_leads(check: str, fake: Salesforce, tmp_path: Path) -> None:
    run(check, LeadTrial(fake), tmp_path / "project")
