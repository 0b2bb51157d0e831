"""How the connector `salesforce` is let in, and what it makes of what Salesforce answers."""

from __future__ import annotations

import base64
import json
import sys
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import ValidationError

from aac.connectors.base import Checkpoint, Context, Notice, Rows
from aac.connectors.salesforce.access import access_of
from aac.connectors.salesforce.changes import FOLLOWED, rows_of
from aac.connectors.salesforce.client import Client, Deleted, codes_of, service_of, told
from aac.connectors.salesforce.connector import SalesforceConnector
from aac.connectors.salesforce.fields import fields_of, value_of
from aac.connectors.salesforce.records import row_of
from aac.connectors.salesforce.settings import SalesforceSettings
from aac.connectors.transport import OverError, RefusedError, Transport
from aac.errors import SourceError, UnfinishedError
from tests.fakes.salesforce.server import Salesforce, salesforce
from tests.fakes.scripted import Scripted, scripted

if TYPE_CHECKING:
    from collections.abc import Generator

RECORDED = Path(__file__).parent / "recorded" / "salesforce"
LEAD_OWNER, LEAD_STATUS, DEAL_OWNER, DEAL_STAGE = FOLLOWED
SECRETS = {"client_id": {"env": "SALESFORCE_CLIENT_ID"}, "client_secret": {"env": "SALESFORCE_CLIENT_SECRET"}}
BY_KEY = {
    "client_id": {"env": "SALESFORCE_CLIENT_ID"}, "key_file": {"env": "SALESFORCE_KEY_FILE"},
    "username": "integration@example.com",
}  # fmt: skip


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Generator[Salesforce]:
    with salesforce() as running:
        monkeypatch.setenv("SALESFORCE_CLIENT_ID", running.client_id)
        monkeypatch.setenv("SALESFORCE_CLIENT_SECRET", running.client_secret)
        yield running


def connector(fake: Salesforce, folder: Path, **settings: Any) -> SalesforceConnector:
    given = {"url": fake.url, **(SECRETS if "key_file" not in settings else {}), **settings}
    return SalesforceConnector(SalesforceSettings.model_validate(given), Context(folder, folder / "files"))


