"""Answers of a real HubSpot, recorded by others (`tests/recorded/hubspot`): every field of them arrives."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from aac.connectors.base import Context, Rows
from aac.connectors.hubspot.access import access_of
from aac.connectors.hubspot.changes import COLUMNS, Changes
from aac.connectors.hubspot.client import Client, service_of
from aac.connectors.hubspot.connector import HubspotConnector
from aac.connectors.hubspot.objects import Thing
from aac.connectors.hubspot.settings import HubspotSettings
from aac.connectors.hubspot.walking import Times, Walk
from aac.connectors.row_files import RowFiles
from aac.connectors.transport import Transport
from aac.testing import replayed

if TYPE_CHECKING:
    from collections.abc import Generator

RESPONSES: dict[str, Any] = json.loads((Path(__file__).parent / "recorded" / "hubspot" / "responses.json").read_text())
RECORDS = {
    name: RESPONSES[f"mock_{name}_data"]["results"] for name in ("contacts", "companies", "deals", "tickets")
} | {name: RESPONSES[f"mock_{name}_data"]["results"] for name in ("products", "quotes")}
HISTORIES = RESPONSES["mock_contacts_with_history"]["results"]
OURS = ("products", "quotes")
"""Objects that the connector does not read by itself: here they are objects of the account's own."""
ABSENT = ("leads", "calls", "emails", "meetings", "notes", "tasks")
DATE = {"date": "Fri, 24 Feb 2023 15:00:00 GMT"}


def exchange(method: str, address: str, answer: Any, data: Any = None, status: int = 200) -> str:
    line = {"method": method, "address": address, "data": data, "status": status, "headers": DATE, "answer": answer}
    return json.dumps(line) + "\n"


def properties(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the account says of the properties that its records have; their types were not recorded."""
    names = sorted({name for record in records for name in record["properties"]})
    return [{"name": name, "type": "string", "hubspotDefined": False} for name in names]


def recording(path: Path, records: dict[str, list[dict[str, Any]]]) -> Path:
    """The recorded answers where they were given, and around them what is needed to ask for them."""
    schemas = [{"objectTypeId": name, "name": name} for name in OURS]
    lines = [
        exchange("GET", "/account-info/v3/details", {"portalId": 1}),
        exchange("GET", "/crm-object-schemas/v3/schemas", {"results": schemas}),
        exchange("GET", "/crm/v3/owners?archived=false&limit=100", {"results": []}),
        exchange("GET", "/crm/v3/owners?archived=true&limit=100", {"results": []}),
    ]
    lines += [exchange("GET", f"/crm/v3/objects/{name}?limit=1", {"message": "no"}, status=404) for name in ABSENT]
    for name, held in records.items():
        lines += [
            exchange("GET", f"/crm/v3/objects/{name}?limit=1", {"results": held[:1]}),
            exchange("GET", f"/crm/v3/properties/{name}", {"results": properties(held)}),
            exchange("GET", f"/crm/v3/pipelines/{name}", {"results": []}),
            exchange("POST", f"/crm/v3/objects/{name}/search", {"total": len(held), "results": held}),
            exchange("POST", f"/crm/v3/objects/{name}/batch/read", {"results": held}),
            exchange("GET", f"/crm/v3/objects/{name}?archived=true&limit=100&properties=hs_object_id", {"results": []}),
        ]
        links = (other for other in records if other != name)
        lines += [exchange("POST", f"/crm/v4/associations/{name}/{to}/batch/read", {"results": []}) for to in links]
    path.write_text("".join(lines))
    return path


def rows(url: str, folder: Path, stream: str) -> list[dict[str, Any]]:
    settings = HubspotSettings.model_validate({"token": {"env": "HUBSPOT_TOKEN"}, "api_version": "v3", "url": url})
    connector = HubspotConnector(settings, Context(folder, folder / "files"))
    connector.check()
    streams = {each.name: each for each in connector.discover()}
    found: list[dict[str, Any]] = []
    for part in connector.slices(streams[stream], None):
        for message in connector.read(streams[stream], part):
            if isinstance(message, Rows) and message.op == "upsert":
                found += [json.loads(line) for line in message.path.read_text().splitlines()]
                assert all(set(row) <= set(message.columns) for row in found)
    return found


@pytest.fixture(params=["plain", "with history"])
def asked(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Generator[tuple[str, Any]]:
    monkeypatch.setenv("HUBSPOT_TOKEN", "none")
    records = RECORDS if request.param == "plain" else {**RECORDS, "contacts": HISTORIES}
    with replayed(recording(tmp_path / "recorded.jsonl", records)) as url:
        yield url, records


@pytest.mark.parametrize("name", RECORDS)
def test_every_field_of_a_record_arrives(asked: tuple[str, Any], tmp_path: Path, name: str) -> None:
    url, records = asked
    sent = rows(url, tmp_path, name)
    assert len(sent) == len(records[name]) > 0
    by_id = {row["id"]: row for row in sent}
    for record in records[name]:
        row = {key: value for key, value in by_id[record["id"]].items() if value is not None}
        held = {key: value for key, value in record["properties"].items() if value not in (None, "")}
        assert row == {"id": record["id"], "createdAt": record["createdAt"], "updatedAt": record["updatedAt"], **held}


FOLLOWED = sorted({name for record in HISTORIES for name, held in record["propertiesWithHistory"].items() if held})


@pytest.mark.parametrize("property", FOLLOWED)
def test_every_field_of_a_history_arrives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, property: str) -> None:
    monkeypatch.setenv("HUBSPOT_TOKEN", "none")
    thing = Thing("contacts", (), followed=((property, "it"),))
    times = Times(1, datetime(2023, 7, 2, tzinfo=UTC), timedelta(0), timedelta(7))
    with replayed(recording(tmp_path / "recorded.jsonl", {**RECORDS, "contacts": HISTORIES})) as url:
        settings = HubspotSettings.model_validate({"token": {"env": "HUBSPOT_TOKEN"}, "api_version": "v3", "url": url})
        transport = Transport(service_of(settings), access_of(settings))
        client = Client(transport, "v3")
        files = RowFiles(tmp_path, "it", {"upsert": COLUMNS})
        changes = Changes(client, thing, property, "text", {}, dict)
        messages = changes.read(Walk(client, thing, {}, times), files)
        paths = [message.path for message in messages if isinstance(message, Rows)]
        transport.close()
    lines = [json.loads(line) for path in paths for line in path.read_text().splitlines()]
    sent = [dict.fromkeys(COLUMNS) | line for line in lines]
    expected = [
        (record["id"], entry["value"], entry["timestamp"], entry["sourceType"], entry.get("sourceId"),
         entry.get("sourceLabel"), str(entry["updatedByUserId"]) if "updatedByUserId" in entry else None)
        for record in HISTORIES
        for entry in reversed(record["propertiesWithHistory"].get(property, []))
    ]  # fmt: skip
    names = ("record_id", "value", "changed_at", "source_type", "source_id", "source_label", "user_id")
    assert [tuple(row[name] for name in names) for row in sent] == expected
    assert {key for row in sent for key in row} == set(COLUMNS)
