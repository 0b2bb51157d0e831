"""From a HubSpot to numbers: what `aac check` and `aac query` say is what the account's own records come to."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from shutil import copytree, rmtree
from typing import TYPE_CHECKING, Any

import pytest

from tests.commands import run_aac
from tests.fakes.hubspot.account import Account, written
from tests.fakes.hubspot.server import hubspot
from tests.oracle.hubspot_numbers import Numbers

if TYPE_CHECKING:
    from collections.abc import Generator

    from tests.fakes.hubspot.server import HubSpot

PROJECT = Path(__file__).parent / "projects" / "hubspot"
STAGES = ("new", "qualified", "closedwon", "closedlost")
STEPS = {"new": ("qualified", "closedlost"), "qualified": ("closedwon", "closedlost", "new")}
SOURCES = ("CRM_UI", "CRM_UI", "AUTOMATION_PLATFORM")
OWNERS = (("9001", "Ada", 71, "SDR"), ("9002", "Ben", 72, "AE"), ("9003", "Cleo", 73, "AE"))


def filled(seed: int) -> Account:
    """An account in which people have worked for two months."""
    chance, account = random.Random(seed), Account()
    for owner in OWNERS:
        account.hire(*owner, left=owner[1] == "Cleo")
    account.labels = {"qualified": "Qualified, «really»"}
    begun = datetime.now(UTC) - timedelta(days=60)
    companies = [account.create("companies", {"name": f"Company {n}"}, begun) for n in range(6)]
    for number in range(25):
        contact = account.create(
            "contacts", {"lastname": f"N{number}", "lifecyclestage": "lead"}, at(begun, chance, 50)
        )
        if chance.random() < 0.7:
            account.change(
                "contacts", contact, {"hubspot_owner_id": chance.choice(OWNERS)[0]}, at(begun, chance, 9, 51)
            )
        if chance.random() < 0.3:
            account.change("contacts", contact, {"lifecyclestage": "customer"}, at(begun, chance, 5, 55))
        for _ in range(chance.randrange(3)):
            touch(account, chance, contact)
    for number in range(40):
        deal = sell(account, chance, begun, number)
        if chance.random() < 0.8:
            account.link("deals", deal, "companies", chance.choice(companies))
            account.link("deals", deal, "companies", chance.choice(companies), "Primary")
    return account


def at(begun: datetime, chance: random.Random, days: float, after: float = 0) -> datetime:
    return begun + timedelta(days=after, milliseconds=chance.randrange(round(days * 86_400_000)))


def touch(account: Account, chance: random.Random, contact: str) -> None:
    """A call or a mail, in or out, of a person or a machine."""
    made = account.records["contacts"][int(contact)].made
    moment = written(made + timedelta(hours=chance.uniform(-5, 60)))
    common = {"hs_timestamp": moment, "hs_object_source": chance.choice(SOURCES)}
    if chance.random() < 0.5:
        id = account.create("calls", {**common, "hs_call_direction": chance.choice(("OUTBOUND", "INBOUND"))})
        account.link("calls", id, "contacts", contact)
    else:
        id = account.create("emails", {**common, "hs_email_direction": chance.choice(("EMAIL", "INCOMING_EMAIL"))})
        account.link("emails", id, "contacts", contact)


def sell(account: Account, chance: random.Random, begun: datetime, number: int) -> str:
    """A deal that moves through stages, forwards and back."""
    values = {"dealname": f"Deal {number}", "dealstage": "new", "pipeline": "default"}
    values |= {"hubspot_owner_id": chance.choice(OWNERS)[0]} if chance.random() < 0.9 else {}
    values |= {"amount": f"{chance.randrange(10**7) / 100:.2f}"} if chance.random() < 0.9 else {}
    moment = at(begun, chance, 40)
    deal, stage = account.create("deals", values, moment), "new"
    while stage in STEPS and chance.random() < 0.7:
        stage, moment = chance.choice(STEPS[stage]), moment + timedelta(milliseconds=chance.randrange(1, 10**8))
        closes = {"closedate": written(moment)} if stage not in STEPS else {}
        account.change("deals", deal, {"dealstage": stage, **closes}, moment, user=chance.choice((71, 72, 73, 99)))
    return deal


def shake(account: Account, chance: random.Random) -> None:
    """What happens between two pulls: changes, new records, archiving, merging, deleting for good."""
    deals, contacts = list(account.live["deals"]), list(account.live["contacts"])
    chance.shuffle(deals)
    chance.shuffle(contacts)
    for id in deals[:6]:
        account.change("deals", str(id), {"dealstage": chance.choice(STAGES), "amount": "1234.5"}, user=71)
    account.change("deals", str(deals[6]), {"amount": ""})
    for id in deals[7:10]:
        account.archive("deals", str(id))
    account.merge("deals", str(deals[10]), str(deals[11]))
    account.merge("deals", str(deals[10]), str(deals[12]))
    account.merge("contacts", str(contacts[0]), str(contacts[1]))
    account.archive("contacts", str(contacts[2]))
    account.change("contacts", str(contacts[3]), {"lifecyclestage": "customer", "hubspot_owner_id": "9002"})
    for number in range(5):
        sell(account, chance, datetime.now(UTC) - timedelta(days=41), 100 + number)
        account.records["deals"][max(account.records["deals"])].changed = datetime.now(UTC)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Generator[HubSpot]:
    with hubspot(filled(7)) as running:
        monkeypatch.setenv("HUBSPOT_TOKEN", running.account.token)
        yield running


@pytest.fixture
def root(fake: HubSpot, tmp_path: Path) -> Path:
    root = copytree(PROJECT, tmp_path / "project")
    settings = (root / "aac.toml").read_text().replace("http://127.0.0.1:8000", fake.url)
    (root / "aac.toml").write_text(settings)
    return root


def pull(root: Path, *options: str) -> None:
    done = run_aac(root, "pull", *options)
    assert done.returncode == 0, done.stdout + done.stderr


def checked(root: Path) -> dict[str, Any]:
    """What `aac check` says of all time."""
    done = run_aac(root, "check", "--window", "all", "--format", "json", "--fail-on", "never")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def same(found: dict[Any, Any], expected: dict[Any, Any]) -> None:
    """The same groups with the same numbers; quotients to the last double."""
    assert found.keys() == expected.keys()
    for group, value in expected.items():
        assert found[group] == (pytest.approx(float(value), rel=1e-12) if value is not None else None), group


def agree(root: Path, account: Account) -> None:
    """Every number is what the account's records come to."""
    results = checked(root)
    numbers = Numbers(account, datetime.fromisoformat(results["sources"][0]["watermark"]))
    (sla,) = (each for each in results["results"] if each["kind"] == "sla" and not each["by"])
    assert {name: sla[name] for name in ("met", "late", "open", "unmeasurable")} == numbers.first_touch()
    cells = [each for each in results["results"] if each["kind"] == "metric"]

    def found(metric: str, by: str) -> dict[Any, Any]:
        mine = [each for each in cells if each["id"] == metric and set(each["by"]) <= {by}]
        return {each["by"].get(by, "total"): each["value"] for each in mine}

    for by in ("state", "stage", "company", "team"):
        same(found("deals", by), numbers.counted(numbers.deals(), by))
    for by in ("company", "team"):
        same(found("won_amount", by), numbers.won(by))
    same(found("win_rate", "team"), numbers.win_rate())
    same(found("hours_to_qualify", "none"), {"total": numbers.hours_to_qualify()})
    same(found("contacts", "lifecycle_stage"), numbers.counted(numbers.contacts(), "lifecycle_stage"))
    same(found("handed_over", "none"), {"total": numbers.handed_over()})
    for by in ("stage", "team"):  # of deals that are gone, some moves are still known, and not whose they were
        moved = {group: value for group, value in found("moves", by).items() if value}
        same(moved, numbers.counted(numbers.moves(), by))


