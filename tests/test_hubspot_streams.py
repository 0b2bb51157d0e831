"""The connector `hubspot` stream by stream: those that `test_hubspot` does not try, by the same suite."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, ClassVar

import pytest

from aac.testing import connector_suite, run
from tests.fakes.hubspot.account import written
from tests.fakes.hubspot.server import hubspot
from tests.test_hubspot import SCOPES, ChangesTrial, HubspotTrial

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from tests.fakes.hubspot.server import HubSpot

CUSTOM, PEOPLE = "crm.objects.custom.read", "crm.objects.contacts.read"
CHANGES = {
    "contacts_lifecycle_changes": "lifecyclestage", "contacts_status_changes": "hs_lead_status",
    "contacts_owner_changes": "hubspot_owner_id", "companies_lifecycle_changes": "lifecyclestage",
    "companies_owner_changes": "hubspot_owner_id", "deals_amount_changes": "amount",
    "deals_close_date_changes": "closedate", "deals_owner_changes": "hubspot_owner_id",
    "tickets_stage_changes": "hs_pipeline_stage", "tickets_owner_changes": "hubspot_owner_id",
    "leads_stage_changes": "hs_pipeline_stage", "leads_owner_changes": "hubspot_owner_id",
    "machine_stage_changes": "hs_pipeline_stage", "machine_owner_changes": "hubspot_owner_id",
}  # fmt: skip
"""The property of each stream of changes."""
TYPED = {"amount": "98765.43", "closedate": "2026-03-01T00:00:00Z"}
"""A value of each property that is no text."""
SAME_COLUMNS: Mapping[str, str] = {
    **dict.fromkeys(("column added", "column dropped", "column retyped"), "its columns are always the same")
}
NO_MOMENTS: Mapping[str, str] = {
    **dict.fromkeys(("500 equal cursors", "late rows", "clock change"), "it has no moments")
}


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Generator[HubSpot]:
    with hubspot() as running:
        monkeypatch.setenv("HUBSPOT_TOKEN", running.account.token)
        yield running


class Granted(HubspotTrial):
    """A trial that says which scope its stream needs."""

    scope = PEOPLE

    def forbid(self) -> None:
        self.account.scopes.discard(self.scope)

    def allow(self) -> None:
        self.account.scopes.add(self.scope)


class CustomTrial(Granted):
    """An object that the account defined itself."""

    stream = "machine"
    text = "serial"
    scope = CUSTOM

    def __init__(self, fake: HubSpot) -> None:
        super().__init__(fake)
        self.object = self.account.define("Machine")
        self.account.add_property(self.object, "serial", "string")


@pytest.mark.long
@connector_suite(CustomTrial)
def test_objects_of_the_account(check: str, fake: HubSpot, tmp_path: Path) -> None:
    run(check, CustomTrial(fake), tmp_path / "project")


class AnyChangesTrial(ChangesTrial):
    """Changes of any property; of one that is no text, the text is how it was changed."""

    def __init__(self, fake: HubSpot, stream: str) -> None:
        super().__init__(fake)
        self.stream, self.property = stream, CHANGES[stream]  # pyright: ignore[reportAttributeAccessIssue]
        self.object = stream.partition("_")[0]
        if self.object == "machine":
            self.object = self.account.define("Machine", hs_pipeline_stage="enumeration")
        if self.property in TYPED:
            self.text = "source_type"  # pyright: ignore[reportAttributeAccessIssue]

    def create(self, texts: Sequence[str], at: datetime | None = None) -> list[str]:
        keys: list[str] = []
        for text in texts:
            value = TYPED.get(self.property, text)
            id = self.account.create(self.object, {}, at)
            self.account.change(self.object, id, {self.property: value}, at, source=text)
            (entry,) = self.account.records[self.object][int(id)].history[self.property]
            name = self.stream.partition("_")[0]
            keys.append(f"{name}/{id}/{self.property}/{written(entry.at)}/{value}")
        return keys

    def forbid(self) -> None:
        self.account.scopes.discard(self._scope)

    def allow(self) -> None:
        self.account.scopes.add(self._scope)

    @property
    def _scope(self) -> str:
        return CUSTOM if self.object.startswith("2-") else SCOPES.get(self.object, PEOPLE)


@pytest.mark.long
@pytest.mark.parametrize("stream", CHANGES)
@connector_suite(AnyChangesTrial)
def test_changes_of_any_property(check: str, stream: str, fake: HubSpot, tmp_path: Path) -> None:
    run(check, AnyChangesTrial(fake, stream), tmp_path / "project")


class OwnersTrial(Granted):
    """Who owns records; all are read each time."""

    stream = "owners"
    text, at = "firstName", "createdAt"
    scope = "crm.objects.owners.read"
    page = 100
    cannot: ClassVar[Mapping[str, str]] = SAME_COLUMNS

    def __init__(self, fake: HubSpot) -> None:
        super().__init__(fake)
        self._numbers = count(9001)

    def create(self, texts: Sequence[str], at: datetime | None = None) -> list[str]:
        keys: list[str] = []
        for number, text in zip(self._numbers, texts, strict=False):
            self.account.hire(str(number), text, number, "AE", left=number % 3 == 0)
            if at is not None:
                self.account.owners[-1]["createdAt"] = written(at)
            keys.append(str(number))
        return keys

    def change(self, keys: Collection[str], text: str) -> None:
        for owner in self.account.owners:
            if owner["id"] in keys:
                owner["firstName"] = text

    def delete(self, keys: Collection[str]) -> None:
        self.account.owners = [owner for owner in self.account.owners if owner["id"] not in keys]


@pytest.mark.long
@connector_suite(OwnersTrial)
def test_owners(check: str, fake: HubSpot, tmp_path: Path) -> None:
    run(check, OwnersTrial(fake), tmp_path / "project")


class PipelinesTrial(Granted):
    """Pipelines; all are read each time."""

    stream = "pipelines"
    text, at = "label", "label"
    scope = "crm.objects.deals.read"
    cannot: ClassVar[Mapping[str, str]] = {**SAME_COLUMNS, **NO_MOMENTS}

    def __init__(self, fake: HubSpot) -> None:
        super().__init__(fake)
        self._numbers = count(1)
        self.account.pipelines = {"deals": {}, "tickets": {}, "leads": {}}

    @property
    def _held(self) -> dict[str, str]:
        return self.account.pipelines["deals"]

    def create(self, texts: Sequence[str], at: datetime | None = None) -> list[str]:
        assert at is None
        keys = [f"pipeline-{number}" for number, _ in zip(self._numbers, texts, strict=False)]
        self._held.update(zip(keys, texts, strict=True))
        return keys

    def change(self, keys: Collection[str], text: str) -> None:
        self._held.update(dict.fromkeys(keys, text))

    def delete(self, keys: Collection[str]) -> None:
        for key in keys:
            del self._held[key]


@pytest.mark.long
@connector_suite(PipelinesTrial)
def test_pipelines(check: str, fake: HubSpot, tmp_path: Path) -> None:
    run(check, PipelinesTrial(fake), tmp_path / "project")


STAGED = ("deals", "tickets", "leads", "machine")


class StagesTrial(PipelinesTrial):
    """The stages of an object's pipeline; all are read each time."""

    def __init__(self, fake: HubSpot, name: str) -> None:
        super().__init__(fake)
        self.stream = f"{name}_stages"  # pyright: ignore[reportAttributeAccessIssue]
        self.object = self.account.define("Machine", hs_pipeline_stage="enumeration") if name == "machine" else name
        self.scope = CUSTOM if name == "machine" else SCOPES[name]
        self.account.stages = {self.object: {}}
        self.account.pipelines = {self.object: {"default": "The pipeline"}}

    @property
    def _held(self) -> dict[str, str]:
        return self.account.labels

    def create(self, texts: Sequence[str], at: datetime | None = None) -> list[str]:
        keys = super().create(texts, at)
        self.account.stages[self.object] |= dict.fromkeys(keys, (False, ""))
        return keys

    def delete(self, keys: Collection[str]) -> None:
        super().delete(keys)
        for key in keys:
            del self.account.stages[self.object][key]


