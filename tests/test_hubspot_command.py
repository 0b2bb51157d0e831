"""`aac pull` and `aac map` on a HubSpot, as a user types them: what is told, what is recorded, how it ends."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from aac.testing import replayed
from tests.commands import AAC, run_aac
from tests.fakes.hubspot.server import hubspot

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from tests.fakes.hubspot.server import HubSpot

SETTINGS = """\
[project]
name = "P"
spec = 1

[sources.crm]
connector = "hubspot"
token = {{ env = "HUBSPOT_TOKEN" }}
url = "{url}"
searches_per_second = 10000
{more}
"""
DOCUMENTS = "---\n".join(
    f"kind: entity\nid: {id}\nextends: hubspot\n" for id in ("lead", "opportunity", "stage_change")
)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Generator[HubSpot]:
    with hubspot() as running:
        monkeypatch.setenv("HUBSPOT_TOKEN", running.account.token)
        account = running.account
        account.hire("9001", "Adelheid", 71, "AE")
        company = account.create("companies", {"name": "Umbrella Corp", "domain": "umbrella.example"})
        contact = account.create("contacts", {"lastname": "Wesker", "email": "albert@umbrella.example"})
        deal = account.create("deals", {"dealname": "Big one", "dealstage": "new", "amount": "98765.43"})
        account.link("deals", deal, "companies", company, "Primary")
        account.change("deals", deal, {"dealstage": "closedwon", "hubspot_owner_id": "9001"}, user=71)
        account.change("contacts", contact, {"lifecyclestage": "customer"})
        yield running


def project(root: Path, url: str, more: str = "") -> Path:
    (root / "alignment").mkdir(parents=True)
    (root / "alignment" / "all.yml").write_text(DOCUMENTS)
    (root / "aac.toml").write_text(SETTINGS.format(url=url, more=more))
    return root


def test_whether_it_can_be_read(fake: HubSpot, tmp_path: Path) -> None:
    root = project(tmp_path / "p", fake.url)
    fake.account.scopes -= {"tickets", "crm.objects.leads.read"}
    done = run_aac(root, "pull", "--check")
    assert (done.returncode, done.stdout) == (0, "")
    lines = done.stderr.splitlines()
    assert lines[0] == "crm: can be read, 38 streams"
    assert "crm: `tickets` may not be read: grant the private app the scope `tickets`" in lines
    assert lines[-1].startswith("crm: 249,")
    assert lines[-1].endswith(" of 250,000 calls are left until midnight in Europe/Berlin")
    done = run_aac(root, "pull", "--check", "--format", "json")
    told = [json.loads(line) for line in done.stderr.splitlines()]
    assert {each["stream"] for each in told if each["event"] == "refused"} >= {"tickets", "leads_stage_changes"}
    fake.account.token = "another one"
    done = run_aac(root, "pull", "--check")
    assert done.returncode == 4
    assert "HubSpot does not accept the token in `HUBSPOT_TOKEN`" in done.stdout


def test_a_scope_that_is_missing_is_named(fake: HubSpot, tmp_path: Path) -> None:
    root = project(tmp_path / "p", fake.url)
    fake.account.scopes.remove("crm.objects.deals.read")
    done = run_aac(root, "pull")
    assert done.returncode == 4
    assert "no source has a stream `deals` that may be read" in done.stdout
    assert "grant the private app the scope `crm.objects.deals.read`" in done.stdout
    fake.account.scopes.add("crm.objects.deals.read")
    assert run_aac(root, "pull").returncode == 0
    fake.account.scopes.remove("crm.objects.companies.read")  # a part of the project that nobody names
    done = run_aac(root, "pull")
    assert done.returncode == 4
    assert "`companies` may not be read any more: grant the private app the scope" in done.stdout


def test_a_budget_ends_a_pull_with_3_and_the_next_ones_make_it_whole(fake: HubSpot, tmp_path: Path) -> None:
    for number in range(700):
        fake.account.create("deals", {"dealname": str(number), "dealstage": "new"})
    root = project(tmp_path / "p", fake.url, "max_calls = 55")
    done = run_aac(root, "pull")
    assert done.returncode == 3, done.stdout + done.stderr
    assert "the 55 calls of `max_calls` were made: run `aac pull` again, which goes on from there" in done.stderr
    (root / "aac.toml").write_text(SETTINGS.format(url=fake.url, more="max_calls = 500"))
    done = run_aac(root, "pull")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "crm.deals: 701 records" in done.stderr
    assert "have changed" not in done.stderr  # how often it may be asked says nothing of what is read


def test_a_budget_for_not_one_step_is_told(fake: HubSpot, tmp_path: Path) -> None:
    root = project(tmp_path / "p", fake.url, "max_calls = 20")
    done = run_aac(root, "pull")
    assert done.returncode == 4
    assert "the 20 calls of `max_calls` were made before a single step was: write a greater number" in done.stdout
    assert "no source has a stream" not in done.stdout  # nobody knows that yet


def test_a_source_that_allows_nothing_at_first_ends_with_3(fake: HubSpot, tmp_path: Path) -> None:
    root = project(tmp_path / "p", fake.url)
    fake.trouble.append("429 day")
    done = run_aac(root, "pull")
    assert (done.returncode, "AAC611" in done.stdout) == (3, False), done.stdout
    assert "HubSpot allows no more calls today" in done.stderr


def test_ctrl_c_ends_a_wait_and_keeps_what_was_there(fake: HubSpot, tmp_path: Path) -> None:
    root = project(tmp_path / "p", fake.url)
    assert run_aac(root, "pull").returncode == 0
    before = (root / ".aac" / "store.duckdb").read_bytes()
    fake.account.create("deals", {"dealname": "new"})
    fake.trouble.extend(["well"] * 40 + ["429 long"])
    running = subprocess.Popen([AAC, "pull"], cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while fake.trouble and time.monotonic() < deadline:
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=30)
    assert running.returncode == 130
    assert (root / ".aac" / "store.duckdb").read_bytes() == before
    done = run_aac(root, "pull")
    assert (done.returncode, "crm.deals: 2 records" in done.stderr) == (0, True)


def test_where_fields_come_from(fake: HubSpot, tmp_path: Path) -> None:
    done = run_aac(project(tmp_path / "p", fake.url), "map", "opportunity")
    assert done.returncode == 0, done.stderr
    assert "opportunity  from crm.deals" in done.stdout
    assert "no column" not in done.stdout


def test_a_recording_tells_nothing_of_people_and_reads_the_same(fake: HubSpot, tmp_path: Path) -> None:
    root = project(tmp_path / "p", fake.url)
    (contact,) = fake.account.records["contacts"].values()
    contact.values["hs_v2_date_entered_customer"] = "2090-01-01T00:00:00.000Z"
    done = run_aac(root, "pull", "--record", "calls")
    assert (done.returncode, "AAC644" in done.stdout) == (0, True), done.stdout + done.stderr
    recording = root / "calls" / "crm.jsonl"
    text = recording.read_text()
    for word in (fake.account.token, "Wesker", "albert", "Umbrella", "umbrella", "Big one", "98765", "Adelheid"):
        assert word not in text
    assert "closedwon" in text
    again = run_aac(root, "pull", "--record", "calls")
    assert (again.returncode, "is there already" in again.stderr) == (2, True)
    with replayed(recording) as url:
        other = project(tmp_path / "other", url)
        replay = run_aac(other, "pull", HUBSPOT_TOKEN="none")
    assert replay.returncode == 0, replay.stdout + replay.stderr

    def rows(told: str) -> list[str]:
        return [line.partition(" s")[0].rpartition(", ")[0] for line in told.splitlines() if line.startswith("crm.")]

    assert rows(replay.stderr) == rows(done.stderr)
    assert "AAC644" in replay.stdout


def test_nothing_is_asked_of_strangers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUBSPOT_TOKEN", "pat-na1-secret-secret")
    root = project(tmp_path / "p", "https://api.hubapi.com.evil.example")
    done = run_aac(root, "pull")
    assert done.returncode == 4
    assert "is no address of HubSpot: its secrets are only sent to" in done.stdout
    assert "secret-secret" not in done.stdout + done.stderr
