"""The connector `pipedrive` on a Pipedrive on loopback that is strict and, when it is told to, unwell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from aac.connectors.base import Context
from aac.connectors.pipedrive.connector import PipedriveConnector
from aac.connectors.pipedrive.settings import PipedriveSettings
from aac.testing import CHECKS, Trial, connector_suite, run
from tests.fakes.pipedrive.account import written
from tests.fakes.pipedrive.server import pipedrive

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Mapping, Sequence
    from pathlib import Path

    from tests.fakes.pipedrive.server import Pipedrive

QUICK = (
    "a page twice", "500 equal cursors", "late rows", "column added", "hard delete", "lost permission", "empty",
)  # fmt: skip
"""Checks that are made each time; all of them, of each object, are long."""
SCOPE = {
    "deals": "deals:read", "persons": "contacts:read", "organizations": "contacts:read", "leads": "leads:read",
    "activities": "activities:read", "deals_owner_changes": "deals:read", "deals_stage_changes": "recents:read",
    "deals_status_changes": "deals:read", "users": "users:read", "pipelines": "deals:read", "stages": "deals:read",
}  # fmt: skip


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


class OrganizationsTrial(PipedriveTrial):
    stream = "organizations"
    text = "name"


class LeadsTrial(PipedriveTrial):
    """Leads: their deletion is told by their absence alone."""

    stream = "leads"
    page = 499  # a page begins with the last lead of the one before
    cannot = dict.fromkeys(("column added", "column dropped", "column retyped"), "custom fields of leads are not read")

    def create(self, texts: Sequence[str], at: datetime | None = None) -> list[str]:
        return [self.account.lead(text, at or datetime.now(UTC)) for text in texts]

    def change(self, keys: Collection[str], text: str) -> None:
        for key in keys:
            self.account.change_lead(key, text)

    def delete(self, keys: Collection[str]) -> None:
        for key in keys:
            del self.account.leads[key]


class ChangesTrial(PipedriveTrial):
    """The owners that deals had; each record of the trial is a deal that was made with that owner."""

    stream = "deals_owner_changes"
    field = "owner_id"
    key, text, at = "change_id", "value", "changed_at"
    page = 50
    many = 500
    NEVER = "a change never changes: rows are only added"
    cannot: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(
            ("killed at every checkpoint", "a page twice", "changed while read", "hard delete", "mass delete stopped",
             "empty"), NEVER
        ),
        **dict.fromkeys(("column added", "column dropped", "column retyped"), "its columns are always the same"),
    }  # fmt: skip

    def create(self, texts: Sequence[str], at: datetime | None = None) -> list[str]:
        keys: list[str] = []
        for text in texts:
            deal = self.account.create("deals", {self.field: text}, at)
            made = self.account.records["deals"][deal].made
            keys.append(f"deals/{deal}/{self.field}/{written(made)}/{text}")
        return keys


class StageChangesTrial(ChangesTrial):
    stream = "deals_stage_changes"
    field = "stage_id"


class StatusChangesTrial(ChangesTrial):
    stream = "deals_status_changes"
    field = "status"


class UsersTrial(PipedriveTrial):
    """Users: a table that is read whole each time."""

    stream = "users"
    text, at = "name", "modified"
    page = 0
    cannot = dict.fromkeys(("column added", "column dropped", "column retyped"), "users have no fields of one's own")

    def __init__(self, fake: Pipedrive) -> None:
        super().__init__(fake)
        self.account.users.clear()

    def create(self, texts: Sequence[str], at: datetime | None = None) -> list[str]:
        return [self.account.join(text, at or datetime.now(UTC)) for text in texts]

    def change(self, keys: Collection[str], text: str) -> None:
        for user in self.account.users:
            if str(user["id"]) in keys:
                user["name"] = text

    def delete(self, keys: Collection[str]) -> None:
        self.account.users = [user for user in self.account.users if str(user["id"]) not in keys]


class PipelinesTrial(PipedriveTrial):
    """Pipelines: read whole, too, page by page."""

    stream = "pipelines"
    text, at = "name", "add_time"
    cannot = dict.fromkeys(("column added", "column dropped", "column retyped"), "its columns are always the same")

    def __init__(self, fake: Pipedrive) -> None:
        super().__init__(fake)
        self.held.clear()

    @property
    def held(self) -> list[dict[str, Any]]:
        return getattr(self.account, self.stream)

    def create(self, texts: Sequence[str], at: datetime | None = None) -> list[str]:
        ids = [next(self.account.numbers) for _ in texts]
        make = self.account.pipeline if self.stream == "pipelines" else self.account.stage
        for id, text in zip(ids, texts, strict=True):
            make(text, at or datetime.now(UTC), id)
        return list(map(str, ids))

    def change(self, keys: Collection[str], text: str) -> None:
        for each in self.held:
            if str(each["id"]) in keys:
                each["name"] = text

    def delete(self, keys: Collection[str]) -> None:
        self.held[:] = [each for each in self.held if str(each["id"]) not in keys]


class StagesTrial(PipelinesTrial):
    stream = "stages"


@pytest.mark.parametrize("check", QUICK)
def test_deals_quickly(check: str, fake: Pipedrive, tmp_path: Path) -> None:
    run(check, PipedriveTrial(fake), tmp_path / "project")


@pytest.mark.long
@connector_suite(PipedriveTrial)
def test_deals(check: str, fake: Pipedrive, tmp_path: Path) -> None:
    run(check, PipedriveTrial(fake), tmp_path / "project")


OTHERS = (
    PersonsTrial, OrganizationsTrial, ActivitiesTrial, LeadsTrial, ChangesTrial, StageChangesTrial, StatusChangesTrial,
    UsersTrial, PipelinesTrial, StagesTrial,
)  # fmt: skip


def test_every_stream_is_tried(fake: Pipedrive, tmp_path: Path) -> None:
    given = PipedriveSettings.model_validate({"access_token": {"env": "PIPEDRIVE_TOKEN"}, "url": fake.url})
    made = PipedriveConnector(given, Context(tmp_path, tmp_path / "files"))
    made.check()
    assert {stream.name for stream in made.discover()} == {trial.stream for trial in (PipedriveTrial, *OTHERS)}


@pytest.mark.parametrize("trial", [StageChangesTrial, StatusChangesTrial, PipelinesTrial, StagesTrial])
def test_others_quickly(trial: type[PipedriveTrial], fake: Pipedrive, tmp_path: Path) -> None:
    run("500 equal cursors", trial(fake), tmp_path / "project")


@pytest.mark.long
@pytest.mark.parametrize(
    ("trial", "check"),
    [
        pytest.param(trial, check, id=f"{trial.stream}-{check}")
        for trial in OTHERS
        for check in CHECKS
        if check not in trial.cannot
    ],
)
def test_other_streams(trial: type[PipedriveTrial], check: str, fake: Pipedrive, tmp_path: Path) -> None:
    run(check, trial(fake), tmp_path / "project")