@pytest.mark.long
@pytest.mark.parametrize("name", STAGED)
@connector_suite(StagesTrial)
def test_stages(check: str, name: str, fake: HubSpot, tmp_path: Path) -> None:
    run(check, StagesTrial(fake, name), tmp_path / "project")


PAIRS = {
    "deals_contacts": "contacts", "contacts_companies": "companies", "calls_deals": "deals",
    "machine_contacts": "contacts",
}  # fmt: skip
"""Streams of pairs, and the second object of each."""


class PairsTrial(Granted):
    """Records of two objects that belong together under a label; each pull is a sweep, which sees what came apart."""

    key, text, at = "record_id", "label", "label"
    cannot: ClassVar[Mapping[str, str]] = {**SAME_COLUMNS, **NO_MOMENTS}

    def __init__(self, fake: HubSpot, stream: str) -> None:
        super().__init__(fake)
        self.stream, self.to = stream, PAIRS[stream]  # pyright: ignore[reportAttributeAccessIssue]
        name = stream.partition("_")[0]
        self.object = self.account.define("Machine") if name == "machine" else name
        self.scope = CUSTOM if name == "machine" else SCOPES.get(name, PEOPLE)
        self.others: dict[str, str] = {}

    @property
    def settings(self) -> str:
        return f'{super().settings}sweep = "1 minute"\n'

    def create(self, texts: Sequence[str], at: datetime | None = None) -> list[str]:
        assert at is None
        self.fake.ahead += timedelta(minutes=2)
        keys = [self.account.create(self.object, {}) for _ in texts]
        self.others |= {key: self.account.create(self.to, {}) for key in keys}
        for key, text in zip(keys, texts, strict=True):
            self.account.link(self.object, key, self.to, self.others[key], text)
        return keys

    def change(self, keys: Collection[str], text: str) -> None:
        self.delete(keys)
        for key in keys:
            self.account.link(self.object, key, self.to, self.others[key], text)

    def delete(self, keys: Collection[str]) -> None:
        self.fake.ahead += timedelta(minutes=2)
        for key in keys:
            self.account.unlink(self.object, key, self.to, self.others[key])


@pytest.mark.long
@pytest.mark.parametrize("stream", PAIRS)
@connector_suite(PairsTrial)
def test_pairs(check: str, stream: str, fake: HubSpot, tmp_path: Path) -> None:
    run(check, PairsTrial(fake, stream), tmp_path / "project")
