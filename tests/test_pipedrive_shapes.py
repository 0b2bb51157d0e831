"""An answer of Pipedrive's that has another form than its documents say ends in one clear sentence."""

from __future__ import annotations

import copy
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aac.connectors import transport
from aac.connectors.base import Context
from aac.connectors.pipedrive.connector import PipedriveConnector
from aac.connectors.pipedrive.settings import PipedriveSettings
from aac.errors import SourceError
from tests.fakes.pipedrive.account import Account
from tests.fakes.pipedrive.server import pipedrive
from tests.fakes.pipedrive.strict import QUERIES

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

    from tests.fakes.pipedrive.server import Pipedrive

    Bend = Callable[[Any], Any]

ROUTES = tuple(sorted(QUERIES.keys() - {"/api/v2/activityFields"}))
ME = "/v1/users/me"
DATED = ("/api/v2/deals", "/api/v2/deals/archived", "/api/v2/persons", "/api/v2/organizations", "/api/v2/activities")
LEADS = ("/v1/leads", "/v1/leads/archived")
FIELDS = ("/api/v2/dealFields", "/api/v2/personFields", "/api/v2/organizationFields")
CHANGELOG, RECENTS = "/v1/deals/{id}/changelog", "/v1/recents"
READ_BY = {CHANGELOG: "deals_stage_changes", DATED[1]: "deals", LEADS[1]: "leads"}
"""Which stream asks what the list of streams is not made of."""


def full() -> Account:
    """An account with something in every list."""
    account, at = Account(), datetime(2026, 1, 2, tzinfo=UTC)
    for object in ("deals", "persons", "organizations"):
        account.add_field(object, "Region", "enum", 11, {11: "North"})
    account.create("persons", {"name": "Ada", "emails": [{"value": "a@example.com", "primary": True}]}, at)
    account.create("organizations", {"name": "Larkspur", "address": {"country": "DE", "value": "Here 1"}}, at)
    account.create("activities", {"type": "call"}, at)
    deal = account.create("deals", {"title": "One", "value": 12.5}, at)
    account.move(deal, 2, at)
    account.create("deals", {"title": "Two", "is_archived": True}, at)
    account.lead("Three", at, value={"amount": 5, "currency": "EUR"})
    account.lead("Four", at, is_archived=True)
    return account


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Generator[Pipedrive]:
    monkeypatch.setattr(transport, "ATTEMPTS", 1)  # the sentence is the same after the first one
    with pipedrive(full()) as running:
        monkeypatch.setenv("PIPEDRIVE_TOKEN", running.account.token)
        yield running


@pytest.fixture
def made(fake: Pipedrive, tmp_path: Path) -> PipedriveConnector:
    given = PipedriveSettings.model_validate({"token": {"env": "PIPEDRIVE_TOKEN"}, "url": fake.url})
    return PipedriveConnector(given, Context(tmp_path, tmp_path / "files"))


def read(made: PipedriveConnector, only: str = "") -> None:
    """All streams or one, for the first time and for the second."""
    made.check()
    then = {"until": datetime.now(UTC).isoformat(), "swept": datetime.now(UTC).isoformat()}
    for stream in made.discover():
        for state in (None, then) if stream.name.startswith(only) else ():
            for part in made.slices(stream, state):
                for _ in made.read(stream, part):
                    pass


def refused(fake: Pipedrive, made: PipedriveConnector, route: str, bend: Bend) -> None:
    """Requires that an answer of another form is named."""
    fake.bent[route] = bend
    with pytest.raises(SourceError) as raised:
        read(made, READ_BY.get(route, "none"))
    called = route.replace("{id}", "")
    assert str(raised.value).startswith(f"Pipedrive gives no answer to GET {called[:10]}")
    assert str(raised.value).endswith(": the answer is not what Pipedrive documents")


def without(*names: str) -> Bend:
    """The records lack a value."""

    def bend(answer: Any) -> Any:
        each: list[Any] = answer["data"] or [{"item": "person", "id": 5, "data": None}]
        return {**answer, "data": [{name: of for name, of in one.items() if name not in names} for one in each]}

    return bend


def having(name: str, value: Any) -> Bend:
    """The records hold another value."""

    def bend(answer: Any) -> Any:
        each: list[Any] = answer["data"] or [{"item": "person", "id": 5, "data": None}]
        return {**answer, "data": [{**one, name: value} for one in each]}

    return bend


def test_what_is_well_is_read(fake: Pipedrive, made: PipedriveConnector) -> None:
    read(made)
    assert set(fake.asked) == set(ROUTES)


@pytest.mark.parametrize("route", ROUTES)
def test_what_is_no_list_is_refused(fake: Pipedrive, made: PipedriveConnector, route: str) -> None:
    records: tuple[Any, ...] = ({"id": 1}, "x", [None], [[]]) if route != ME else (None, [], "x", {})
    wrong: list[Any] = [None, [], "x", {}, {"success": True}, {"success": False, "data": []}]
    wrong += [{"success": True, "data": each, "additional_data": {}} for each in records]
    for answer in wrong:
        refused(fake, made, route, lambda _, answer=answer: answer)


