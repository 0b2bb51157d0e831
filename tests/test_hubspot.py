"""The connector `hubspot` on a HubSpot on loopback that is strict and, when it is told to, unwell."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

import pytest

from aac.testing import Trial, connector_suite, run
from tests.fakes.hubspot.server import hubspot

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Sequence
    from datetime import datetime
    from pathlib import Path

    from tests.fakes.hubspot.server import HubSpot

SCOPE = {"contacts": "crm.objects.contacts.read", "deals": "crm.objects.deals.read"}
TEXT = {"contacts": "lastname", "deals": "dealname"}


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
        return [self.account.create(self.stream, {self.text: text, **extra}, at) for text in texts]

    def change(self, keys: Collection[str], text: str) -> None:
        for key in keys:
            self.account.change(self.stream, key, {self.text: text})

    def delete(self, keys: Collection[str]) -> None:
        for key in keys:
            self.account.archive(self.stream, key)

    def add_column(self, name: str, value: str | int) -> None:
        self.account.add_property(self.stream, name, "number" if isinstance(value, int) else "string", str(value))
        self.extra[name] = value

    def drop_column(self, name: str) -> None:
        self.account.drop_property(self.stream, name)
        del self.extra[name]

    def retype_column(self, name: str, value: str | int) -> None:
        self.drop_column(name)
        self.add_column(name, value)

    def forbid(self) -> None:
        self.account.scopes.discard(SCOPE[self.stream])

    def allow(self) -> None:
        self.account.scopes.add(SCOPE[self.stream])

    def fill(self, number: int) -> None:
        self.create(["x"] * number)


class ContactsTrial(HubspotTrial):
    stream = "contacts"
    text = "lastname"
    version = "v3"


@connector_suite(HubspotTrial)
def test_deals(check: str, fake: HubSpot, tmp_path: Path) -> None:
    run(check, HubspotTrial(fake), tmp_path / "project")


@pytest.mark.long
@connector_suite(ContactsTrial)
def test_contacts(check: str, fake: HubSpot, tmp_path: Path) -> None:
    run(check, ContactsTrial(fake), tmp_path / "project")