@dataclass
class Sent:
    """What was sent of a stream: rows by their kind, notices, and the last state. ``is_whole``: to the end."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict[str, list[dict[str, Any]]])
    notices: list[Notice] = field(default_factory=list[Notice])
    state: dict[str, Any] | None = None
    is_whole: bool = False


def sent(made: SalesforceConnector, stream: str, state: dict[str, Any] | None = None) -> Sent:
    """What a stream sends until it ends, or no more may be asked for."""
    told = Sent(state=state)
    try:
        made.check()
        (found,) = (each for each in made.discover() if each.name == stream)
        (part,) = made.slices(found, state)
        for message in made.read(found, part):
            match message:
                case Rows(path=path, op=op):
                    told.rows.setdefault(op, []).extend(map(json.loads, path.read_text().splitlines()))
                case Notice():
                    told.notices.append(message)
                case Checkpoint():
                    told.state, told.is_whole = dict(message.state), message.complete
                case _:
                    pass
    except OverError:
        assert not told.is_whole
    return told


def pulled(
    made: SalesforceConnector, stream: str, state: dict[str, Any] | None = None, op: str = "upsert"
) -> list[dict[str, Any]]:
    """The rows of a stream, as they were sent to be taken over, or those of another kind."""
    return sent(made, stream, state).rows.get(op, [])


# Being let in


def key_file(path: Path, key: Any) -> Path:
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


def test_a_key_lets_us_in_again_and_again(fake: Salesforce, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = rsa.generate_private_key(65537, 2048)
    fake.certificate = key.public_key()
    monkeypatch.setenv("SALESFORCE_KEY_FILE", str(key_file(tmp_path / "aac.key", key)))
    made = connector(fake, tmp_path, **BY_KEY)
    made.check()
    fake.sessions.clear()
    made.check()
    assert made.limits() == "999,998 of 1,000,000 calls are left of 24 hours"
    fake.certificate = rsa.generate_private_key(65537, 2048).public_key()
    fake.sessions.clear()
    with pytest.raises(RefusedError, match=r"key in `SALESFORCE_KEY_FILE`.*clock.*\(invalid_grant: user hasn't"):
        made.check()


@pytest.mark.parametrize(
    ("host", "audience"),
    [
        ("yours.my", "login"), ("yours.develop.my", "login"), ("yours-dev-ed.trailblaze.my", "login"),
        ("yours--uat.sandbox.my", "test"), ("yours-dev-ed.scratch.my", "test"), ("yours--uat.cs5.my", "test"),
        ("yours--uat.my", "test"), ("yours-dev-ed.cs5.my", "test"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("fake")
def test_a_key_asks_where_the_org_lets_people_in(
    host: str, audience: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = rsa.generate_private_key(65537, 2048)
    monkeypatch.setenv("SALESFORCE_KEY_FILE", str(key_file(tmp_path / "aac.key", key)))
    settings = SalesforceSettings.model_validate({"url": f"https://{host}.salesforce.com", **BY_KEY})
    renewal = access_of(settings).renewal()
    assert renewal is not None
    assert renewal.call.form is not None
    claims = json.loads(base64.urlsafe_b64decode(renewal.call.form["assertion"].split(".")[1] + "=="))
    assert claims["aud"] == f"https://{audience}.salesforce.com"


def test_a_key_that_is_none_is_told(fake: Salesforce, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "aac.key"
    monkeypatch.setenv("SALESFORCE_KEY_FILE", str(path))
    with pytest.raises(SourceError, match="`SALESFORCE_KEY_FILE` names cannot be read: No such file"):
        connector(fake, tmp_path, **BY_KEY)
    path.write_text("-----BEGIN CERTIFICATE-----\n")
    with pytest.raises(SourceError, match="holds no private key without a password: make one with `openssl"):
        connector(fake, tmp_path, **BY_KEY)
    key_file(path, ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(SourceError, match="is not RSA"):
        connector(fake, tmp_path, **BY_KEY)
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric.rsa", None)
    with pytest.raises(SourceError, match=r'run `pip install "alignment-as-code\[salesforce\]"`'):
        connector(fake, tmp_path, **BY_KEY)


def test_a_wrong_secret_is_told_without_it(fake: Salesforce, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALESFORCE_CLIENT_SECRET", "wrong-and-not-to-be-seen")
    with pytest.raises(RefusedError, match=r"secret in `SALESFORCE_CLIENT_SECRET`.*\(invalid_client: ") as caught:
        connector(fake, tmp_path).check()
    assert "not-to-be-seen" not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"url": "https://login.salesforce.com", **SECRETS}, "is no address of My Domain"),
        ({"url": "https://yours.my.salesforce.com.evil.example", **SECRETS}, "is no address of My Domain"),
        ({"url": "http://yours.my.salesforce.com", **SECRETS}, "is no address of My Domain"),
        ({"url": "https://yours.my.salesforce.com", **SECRETS, **BY_KEY}, "say one of both"),
        ({"url": "https://yours.my.salesforce.com", "client_id": {"env": "X"}}, "say one of both"),
    ],
)
def test_settings_that_make_no_sense(settings: dict[str, Any], expected: str) -> None:
    with pytest.raises(ValidationError, match=expected):
        SalesforceSettings.model_validate(settings)


def test_addresses_of_my_domain() -> None:
    for host in ("yours.my.salesforce.com", "yours--dev.sandbox.my.salesforce.com", "yours.develop.my.salesforce.com"):
        made = SalesforceSettings.model_validate({"url": f"https://{host}/", **SECRETS})
        assert (made.url, made.host) == (f"https://{host}", host)


# What may not be read


def test_what_may_not_be_read_is_told_with_what_to_grant(fake: Salesforce, tmp_path: Path) -> None:
    fake.org.hidden |= {"Task", "Lead.Email", "LeadHistory"}
    made = connector(fake, tmp_path)
    made.check()
    streams = {stream.name: stream for stream in made.discover()}
    assert "`Task`" in (streams["Task"].refused or "")
    assert "let the org track" in (streams["lead_owner_changes"].refused or "")
    assert streams["opportunity_stage_changes"].refused is None
    ((column, advice),) = streams["Lead"].withheld.items()
    assert (column, "field-level security" in advice) == ("Email", True)


def test_objects_and_fields_of_ones_own(fake: Salesforce, tmp_path: Path) -> None:
    fake.org.add_object("Demo__c", {"Name": "string", "Score__c": "double"})
    demo = fake.org.create("Demo__c", {"Name": "First", "Score__c": 7.5})
    (row,) = pulled(connector(fake, tmp_path, objects=["Demo__c"]), "Demo__c")
    assert (row["Id"], row["Name"], row["Score__c"]) == (demo, "First", 7.5)
    lead = fake.org.create("Lead", {"Phone": "123"})
    assert "Phone" not in pulled(connector(fake, tmp_path), "Lead")[0]
    (row,) = pulled(connector(fake, tmp_path, fields={"Lead": ["Phone"]}), "Lead")
    assert (row["Id"], row["Phone"]) == (lead, "123")
    fake.org.add_field("Task", "TaskWhoIds", "JunctionIdList", [lead])
    for wrong, expected in (
        ({"fields": {"Task": ["TaskWhoIds"]}}, "`Task` has no field `TaskWhoIds` that may be read"),
        ({"objects": ["Demos__c"]}, "there is no object `Demos__c` that may be read: did you mean `Demo__c`"),
        ({"fields": {"Lead": ["Phones"]}}, "`Lead` has no field `Phones` that may be read: did you mean `Phone`"),
        ({"fields": {"Leads": ["Phone"]}}, "the object `Leads`, which is not read: did you mean `Lead`"),
    ):
        made = connector(fake, tmp_path, **wrong)
        made.check()
        with pytest.raises(SourceError, match=expected):
            made.discover()


# Pages and jobs


def test_a_page_whose_place_is_forgotten_is_found_again(fake: Salesforce, tmp_path: Path) -> None:
    fake.page = 7
    made = [fake.org.create("Lead", {"Name": f"{n}"}) for n in range(30)]

    def forget(path: str) -> None:
        if path.startswith("query/") and len(fake.asked) % 2:
            fake.places.clear()

    fake.before = forget
    assert [row["Id"] for row in pulled(connector(fake, tmp_path), "Lead")] == made
    now = datetime.now(UTC).replace(microsecond=0)
    for lead in made[3:]:
        fake.org.change("Lead", lead, {"Name": "of one moment"}, now)
    state = {"org": fake.org.id, "until": (now + timedelta(minutes=10)).isoformat(), "swept": now.isoformat()}
    rows = pulled(connector(fake, tmp_path, overlap="11 minutes"), "Lead", state)
    assert sorted({row["Id"] for row in rows}) == made
    assert len(rows) < 60  # what was read before is not read again


def test_deletions_are_told_or_else_found_by_what_is_there(fake: Salesforce, tmp_path: Path) -> None:
    fake.lag = timedelta()
    begun = datetime.now(UTC).replace(microsecond=0)
    stays, archived, goes = (fake.org.create("Task", {"IsArchived": n == 1}, begun - timedelta(9)) for n in range(3))
    fake.org.delete("Task", goes)
    fake.org.log["Task"] = [(goes, begun - timedelta(minutes=5))]
    state = {"org": fake.org.id, "until": begun.isoformat(), "swept": begun.isoformat()}
    for is_purged in (False, True):
        deleted = pulled(connector(fake, tmp_path), "Task", state, "delete")
        assert {row["Id"] for row in deleted} == {goes}
        assert all(row["SystemModstamp"].endswith("Z") for row in deleted)
        assert (len(deleted), pulled(connector(fake, tmp_path), "Task", state, "keys")) == (1 if is_purged else 2, [])
        fake.org.purge()
    fake.org.forget()
    assert pulled(connector(fake, tmp_path), "Task", state, "delete") == []
    keys = pulled(connector(fake, tmp_path), "Task", state, "keys")
    assert [row["Id"] for row in keys] == [stays, archived]


def test_deletions_that_are_told_late_are_not_lost(fake: Salesforce, tmp_path: Path) -> None:
    begun = datetime.now(UTC).replace(microsecond=0)
    fake.org.log["Task"] = [("00THs0000000099AAA", begun - timedelta(minutes=50))]
    early = (begun - timedelta(hours=1)).isoformat()
    first = sent(connector(fake, tmp_path), "Task", {"org": fake.org.id, "until": early, "swept": early})
    assert (first.rows, first.is_whole) == ({}, True)  # what is at work since two hours ago may still delete
    fake.lag = timedelta()
    second = sent(connector(fake, tmp_path), "Task", first.state)
    assert [row["Id"] for row in second.rows["delete"]] == ["00THs0000000099AAA"]
    assert sent(connector(fake, tmp_path), "Task", second.state).rows == {}
    assert second.state is not None
    late = second.state | {"told": (begun - timedelta(days=14, minutes=1)).isoformat()}  # of no use any more
    task = fake.org.create("Task", {}, begun - timedelta(days=30))
    assert sent(connector(fake, tmp_path), "Task", late).rows["keys"] == [{"Id": task}]


def test_a_list_of_all_keys_goes_on_where_it_was_stopped(fake: Salesforce, tmp_path: Path) -> None:
    fake.page = 3
    made = [fake.org.create("Task", {}, datetime(2026, 1, 2, tzinfo=UTC)) for _ in range(20)]
    fake.org.forget()
    begun = datetime.now(UTC).isoformat()
    told = Sent(state={"org": fake.org.id, "until": begun, "swept": begun})
    keys: list[str] = []
    pulls = 0
    while not told.is_whole and pulls < 9:
        pulls += 1
        told = sent(connector(fake, tmp_path, max_calls=21), "Task", told.state)
        keys += [row["Id"] for row in told.rows.get("keys", ())]
    assert (sorted(keys), told.is_whole) == (made, True)
    assert pulls > 1


def test_a_job_reads_what_is_much_and_is_gone_on_with(fake: Salesforce, tmp_path: Path) -> None:
    texts = ["NA", "None", "null", 'a "b", c', "two\nlines", "Ω\x00", "-1"]
    made = [fake.org.create("Lead", {"Name": texts[n % 7], "NumberOfEmployees": n}) for n in range(30)]
    gone = fake.org.create("Lead", {"Name": "gone"})
    fake.org.delete("Lead", gone)
    pages = pulled(connector(fake, tmp_path), "Lead")
    fake.chunk, fake.looks = 4, 1
    for fake.headed in (True, False):
        rows = pulled(connector(fake, tmp_path, bulk_above=20), "Lead")
        assert [row["Id"] for row in rows] == made
        for ours, theirs in zip(rows, pages, strict=True):
            typed = {
                name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in theirs.items()
            }
            assert ours == typed
    job = next(iter(fake.jobs))
    begun = {"at": "2026-11-26T10:00:00+00:00", "after": None, "sweeps": True, "job": {"id": job, "place": "MTA1c"}}
    asked = len(fake.asked)
    rows = pulled(connector(fake, tmp_path), "Lead", {"org": fake.org.id, "begun": begun})
    assert [row["Id"] for row in rows] == made[28:]
    assert not [path for path in fake.asked[asked:] if path == "jobs/query" or path == "queryAll"]
    fake.jobs.clear()  # seven days later
    rows = pulled(connector(fake, tmp_path), "Lead", {"org": fake.org.id, "begun": begun})
    assert [row["Id"] for row in rows] == made


def test_jobs_that_fail_or_cannot_be_or_take_too_long(
    fake: Salesforce, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [fake.org.create("Lead", {"Name": f"{n}"}) for n in range(3)]
    fake.ending = "Failed"
    with pytest.raises(SourceError, match=r"ended the job 750.* that reads `Lead` as Failed: too bad; run `aac pull`"):
        pulled(connector(fake, tmp_path, bulk_above=1), "Lead")
    fake.unsupported.add("Lead")
    assert [row["Id"] for row in pulled(connector(fake, tmp_path, bulk_above=1), "Lead")] == made
    fake.unsupported.clear()
    fake.looks = 100
    monkeypatch.setattr("aac.connectors.salesforce.walking.PATIENCE", 0.0)
    with pytest.raises(UnfinishedError, match=r"still works at the job 750.*again later, which goes on from there"):
        pulled(connector(fake, tmp_path, bulk_above=1), "Lead")


def test_fields_without_number_are_asked_for_in_a_longer_call(fake: Salesforce, tmp_path: Path) -> None:
    for number in range(500):
        fake.org.add_field("Lead", f"A_rather_long_name_of_a_field_{number}__c", "string", "x")
    lead = fake.org.create("Lead", {"Name": "one"})
    (row,) = pulled(connector(fake, tmp_path), "Lead")
    assert (row["Id"], len([name for name in row if name.endswith("__c")])) == (lead, 500)
    assert ("composite" in fake.asked, fake.jobs) == (True, {})
    wrong = "SELECT Id, " + ", ".join(f"A_field_that_nobody_knows_any_more_{number}" for number in range(400))
    with (
        asked(fake.url) as client,
        pytest.raises(RefusedError, match=r"refuses POST .*/composite: 400 INVALID_FIELD: "),
    ):
        client.find(f"{wrong} FROM Lead")


def test_a_small_budget_gets_somewhere_each_time(fake: Salesforce, tmp_path: Path) -> None:
    deals = [fake.org.create("Opportunity", {"Name": f"{n}", "StageName": "A"}) for n in range(700)]
    fake.page = 50
    for deal in deals[::7]:
        fake.org.change("Opportunity", deal, {"StageName": "B"})
    begun = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()
    for state in (None, {"org": fake.org.id, "until": begun, "swept": begun}):
        told, seen, pulls = Sent(state=state), dict[str, dict[str, Any]](), 0
        while not told.is_whole and pulls < 19:
            pulls += 1
            told = sent(connector(fake, tmp_path, max_calls=22), "opportunity_stage_changes", told.state)
            seen |= {row["change_id"]: row for row in told.rows.get("upsert", ())}
        assert ({row["record_id"] for row in seen.values()}, told.is_whole) == (set(deals), True)
        assert len(seen) == 800
        assert sum(row["left_at"] is not None for row in seen.values()) == 100
        assert pulls > 1


def test_a_history_is_read_once_and_then_what_was_added(fake: Salesforce, tmp_path: Path) -> None:
    deals = [fake.org.create("Opportunity", {"StageName": "A"}, datetime(2026, 1, 2, tzinfo=UTC)) for _ in range(500)]
    first = sent(connector(fake, tmp_path), "opportunity_stage_changes")
    assert (len(first.rows["upsert"]), fake.asked.count("queryAll")) == (500, 1)
    assert first.state is not None
    late = first.state | {"swept": (datetime.now(UTC) - timedelta(days=30)).isoformat()}
    fake.asked.clear()
    assert sent(connector(fake, tmp_path), "opportunity_stage_changes", late).rows == {}
    assert fake.asked.count("queryAll") == 1
    fake.org.change("Opportunity", deals[7], {"StageName": "B"})
    rows = sent(connector(fake, tmp_path), "opportunity_stage_changes", late).rows["upsert"]
    assert [(row["from_value"], row["value"], row["left_at"] is not None) for row in rows] == [
        (None, "A", True), ("A", "B", False),
    ]  # fmt: skip


def test_a_field_that_is_not_tracked_has_no_history(fake: Salesforce, tmp_path: Path) -> None:
    fake.org.tracked = {"Lead": {"Status"}, "Opportunity": {"OwnerId"}}
    ben = fake.org.create("User", {"Name": "Ben"})
    lead = fake.org.create("Lead", {"Status": "New"})
    fake.org.change("Lead", lead, {"OwnerId": ben})
    told = sent(connector(fake, tmp_path), "lead_owner_changes")
    assert (told.rows, told.is_whole) == ({}, True)
    (notice,) = told.notices
    assert (notice.code, notice.level) == ("AAC646", "warning")
    assert "does not track `OwnerId` of `Lead`" in notice.message
    assert "Object Manager → Lead → Fields & Relationships → Set History Tracking" in notice.instead
    for stream, value in (("lead_status_changes", "New"), ("opportunity_owner_changes", ben)):
        deal = fake.org.create("Opportunity", {"OwnerId": ben})
        told = sent(connector(fake, tmp_path), stream)
        assert [row["value"] for row in told.rows["upsert"]] == [value]
        assert (told.rows["upsert"][0]["record_id"] in (lead, deal), told.notices) == (True, [])
        fake.org.delete("Opportunity", deal)
    fake.org.hidden.add("FieldDefinition")
    told = sent(connector(fake, tmp_path), "lead_status_changes")
    assert told.rows == {}
    ((code, advice),) = ((notice.code, notice.instead) for notice in told.notices)
    assert (code, "*View Setup and Configuration*" in advice) == ("AAC646", True)
    fake.org.change("Lead", lead, {"Status": "Working"})
    told = sent(connector(fake, tmp_path), "lead_status_changes")
    assert [row["value"] for row in told.rows["upsert"]] == ["New", "Working"]


def test_another_org_is_refused(fake: Salesforce, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="what was pulled before is of 00Dx0000000BV7z: give the source another name"):
        pulled(connector(fake, tmp_path), "Lead", {"org": "00Dx0000000BV7z"})


# Values of the past


def entry(id: str, at: str, **values: Any) -> dict[str, Any]:
    return {"Id": id, "CreatedDate": f"2026-01-{at}:00.000+0000", "CreatedById": "005", **values}


ADA, BEN, QUEUE = "005000000000001AAA", "005000000000002AAA", "00G000000000003AAA"


def test_owners_are_taken_from_ids_and_begin_where_the_record_does() -> None:
    record = {"Id": "00Q1", "OwnerId": BEN}
    history = [
        entry("h1", "01T08:00", Field="created", OldValue=None, NewValue=None),
        entry("h2", "02T08:00", Field="Owner", OldValue="A queue", NewValue="Ada"),
        entry("h3", "02T08:00", Field="Owner", OldValue=QUEUE, NewValue=ADA),
        entry("h5", "03T08:00", Field="ownerAccepted", OldValue=ADA, NewValue=BEN),
    ]
    rows = rows_of(LEAD_OWNER, record, history)
    shown = [(row["from_value"], row["value"], row["changed_at"], row["left_at"], row["known"]) for row in rows]
    first, second, third = (f"2026-01-{day}T08:00:00.000Z" for day in ("01", "02", "03"))
    assert shown == [(None, QUEUE, first, second, 1), (QUEUE, ADA, second, third, 3), (ADA, BEN, third, None, 2)]
    assert rows_of(LEAD_OWNER, record, history[:1])[0]["value"] == BEN
    assert [row["value"] for row in rows_of(LEAD_OWNER, record, history[1:])] == [ADA, BEN]  # tracked since then
    assert rows_of(LEAD_OWNER, record, []) == []
    status = [history[0], entry("h9", "04T08:00", Field="Status", OldValue="New", NewValue="Working")]
    assert [row["value"] for row in rows_of(LEAD_STATUS, {"Id": "00Q1", "Status": "Working"}, status)] == [
        "New",
        "Working",
    ]


def test_stages_are_those_that_differ_from_the_one_before() -> None:
    stages = [("h3", "02T08:00", "B"), ("h1", "01T08:00", "A"), ("h2", "01T09:00", "A"), ("h4", "03T08:00", "A")]
    history = [entry(id, at, StageName=stage) for id, at, stage in stages]
    rows = rows_of(DEAL_STAGE, {"Id": "0061"}, history)
    assert [(row["change_id"], row["from_value"], row["value"]) for row in rows] == [
        ("0061/StageName/h1", None, "A"), ("0061/StageName/h3", "A", "B"), ("0061/StageName/h4", "B", "A"),
    ]  # fmt: skip
    assert DEAL_OWNER.history == "OpportunityFieldHistory"


@pytest.mark.parametrize(
    ("value", "type", "expected"),
    [
        ("", "text", None),
        (None, "number", None),
        (True, "text", "true"),
        (12.5, "text", "12.5"),
        (12.5, "number", 12.5),
        (False, "boolean", False),
        ("2026-03-29T01:30:00.000+0000", "timestamp", "2026-03-29T01:30:00.000Z"),
        ("2026-03-29", "date", "2026-03-29"),
    ],
)
def test_values(value: Any, type: str, expected: Any) -> None:
    assert value_of(value, type) == expected


# Recorded answers


def recorded(name: str) -> Any:
    return json.loads((RECORDED / f"{name}.json").read_text())


@contextmanager
def asked(url: str) -> Generator[Client]:
    settings = SalesforceSettings.model_validate({"url": url, **SECRETS})
    with closing(Transport(service_of(settings), access_of(settings))) as transport:
        yield Client(transport, settings.api_version)


@pytest.mark.usefixtures("fake")
def test_recorded_answers_arrive_to_the_last_field() -> None:
    names = (
        "org_query", "query_paginated_first_page", "query_paginated_last_page", "query_empty", "get_deleted_success",
        "sobject_describe_success", "describe_sobjects_success", "query_success",
    )  # fmt: skip
    date = {"Date": "Fri, 26 Nov 2026 23:00:00 GMT"}
    answers = [Scripted(body=(RECORDED / f"{name}_response.json").read_bytes(), headers=date) for name in names]
    with scripted(*answers) as script, asked(script.url) as client:
        assert client.org() == ("00Dx0000000BV7z", datetime(2026, 11, 26, 23, tzinfo=UTC))
        assert [each["Text_Label"] for each in client.all("SELECT Text_Label FROM Whizbang")] == [
            "First Page",
            "Last Page",
        ]
        assert script.got[2].path == "/services/data/v26.0/query/01gD"
        assert list(client.all("SELECT Id FROM Whizbang")) == []
        since, until = datetime(2013, 5, 5, tzinfo=UTC), datetime(2013, 5, 8, 21, 20, tzinfo=UTC)
        assert client.deleted("Whizbang", since, until) == Deleted(
            [("a00D0000008pQRAIA2", "2013-05-07T22:07:19.000+0000")], until
        )
        fields = fields_of(client.describe("Whizbang"))
        assert client.names() == ["Account"]
        (record,) = client.all("SELECT Id FROM Whizbang")
    listed = recorded("sobject_describe_success_response")["fields"]
    assert {name: field.own for name, field in fields.items()} == {each["name"]: each["custom"] for each in listed}
    assert {field.type for field in fields.values()} == {"text", "boolean", "number", "date", "timestamp"}
    held = {name: value for name, value in record.items() if not isinstance(value, dict)}
    types = dict.fromkeys(held, "text") | {"DateTime_Label": "timestamp", "Checkbox_Label": "boolean"}
    assert row_of(types, record) == held | {"DateTime_Label": "2011-07-07T00:37:00.000Z"}


def test_recorded_refusals_are_understood() -> None:
    assert codes_of(recorded("query_error_response")) == {"INVALID_FIELD"}
    assert told(recorded("query_error_response")) == "INVALID_FIELD: error_message"
    assert told(recorded("sobject_describe_error_response")) == "NOT_FOUND: The requested resource does not exist"
