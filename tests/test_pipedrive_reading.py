"""What the connector `pipedrive` makes of what Pipedrive answers."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from aac.connectors.base import Checkpoint, Context, Rows, Slice
from aac.connectors.pipedrive.access import access_of
from aac.connectors.pipedrive.changes import FOLLOWED, rows_of
from aac.connectors.pipedrive.client import DEAREST, Client, Limits, service_of
from aac.connectors.pipedrive.connector import PipedriveConnector
from aac.connectors.pipedrive.fields import own_fields, value_of
from aac.connectors.pipedrive.settings import TOKENS, PipedriveSettings
from aac.connectors.transport import OverError, RefusedError, Transport
from aac.errors import SourceError
from tests.fakes.pipedrive.server import pipedrive
from tests.fakes.pipedrive.strict import cursor_of
from tests.fakes.scripted import Scripted, scripted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aac.connectors.base import Message
    from tests.fakes.pipedrive.server import Pipedrive

OWNER, STAGE, STATUS = FOLLOWED


def field(name: str, code: str, type: str = "varchar", **more: Any) -> dict[str, Any]:
    return {"field_name": name, "field_code": code * 8, "field_type": type, "is_custom_field": True, **more}


def test_fields_are_named_as_people_name_them() -> None:
    listed = [
        field("Deal region", "abcde"), field("Title", "12345"), field("Size", "aaaaa"), field("size", "bbbbb"),
        field("Größe (m²)", "ccccc", "double"), {**field("Stage", "ddddd"), "is_custom_field": False},
    ]  # fmt: skip
    found = {each.column: (each.code, each.type) for each in own_fields(listed, {"title"})}
    assert found == {
        "deal_region": ("abcde" * 8, "text"), "title_12345123": ("12345" * 8, "text"),
        "size_aaaaaaaa": ("aaaaa" * 8, "text"), "size_bbbbbbbb": ("bbbbb" * 8, "text"),
        "größe_m²": ("ccccc" * 8, "number"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("value", "type", "expected"),
    [
        (None, "text", None),
        ("", "text", None),
        (2, "text", "Two"),
        ([1, 3], "text", "One; 3"),
        ([], "text", None),
        ({"value": 12.5, "currency": "EUR"}, "number", 12.5),
        ({"from": "2026-01-01", "until": "2026-02-01"}, "text", "2026-01-01"),
        ({"id": 1, "label": "One"}, "text", "One"),
        (False, "boolean", False),
        (0, "number", 0),
        ("2026-03-29 01:30:00", "timestamp", "2026-03-29T01:30:00Z"),
        ("2026-03-29T01:30:00Z", "timestamp", "2026-03-29T01:30:00Z"),
    ],
)
def test_values(value: Any, type: str, expected: Any) -> None:
    assert value_of(value, type, {"1": "One", "2": "Two"}) == expected


def entry(key: str, old: str | None, new: str | None, time: str) -> dict[str, Any]:
    return {"field_key": key, "old_value": old, "new_value": new, "time": time, "actor_user_id": 5}


DEAL = {"id": 9, "add_time": "2026-01-01T08:00:00Z", "stage_id": 3, "owner_id": 7, "creator_user_id": 6}


def test_the_first_value_is_the_one_before_the_first_change() -> None:
    changelog = [
        entry("stage_id", "2", "3", "2026-01-03 08:00:00"),
        entry("title", "a", "b", "2026-01-02 09:00:00"),
        entry("stage_id", "1", "2", "2026-01-02 08:00:00"),
    ]
    rows = rows_of(STAGE, DEAL, changelog)
    assert [(row["from_value"], row["value"], row["changed_at"], row["left_at"], row["known"]) for row in rows] == [
        (None, "1", "2026-01-01T08:00:00Z", "2026-01-02T08:00:00Z", 1),
        ("1", "2", "2026-01-02T08:00:00Z", "2026-01-03T08:00:00Z", 1),
        ("2", "3", "2026-01-03T08:00:00Z", None, 0),
    ]
    assert [row["changed_by"] for row in rows] == ["6", "5", "5"]


def test_what_never_changed_is_what_it_is_today() -> None:
    (row,) = rows_of(OWNER, DEAL, [])
    assert (row["value"], row["source_type"], row["left_at"]) == ("7", "created", None)
    changed = rows_of(OWNER, DEAL, [entry("user_id", "4", "7", "2026-01-02 08:00:00")])
    assert [each["value"] for each in changed] == ["4", "7"]


APP = {name: {"env": f"PIPEDRIVE_{name.upper()}"} for name in ("client_id", "client_secret", "refresh_token")}


def test_the_token_of_an_app_is_renewed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pipedrive() as fake:
        given = dict(zip(APP, (*fake.app, fake.refresh), strict=True))
        for name, value in given.items():
            monkeypatch.setenv(f"PIPEDRIVE_{name.upper()}", value)
        settings = PipedriveSettings.model_validate({"oauth": APP, "url": fake.url})
        made = PipedriveConnector(settings, Context(tmp_path, tmp_path / "files"))
        made.check()
        fake.bearer = "ended"
        made.check()
        fake.bearer = fake.refresh = "ended"
        with pytest.raises(RefusedError, match=r"no token for the refresh token in `PIPEDRIVE_REFRESH_TOKEN`"):
            made.check()


@pytest.mark.parametrize("answer", [b"null", b"[]", b'"x"', b"{}", b'{"access_token": 5}', b'{"access_token": ""}'])
def test_a_token_that_is_none_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answer: bytes) -> None:
    for name in APP:
        monkeypatch.setenv(f"PIPEDRIVE_{name.upper()}", "a-secret")
    with scripted(Scripted(401, b"{}"), Scripted(body=answer)) as script:
        settings = PipedriveSettings.model_validate({"oauth": APP, "url": script.url})
        made = PipedriveConnector(settings, Context(tmp_path, tmp_path / "files"))
        with pytest.raises(SourceError, match="Pipedrive sends no token where one was asked for"):
            made.check()


def test_limits_that_are_no_numbers_say_nothing() -> None:
    odd = {"x-daily-ratelimit-token-remaining": "\xb2", "x-ratelimit-limit": "\xb2", "x-ratelimit-remaining": "1"}
    limits = Limits()
    assert (limits.rate("general", odd), limits.left) == (None, None)


def test_there_is_one_way_in() -> None:
    for ways in ({}, {"oauth": APP, "token": {"env": "X"}}):
        with pytest.raises(ValidationError, match="say one of these: `token"):
            PipedriveSettings.model_validate(ways)


@pytest.mark.parametrize(
    ("url", "tokens"),
    [
        ("https://api.pipedrive.com", "https://oauth.pipedrive.com"),
        ("https://yours.pipedrive.com/", "https://oauth.pipedrive.com"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
    ],
)
def test_the_secrets_of_an_app_go_where_its_tokens_are_got(
    url: str, tokens: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in APP:
        monkeypatch.setenv(f"PIPEDRIVE_{name.upper()}", "a-secret")
    settings = PipedriveSettings.model_validate({"oauth": APP, "url": url})
    renewal = access_of(settings).renewal()
    assert renewal is not None
    assert renewal.call.base == tokens
    service = service_of(settings, Limits())
    assert {service.base, *(f"https://{host}" for host in service.hosts)} >= {url.rstrip("/"), TOKENS}


def test_an_address_of_somebody_else_is_refused() -> None:
    for url in ("https://pipedrive.com.evil.example", "http://yours.pipedrive.com", "https://a.b.pipedrive.com"):
        with pytest.raises(ValidationError, match="is no address of Pipedrive"):
            PipedriveSettings.model_validate({"token": {"env": "X"}, "url": url})


RECENTS = Path(__file__).parent / "recorded" / "pipedrive" / "recents_response_with_null.json"


def test_a_recorded_list_of_recent_changes_tells_what_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIPEDRIVE_TOKEN", "a-token")
    recorded = RECENTS.read_bytes()
    without = {str(each["id"]) for each in json.loads(recorded)["data"] if each["data"] is None}
    with scripted(Scripted(body=recorded), Scripted(body=b'{"success": true, "data": null}')) as script:
        settings = PipedriveSettings.model_validate({"token": {"env": "PIPEDRIVE_TOKEN"}, "url": script.url})
        transport = Transport(service_of(settings, Limits()), access_of(settings))
        gone = set(Client(transport).gone("person", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)))
        transport.close()
    assert gone == without == {"4"}
    assert "since_timestamp=2026-01-02+03%3A04%3A05" in script.got[0].path
    assert script.got[0].headers["x-api-token"] == "a-token"


def test_no_lead_is_passed_over_when_others_go_between_two_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    with pipedrive() as fake:
        at = datetime(2026, 1, 2, tzinfo=UTC)
        monkeypatch.setenv("PIPEDRIVE_TOKEN", fake.bearer)
        kept = [fake.account.lead(f"Lead {number}", at) for number in range(1200)]
        settings = PipedriveSettings.model_validate({"access_token": {"env": "PIPEDRIVE_TOKEN"}, "url": fake.url})
        transport = Transport(service_of(settings, Limits()), access_of(settings))

        def change(_: str) -> None:
            match len(fake.asked):
                case 2:
                    del fake.account.leads[kept.pop(3)]
                case 4:
                    fake.account.lead("New", at)
                case _:
                    pass

        fake.before = change
        read = {lead["id"] for lead in Client(transport).all_leads("/v1/leads")}
        transport.close()
    assert read >= set(kept)
    assert fake.asked.count("/v1/leads") <= 6


def test_a_deal_that_is_deleted_while_its_changes_are_read_stops_no_pull(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pipedrive() as fake:
        monkeypatch.setenv("PIPEDRIVE_TOKEN", fake.bearer)
        first, second = (fake.account.create("deals", {}) for _ in range(2))

        def delete(route: str) -> None:
            if route.endswith("changelog"):
                fake.account.delete("deals", first)

        made = connector(fake, tmp_path)
        made.check()
        (stream,) = (each for each in made.discover() if each.name == "deals_stage_changes")
        fake.before = delete
        rows = [message for message in made.read(stream, Slice(stream.name)) if isinstance(message, Rows)]
        read = {json.loads(line)["deal_id"] for each in rows for line in each.path.read_text().splitlines()}
    assert read == {str(second)}


def test_a_sweep_that_finds_nothing_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pipedrive() as fake:
        monkeypatch.setenv("PIPEDRIVE_TOKEN", fake.bearer)
        made = connector(fake, tmp_path)
        made.check()
        (stream,) = (each for each in made.discover() if each.name == "persons")
        told = [message for message in made.read(stream, Slice(stream.name)) if isinstance(message, Rows)]
    assert [(each.op, each.path.read_text()) for each in told] == [("keys", "")]


def test_a_budget_with_too_little_left_for_a_call_is_used_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pipedrive() as fake:
        monkeypatch.setenv("PIPEDRIVE_TOKEN", fake.bearer)
        made = connector(fake, tmp_path)
        fake.tokens = 3
        made.check()
        with pytest.raises(OverError, match="allows no more calls today"):
            made.discover()


def test_a_deal_that_comes_back_from_the_archive_during_a_sweep_is_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pipedrive() as fake:
        monkeypatch.setenv("PIPEDRIVE_TOKEN", fake.bearer)
        deal = fake.account.create("deals", {"is_archived": True})

        def restore(route: str) -> None:
            if route.endswith("archived"):
                fake.account.change("deals", deal, {"is_archived": False})

        made = connector(fake, tmp_path)
        made.check()
        (stream,) = (each for each in made.discover() if each.name == "deals")
        fake.before = restore
        told = [message for message in made.read(stream, Slice(stream.name)) if isinstance(message, Rows)]
        (keys,) = (each.path.read_text() for each in told if each.op == "keys")
    assert json.loads(keys) == {"id": str(deal)}


def test_a_pull_that_is_stopped_anywhere_goes_on_behind_its_last_page(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What was read ahead of the last checkpoint is asked for again; nothing is lost, and nothing is there twice."""
    with pipedrive() as fake:
        monkeypatch.setenv("PIPEDRIVE_TOKEN", fake.bearer)
        at = datetime(2026, 1, 2, tzinfo=UTC)
        deals = {str(fake.account.create("deals", {"is_archived": number % 4 == 0}, at)) for number in range(230)}
        for taken in range(1, 8):
            made = connector(fake, tmp_path)
            made.check()
            (stream,) = (each for each in made.discover() if each.name == "deals_stage_changes")
            read: list[str] = []
            reading: Any = made.read(stream, Slice(stream.name))
            state: Mapping[str, Any] = {}
            while taken and (message := next(reading, None)):
                if isinstance(message, Rows):
                    read += [json.loads(line)["deal_id"] for line in message.path.read_text().splitlines()]
                elif isinstance(message, Checkpoint):
                    state, taken = message.state, taken - 1
            reading.close()
            made = connector(fake, tmp_path)
            made.check()
            made.discover()
            for message in made.read(stream, *made.slices(stream, state)):
                if isinstance(message, Rows):
                    read += [json.loads(line)["deal_id"] for line in message.path.read_text().splitlines()]
            assert sorted(read) == sorted(deals)