def test_numbers_are_what_the_records_come_to_also_after_changes(fake: HubSpot, root: Path) -> None:
    pull(root)
    agree(root, fake.account)
    shake(fake.account, random.Random(8))
    pull(root)
    agree(root, fake.account)
    done = run_aac(root, "build")
    assert done.returncode == 0, done.stderr
    assert "Win rate" in "".join(path.read_text() for path in (root / "site").rglob("*.html"))


@pytest.mark.long
def test_a_pull_that_is_killed_at_any_checkpoint_is_made_good(fake: HubSpot, root: Path) -> None:
    pull(root)
    before = checked(root)["results"]
    shake(fake.account, random.Random(9))
    points = count(1)
    for point in points:
        copy = copytree(root, root.with_name(f"killed-{point}"))
        killed = subprocess.run([sys.executable, "-m", "aac.testing.alone", copy, str(point)], capture_output=True)
        if killed.returncode == 0:
            break
        assert killed.returncode == -signal.SIGKILL
        assert checked(copy)["results"] == before
        pull(copy)
        agree(copy, fake.account)
        rmtree(copy)
    assert next(points) > 24
    pull(root)
    (root / ".aac" / "store.duckdb").unlink()
    pull(root)
    agree(root, fake.account)
    for object in ("deals", "contacts"):
        fake.account.purge(object, str(fake.account.live[object][0]))
    pull(root, "--full")
    agree(root, fake.account)
