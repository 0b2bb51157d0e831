"""The page of the connector `pipedrive`: whoever has a token comes to data with it alone."""

from __future__ import annotations

import re
import shutil
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from aac.connectors.pipedrive.changes import FOLLOWED
from aac.connectors.pipedrive.leads import LEADS
from aac.connectors.pipedrive.objects import RECENTS, THINGS
from aac.connectors.pipedrive.settings import PipedriveSettings
from aac.connectors.pipedrive.wholes import SCOPES
from aac.testing import replayed
from tests.commands import run_aac
from tests.documentation import ROOT, Session, blocks
from tests.fakes.pipedrive.server import pipedrive
from tests.test_pipedrive_numbers import PROJECT, filled

if TYPE_CHECKING:
    from pathlib import Path

PAGE = ROOT / "docs" / "how-to" / "connect-pipedrive.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_the_page_leads_to_data(tmp_path: Path) -> None:
    with pipedrive(filled(7)) as fake:
        environment = {"PIPEDRIVE_TOKEN": fake.account.token, "SOURCE_DATE_EPOCH": str(int(time.time()) + 3600)}
        session = Session(tmp_path, environment)
        for block in blocks(PAGE):
            ours = f'[sources.pipedrive]\nurl = "{fake.url}"\n'
            session.run(replace(block, text=block.text.replace("[sources.pipedrive]\n", ours)))
    if session.told:
        pytest.fail("\n".join(session.told), pytrace=False)


def test_a_recording_tells_of_nobody_and_can_be_answered_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "alignment").mkdir()
    entities = ("account", "activity", "contact", "lead", "opportunity", "owner_change", "stage_change", "user")
    documents = "---\n".join(f"kind: entity\nid: {each}\nextends: pipedrive\n" for each in entities)
    (tmp_path / "alignment" / "all.yml").write_text(documents)
    with pipedrive(filled(7)) as fake:
        monkeypatch.setenv("PIPEDRIVE_TOKEN", fake.account.token)
        emails = [{"value": "a@umbrella.example", "primary": True, "label": "work"}]
        fake.account.create("persons", {"name": "Albert Wesker", "emails": emails})
        fake.account.change("deals", 7, {"title": "Umbrella"})
        settings = (PROJECT / "aac.toml").read_text().replace("http://127.0.0.1:8000", fake.url)
        (tmp_path / "aac.toml").write_text(settings)
        pulled = run_aac(tmp_path, "pull", "--full", "--record", "calls")
        assert pulled.returncode == 0, pulled.stdout + pulled.stderr
        recording = (tmp_path / "calls" / "pipedrive.jsonl").read_text()
        for secret in ("Wesker", "Umbrella", "umbrella", fake.account.token):
            assert secret not in recording
    shutil.rmtree(tmp_path / ".aac")
    with replayed(tmp_path / "calls" / "pipedrive.jsonl") as url:
        (tmp_path / "aac.toml").write_text(settings.replace(fake.url, url))
        again = run_aac(tmp_path, "pull", "--full")
    assert again.returncode == 0, again.stdout + again.stderr
    assert counts(again.stderr) == counts(pulled.stderr)


def counts(told: str) -> list[str]:
    """How many records each stream has."""
    return re.findall(r"^pipedrive\.\w+: [\d,]+ record", told, re.MULTILINE)


def test_the_page_names_every_scope_setting_and_stream() -> None:
    scopes = {thing.scope for thing in (*THINGS, LEADS)} | {*SCOPES.values(), RECENTS}
    assert set(re.findall(r"^\| `([a-z]+:read)` \|", TEXT, re.MULTILINE)) == scopes
    named = set(re.findall(r"^\| `(\w+)` \|", TEXT.partition("## Settings")[2].partition("## How")[0], re.MULTILINE))
    assert named == PipedriveSettings.model_fields.keys()
    streams = {thing.name for thing in (*THINGS, LEADS)} | SCOPES.keys() | {each.stream for each in FOLLOWED}
    assert {name for name in streams if f"`{name}`" not in TEXT} == set()