def test_calls_that_run_out_keep_what_was_read_before(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pipedrive() as fake:
        monkeypatch.setenv("PIPEDRIVE_TOKEN", fake.bearer)
        for _ in range(120):
            fake.account.create("deals", {})
        made = connector(fake, tmp_path)
        made.check()
        (stream,) = (each for each in made.discover() if each.name == "deals_stage_changes")
        fake.tokens = 60 * 20 + 2 * 10 + DEAREST - 1  # the changes of 60 deals, and two pages of deals
        told: list[Message] = []
        with pytest.raises(OverError, match="allows no more calls today"):
            told.extend(made.read(stream, Slice(stream.name)))
        last = [message for message in told if isinstance(message, Checkpoint)][-1]
        (rows,) = [message for message in told if isinstance(message, Rows)]
    assert len(rows.path.read_text().splitlines()) == 50
    assert (last.complete, last.state["begun"]["cursor"]) == (False, cursor_of([50, 50]))


def test_a_scope_that_is_lost_while_it_is_read_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pipedrive() as fake:
        monkeypatch.setenv("PIPEDRIVE_TOKEN", fake.bearer)
        fake.account.create("deals", {})
        made = connector(fake, tmp_path)
        made.check()
        (stream,) = (each for each in made.discover() if each.name == "deals_stage_changes")
        fake.account.scopes.discard("recents:read")
        told = "refuses GET /v1/deals/1/changelog: 403 .*; `aac pull --check` says what to grant for `deals_stage_chang"
        with pytest.raises(SourceError, match=told):
            list(made.read(stream, Slice(stream.name)))


def test_leads_that_became_deals_do_not_look_deleted_without_a_scope(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pipedrive() as fake:
        monkeypatch.setenv("PIPEDRIVE_TOKEN", fake.bearer)
        fake.account.scopes.discard("deals:read")
        made = connector(fake, tmp_path)
        made.check()
        (stream,) = (each for each in made.discover() if each.name == "leads")
    assert "give the app the scope `deals:read`" in str(stream.refused)


def connector(fake: Pipedrive, folder: Path) -> PipedriveConnector:
    settings = PipedriveSettings.model_validate({"access_token": {"env": "PIPEDRIVE_TOKEN"}, "url": fake.url})
    return PipedriveConnector(settings, Context(folder, folder / "files"))
