"""The connector `pipedrive` on a Pipedrive on loopback that is strict and, when it is told to, unwell."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from aac.testing import Trial, connector_suite, run
from tests.fakes.pipedrive.server import pipedrive

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Sequence
    from datetime import datetime
    from pathlib import Path

    from tests.fakes.pipedrive.server import Pipedrive

QUICK = (
    "a page twice", "500 equal cursors", "late rows", "column added", "hard delete", "lost permission", "empty",
)  # fmt: skip
"""Checks that are made each time; all of them, of each object, are long."""
SCOPE = {"deals": "deals:read", "persons": "contacts:read", "activities": "activities:read"}


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Generator[Pipedrive]:
    with pipedrive() as running:
        monkeypatch.setenv("PIPEDRIVE_TOKEN", running.bearer)
        yield running


class PipedriveTrial(Trial):
    """Records of one object: a text of theirs changes, they are deleted."""

    connector = "pipedrive"
    stream = "deals"
    text = "title"
    at = "update_time"
    page = 500
    overlap = timedelta(minutes=15)
    many = 3_000

    def __init__(self, fake: Pipedrive) -> None:
        self.fake = fake
        self.account = fake.account

    @property
    def settings(self) -> str:
        return f'url = "{self.fake.url}"\naccess_token = {{ env = "PIPEDRIVE_TOKEN" }}\n'

    def create(self, texts: Sequence[str], at: datetime | None = None) -> list[str]:
        return [str(self.account.create(self.stream, {self.text: text}, at)) for text in texts]

    def change(self, keys: Collection[str], text: str) -> None:
        for key in keys:
            self.account.change(self.stream, int(key), {self.text: text})

    def delete(self, keys: Collection[str]) -> None:
        for key in keys:
            self.account.delete(self.stream, int(key))

    def add_column(self, name: str, value: str | int) -> None:
        self.account.add_field(self.stream, name, "double" if isinstance(value, int) else "varchar", value)

    def drop_column(self, name: str) -> None:
        self.account.drop_field(self.stream, name)

    def retype_column(self, name: str, value: str | int) -> None:
        self.drop_column(name)
        self.add_column(name, value)

    def forbid(self) -> None:
        self.account.scopes.discard(SCOPE[self.stream])

    def allow(self) -> None:
        self.account.scopes.add(SCOPE[self.stream])

    def fill(self, number: int) -> None:
        self.create(["x"] * number)


class PersonsTrial(PipedriveTrial):
    stream = "persons"
    text = "name"


class ActivitiesTrial(PipedriveTrial):
    stream = "activities"
    text = "type"
    NO_FIELDS = "activities have no fields of the account's own in version 2"
    cannot = dict.fromkeys(("column added", "column dropped", "column retyped"), NO_FIELDS)


@pytest.mark.parametrize("check", QUICK)
def test_deals_quickly(check: str, fake: Pipedrive, tmp_path: Path) -> None:
    run(check, PipedriveTrial(fake), tmp_path / "project")


@pytest.mark.long
@connector_suite(PipedriveTrial)
def test_deals(check: str, fake: Pipedrive, tmp_path: Path) -> None:
    run(check, PipedriveTrial(fake), tmp_path / "project")


@pytest.mark.long
@connector_suite(PersonsTrial)
def test_persons(check: str, fake: Pipedrive, tmp_path: Path) -> None:
    run(check, PersonsTrial(fake), tmp_path / "project")


@pytest.mark.long
@connector_suite(ActivitiesTrial)
def test_activities(check: str, fake: Pipedrive, tmp_path: Path) -> None:
    run(check, ActivitiesTrial(fake), tmp_path / "project")