@pytest.mark.parametrize(
    ("routes", "bends"),
    [
        (DATED, [without("id"), having("id", None), having("id", "x"), having("id", [1])]),
        (DATED, [without("update_time"), having("update_time", None), having("update_time", "2026-99-02T00:00:00Z")]),
        (DATED[:2], [without("add_time"), without("stage_id"), without("owner_id"), without("status")]),
        (DATED[:2], [having("stage_id", {"id": 1}), having("value", "much"), having("custom_fields", [1])]),
        (DATED[2:3], [having("emails", "a@example.com"), having("emails", ["a@example.com"])]),
        (DATED[3:4], [having("address", "Here 1"), having("custom_fields", "x")]),
        (LEADS, [without("id"), having("id", None), having("value", 5), without("update_time")]),
        (LEADS, [having("update_time", "2026-01-02 00:00:00"), having("update_time", "soon")]),
        (FIELDS, [without("field_code"), without("field_name"), having("field_type", None), having("options", "x")]),
        (FIELDS, [having("options", [5]), having("options", [{"id": 11}]), without("is_custom_field")]),
        ((CHANGELOG,), [without("field_key"), without("time"), having("time", "soon"), without("new_value")]),
        ((RECENTS,), [without("id"), without("data"), having("data", [1]), having("id", None)]),
        (("/v1/users", "/api/v2/pipelines", "/api/v2/stages"), [without("id"), having("id", None), having("id", "x")]),
    ],
)
def test_what_lacks_something_is_refused(
    fake: Pipedrive, made: PipedriveConnector, routes: tuple[str, ...], bends: list[Bend]
) -> None:
    for route in routes:
        for bend in bends:
            refused(fake, made, route, bend)
        del fake.bent[route]


@pytest.mark.parametrize("route", [route for route in ROUTES if not route.startswith("/v1/users")])
def test_where_the_next_page_begins_is_told_or_nothing_is_read(
    fake: Pipedrive, made: PipedriveConnector, route: str
) -> None:
    """Else the first page would be all there is, and everything behind it would look deleted."""
    told: list[Any] = [[], "x"]
    if "start" not in QUERIES[route]:
        told += [None, {}, {"next_cursor": 5}, {"next_cursor": ["x"]}]
    else:
        told += [{"pagination": 5}, {"pagination": {"more_items_in_collection": "maybe"}}]
    for each in told:
        refused(fake, made, route, lambda answer, each=each: {**having("x", 1)(answer), "additional_data": each})


def test_a_page_that_leads_to_itself_ends(fake: Pipedrive, made: PipedriveConnector) -> None:
    fake.bent["/api/v2/deals"] = lambda answer: {
        **answer,
        "additional_data": {"next_cursor": "eyJhZnRlciI6IFswLCAwXX0"},
    }
    with pytest.raises(SourceError, match="Pipedrive gives the same page of /api/v2/deals again and again"):
        read(made)


def test_a_page_that_is_none_is_refused(fake: Pipedrive, made: PipedriveConnector) -> None:
    from tests.fakes.pipedrive.server import BAD

    page = (200, {"Content-Type": "text/html"}, b"<html>Log in</html>")
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(BAD, "html", page)
        fake.trouble.extend(["html"] * 6)
        with pytest.raises(SourceError, match="no answer to GET /v1/users/me: the answer is no JSON, or not all of it"):
            read(made)


PLACES = st.floats(0, 1, exclude_max=True)
OTHER: list[Any] = [None, [], {}, "", "x", "\ud83d", "5", 1, -1, 1.5, True, [None], [{}], {"id": None}, 10**30]


def nodes(value: Any) -> Iterator[tuple[Any, Any]]:
    """Whatever in an answer can be replaced: what it lies in, and where."""
    match value:
        case dict():
            keys = list(cast("dict[Any, Any]", value))
        case list():
            keys = list(range(len(cast("list[Any]", value))))
        case _:
            keys = []
    for key in keys:
        yield value, key
        yield from nodes(value[key])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(ROUTES), PLACES, st.sampled_from(OTHER))
def test_no_answer_ends_in_anything_but_a_sentence(
    fake: Pipedrive, made: PipedriveConnector, route: str, place: float, other: Any
) -> None:
    def bend(answer: Any) -> Any:
        bent = copy.deepcopy(answer)
        there = list(nodes(bent))
        held, key = there[int(place * len(there))]
        held[key] = other
        return bent

    fake.bent = {route: bend}
    with suppress(SourceError):
        read(made)


def test_half_a_character_is_shown_as_one_that_cannot_be(
    fake: Pipedrive, made: PipedriveConnector, tmp_path: Path
) -> None:
    """As when an emoji was cut in two by whoever shortened a text."""
    fake.account.create("deals", {"title": "\\ud83d \ud83d, 😀 \ude00"})
    read(made)
    (file,) = [path for path in sorted((tmp_path / "files").iterdir()) if path.name == "deals.2.jsonl"]
    assert "\\\\ud83d \ufffd, 😀 \ufffd" in file.read_text(encoding="utf-8")
