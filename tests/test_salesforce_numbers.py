"""From a Salesforce org to numbers: what `aac check` says is what the org's own records come to."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree
from typing import TYPE_CHECKING, Any

import pytest

from tests.commands import run_aac
from tests.fakes.salesforce.org import Org, written
from tests.fakes.salesforce.server import salesforce
from tests.oracle.salesforce_numbers import Numbers
from tests.test_pipedrive_numbers import pull, same

if TYPE_CHECKING:
    from collections.abc import Generator

    from tests.fakes.salesforce.server import Salesforce

PROJECT = Path(__file__).parent / "projects" / "salesforce"
DAY = timedelta(days=1)
STAGES = ("Prospecting", "Proposal", "Negotiation")


def filled(seed: int) -> Org:
    """An org in which people have sold for two months."""
    chance, org = random.Random(seed), Org()
    begun = datetime.now(UTC) - timedelta(days=60)
    ben = org.create("User", {"Name": "Ben", "IsActive": True}, begun)
    org.create("User", {"Name": "Cleo", "IsActive": False}, begun)
    org.add_field("Opportunity", "Region__c", "picklist", None)
    companies = [org.create("Account", {"Name": f"Company {n}"}, begun) for n in range(5)]
    campaign = org.create("Campaign", {"Name": "Fair, «really»", "Type": "Event"}, begun)
    for number in range(12):
        sell(org, chance, begun, number, companies)
    for number in range(15):
        at = begun + timedelta(seconds=chance.randrange(40 * 86400))
        values = {"Name": f"Lead {number}", "Company": f"Firm {number}", "Status": "New"}
        lead = org.create("Lead", {**values, "LeadSource": chance.choice(("Web", "Partner", None))}, at)
        if chance.random() < 0.6:
            org.change("Lead", lead, {"Status": "Working", "OwnerId": ben}, at + timedelta(hours=1))
        responded = chance.random() < 0.5
        org.create("CampaignMember", {"CampaignId": campaign, "LeadId": lead, "HasResponded": responded}, at)
        task = {"TaskSubtype": chance.choice(("Call", "Email")), "WhoId": lead, "IsClosed": chance.random() < 0.6}
        org.create("Task", {**task, "Status": "Completed", "ActivityDate": f"{at:%Y-%m-%d}"}, at)
    org.create("Task", {"TaskSubtype": "Call", "IsClosed": True, "IsArchived": True}, begun)
    for is_child in (False, True):
        org.create("Event", {"StartDateTime": written(begun), "IsChild": is_child, "DurationInMinutes": 30}, begun)
    return org


def sell(
    org: Org, chance: random.Random, begun: datetime, number: int, companies: list[str], day: timedelta = DAY
) -> None:
    """A deal that moves through stages, forwards and back, and has several owners; ``day``: how long one takes."""
    at = begun + chance.randrange(40 * 86400) / 86400 * day
    users = list(org.records["User"])
    values = {
        "Name": f"Deal {number}", "AccountId": chance.choice([*companies, None]), "StageName": STAGES[0],
        "Amount": chance.randrange(10**4) / 4, "Region__c": chance.choice(("North", "South, «really»", None)),
        "CloseDate": "2026-12-31", "Probability": 10.0,
    }  # fmt: skip
    deal = org.create("Opportunity", values, at)
    while chance.random() < 0.7:
        at += chance.randrange(1, 10**5) / 86400 * day
        held = org.records["Opportunity"][deal]["StageName"]
        org.change("Opportunity", deal, {"StageName": chance.choice([s for s in STAGES if s != held])}, at)
    org.change("Opportunity", deal, {"Amount": 1.5 + number}, at + day / 86400)
    if chance.random() < 0.5:
        org.change("Opportunity", deal, {"OwnerId": chance.choice(users[1:])}, at + day / 24)
    if chance.random() < 0.5:
        closed = {"StageName": chance.choice(("Closed Won", "Closed Lost")), "CloseDate": f"{at + day:%Y-%m-%d}"}
        org.change("Opportunity", deal, closed, at + day)


def shake(org: Org, chance: random.Random) -> None:
    """What happens between two pulls: changes, new records, a converted lead, merging, deleting."""
    deals, companies, leads = list(org.records["Opportunity"]), list(org.records["Account"]), list(org.records["Lead"])
    cleo = list(org.records["User"])[2]
    for deal in deals[:3]:
        held = org.records["Opportunity"][deal]["StageName"]
        org.change("Opportunity", deal, {"StageName": "Proposal" if held != "Proposal" else "Negotiation"})
        org.change("Opportunity", deal, {"Amount": 77.25, "OwnerId": cleo})
    org.delete("Opportunity", deals[4])
    org.delete("Task", next(iter(org.records["Task"])))
    org.merge("Account", companies[0], companies[1])
    org.merge("Lead", leads[0], leads[1])
    org.convert(leads[2])
    org.change("Lead", leads[3], {"Status": "Unqualified"})
    for number in range(100, 104):
        sell(org, chance, datetime.now(UTC) - timedelta(minutes=15), number, companies, timedelta(seconds=9))


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Generator[Salesforce]:
    with salesforce(filled(7)) as running:
        monkeypatch.setenv("SALESFORCE_CLIENT_ID", running.client_id)
        monkeypatch.setenv("SALESFORCE_CLIENT_SECRET", running.client_secret)
        yield running


@pytest.fixture
def root(fake: Salesforce, tmp_path: Path) -> Path:
    root = copytree(PROJECT, tmp_path / "project")
    settings = (root / "aac.toml").read_text().replace("http://127.0.0.1:8000", fake.url)
    (root / "aac.toml").write_text(settings)
    return root


def agree(root: Path, org: Org) -> None:
    """Every number is what the org's records come to."""
    done = run_aac(root, "check", "--window", "all", "--format", "json", "--fail-on", "never")
    assert done.returncode == 0, done.stdout + done.stderr
    results = json.loads(done.stdout)
    numbers = Numbers(org)
    cells = [each for each in results["results"] if each["kind"] == "metric"]

    def found(metric: str, by: str) -> dict[Any, Any]:
        mine = [each for each in cells if each["id"] == metric and set(each["by"]) <= {by}]
        return {each["by"].get(by, "total"): each["value"] for each in mine}

    for by in ("state", "stage", "company", "is_active", "region"):
        same(found("deals", by), numbers.counted(numbers.deals(), by))
    for by in ("company", "region"):
        same(found("won_amount", by), numbers.won(by))
    same(found("hours_to_propose", "none"), {"total": numbers.average_hours()})
    moved = {group: value for group, value in found("moves", "stage").items() if value}
    same(moved, numbers.counted(numbers.moves(), "stage"))
    deals, leads = ("Opportunity", "OpportunityFieldHistory"), ("Lead", "LeadHistory")
    same(found("deals_handed_over", "none"), {"total": numbers.owners(*deals)})
    same(found("leads_handed_over", "none"), {"total": numbers.owners(*leads)})
    same(found("touches", "none"), {"total": numbers.touches()})
    for by in ("status", "source"):
        same(found("leads", by), numbers.counted(numbers.leads(), by))
    same(found("responses", "campaign"), numbers.responses())


