"""What happens between two answers of Salesforce: places are forgotten, pulls are killed, records move."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any

import pytest

from aac.connectors import transport
from aac.connectors.base import Checkpoint, Rows
from aac.connectors.salesforce import client, walking
from aac.connectors.transport import RefusedError
from aac.errors import SourceError
from tests.fakes.salesforce.server import salesforce
from tests.fakes.salesforce.strict import Refused
from tests.test_salesforce_reading import connector, pulled, sent

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from tests.fakes.salesforce.server import Salesforce

LONG_AGO = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Generator[Salesforce]:
    monkeypatch.setattr(transport, "FIRST_WAIT", 0.0)
    monkeypatch.setattr(walking, "FIRST_LOOK", 0.0)
    with salesforce() as running:
        monkeypatch.setenv("SALESFORCE_CLIENT_ID", running.client_id)
        monkeypatch.setenv("SALESFORCE_CLIENT_SECRET", running.client_secret)
        yield running


def job_state(fake: Salesforce, place: str) -> dict[str, Any]:
    """The state of a pull that was stopped within a job."""
    job = {"id": next(iter(fake.jobs)), "place": place}
    begun = {"at": datetime.now(UTC).isoformat(), "after": None, "sweeps": True, "job": job}
    return {"org": fake.org.id, "begun": begun}


def test_a_job_whose_place_is_forgotten_is_begun_anew(fake: Salesforce, tmp_path: Path) -> None:
    made = [fake.org.create("Lead", {"Name": f"{n}"}) for n in range(10)]
    fake.chunk = 4
    assert [row["Id"] for row in pulled(connector(fake, tmp_path, bulk_above=5), "Lead")] == made
    told = sent(connector(fake, tmp_path, bulk_above=5), "Lead", job_state(fake, "forgotten"))
    assert ([row["Id"] for row in told.rows["upsert"]], told.is_whole) == (made, True)

    def forget(path: str) -> None:
        if path.endswith("/results"):
            raise Refused(400, "INVALIDLOCATOR", "invalid locator")

    fake.before = forget
    with pytest.raises(RefusedError, match=r"/results: 400 INVALIDLOCATOR: invalid locator"):
        sent(connector(fake, tmp_path, bulk_above=5), "Lead", job_state(fake, "forgotten"))


def test_parts_of_wide_records_have_fewer_of_them(
    fake: Salesforce, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [fake.org.create("Lead", {"Name": f"{n}"}) for n in range(10)]
    monkeypatch.setattr(client, "VALUES", 100)
    fields = len(fake.org.types["Lead"])  # not all of which are read
    assert 20 < fields < 100
    assert [row["Id"] for row in pulled(connector(fake, tmp_path, bulk_above=5), "Lead")] == made
    assert sum(path.endswith("/results") for path in fake.asked) in (3, 4, 5)
    monkeypatch.setattr(client, "VALUES", 1)
    assert [row["Id"] for row in pulled(connector(fake, tmp_path, bulk_above=5), "Lead")] == made


def test_pages_that_are_always_forgotten_end(fake: Salesforce, tmp_path: Path) -> None:
    fake.page = 2
    deal = fake.org.create("Opportunity", {"StageName": "A"}, LONG_AGO)
    for stage in "BCDE":
        fake.org.change("Opportunity", deal, {"StageName": stage}, LONG_AGO)
    fake.before = lambda path: fake.places.clear() if path.startswith("query/") else None
    with pytest.raises(SourceError, match="forgot twice where a page of `OpportunityHistory` begins"):
        pulled(connector(fake, tmp_path), "opportunity_stage_changes")


def test_what_is_tracked_is_read_to_its_last_page(fake: Salesforce, tmp_path: Path) -> None:
    fake.page = 2
    lead = fake.org.create("Lead", {"Status": "New"})
    (row,) = pulled(connector(fake, tmp_path), "lead_status_changes")
    assert (row["record_id"], row["value"]) == (lead, "New")


def test_calls_never_overlap(fake: Salesforce, tmp_path: Path) -> None:
    fake.page, lock, overlaps = 3, Lock(), list[str]()

    def look(path: str) -> None:
        if not lock.acquire(blocking=False):
            overlaps.append(path)
            return
        time.sleep(0.002)
        lock.release()

    fake.before = look
    leads = [fake.org.create("Lead", {"Status": "New"}, LONG_AGO) for _ in range(20)]
    fake.org.forget()
    begun = datetime.now(UTC).isoformat()
    for lead in leads:
        fake.org.change("Lead", lead, {"Status": "Working"})
    late = {"org": fake.org.id, "until": begun, "swept": begun}
    for stream in ("Lead", "lead_status_changes"):
        for state in (None, late):
            assert sent(connector(fake, tmp_path), stream, state).is_whole
    assert overlaps == []


def until(fake: Salesforce, folder: Path, stream: str, state: Any, stop: int, **settings: Any) -> tuple[list[Any], Any]:
    """What was kept of a stream that is killed behind a checkpoint; the state is null when there was none so late."""
    made, rows, seen = connector(fake, folder, **settings), list[Any](), 0
    made.check()
    (found,) = (each for each in made.discover() if each.name == stream)
    (part,) = made.slices(found, state)
    waiting = list[Any]()
    for message in made.read(found, part):
        match message:
            case Rows(path=path, op=op):
                waiting += [(op, line) for line in path.read_text().splitlines()]
            case Checkpoint():
                rows, waiting, seen = rows + waiting, [], seen + 1
                if message.complete:
                    return rows, None
                if seen == stop:
                    return rows, dict(message.state)
            case _:
                pass
    raise AssertionError(stream)


@pytest.mark.parametrize(
    ("stream", "is_late", "settings"),
    [
        ("Lead", False, {}),
        ("Lead", True, {}),
        ("Lead", False, {"bulk_above": 10}),
        ("Lead", True, {"bulk_above": 10}),
        ("opportunity_stage_changes", False, {}),
        ("opportunity_stage_changes", True, {}),
        ("lead_status_changes", True, {}),
    ],
)
def test_killed_at_every_checkpoint(
    stream: str, is_late: bool, settings: dict[str, Any], fake: Salesforce, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(walking, "ROWS", 4)
    monkeypatch.setattr("aac.connectors.salesforce.changes.BATCH", 4)
    fake.page, fake.chunk = 5, 7
    leads = [fake.org.create("Lead", {"Name": f"{n}", "Status": "New"}, LONG_AGO) for n in range(33)]
    deals = [fake.org.create("Opportunity", {"StageName": "A"}, LONG_AGO) for _ in range(21)]
    begun = datetime.now(UTC).isoformat()
    for lead, deal in zip(leads, deals, strict=False):
        fake.org.change("Lead", lead, {"Status": "Working"})
        fake.org.change("Opportunity", deal, {"StageName": "B"})
    fake.org.delete("Lead", leads[-1])
    state = {"org": fake.org.id, "until": begun, "swept": begun} if is_late else None
    whole, _ = until(fake, tmp_path, stream, state, 0, **settings)
    stop, kills = 1, 0
    while True:
        rows, after = until(fake, tmp_path, stream, state, stop, **settings)
        if after is None:
            break
        rest, _ = until(fake, tmp_path, stream, json.loads(json.dumps(after)), 0, **settings)
        assert set(rows + rest) == set(whole)
        assert len(rows + rest) == len(whole)  # and nothing of it twice
        stop, kills = stop + 1, kills + 1
    assert kills > 2


def test_a_record_that_was_taken_out_of_the_recycle_bin_is_there(fake: Salesforce, tmp_path: Path) -> None:
    fake.lag = timedelta()
    lead = fake.org.create("Lead", {"Name": "one"}, LONG_AGO)
    begun = datetime.now(UTC) - timedelta(minutes=20)
    fake.org.delete("Lead", lead)
    fake.org.log["Lead"] = [(lead, begun + timedelta(minutes=5))]
    fake.org.change("Lead", lead, {"IsDeleted": False})
    told = sent(connector(fake, tmp_path), "Lead", {"org": fake.org.id, "until": f"{begun}", "swept": f"{begun}"})
    (there,), (gone,) = told.rows["upsert"], told.rows["delete"]
    assert there["SystemModstamp"] > gone["SystemModstamp"]  # what is older does not replace what is newer


@pytest.mark.parametrize(
    "bad", ["busy", "429", "429 wait", "502", "503", "401", "malformed", "null", "html", "truncated", "drip"]
)
@pytest.mark.parametrize("settings", [{}, {"bulk_above": 10}])
def test_nothing_is_lost_or_doubled_when_answers_are_bad(
    bad: str, settings: dict[str, Any], fake: Salesforce, tmp_path: Path
) -> None:
    fake.page, fake.chunk = 5, 7
    made = [fake.org.create("Lead", {"Name": f"{n}"}) for n in range(33)]
    connected = connector(fake, tmp_path, **settings)
    connected.check()
    connected.discover()
    fake.trouble.extend(["well"] * 16 + [bad, "well", "well"] * 3)
    assert [row["Id"] for row in pulled(connected, "Lead")] == made
    assert len(fake.trouble) < 4  # a slow answer is one


def test_a_stage_that_was_renamed_is_found_by_the_next_sweep(fake: Salesforce, tmp_path: Path) -> None:
    deal = fake.org.create("Opportunity", {"StageName": "Proposal"}, LONG_AGO)
    first = sent(connector(fake, tmp_path), "Opportunity")
    fake.org.rename_stage("Proposal", "Offer")
    assert sent(connector(fake, tmp_path), "Opportunity", first.state).rows == {}
    assert first.state is not None
    late = first.state | {"swept": (datetime.now(UTC) - timedelta(days=8)).isoformat()}
    (row,) = sent(connector(fake, tmp_path), "Opportunity", late).rows["upsert"]
    assert (row["Id"], row["StageName"]) == (deal, "Offer")
    (change,) = pulled(connector(fake, tmp_path), "opportunity_stage_changes")
    assert change["value"] == "Proposal"
