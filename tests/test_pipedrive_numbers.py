"""From a Pipedrive to numbers: what `aac check` says is what the account's own records come to."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree
from typing import TYPE_CHECKING, Any

import pytest

from tests.commands import run_aac
from tests.fakes.pipedrive.account import Account, written
from tests.fakes.pipedrive.server import pipedrive
from tests.oracle.pipedrive_numbers import Numbers

if TYPE_CHECKING:
    from collections.abc import Generator

    from tests.fakes.pipedrive.server import Pipedrive

PROJECT = Path(__file__).parent / "projects" / "pipedrive"
REGIONS = {11: "North", 12: "South, «really»"}


def filled(seed: int) -> Account:
    """An account in which people have sold for two months."""
    chance, account = random.Random(seed), Account()
    account.hire(2, "Ben")
    account.hire(3, "Cleo", left=True)
    begun = datetime.now(UTC) - timedelta(days=60)
    companies = [account.create("organizations", {"name": f"Company {n}"}, begun) for n in range(5)]
    account.add_field("deals", "Region", "enum", None, REGIONS)
    for number in range(12):
        sell(account, chance, begun, number, companies)
    for number in range(15):
        at = begun + timedelta(seconds=chance.randrange(40 * 86400))
        done = chance.random() < 0.6
        more = {"done": done, "marked_as_done_time": written(at) if done else None}
        account.create("activities", {"type": chance.choice(("call", "meeting")), "org_id": companies[0], **more}, at)
        account.lead(f"Lead {number}", at, is_archived=number % 3 == 0, value={"amount": 5, "currency": "EUR"})
    return account


def sell(account: Account, chance: random.Random, begun: datetime, number: int, companies: list[int]) -> int:
    """A deal that moves through stages, forwards and back, and has several owners."""
    at = begun + timedelta(seconds=chance.randrange(40 * 86400))
    values = {"title": f"Deal {number}", "org_id": chance.choice([*companies, None]), "value": chance.randrange(10**4)}
    deal = account.create("deals", values, at)
    (code,) = account.fields["deals"]
    account.records["deals"][deal].custom[code] = chance.choice((11, 12, None))
    stage = 1
    while chance.random() < 0.7:
        at += timedelta(seconds=chance.randrange(1, 10**5))
        stage = chance.choice([each for each in (1, 2, 3) if each != stage])
        account.move(deal, stage, at, chance.choice((1, 2, 3)))
    if chance.random() < 0.4:
        account.change("deals", deal, {"owner_id": 2}, at + timedelta(hours=1))
    if chance.random() < 0.5:
        account.close(deal, chance.choice(("won", "lost")), at + timedelta(hours=2))
    return deal


def shake(account: Account, chance: random.Random) -> None:
    """What happens between two pulls: changes, new records, archiving, merging, deleting."""
    deals, companies = list(account.records["deals"]), list(account.records["organizations"])
    chance.shuffle(deals)
    for deal in deals[:3]:
        account.move(deal, account.records["deals"][deal].values["stage_id"] % 3 + 1)
        account.change("deals", deal, {"value": 77.25, "owner_id": 3})
    account.archive(deals[3])
    account.archive(deals[4])
    account.delete("deals", deals[4])
    account.delete("deals", deals[5])
    account.merge("deals", deals[6], deals[7])
    account.merge("organizations", companies[0], companies[1])
    account.delete("activities", next(iter(account.records["activities"])))
    account.leads.pop(next(iter(account.leads)))
    for lead in list(account.leads)[:3]:
        account.convert(lead)
    account.stages[1]["name"] = "Contacted, «really»"
    sell(account, chance, datetime.now(UTC) - timedelta(days=50), 100, companies)
    account.records["deals"][max(account.records["deals"])].changed = datetime.now(UTC)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Generator[Pipedrive]:
    with pipedrive(filled(7)) as running:
        monkeypatch.setenv("PIPEDRIVE_TOKEN", running.account.token)
        yield running


@pytest.fixture
def root(fake: Pipedrive, tmp_path: Path) -> Path:
    root = copytree(PROJECT, tmp_path / "project")
    settings = (root / "aac.toml").read_text().replace("http://127.0.0.1:8000", fake.url)
    (root / "aac.toml").write_text(settings)
    return root


def pull(root: Path, *options: str) -> str:
    done = run_aac(root, "pull", *options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stderr


def same(found: dict[Any, Any], expected: dict[Any, Any]) -> None:
    """The same groups with the same numbers; quotients to the last double."""
    assert found.keys() == expected.keys()
    for group, value in expected.items():
        assert found[group] == (pytest.approx(float(value), rel=1e-12) if value is not None else None), group


def agree(root: Path, account: Account) -> None:
    """Every number is what the account's records come to."""
    done = run_aac(root, "check", "--window", "all", "--format", "json", "--fail-on", "never")
    assert done.returncode == 0, done.stdout + done.stderr
    results = json.loads(done.stdout)
    numbers = Numbers(account, datetime.now(UTC))
    cells = [each for each in results["results"] if each["kind"] == "metric"]

    def found(metric: str, by: str) -> dict[Any, Any]:
        mine = [each for each in cells if each["id"] == metric and set(each["by"]) <= {by}]
        return {each["by"].get(by, "total"): each["value"] for each in mine}

    for by in ("state", "stage", "company", "has_left", "region"):
        same(found("deals", by), numbers.counted(numbers.deals(), by))
    for by in ("company", "region"):
        same(found("won_amount", by), numbers.won(by))
    same(found("hours_to_propose", "none"), {"total": numbers.average_hours()})
    moved = {group: value for group, value in found("moves", "stage").items() if value}
    same(moved, numbers.counted(numbers.moves(), "stage"))
    same(found("handed_over", "none"), {"total": numbers.owners()})
    same(found("touches", "none"), {"total": numbers.touches()})
    same(found("leads", "none"), {"total": numbers.leads()})
    same(found("from_leads", "none"), {"total": numbers.from_leads()})


