"""Answers of Salesforce that are not what it documents: each ends in one error that names the call."""

from __future__ import annotations

import copy
import csv
import io
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from aac.connectors import transport
from aac.connectors.salesforce import client, walking
from aac.connectors.salesforce import connector as connecting
from aac.connectors.salesforce.changes import FOLLOWED
from aac.connectors.salesforce.objects import LEAD, THINGS
from aac.errors import SourceError
from tests.fakes.salesforce.server import salesforce
from tests.test_salesforce_reading import connector, sent

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

    from tests.fakes.salesforce.server import Salesforce
    from tests.test_salesforce_reading import Sent

ABSENT = object()
ODD = "2026-02-30T08:00:00.000+0000"
OTHERS: tuple[Any, ...] = (ABSENT, None, [], {}, [None], 5, "", "x", ODD, True)
"""What stands in the place of a part of an answer."""
HTML = b"<html><title>Sign in</title><body>,</body></html>"
PLAIN = (None, 5, "", "x", ODD, True)
"""Values of a record that may be."""
PARTS: dict[str, tuple[str, dict[str, tuple[Any, ...]]]] = {
    "services/oauth2/token": (r"/services/oauth2/token", {"": (), "access_token": ("x", ODD)}),
    "org": (r"query", {"": (), "records": (), "records.0": (), "records.0.Id": (), "totalSize": (5,)}),
    "sobjects": (r"sobjects", {"": (), "sobjects": ([],), "sobjects.0": (), "sobjects.0.name": ("", "x", ODD)}),
    "describe": (
        r"sobjects/Lead/describe",
        {
            "": (), "fields": ([],), "fields.0": (), "fields.0.name": ("", "x", ODD),
            "fields.0.type": ("", "x", ODD),
            "fields.0.custom": (True,), "queryable": (ABSENT, True), "replicateable": (ABSENT, True),
        },
    ),
    "page": (
        r"queryAll",
        {
            "": (), "records": ([],), "records.0": (), "records.0.Id": (), "records.0.SystemModstamp": (),
            "records.0.IsDeleted": (True,), "records.0.Name": PLAIN, "totalSize": (5,), "done": (True,),
            "nextRecordsUrl": (),
        },
    ),
    "next page": (r"query/.*", {"": (), "records": ([],), "records.0": (), "records.0.Id": ()}),
    "tracked": (
        r"query",
        {
            "": (), "records": ([],), "records.0": (), "records.0.QualifiedApiName": ("", "x", ODD),
            "records.0.IsFieldHistoryTracked": (True,),
        },
    ),
    "history": (
        r"queryAll",
        {
            "records.0": (), "records.0.Id": (), "records.0.LeadId": (), "records.0.CreatedDate": (),
            "records.0.Field": ("", "x", ODD), "records.0.NewValue": PLAIN, "records.0.OldValue": PLAIN,
            "records.0.CreatedById": PLAIN, "records.0.Lead": (None, {}), "records.0.Lead.Status": (ABSENT, *PLAIN),
        },
    ),
    "deleted": (
        r"sobjects/Lead/deleted/",
        {
            "": (), "deletedRecords": ([],), "deletedRecords.0": (), "deletedRecords.0.id": (),
            "deletedRecords.0.deletedDate": (), "earliestDateAvailable": (), "latestDateCovered": (),
        },
    ),
    "job begun": (r"jobs/query", {"": (), "id": ()}),
    "job": (r"jobs/query/\w+", {"": (), "state": ("", "x", ODD)}),
    "longer call": (
        r"composite",
        {
            "": (), "compositeResponse": (), "compositeResponse.0": (), "compositeResponse.0.httpStatusCode": (),
            "compositeResponse.0.body": (), "compositeResponse.0.body.records": ([],),
            "compositeResponse.0.body.records.0.Id": (),
        },
    ),
}  # fmt: skip
"""The parts of each answer by their addresses, and what each may be instead."""


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Generator[Salesforce]:
    monkeypatch.setattr(transport, "ATTEMPTS", 2)
    monkeypatch.setattr(transport, "FIRST_WAIT", 0.0)
    monkeypatch.setattr(walking, "FIRST_LOOK", 0.0)
    monkeypatch.setattr(walking, "PATIENCE", 0.0)
    monkeypatch.setattr(connecting, "THINGS", tuple(each for each in THINGS if each.name in ("Lead", "LeadHistory")))
    monkeypatch.setattr(connecting, "FOLLOWED", tuple(each for each in FOLLOWED if each.thing is LEAD))
    with salesforce() as running:
        monkeypatch.setenv("SALESFORCE_CLIENT_ID", running.client_id)
        monkeypatch.setenv("SALESFORCE_CLIENT_SECRET", running.client_secret)
        for number in range(3):
            running.org.create("Lead", {"Name": f"{number}", "Status": "New"})
        running.page = 2
        yield running