def test_numbers_are_what_the_records_come_to_also_after_changes(fake: Salesforce, root: Path) -> None:
    pull(root)
    agree(root, fake.org)
    shake(fake.org, random.Random(8))
    fake.sessions.clear()
    for bad in ("busy", "503", "truncated", "malformed", "401", "drip"):
        fake.trouble.extend(["well", "well", "well", bad])
    with (root / "aac.toml").open("a") as settings:
        settings.write('max_calls = 5000\noverlap = "20 minutes"\n')
    assert "have changed" not in pull(root)  # how it is asked says nothing of what is read
    agree(root, fake.org)


@pytest.mark.long
def test_a_pull_that_runs_out_of_calls_goes_on_where_it_ended(fake: Salesforce, root: Path) -> None:
    fake.most = 20
    done = run_aac(root, "pull")
    assert (done.returncode, "run `aac pull` again tomorrow" in done.stdout + done.stderr) == (3, True)
    fake.most = 10_000
    shake(fake.org, random.Random(9))
    pull(root)  # ends what was begun: streams that had been read to their end are as they were then
    pull(root)
    agree(root, fake.org)
    fake.org.purge()
    deal = next(iter(fake.org.records["Opportunity"]))
    fake.org.delete("Opportunity", deal)
    fake.org.purge()
    fake.org.forget()
    pull(root)
    agree(root, fake.org)


def test_a_pull_that_was_stopped_does_not_begin_with_what_it_has_read(fake: Salesforce, root: Path) -> None:
    entities = ("account", "campaign", "contact", "lead", "user")
    (root / "alignment" / "all.yml").write_text(
        "\n---\n".join(f"kind: entity\nid: {entity}\nextends: salesforce" for entity in entities) + "\n"
    )
    with (root / "aac.toml").open("a") as settings:
        settings.write("max_calls = 21\n")  # 17 before anything is read, and a call for each of five streams
    codes = [run_aac(root, "pull").returncode for _ in range(2)]
    assert codes == [3, 0]
    fake.asked.clear()
    assert run_aac(root, "pull").returncode == 3  # a new pull asks each for what changed and what was deleted
    assert [path for path in fake.asked if "Account" in path and "describe" not in path] == [
        "sobjects/Account/deleted/"
    ]
