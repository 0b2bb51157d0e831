"""The connector `hubspot` on a HubSpot on loopback that is strict and, when it is told to, unwell."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

import pytest

from aac.testing import Trial, connector_suite, run
from tests.fakes.hubspot.account import written
from tests.fakes.hubspot.server import hubspot

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from tests.fakes.hubspot.server import HubSpot

SCOPES = {
    "companies": "crm.objects.companies.read", "deals": "crm.objects.deals.read", "tickets": "tickets",
    "leads": "crm.objects.leads.read",
}  # fmt: skip
"""What an object needs; all others need to see contacts."""
TEXT = {
    "contacts": "lastname", "companies": "name", "tickets": "subject", "leads": "hs_lead_name",
    "calls": "hs_call_disposition", "emails": "hs_email_text", "meetings": "hs_meeting_outcome",
    "notes": "hs_note_body", "tasks": "hs_task_status",
}  # fmt: skip


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Generator[HubSpot]:
    with hubspot() as running:
        monkeypatch.setenv("HUBSPOT_TOKEN", running.account.token)
        yield running


class HubspotTrial(Trial):
    """Records of one object: a text of theirs changes, they go to the recycle bin and back."""

    connector = "hubspot"
    stream = "deals"
    text = "dealname"
    at = "updatedAt"
    page = 200
    overlap = timedelta(minutes=15)
    many = 3_000
    version: ClassVar[str] = "2026-09"

    def __init__(self, fake: HubSpot) -> None:
        self.fake = fake
        self.account = fake.account
        self.object = "deals"
        self.extra: dict[str, str | int] = {}

    @property
    def settings(self) -> str:
        return f'''
url = "{self.fake.url}"
token = {{ env = "HUBSPOT_TOKEN" }}
api_version = "{self.version}"
searches_per_second = 10000
'''

    def create(self, texts: Sequence[str], at: datetime | None = None) -> list[str]:
        extra = {name: str(value) for name, value in self.extra.items()}
        return [self.account.create(self.object, {self.text: text, **extra}, at) for text in texts]

    def change(self, keys: Collection[str], text: str) -> None:
        for key in keys:
            self.account.change(self.object, key, {self.text: text})

    def delete(self, keys: Collection[str]) -> None:
        for key in keys:
            self.account.archive(self.object, key)

    def add_column(self, name: str, value: str | int) -> None:
        self.account.add_property(self.object, name, "number" if isinstance(value, int) else "string", str(value))
        self.extra[name] = value

    def drop_column(self, name: str) -> None:
        self.account.drop_property(self.object, name)
        del self.extra[name]

    def retype_column(self, name: str, value: str | int) -> None:
        self.drop_column(name)
        self.add_column(name, value)

    def forbid(self) -> None:
        self.account.scopes.discard(SCOPES.get(self.object, "crm.objects.contacts.read"))

    def allow(self) -> None:
        self.account.scopes.add(SCOPES.get(self.object, "crm.objects.contacts.read"))

    def fill(self, number: int) -> None:
        self.create(["x"] * number)


@connector_suite(HubspotTrial)
def test_deals(check: str, fake: HubSpot, tmp_path: Path) -> None:
    run(check, HubspotTrial(fake), tmp_path / "project")


class OtherTrial(HubspotTrial):
    """The same of another object, in the older version of the interface."""

    version = "v3"

    def __init__(self, fake: HubSpot, object: str) -> None:
        super().__init__(fake)
        self.object = object
        self.stream, self.text = object, TEXT[object]  # pyright: ignore[reportAttributeAccessIssue]

    @property
    def settings(self) -> str:
        return f'{super().settings}properties = {{ {self.stream} = ["{self.text}"] }}\n'


@pytest.mark.long
@pytest.mark.parametrize("object", TEXT)
@connector_suite(OtherTrial)
def test_other_objects(check: str, object: str, fake: HubSpot, tmp_path: Path) -> None:
    run(check, OtherTrial(fake, object), tmp_path / "project")


NEVER = "a change never changes: rows are only added"


class ChangesTrial(HubspotTrial):
    """The stages that deals came to; each record of the trial is a deal that was made in one."""

    stream = "deals_stage_changes"
    key, text, at = "change_id", "value", "changed_at"
    cannot: ClassVar[Mapping[str, str]] = {
        "killed at every checkpoint": NEVER, "a page twice": NEVER, "changed while read": NEVER, "hard delete": NEVER,
        "mass delete stopped": NEVER, "empty": NEVER,
        **dict.fromkeys(("column added", "column dropped", "column retyped"), "its columns are always the same"),
    }  # fmt: skip

    def create(self, texts: Sequence[str], at: datetime | None = None) -> list[str]:
        keys: list[str] = []
        for text in texts:
            id = self.account.create("deals", {"dealstage": text}, at)
            (entry,) = self.account.records["deals"][int(id)].history["dealstage"]
            keys.append(f"deals/{id}/dealstage/{written(entry.at)}/{text}")
        return keys

    def forbid(self) -> None:
        self.account.scopes.discard("crm.objects.deals.read")

    def allow(self) -> None:
        self.account.scopes.add("crm.objects.deals.read")


@connector_suite(ChangesTrial)
def test_changes_of_stages(check: str, fake: HubSpot, tmp_path: Path) -> None:
    run(check, ChangesTrial(fake), tmp_path / "project")
