"""The page of the connector `pipedrive`: whoever has a token comes to data with it alone."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from aac.connectors.pipedrive.changes import FOLLOWED
from aac.connectors.pipedrive.leads import LEADS
from aac.connectors.pipedrive.objects import RECENTS, THINGS
from aac.connectors.pipedrive.settings import PipedriveSettings
from aac.connectors.pipedrive.wholes import SCOPES
from tests.documentation import ROOT, Session, blocks
from tests.fakes.pipedrive.server import pipedrive
from tests.test_pipedrive_numbers import filled

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


def test_the_page_names_every_scope_setting_and_stream() -> None:
    scopes = {thing.scope for thing in (*THINGS, LEADS)} | {*SCOPES.values(), RECENTS}
    assert set(re.findall(r"^\| `([a-z]+:read)` \|", TEXT, re.MULTILINE)) == scopes
    named = set(re.findall(r"^\| `(\w+)` \|", TEXT.partition("## Settings")[2].partition("## How")[0], re.MULTILINE))
    assert named == PipedriveSettings.model_fields.keys()
    streams = {thing.name for thing in (*THINGS, LEADS)} | SCOPES.keys() | {each.stream for each in FOLLOWED}
    assert {name for name in streams if f"`{name}`" not in TEXT} == set()