def test_numbers_are_what_the_records_come_to_also_after_changes(fake: Pipedrive, root: Path) -> None:
    pull(root)
    agree(root, fake.account)
    shake(fake.account, random.Random(8))
    with (root / "aac.toml").open("a") as settings:
        settings.write('max_calls = 5000\noverlap = "20 minutes"\n')
    assert "have changed" not in pull(root)  # how it is asked says nothing of what is read
    agree(root, fake.account)


def test_what_is_planned_is_not_deleted_and_has_not_occurred(fake: Pipedrive, root: Path) -> None:
    account = fake.account
    done, planned = (
        [key for key, record in account.records["activities"].items() if record.values["done"] == is_done]
        for is_done in (True, False)
    )
    pull(root)
    account.delete("activities", done[0])
    told = pull(root)
    assert "activities: 14 records" in told
    assert "1 deleted" in told
    checked = run_aac(root, "check", "--window", "all", "--format", "json", "--fail-on", "never")
    (health,) = [each for each in json.loads(checked.stdout)["health"] if each["entity"] == "activity"]
    problems = {problem["code"]: problem["count"] for problem in health["problems"]}
    assert health["records"] == 14
    assert "AAC516" not in problems  # Pipedrive itself tells what is deleted, and such a record does not arrive
    assert problems["AAC507"] == len(planned)


@pytest.mark.long
def test_a_pull_that_runs_out_of_tokens_goes_on_where_it_ended(fake: Pipedrive, root: Path) -> None:
    fake.trouble.extend(["well", "429 wait", "502", "truncated", "drip", "malformed"])
    fake.tokens = 450
    done = run_aac(root, "pull")
    assert (done.returncode, "run `aac pull` again tomorrow" in done.stdout + done.stderr) == (3, True)
    fake.tokens = fake.budget
    pull(root)
    agree(root, fake.account)
