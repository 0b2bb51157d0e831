"""Whatever people do in a HubSpot, and whenever it is pulled: what a reader sees is what there is."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from aac.connectors.base import Checkpoint, Context, Rows
from aac.connectors.hubspot.connector import HubspotConnector
from aac.connectors.hubspot.settings import HubspotSettings
from tests.fakes.hubspot.server import hubspot

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from aac.connectors.base import Stream
    from tests.fakes.hubspot.account import Account
    from tests.fakes.hubspot.server import HubSpot

STAGES = ("new", "qualified", "closedwon")
WHICH = st.integers(0, 30)
DEED = st.one_of(
    st.tuples(st.just("create"), st.sampled_from(STAGES), st.integers(0, 400)),
    st.tuples(st.just("move"), WHICH, st.sampled_from(STAGES)),
    st.tuples(st.just("archive"), WHICH, st.none()),
    st.tuples(st.just("purge"), WHICH, st.none()),
    st.tuples(st.just("merge"), WHICH, WHICH),
    st.tuples(st.just("pull"), st.none(), st.none()),
    st.tuples(st.just("sweep"), st.none(), st.none()),
)


def one_of(ids: list[int], which: int) -> str:
    return str(ids[which % len(ids)])


def do(account: Account, deed: str, first: Any, second: Any) -> None:
    """One thing that people do; nothing where there is no such record."""
    there = account.live["deals"]
    if deed == "create":
        moment = datetime.now(UTC) - timedelta(seconds=second)  # not later than the overlap
        account.create("deals", {"dealstage": first}, moment)
    elif there and deed == "move":
        account.change("deals", one_of(there, first), {"dealstage": second})
    elif there and deed in ("archive", "purge"):
        getattr(account, deed)("deals", one_of(there, first))
    elif deed == "merge" and len(there) > 1 and first % len(there) != second % len(there):
        account.merge("deals", one_of(there, first), one_of(there, second))


class Reader:
    """What the framework makes of messages, in the plainest way: newer states replace older ones."""

    def __init__(self, connector: HubspotConnector) -> None:
        self.connector = connector
        connector.check()
        self.streams = {stream.name: stream for stream in connector.discover()}
        self.records: dict[str, dict[str, dict[str, Any]]] = {"deals": {}, "deals_stage_changes": {}}
        self.states: dict[str, dict[str, Any] | None] = dict.fromkeys(self.records)

    def pull(self, *, sweep: bool) -> None:
        self.connector.check()
        for name in self.records:
            stream, state = self.streams[name], self.states[name]
            if sweep and state is not None:
                state = {**state, "swept": None}
            self._read(stream, state)

    def _read(self, stream: Stream, state: dict[str, Any] | None) -> None:
        keys: set[str] | None = None
        (key,), held = stream.key, self.records[stream.name]
        for part in self.connector.slices(stream, state):
            for message in self.connector.read(stream, part):
                if isinstance(message, Rows):
                    lines = map(json.loads, message.path.read_text().splitlines())
                    rows = [dict.fromkeys(message.columns) | row for row in lines]
                    keys = {row[key] for row in rows} | (keys or set()) if message.op == "keys" else keys
                    for row in rows if message.op == "upsert" else ():
                        older = held.get(row[key])
                        if older is None or str(row[stream.version or key]) >= str(older[stream.version or key]):
                            held[row[key]] = row
                    for row in rows if message.op == "delete" else ():
                        held.pop(row[key], None)
                elif isinstance(message, Checkpoint):
                    self.states[stream.name] = dict(message.state)
        if keys is not None:
            self.records[stream.name] = {id: row for id, row in held.items() if id in keys}


@pytest.fixture(scope="module")
def fake() -> Generator[HubSpot]:
    with pytest.MonkeyPatch.context() as patched, hubspot() as running:
        patched.setenv("HUBSPOT_TOKEN", running.account.token)
        yield running


def begun(fake: HubSpot, folder: Path) -> Reader:
    """Somebody who has read nothing yet of an account without deals."""
    for id in list(fake.account.records["deals"]):
        fake.account.purge("deals", str(id))
    given = {"url": fake.url, "token": {"env": "HUBSPOT_TOKEN"}, "searches_per_second": 10_000}
    return Reader(HubspotConnector(HubspotSettings.model_validate(given), Context(folder, folder / "files")))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(DEED, max_size=30))
@example([("create", "new", 0), ("pull", None, None), ("purge", 0, None)])  # a sweep that finds nothing says so
def test_what_is_read_is_what_there_is(fake: HubSpot, tmp_path: Path, deeds: list[tuple[str, Any, Any]]) -> None:
    account, reader, purged = fake.account, begun(fake, tmp_path), False
    for deed, first, second in [*deeds, ("pull", None, None), ("sweep", None, None)]:
        if deed not in ("pull", "sweep"):
            do(account, deed, first, second)
            purged |= deed == "purge"
            continue
        reader.pull(sweep=deed == "sweep")
        purged &= deed == "pull"
        agree(reader, account, purged=purged)


def agree(reader: Reader, account: Account, *, purged: bool) -> None:
    """What is read is what there is; ``purged``: but for what went for good, which nobody knows before a sweep."""
    living = {str(id): account.records["deals"][id] for id in account.live["deals"]}
    seen = {id: row["dealstage"] for id, row in reader.records["deals"].items()}
    expected = {id: record.values["dealstage"] for id, record in living.items()}
    assert expected.items() <= seen.items()
    assert purged or seen == expected
    for id, record in living.items():
        mine = [row for row in reader.records["deals_stage_changes"].values() if row["record_id"] == id]
        assert sorted(row["value"] for row in mine) == sorted(entry.value for entry in record.history["dealstage"])
        assert [row["value"] for row in mine if row["left_at"] is None] == [record.values["dealstage"]]
