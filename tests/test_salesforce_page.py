"""The page of the connector `salesforce`: whoever has an app comes to data with it alone."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from shutil import copytree
from typing import TYPE_CHECKING

import pytest

from aac.connectors.salesforce.changes import FOLLOWED
from aac.connectors.salesforce.objects import THINGS
from aac.connectors.salesforce.settings import SalesforceSettings
from aac.connectors.transport import OverError
from aac.testing import replayed
from tests.commands import run_aac
from tests.documentation import ROOT, Session, blocks
from tests.fakes.salesforce.server import salesforce
from tests.test_salesforce_numbers import PROJECT, filled
from tests.test_salesforce_reading import connector

if TYPE_CHECKING:
    from pathlib import Path

PAGE = ROOT / "docs" / "how-to" / "connect-salesforce.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_the_page_leads_to_data(tmp_path: Path) -> None:
    with salesforce(filled(7)) as fake:
        environment = {
            "SALESFORCE_CLIENT_ID": fake.client_id, "SALESFORCE_CLIENT_SECRET": fake.client_secret,
            "SOURCE_DATE_EPOCH": str(int(time.time()) + 3600),
        }  # fmt: skip
        session = Session(tmp_path, environment)
        for block in blocks(PAGE):
            session.run(replace(block, text=block.text.replace("https://yours.my.salesforce.com", fake.url)))
    if session.told:
        pytest.fail("\n".join(session.told), pytrace=False)


def test_the_page_names_every_setting_and_stream() -> None:
    named = set(re.findall(r"^\| `(\w+)` \|", TEXT.partition("## Settings")[2].partition("## How")[0], re.MULTILINE))
    assert named == SalesforceSettings.model_fields.keys()
    streams = {thing.name for thing in THINGS} | {each.stream for each in FOLLOWED}
    assert {name for name in streams if f"`{name}`" not in TEXT} == set()


def test_the_page_counts_the_calls_before_anything_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = re.search(r"makes (\d+) calls before it reads", TEXT)
    assert told is not None
    with salesforce() as fake:
        monkeypatch.setenv("SALESFORCE_CLIENT_ID", fake.client_id)
        monkeypatch.setenv("SALESFORCE_CLIENT_SECRET", fake.client_secret)
        made = connector(fake, tmp_path, max_calls=int(told[1]))
        made.check()
        made.discover()
        with pytest.raises(OverError):
            made.check()


def test_a_recording_tells_of_nobody_and_can_be_answered_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "alignment").mkdir()
    entities = ("lead", "owner_change", "stage_change")
    document = "\n---\n".join(f"kind: entity\nid: {entity}\nextends: salesforce" for entity in entities)
    (tmp_path / "alignment" / "all.yml").write_text(document)
    with salesforce() as fake:
        monkeypatch.setenv("SALESFORCE_CLIENT_ID", fake.client_id)
        monkeypatch.setenv("SALESFORCE_CLIENT_SECRET", fake.client_secret)
        ben = fake.org.create("User", {"Name": "Benjamin"})
        values = {"Name": "Albert Wesker", "Company": "Umbrella", "Email": "a@umbrella.example", "Status": "New"}
        lead = fake.org.create("Lead", values)
        fake.org.create("Lead", {"Status": "New"})
        fake.org.change("Lead", lead, {"Status": "Working", "OwnerId": ben})
        (tmp_path / "aac.toml").write_text(
            (PROJECT / "aac.toml").read_text().replace("http://127.0.0.1:8000", fake.url)
        )
        done = run_aac(tmp_path, "pull", "--full", "--record", "calls")
        assert done.returncode == 0, done.stdout + done.stderr
        read = read_of(done.stderr)
        (session,) = fake.sessions
    recording = (tmp_path / "calls" / "salesforce.jsonl").read_text()
    for secret in ("Wesker", "Umbrella", "umbrella", "Benjamin", session, fake.client_secret):
        assert secret not in recording
    with replayed(tmp_path / "calls" / "salesforce.jsonl") as url:
        elsewhere = tmp_path / "elsewhere"
        copytree(tmp_path / "alignment", elsewhere / "alignment")
        (elsewhere / "aac.toml").write_text((tmp_path / "aac.toml").read_text().replace(fake.url, url))
        done = run_aac(elsewhere, "pull", "--full")
    assert done.returncode == 0, done.stdout + done.stderr
    assert read_of(done.stderr) == read, done.stderr
    assert read == {
        "Account: 0", "Contact: 0", "Lead: 2", "Opportunity: 0", "User: 2", "lead_owner_changes: 3",
        "lead_status_changes: 3", "opportunity_owner_changes: 0", "opportunity_stage_changes: 0",
    }  # fmt: skip


def read_of(told: str) -> set[str]:
    """How many records of each stream were read."""
    return set(re.findall(r"^salesforce\.(\w+: \d+) records?,", told, re.MULTILINE))