def put(answer: Any, path: list[str], value: Any) -> Any:
    """An answer with another value in one of its places."""
    if not path:
        return value
    held = copy.deepcopy(answer)
    place = held
    steps = [int(step) if step.isdigit() else step for step in path]
    for step in steps[:-1]:
        place = place[step]
    if value is ABSENT:
        del place[steps[-1]]
    else:
        place[steps[-1]] = value
    return held


def misshapen(parts: dict[str, tuple[Any, ...]]) -> Iterator[tuple[str, Any]]:
    """Each part of an answer with all that it may not be."""
    for path, allowed in parts.items():
        for other in OTHERS:
            is_less = other is ABSENT and (not path or path[-1].isdigit())  # a list with one less is a list
            if not is_less and not any(type(other) is type(each) and other == each for each in allowed):
                yield path, other


STREAMS = {"sobjects": "Demo__c", "tracked": "lead_status_changes", "history": "lead_status_changes"}
SETTINGS: dict[str, dict[str, Any]] = {
    "sobjects": {"objects": ["Demo__c"]}, "job begun": {"bulk_above": 1}, "job": {"bulk_above": 1},
    "part of a job": {"bulk_above": 1},
}  # fmt: skip


def reading(fake: Salesforce, kind: str, folder: Path) -> Callable[[], Sent]:
    """Reads what takes an answer of a kind, again and again."""
    made = connector(fake, folder, **SETTINGS.get(kind, {}))
    moment = f"{datetime.now(UTC) - timedelta(hours=1)}"
    state = {"org": fake.org.id, "until": moment, "swept": moment} if kind == "deleted" else None

    def read() -> Sent:
        fake.sessions.clear()
        again = connector(fake, folder) if kind == "tracked" else made  # which asks once for what is tracked
        return sent(again, STREAMS.get(kind, "Lead"), state)

    return read


