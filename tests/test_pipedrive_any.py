"""Whatever people do in a Pipedrive, and wherever a pull of it is stopped: what a reader sees is what there is."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from aac.connectors.base import Checkpoint, Context, Rows
from aac.connectors.pipedrive import walking
from aac.connectors.pipedrive.connector import PipedriveConnector
from aac.connectors.pipedrive.settings import PipedriveSettings
from tests.fakes.pipedrive.account import Account
from tests.fakes.pipedrive.server import pipedrive

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from aac.connectors.base import Stream
    from tests.fakes.pipedrive.server import Pipedrive

T = TypeVar("T")
WHICH = st.integers(0, 30)
DEED = st.one_of(
    st.tuples(st.just("create"), st.sampled_from((1, 2, 3)), st.integers(0, 400)),
    st.tuples(st.just("move"), WHICH, st.sampled_from((1, 2, 3))),
    st.tuples(st.just("archive"), WHICH, st.booleans()),
    st.tuples(st.just("delete"), WHICH, st.none()),
    st.tuples(st.just("merge"), WHICH, WHICH),
    st.tuples(st.just("lead"), st.booleans(), st.integers(0, 400)),
    st.tuples(st.just("convert"), WHICH, st.none()),
    st.tuples(st.just("forget"), WHICH, st.none()),
    st.tuples(st.just("pull"), st.none(), st.none()),
    st.tuples(st.just("sweep"), st.none(), st.none()),
    st.tuples(st.just("stop"), st.integers(0, 4), st.none()),
)
READ = ("deals", "deals_stage_changes", "leads")


def one_of(ids: list[T], which: int) -> T:
    return ids[which % len(ids)]


def do(account: Account, deed: str, first: Any, second: Any) -> None:
    """One thing that people do; nothing where there is no such record."""
    there: list[int] = [id for id, each in account.records["deals"].items() if each.deleted is None]
    leads: list[str] = sorted(account.leads)
    match deed:
        case "create":
            moment = datetime.now(UTC) - timedelta(seconds=second)  # not later than the overlap
            account.create("deals", {"stage_id": first}, moment)
        case "lead":
            account.lead("x", datetime.now(UTC) - timedelta(seconds=second), is_archived=first)
        case "move" if there:
            account.move(one_of(there, first), second)
        case "archive" if there:
            account.change("deals", one_of(there, first), {"is_archived": second})
        case "delete" if there:
            account.delete("deals", one_of(there, first))
        case "merge" if len(there) > 1 and first % len(there) != second % len(there):
            account.merge("deals", one_of(there, first), one_of(there, second))
        case "convert" if leads:
            account.convert(one_of(leads, first))
        case "forget" if leads:
            del account.leads[one_of(leads, first)]
        case _:
            pass


class Reader:
    """What the framework makes of messages, in the plainest way: newer states replace older ones."""

    def __init__(self, url: str, folder: Path) -> None:
        given = {"url": url, "access_token": {"env": "PIPEDRIVE_TOKEN"}}
        self.settings, self.context = PipedriveSettings.model_validate(given), Context(folder, folder / "files")
        self.records: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in READ}
        self.states: dict[str, dict[str, Any] | None] = dict.fromkeys(READ)
        self.keys: dict[str, set[str] | None] = dict.fromkeys(READ)

    def pull(self, *, sweep: bool = False, stop: int | None = None) -> None:
        """Pulls; ``stop``: before so many checkpoints of each stream have been sent."""
        made = PipedriveConnector(self.settings, self.context)
        made.check()
        streams = {stream.name: stream for stream in made.discover()}
        for name in READ:
            state = self.states[name]
            if sweep and state is not None:
                state, self.keys[name] = {**state, "swept": None, "begun": None}, None
            self._read(made, streams[name], state, stop)

    def _read(
        self, made: PipedriveConnector, stream: Stream, state: dict[str, Any] | None, stop: int | None
    ) -> None:  # fmt: skip
        waiting: list[tuple[str, list[dict[str, Any]]]] = []
        number = 0
        for part in made.slices(stream, state):
            for message in made.read(stream, part):
                if isinstance(message, Rows):
                    rows = [json.loads(line) for line in message.path.read_text().splitlines()]
                    waiting.append((message.op, rows))
                elif isinstance(message, Checkpoint):
                    if number == stop:
                        return
                    number += 1
                    self._keep(stream, waiting, complete=message.complete)
                    self.states[stream.name], waiting = dict(message.state), []

    def _keep(self, stream: Stream, waiting: list[tuple[str, list[dict[str, Any]]]], *, complete: bool) -> None:
        (key,), held, version = stream.key, self.records[stream.name], stream.version or stream.key[0]
        for op, rows in waiting:
            if op == "keys":
                self.keys[stream.name] = (self.keys[stream.name] or set()) | {row[key] for row in rows}
            for row in rows if op == "upsert" else ():
                older = held.get(row[key])
                if older is None or str(row[version]) >= str(older[version]):
                    held[row[key]] = row
            for row in rows if op == "delete" else ():
                held.pop(row[key], None)
        keys = self.keys[stream.name]
        if complete and keys is not None:
            self.records[stream.name] = {id: row for id, row in held.items() if id in keys}
            self.keys[stream.name] = None


@pytest.fixture(scope="module")
def fake() -> Generator[Pipedrive]:
    with pytest.MonkeyPatch.context() as patched, pipedrive() as running:
        patched.setenv("PIPEDRIVE_TOKEN", running.bearer)
        patched.setattr(walking, "ROWS", 1)
        yield running


def begun(fake: Pipedrive, folder: Path) -> Reader:
    """Somebody who has read nothing yet of an account without records."""
    fake.account = Account()
    return Reader(fake.url, folder)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(DEED, max_size=30))
@example([("create", 1, 0), ("move", 0, 2), ("move", 0, 1), ("move", 0, 2)])  # all within a second
@example([("create", 1, 0), ("stop", 1, None), ("delete", 0, None)])
@example([("lead", False, 0), ("pull", None, None), ("convert", 0, None), ("delete", 0, None)])
def test_what_is_read_is_what_there_is(fake: Pipedrive, tmp_path: Path, deeds: list[tuple[str, Any, Any]]) -> None:
    reader = begun(fake, tmp_path)
    for deed, first, second in [*deeds, ("pull", None, None), ("sweep", None, None)]:
        match deed:
            case "stop":
                reader.pull(stop=first)
            case "pull" | "sweep":
                reader.pull(sweep=deed == "sweep")
                agree(reader, fake.account)
            case _:
                do(fake.account, deed, first, second)


def agree(reader: Reader, account: Account) -> None:
    """What is read is what there is."""
    living = {str(id): each for id, each in account.records["deals"].items() if each.deleted is None}
    seen = {id: (row["stage_id"], row["is_archived"]) for id, row in reader.records["deals"].items()}
    assert seen == {id: (str(each.values["stage_id"]), each.values["is_archived"]) for id, each in living.items()}
    made_of = {each.values["source_lead_id"] for each in living.values()}
    leads = set(reader.records["leads"])
    assert account.leads.keys() <= leads <= account.leads.keys() | made_of
    for id, each in living.items():
        moves = [entry for entry in account.log.get(int(id), []) if entry.key == "stage_id"]
        values = [moves[0].old if moves else each.values["stage_id"], *(entry.new for entry in moves)]
        mine = [row for row in reader.records["deals_stage_changes"].values() if row["deal_id"] == id]
        assert sorted(row["value"] for row in mine) == sorted(map(str, values))
        assert [row["value"] for row in mine if row["left_at"] is None] == [str(values[-1])]
