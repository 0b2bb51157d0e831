"""What the connector `hubspot` sends, message by message: changes, what is gone, what is refused, what goes wrong."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aac.connectors.base import Checkpoint, Context, Files, Notice, Rows
from aac.connectors.hubspot.changes import changes_of
from aac.connectors.hubspot.connector import HubspotConnector
from aac.connectors.hubspot.paths import Paths
from aac.connectors.hubspot.settings import HubspotSettings
from aac.connectors.hubspot.values import value_of
from aac.errors import SourceError, UnfinishedError
from tests.fakes.hubspot.server import hubspot

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from pathlib import Path

    from tests.fakes.hubspot.server import HubSpot

    Connect = Callable[..., HubspotConnector]
    Sent = dict[str, list[dict[str, Any]]]

LONG_AGO = datetime(2026, 1, 5, 9, tzinfo=UTC)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Generator[HubSpot]:
    with hubspot() as running:
        monkeypatch.setenv("HUBSPOT_TOKEN", running.account.token)
        yield running


@pytest.fixture
def connect(fake: HubSpot, tmp_path: Path) -> Connect:
    """A connector that was let in and knows its streams, as a pull makes one."""

    def connected(record: Path | None = None, **keys: Any) -> HubspotConnector:
        way_in = {} if "oauth" in keys else {"token": {"env": "HUBSPOT_TOKEN"}}
        settings = HubspotSettings(url=fake.url, searches_per_second=10_000, **way_in, **keys)
        connector = HubspotConnector(settings, Context(tmp_path, tmp_path / "files", record=record))
        connector.check()
        return connector

    return connected


def sent(connector: HubspotConnector, name: str, state: Mapping[str, Any] | None = None) -> tuple[Sent, dict[str, Any]]:
    """The rows of a stream by what is to be done with them, and the state it ends with."""
    rows: Sent = defaultdict(list)
    end: dict[str, Any] = {}
    for message in read(connector, name, state):
        match message:
            case Rows(path=path, op=op):
                lines = map(json.loads, path.read_text().splitlines())
                rows[op] += [dict.fromkeys(message.columns) | row for row in lines]
            case Files(paths=paths):
                rows["upsert"] += [json.loads(line) for line in paths[0].read_text().splitlines()]
            case Checkpoint(state=told):
                end = dict(told)
            case Notice():
                rows["notice"].append({"code": message.code, "message": message.message})
            case _:
                pass
    return rows, end


def read(connector: HubspotConnector, name: str, state: Mapping[str, Any] | None = None) -> Any:
    streams = {stream.name: stream for stream in connector.discover()}
    for part in connector.slices(streams[name], state):
        yield from connector.read(streams[name], part)


# History


def test_histories_of_several_pages_are_asked_for_at_once(fake: HubSpot, connect: Connect) -> None:
    for _ in range(450):
        fake.account.create("contacts", {"lifecyclestage": "lead"}, LONG_AGO)
    three = Barrier(3)

    def wait(route: str) -> None:
        if route == "batch" and fake.asked.count("batch") <= 3:
            three.wait(10)  # three pages, and the first of their batches

    fake.before = wait
    rows, _ = sent(connect(), "contacts_lifecycle_changes")
    ids = [int(row["record_id"]) for row in rows["upsert"]]
    assert (len(ids), ids == sorted(ids)) == (450, True)


@pytest.mark.parametrize("how", ["counted", "recorded"])
def test_calls_that_are_counted_or_recorded_are_made_one_by_one(
    fake: HubSpot, connect: Connect, tmp_path: Path, how: str
) -> None:
    for _ in range(450):
        fake.account.create("contacts", {"lifecyclestage": "lead"}, LONG_AGO)
    made = connect(max_calls=1000) if how == "counted" else connect(tmp_path / "recorded.jsonl")
    rows, _ = sent(made, "contacts_lifecycle_changes")
    assert len(rows["upsert"]) == 450
    page = ["search", "batch", "batch", "batch", "batch"]
    assert [route for route in fake.asked if route in page] == [*page, *page, "search", "batch"]


def test_changes_are_known_with_what_was_before_and_after(fake: HubSpot, connect: Connect) -> None:
    account = fake.account
    account.hire("9001", "Ada", 71, "AE")
    deal = account.create("deals", {"dealstage": "new"}, LONG_AGO)
    account.change("deals", deal, {"amount": "7"}, LONG_AGO + timedelta(days=1))
    account.change("deals", deal, {"dealstage": "qualified"}, LONG_AGO + timedelta(days=2), user=71)
    account.change("deals", deal, {"dealstage": "closedwon"}, LONG_AGO + timedelta(days=3), source="WORKFLOWS", user=5)
    rows, _ = sent(connect(), "deals_stage_changes")
    assert [
        (row["record_id"], row["from_value"], row["value"], row["changed_at"][:10], (row["left_at"] or "")[:10],
         row["changed_by"], row["source_type"], row["known"])
        for row in rows["upsert"]
    ] == [
        (deal, None, "new", "2026-01-05", "2026-01-07", None, "CRM_UI", 1),
        (deal, "new", "qualified", "2026-01-07", "2026-01-08", "9001", "CRM_UI", 3),
        (deal, "qualified", "closedwon", "2026-01-08", "", None, "WORKFLOWS", 2),
    ]  # fmt: skip
    assert "notice" not in rows


def test_each_followed_property_has_its_own_changes(fake: HubSpot, connect: Connect) -> None:
    account = fake.account
    deal = account.create("deals", {"amount": "5", "hubspot_owner_id": "9001", "closedate": "2026-03-01T00:00:00Z"})
    account.change("deals", deal, {"amount": ""})
    account.change("deals", deal, {"amount": "6.50"})
    connector = connect()
    values = {
        name: [row["value"] for row in sent(connector, f"deals_{name}_changes")[0]["upsert"]]
        for name in ("amount", "owner", "close_date", "stage")
    }
    assert values == {
        "amount": ["5", None, "6.50"], "owner": ["9001"], "close_date": ["2026-03-01T00:00:00Z"], "stage": [],
    }  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from(["", "a", "b"]), st.integers(0, 3)), max_size=12))
def test_changes_are_where_the_value_is_another(steps: list[tuple[str, int]]) -> None:
    moment, entries, expected, held = LONG_AGO, list[dict[str, str]](), list[tuple[str | None, str]](), ""
    for value, hours in steps:
        moment += timedelta(hours=hours)
        entries.insert(0, {"value": value, "timestamp": moment.isoformat()})  # the newest first
        if value != held:
            expected.append((value or None, moment.isoformat()))
        held = value
    assert [(change.value, change.at) for change in changes_of(entries, "text")] == expected


def test_what_is_calculated_is_held_against_the_history(fake: HubSpot, connect: Connect) -> None:
    account = fake.account
    good = account.create("deals", {"dealstage": "new"}, LONG_AGO)
    account.change("deals", good, {"dealstage": "closedwon"}, LONG_AGO + timedelta(days=2))
    bad = account.create("deals", {"dealstage": "new"}, LONG_AGO)
    account.change("deals", bad, {"dealstage": "closedwon"}, LONG_AGO + timedelta(days=2))
    account.records["deals"][int(bad)].values["hs_v2_date_entered_closedwon"] = "2026-01-09T00:00:00.000Z"
    never = account.create("deals", {"dealstage": "new"}, LONG_AGO)
    account.records["deals"][int(never)].values["hs_v2_date_entered_qualified"] = "2026-01-09T00:00:00.000Z"
    early = account.create("deals", {"dealstage": "new"}, LONG_AGO)  # of before the history that is shown
    account.records["deals"][int(early)].values["hs_v2_date_entered_qualified"] = "2025-01-09T00:00:00.000Z"
    rows, _ = sent(connect(), "deals_stage_changes")
    assert rows["notice"] == [
        {
            "code": "AAC644",
            "message": "HubSpot calculates for 2 of the `deals` that a stage was entered when its history has another: "
            f"{bad} came to `closedwon` at 2026-01-09T00:00:00.000Z, by its history 2026-01-07T09:00:00Z",
        }
    ]
    assert "AAC644" not in str(sent(connect(), "deals_amount_changes"))


# What is gone, and what leads elsewhere


def test_the_recycle_bin_and_merges(fake: HubSpot, connect: Connect) -> None:
    account = fake.account
    stays, goes, thrown = (account.create("contacts", {"lastname": name}) for name in "abc")
    _, state = sent(connect(), "contacts")
    account.archive("contacts", thrown)
    account.merge("contacts", stays, goes)
    rows, _ = sent(connect(), "contacts", state)
    assert [row["id"] for row in rows["upsert"]] == [stays]
    assert {row["id"] for row in rows["delete"]} == {goes, thrown}
    assert "keys" not in rows


def test_what_was_deleted_for_good_is_found_by_the_next_sweep(fake: HubSpot, connect: Connect) -> None:
    account = fake.account
    stays, goes = (account.create("contacts", {"lastname": name}) for name in "ab")
    _, state = sent(connect(), "contacts")
    account.purge("contacts", goes)
    rows, state = sent(connect(), "contacts", state)
    assert "keys" not in rows
    old = {**state, "swept": (datetime.fromisoformat(state["swept"]) - timedelta(days=7)).isoformat()}
    rows, swept = sent(connect(), "contacts", old)
    assert [row["id"] for row in rows["keys"]] == [stays]
    assert swept["swept"] == swept["until"]


def test_records_lead_to_the_primary_one_also_after_that_was_merged(fake: HubSpot, connect: Connect) -> None:
    account = fake.account
    deal, other = (account.create("deals", {"dealname": name}) for name in "ab")
    first, primary, winner = (account.create("companies", {"name": name}) for name in "abc")
    account.link("deals", deal, "companies", first)
    account.link("deals", deal, "companies", primary, "Primary")
    account.link("deals", deal, "contacts", account.create("contacts", {}))
    rows, state = sent(connect(overlap="1 minute"), "deals")
    assert [(row["id"], row["company_id"]) for row in rows["upsert"]] == [(deal, primary), (other, None)]
    for record in account.records["deals"].values():
        record.changed -= timedelta(hours=1)
    account.link("deals", other, "companies", primary)
    account.merge("companies", winner, primary)
    rows, _ = sent(connect(overlap="1 minute"), "deals", state)
    assert {row["id"]: row["company_id"] for row in rows["upsert"]} == {deal: winner, other: winner}


def test_all_records_that_belong_together_are_pairs(fake: HubSpot, connect: Connect) -> None:
    account = fake.account
    deal, loser = (account.create("deals", {"dealname": name}, LONG_AGO) for name in "ab")
    ann, ben, cy, dee, eve, fay = (account.create("contacts", {"lastname": name}, LONG_AGO) for name in "abcdef")
    company = account.create("companies", {}, LONG_AGO)
    account.link("deals", deal, "contacts", ann, "Decision maker")
    account.link("deals", deal, "contacts", ben)
    account.link("deals", loser, "contacts", cy)
    account.link("contacts", ann, "companies", company, "Primary")
    account.types["Sponsor"] = 38
    account.link("deals", deal, "contacts", ann, "Sponsor")
    for label in ("Decision maker", "Sponsor"):
        account.link("deals", deal, "contacts", eve, label)
    account.link("deals", loser, "contacts", ann)

    def pairs(rows: Sent, op: str = "upsert") -> set[tuple[str, ...]]:
        return {(row["record_id"], row["contact_id"], row["label"]) for row in rows[op]}

    rows, state = sent(connect(), "deals_contacts")
    both = {(deal, who, label) for who in (ann, eve) for label in ("Decision maker", "Sponsor")}
    assert pairs(rows) == {*both, (deal, ben, None), (loser, cy, None), (loser, ann, None)}
    held = {row["id"] for row in rows["upsert"]}
    assert {row["id"] for row in rows["keys"]} == {row["id"] for row in rows["upsert"]}
    companies, _ = sent(connect(), "contacts_companies")
    assert [(row["record_id"], row["company_id"]) for row in companies["upsert"]] == [(ann, company)]
    account.merge("deals", deal, loser)
    account.merge("contacts", dee, ben)
    account.merge("contacts", fay, eve)
    rows, state = sent(connect(), "deals_contacts", state)
    assert pairs(rows) >= {(deal, cy, None), (deal, dee, None)}
    assert not {row["id"] for row in rows["delete"]} & {row["id"] for row in rows["upsert"]}
    assert "keys" not in rows
    held = held - {row["id"] for row in rows["delete"]} | {row["id"] for row in rows["upsert"]}
    swept, _ = sent(connect(), "deals_contacts", {**state, "swept": None})
    assert held == {row["id"] for row in swept["keys"]}


def test_pairs_are_kept_when_the_calls_of_a_day_end_before_merges_are_known(fake: HubSpot, connect: Connect) -> None:
    account = fake.account
    deal, ann, ben = account.create("deals", {}), account.create("contacts", {}), account.create("contacts", {})
    account.link("deals", deal, "contacts", ben)
    _, state = sent(connect(), "deals_contacts")
    account.merge("contacts", ann, ben)
    fake.before = lambda route: fake.trouble.append("429 day") if route == "links" else None
    kept: list[Checkpoint] = []
    with pytest.raises(UnfinishedError, match="no more calls today"):
        kept.extend(each for each in read(connect(), "deals_contacts", state) if isinstance(each, Checkpoint))
    assert [each.complete for each in kept] == [False]
    fake.before = None
    rows, _ = sent(connect(), "deals_contacts", kept[0].state)
    assert [(row["record_id"], row["contact_id"]) for row in rows["upsert"]] == [(deal, ann)]


def test_the_pipelines_of_an_object_do_not_go_with_its_scope(fake: HubSpot, connect: Connect) -> None:
    _, state = sent(connect(), "pipelines")
    fake.account.scopes.remove("crm.objects.deals.read")
    with pytest.raises(SourceError, match=r"may not all be read any more: grant .* `crm\.objects\.deals\.read`"):
        sent(connect(), "pipelines", state)


def test_associations_have_pages_too(fake: HubSpot, connect: Connect) -> None:
    account = fake.account
    deal = account.create("deals", {})
    companies = [account.create("companies", {}) for _ in range(7)]
    for company in reversed(companies):
        account.link("deals", deal, "companies", company)
    fake.answers.linked_at_once = 3
    rows, _ = sent(connect(), "deals")
    assert rows["upsert"][0]["company_id"] == companies[0]


def test_more_than_a_query_shows(fake: HubSpot, connect: Connect) -> None:
    """10,001 records that changed in one window, and as many ties as there are records."""
    for _ in range(10_001):
        fake.account.create("notes", {}, LONG_AGO)
    state = {"until": LONG_AGO.isoformat(), "swept": datetime.now(UTC).isoformat()}
    rows, _ = sent(connect(), "notes", state)
    assert len({row["id"] for row in rows["upsert"]}) == 10_001


def test_what_a_search_shows_late_is_read_within_the_overlap(fake: HubSpot, connect: Connect) -> None:
    fake.account.lag = timedelta(seconds=0.5)
    late = fake.account.create("deals", {})
    rows, state = sent(connect(), "deals")
    assert rows["upsert"] == []
    fake.account.records["deals"][int(late)].shown_from = None
    rows, _ = sent(connect(), "deals", state)
    assert [row["id"] for row in rows["upsert"]] == [late]


# What there is


def test_both_versions_ask_the_same(fake: HubSpot, connect: Connect) -> None:
    deal = fake.account.create("deals", {"dealstage": "new"}, LONG_AGO)
    fake.account.link("deals", deal, "companies", fake.account.create("companies", {}))
    for name in ("deals", "deals_stage_changes", "deals_stages", "owners"):
        assert len({str(sent(connect(api_version=version), name)[0]) for version in ("v3", "2026-03", "2026-09")}) == 1
    assert Paths("v3").associations("a", "b") == "/crm/v4/associations/a/b/batch/read"
    with pytest.raises(ValueError, match="api_version"):
        connect(api_version="2026-04")


def test_objects_of_the_account_itself(fake: HubSpot, connect: Connect) -> None:
    account = fake.account
    account.define("Subscription")
    account.add_property("2-777", "seats", "number")
    one = account.create("2-777", {"seats": "12", "hubspot_owner_id": "9001"})
    connector = connect()
    rows, _ = sent(connector, "subscription")
    assert [(row["id"], row["seats"]) for row in rows["upsert"]] == [(one, "12")]
    stream = next(stream for stream in connector.discover() if stream.name == "subscription")
    assert (stream.types["seats"], stream.key) == ("number", ("id",))
    assert [row["value"] for row in sent(connector, "subscription_owner_changes")[0]["upsert"]] == ["9001"]


def test_owners_who_have_left_are_there(fake: HubSpot, connect: Connect) -> None:
    fake.account.hire("9001", "Ada", 71, "AE")
    fake.account.hire("9002", "Ben", 72, "SDR", left=True)
    rows, _ = sent(connect(), "owners")
    assert [(row["id"], row["userId"], row["team"], row["archived"]) for row in rows["upsert"]] == [
        ("9001", 71, "AE", False), ("9002", 72, "SDR", True),
    ]  # fmt: skip


def test_stages_by_object(fake: HubSpot, connect: Connect) -> None:
    fake.account.labels["closedwon"] = "Signed"
    rows, _ = sent(connect(), "deals_stages")
    assert [(row["id"], row["label"], row["isClosed"], row["probability"]) for row in rows["upsert"]][1:3] == [
        ("qualified", "Qualified", False, "0.4"), ("closedwon", "Signed", True, "1.0"),
    ]  # fmt: skip
    assert [row["isClosed"] for row in sent(connect(), "tickets_stages")[0]["upsert"]] == [False, True]


def test_pipelines_of_all_objects(fake: HubSpot, connect: Connect) -> None:
    rows, _ = sent(connect(), "pipelines")
    assert [(row["id"], row["object"], row["label"], row["archived"]) for row in rows["upsert"]] == [
        ("default", "deals", "The pipeline", False), ("default", "leads", "The pipeline", False),
        ("default", "tickets", "The pipeline", False),
    ]  # fmt: skip
    fake.account.scopes -= {"crm.objects.leads.read", "tickets"}
    assert [row["object"] for row in sent(connect(), "pipelines")[0]["upsert"]] == ["deals"]


@pytest.mark.parametrize("name", ["owners", "Pipelines", "deals_stages", "deals_stage_changes", "contacts"])
def test_an_object_of_the_account_that_is_called_like_a_stream(fake: HubSpot, connect: Connect, name: str) -> None:
    fake.account.define(name)
    fake.account.create("2-777", {})
    assert len(sent(connect(), f"custom_{name.casefold()}")[0]["upsert"]) == 1
    assert sent(connect(), name.casefold())[0]["upsert"] == [] or name in ("Pipelines", "deals_stages")


def test_objects_of_the_account_have_stages_too(fake: HubSpot, connect: Connect) -> None:
    fake.account.define("Subscription", hs_pipeline_stage="enumeration")
    fake.account.create("2-777", {"hs_pipeline_stage": "7"})
    connector = connect()
    assert sent(connector, "subscription_stages")[0]["upsert"] == []  # those of the fake's pipeline
    assert [row["value"] for row in sent(connector, "subscription_stage_changes")[0]["upsert"]] == ["7"]
    assert "subscription" in [row["object"] for row in sent(connector, "pipelines")[0]["upsert"]]


def test_properties_that_are_read(fake: HubSpot, connect: Connect) -> None:
    account = fake.account
    account.add_property("contacts", "our_score", "number", "7")
    account.add_property("contacts", "updatedat", "string", "a name of ours")
    contact = account.create("contacts", {"phone": "030", "our_score": "7", "updatedat": "mine", "lastname": "N"})
    row = sent(connect(), "contacts")[0]["upsert"][0]
    assert (row["id"], row["our_score"], row["property_updatedat"], "phone" in row) == (contact, "7", "mine", False)
    assert sent(connect(properties={"contacts": ["phone"]}), "contacts")[0]["upsert"][0]["phone"] == "030"
    with pytest.raises(SourceError, match="`contacts` has no property `fone`: did you mean `phone`"):
        sent(connect(properties={"contacts": ["fone"]}), "contacts")
    with pytest.raises(SourceError, match="there is no object `contact` that may be read: did you mean `contacts`"):
        sent(connect(properties={"contact": ["phone"]}), "contacts")


def test_what_the_token_may_not_read_is_offered_as_refused(fake: HubSpot, connect: Connect) -> None:
    fake.account.scopes -= {"crm.objects.deals.read", "sales-email-read", "crm.objects.owners.read"}
    fake.account.scopes.remove("crm.objects.custom.read")
    refused = {stream.name: stream.refused for stream in connect().discover() if stream.refused}
    assert refused == {
        "custom_objects": "grant the private app the scope `crm.objects.custom.read`",
        **dict.fromkeys(
            ("deals", "deals_stage_changes", "deals_owner_changes", "deals_amount_changes", "deals_close_date_changes",
             "deals_stages", "deals_companies", "deals_contacts", "calls_deals", "meetings_deals", "notes_deals",
             "tasks_deals"),
            "grant the private app the scope `crm.objects.deals.read`",
        ),
        **dict.fromkeys(
            ("emails", "emails_companies", "emails_contacts", "emails_deals"),
            "grant the private app the scope `sales-email-read`",
        ),
        "owners": "grant the private app the scope `crm.objects.owners.read`",
    }  # fmt: skip


def test_limits_are_told(fake: HubSpot, connect: Connect) -> None:
    fake.daily_left = 1234
    assert connect().limits() == "1,233 of 250,000 calls are left until midnight in Europe/Berlin"


# What goes wrong


def test_nothing_is_lost_or_doubled_when_answers_are_bad(fake: HubSpot, connect: Connect, monkeypatch: Any) -> None:
    from aac.connectors import transport

    monkeypatch.setattr(transport, "FIRST_WAIT", 0.001)
    ids = [fake.account.create("deals", {"dealname": str(number)}) for number in range(450)]
    for trouble in ("429", "429 wait", "500", "502", "malformed", "null", "other", "odd", "truncated", "drip"):
        connector = connect()
        connector.discover()
        fake.trouble.extend(["well"] * 26 + [trouble, "well", trouble])
        rows, _ = sent(connector, "deals")
        assert Counter(row["id"] for row in rows["upsert"]) == Counter(ids), trouble
        assert not fake.trouble


def test_a_token_that_ends_meanwhile_is_renewed(fake: HubSpot, connect: Connect, monkeypatch: Any) -> None:
    for name, secret in {"ID": "app", "SECRET": fake.client_secret, "REFRESH": fake.refresh_token}.items():
        monkeypatch.setenv(f"APP_{name}", secret)
    oauth = {"client_id": {"env": "APP_ID"}, "client_secret": {"env": "APP_SECRET"}}
    oauth["refresh_token"] = {"env": "APP_REFRESH"}
    ids = [fake.account.create("deals", {}) for _ in range(450)]
    connector = connect(oauth=oauth)

    def expire(route: str) -> None:
        if route == "search" and fake.asked.count("search") == 2:
            fake.account.token = "another one"

    fake.before = expire
    rows, _ = sent(connector, "deals")
    assert Counter(row["id"] for row in rows["upsert"]) == Counter(ids)
    assert fake.asked.count("token") == 2
    monkeypatch.setenv("APP_REFRESH", "no longer valid")
    with pytest.raises(SourceError, match="HubSpot gives no token for the refresh token in `APP_REFRESH`"):
        connect(oauth=oauth)


def test_a_token_that_is_wrong_is_told_by_its_variable(fake: HubSpot, connect: Connect) -> None:
    fake.account.token = "another one"
    with pytest.raises(SourceError, match="HubSpot does not accept the token in `HUBSPOT_TOKEN`") as error:
        connect()
    assert "pat-" not in str(error.value)


@pytest.mark.parametrize("token", ["pät-eu1-0000", "pat-eu1 0000-1111", "a\tb"])
def test_what_can_be_no_token_is_not_sent(fake: HubSpot, connect: Connect, monkeypatch: Any, token: str) -> None:
    monkeypatch.setenv("HUBSPOT_TOKEN", token)
    with pytest.raises(SourceError, match="HubSpot does not accept the token in `HUBSPOT_TOKEN`"):
        connect()
    assert not fake.asked
    monkeypatch.setenv("HUBSPOT_TOKEN", f" {fake.account.token}\n")
    connect()


def test_another_account_is_not_mixed_into_the_first(fake: HubSpot, connect: Connect) -> None:
    _, state = sent(connect(), "deals")
    fake.account.number = 4712
    with pytest.raises(SourceError, match="is of the account 4712, and what was pulled before is of 4711"):
        sent(connect(), "deals", state)


def test_a_pull_that_used_up_its_calls_goes_on_where_it_ended(fake: HubSpot, connect: Connect) -> None:
    ids = [fake.account.create("notes", {}) for _ in range(1000)]
    found, state, pulls = list[str](), None, 0
    while state is None or "begun" in state:
        pulls += 1
        connector = connect(max_calls=31)
        checkpoints: list[dict[str, Any]] = []
        with suppress(UnfinishedError):
            for message in read(connector, "notes", state):
                if isinstance(message, Rows) and message.op == "upsert":
                    found += [json.loads(line)["id"] for line in message.path.read_text().splitlines()]
                if isinstance(message, Checkpoint):
                    checkpoints.append(dict(message.state))
        state = checkpoints[-1]
    assert pulls > 2
    assert Counter(found) >= Counter(ids)
    assert set(found) == set(ids)


def test_a_recycle_bin_that_needs_more_calls_than_there_are(fake: HubSpot, connect: Connect) -> None:
    gone = [fake.account.create("deals", {}) for _ in range(950)]
    for id in gone:
        fake.account.archive("deals", id)
    state, found = None, set[str]()
    for _ in range(8):
        for rows, told in stopped(connect(max_calls=36), "deals", state):
            found |= {row["id"] for row in rows["delete"]}
            state = told
    assert state is not None
    assert (found, "begun" in state) == (set(gone), False)


def test_what_disagrees_is_told_after_a_pull_that_was_stopped(fake: HubSpot, connect: Connect) -> None:
    account = fake.account
    for number in range(250):
        deal = account.create("deals", {"dealstage": "new"}, LONG_AGO)
        if number in (1, 249):
            account.records["deals"][int(deal)].values["hs_v2_date_entered_qualified"] = "2026-01-09T00:00:00.000Z"
    state: Mapping[str, Any] | None = None
    for _, told in stopped(connect(max_calls=35), "deals_stage_changes", None):
        state = told
    assert state is not None
    assert "begun" in state
    rows, _ = sent(connect(), "deals_stage_changes", state)
    assert rows["notice"][0]["message"].startswith("HubSpot calculates for 2 of the `deals`")


def stopped(
    connector: HubspotConnector, name: str, state: Mapping[str, Any] | None
) -> Generator[tuple[Sent, Mapping[str, Any]]]:
    """What comes with each checkpoint until the calls are used up."""
    rows: Sent = defaultdict(list)
    with suppress(UnfinishedError):
        for message in read(connector, name, state):
            if isinstance(message, Rows):
                rows[message.op] += [json.loads(line) for line in message.path.read_text().splitlines()]
            elif isinstance(message, Checkpoint):
                yield rows, message.state


def test_a_scope_that_is_lost_while_it_is_read_is_named(fake: HubSpot, connect: Connect) -> None:
    for _ in range(300):
        fake.account.create("deals", {})

    def lose(route: str) -> None:
        if route == "search":
            fake.account.scopes.discard("crm.objects.deals.read")

    connector = connect()
    fake.before = lose
    with pytest.raises(SourceError, match="`deals` may not be read any more: grant the private app the scope `crm"):
        sent(connector, "deals")


def test_the_calls_of_a_day_that_are_used_up_end_a_pull(fake: HubSpot, connect: Connect) -> None:
    connector = connect()
    fake.trouble.append("429 day")
    with pytest.raises(UnfinishedError, match="HubSpot allows no more calls today"):
        connector.discover()


# Values


@pytest.mark.parametrize(
    ("text", "type", "value"),
    [
        ("", "text", None), (None, "number", None), ("12.50", "number", "12.50"), ("a;b", "text", "a;b"),
        ("2026-03-29T01:30:00.123Z", "timestamp", "2026-03-29T01:30:00.123Z"),
        ("1774747800123", "timestamp", "2026-03-29T01:30:00.123Z"),
        ("2026-03-29", "date", "2026-03-29"), ("2026-03-29T00:00:00Z", "date", "2026-03-29"),
        ("1774742400000", "date", "2026-03-29"), ("soon", "date", "soon"), ("1774742400000", "text", "1774742400000"),
    ],
)  # fmt: skip
def test_values(text: str | None, type: str, value: str | None) -> None:
    assert value_of(text, type) == value
