"""The page of the connector `hubspot`: whoever has a token comes to numbers with it alone."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from aac.connectors.hubspot.objects import CUSTOM_SCOPE, OWNERS_SCOPE, STANDARD
from aac.connectors.hubspot.settings import HubspotSettings
from tests.documentation import ROOT, Session, blocks
from tests.fakes.hubspot.server import hubspot
from tests.test_hubspot_numbers import filled

if TYPE_CHECKING:
    from pathlib import Path

PAGE = ROOT / "docs" / "how-to" / "connect-hubspot.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_the_page_leads_to_numbers(tmp_path: Path) -> None:
    with hubspot(filled(7)) as fake:
        environment = {"HUBSPOT_TOKEN": fake.account.token, "SOURCE_DATE_EPOCH": str(int(time.time()) + 3600)}
        session = Session(tmp_path, environment)
        for block in blocks(PAGE):
            ours = f'[sources.hubspot]\nurl = "{fake.url}"\nsearches_per_second = 10000\n'
            session.run(replace(block, text=block.text.replace("[sources.hubspot]\n", ours)))
    if session.told:
        pytest.fail("\n".join(session.told), pytrace=False)


def test_the_page_names_every_scope_and_every_setting() -> None:
    scopes = {scope for thing in STANDARD for scope in thing.scopes} | {OWNERS_SCOPE, CUSTOM_SCOPE}
    assert set(re.findall(r"^\| `([a-z.-]+)` \| [^|]*\| (?:yes|if) ?", TEXT, re.MULTILINE)) == scopes
    named = set(re.findall(r"^\| `(\w+)` \|", TEXT.partition("## Settings")[2].partition("## How")[0], re.MULTILINE))
    assert named == HubspotSettings.model_fields.keys() - {"url"}


def test_the_page_names_the_streams() -> None:
    streams = {name for thing in STANDARD for name in (thing.name, *thing.changes())} | {"owners", "deals_stages"}
    streams |= {"deals_contacts", "deals_companies", "contacts_companies", "calls_contacts"}
    assert {name for name in streams if f"`{name}`" not in TEXT} == {"leads_stage_changes", "leads_owner_changes"}