@pytest.mark.parametrize("kind", PARTS)
def test_an_answer_of_another_shape_ends_in_an_error_that_names_the_call(
    kind: str, fake: Salesforce, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at, parts = PARTS[kind]
    fake.org.add_object("Demo__c", {"Name": "string"})
    if kind == "longer call":
        monkeypatch.setattr(client, "LONGEST", 10)
    fake.lag = timedelta()
    fake.org.log["Lead"] = [("00QHs0000000099AAA", datetime.now(UTC) - timedelta(minutes=30))]
    read = reading(fake, kind, tmp_path)
    assert read().is_whole
    wrong: list[str] = []
    for path, other in misshapen(parts):

        def bend(asked: str, data: Any, _: dict[str, str], path: str = path, other: Any = other) -> Any:
            is_it = re.fullmatch(at, asked) and not (kind == "tracked" and len(data["records"]) == 1)
            return put(data, path.split(".") if path else [], other) if is_it else data

        fake.bend = bend
        try:
            read()
        except SourceError as error:
            if re.search(rf"(GET|POST) \S*{at}", str(error)) is None:
                wrong.append(f"{path or 'all'} as {other!r}: {error}")
        else:
            wrong.append(f"{path or 'all'} as {other!r}: nothing is told")
    assert wrong == []


@pytest.mark.parametrize("kind", [kind for kind in PARTS if kind != "longer call"])
def test_a_page_of_html_is_no_answer(kind: str, fake: Salesforce, tmp_path: Path) -> None:
    at, _ = PARTS[kind]
    fake.org.add_object("Demo__c", {"Name": "string"})
    fake.bend = lambda asked, data, _: HTML if re.fullmatch(at, asked) else data
    with pytest.raises(SourceError, match=rf"gives no answer to (GET|POST) \S*{at}: the answer is no JSON"):
        reading(fake, kind, tmp_path)()


NAMES, FIRST = '"Id","Name"', '"00QHs0000000003AAA","x"'


@pytest.mark.parametrize(
    "text",
    [
        HTML, b"", b"x" * 200_000, f"{NAMES}\n".encode(), f"{NAMES}\n{FIRST}\n".encode(), b"[]", b'{"a": 1}',
        b"a\rb,c\n", b'"open', b"\xff\xfe", b"\0\n\0",
    ],
)  # fmt: skip
def test_a_part_of_a_job_that_is_none(text: bytes, fake: Salesforce, tmp_path: Path) -> None:
    fake.bend = lambda asked, data, _: text if asked.endswith("/results") else data
    with pytest.raises(SourceError, match=r"gives no answer to GET \S*/jobs/query/750\w+/results: "):
        reading(fake, "part of a job", tmp_path)()


@pytest.mark.parametrize(
    ("column", "value"),
    [("Id", ""), ("Id", "x"), ("SystemModstamp", ""), ("SystemModstamp", "yesterday"), ("IsDeleted", "")],
)
def test_a_row_of_a_job_that_is_none(column: str, value: str, fake: Salesforce, tmp_path: Path) -> None:
    def bend(asked: str, data: Any, _: dict[str, str]) -> Any:
        if not asked.endswith("/results"):
            return data
        names, *rows = csv.reader(io.StringIO(data.decode()))
        rows[1][names.index(column)] = value
        text = io.StringIO()
        csv.writer(text).writerows([names, *rows])
        return text.getvalue().encode()

    fake.bend = bend
    with pytest.raises(SourceError, match=rf"no answer to GET \S*/750\w+/results: a value of `{column}` is none"):
        reading(fake, "part of a job", tmp_path)()


@pytest.mark.parametrize("name", ["Sforce-Locator", "Sforce-NumberOfRecords"])
def test_a_part_that_does_not_say_whether_it_is_the_last_one(name: str, fake: Salesforce, tmp_path: Path) -> None:
    fake.chunk = 1

    def bend(_: str, data: Any, headers: dict[str, str]) -> Any:
        headers.pop(name, None)
        return data

    fake.bend = bend
    with pytest.raises(SourceError, match=r"no answer to GET \S*/750\w+/results: 1 rows came"):
        reading(fake, "part of a job", tmp_path)()


def test_a_part_of_a_job_that_came_wrongly_is_asked_for_again(fake: Salesforce, tmp_path: Path) -> None:
    wrong = [HTML, HTML]
    fake.bend = lambda asked, data, _: wrong.pop() if asked.endswith("/results") and wrong else data
    assert len(reading(fake, "part of a job", tmp_path)().rows["upsert"]) == 3


def test_usage_that_is_told_oddly(fake: Salesforce, tmp_path: Path) -> None:
    made = connector(fake, tmp_path)
    for told in ("api-usage=\xb2/5", "x", "api-usage=1", "api-usage=1/", "api-usage=/5", ""):

        def bend(_: str, data: Any, headers: dict[str, str], told: str = told) -> Any:
            headers["Sforce-Limit-Info"] = told
            return data

        fake.bend = bend
        made.check()
        assert "Salesforce does not say how many are left" in made.limits()
