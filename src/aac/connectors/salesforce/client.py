"""What Salesforce can be asked, and what it answers: a method for each question, plain records out.

Read in the REST API Developer Guide and in «Bulk API 2.0»; nothing here knows of streams.
"""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote_plus

from aac.connectors.limits import Rate
from aac.connectors.redacting import Shown
from aac.connectors.salesforce import shapes, soql
from aac.connectors.salesforce.objects import SOMEBODY
from aac.connectors.transport import Call, RefusedError, Service
from aac.errors import SourceError
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from aac.connectors.salesforce.settings import SalesforceSettings
    from aac.connectors.transport import Shape, Transport

    Record = Mapping[str, Any]

REFUSED, FORBIDDEN, ABSENT = 400, 403, 404
RATE = Rate(1_000, 1)
"""Salesforce counts calls of a day and those that run at once, of which there is one here; there is no rate."""
TOO_MANY, OF_THE_DAY = "REQUEST_LIMIT_EXCEEDED", "TotalRequests"
UNSEEN = frozenset({"INVALID_TYPE", "INSUFFICIENT_ACCESS", "INSUFFICIENT_ACCESS_OR_READONLY"})
"""An object is not there for the app's user."""
LOST_PLACE = "INVALID_QUERY_LOCATOR"
"""Where a page begins is not known any more."""
BEYOND = frozenset({"INVALID_REPLICATION_DATE", "EXCEEDED_ID_LIMIT"})
"""What was deleted in that time is not known any more, or is too much."""
LONGEST = 12_000
"""Bytes of a question in an address; Salesforce takes 16,384 of address and headers, the token among these."""
CHUNK, VALUES = 10_000, 500_000
"""Rows and values of a part of what a job found, at most: some parts are held at once."""
TIMES = 3
"""How often a part is asked for, when what comes is none."""
NO_MORE = "null"
SHOWN = Shown(
    keys=frozenset({"type", "errorCode", "name", "nextRecordsUrl", "state", "url", "id"}),
    records=frozenset({"records"}),
    fields=frozenset(
        {
            "Id", "StageName", "Status", "Field", "OwnerId", "AccountId", "OpportunityId", "LeadId", "ContactId",
            "CreatedById", "WhoId", "WhatId", "ForecastCategory", "TaskSubtype", "IsoCode", "CurrencyIsoCode", "type",
            "QualifiedApiName",
        }
    ),
    named=frozenset({"StageName", "Status"}),
    values=frozenset({"OldValue", "NewValue"}),
    ids=SOMEBODY,
)  # fmt: skip
"""What a recording shows: ids, stages and words of Salesforce's own; no name, address or text of anybody."""


@record
class Deleted:
    """The records that were deleted, and when, as far as is known ``until`` then."""

    records: Sequence[tuple[str, str]]
    until: datetime


@record
class Found:
    """A page of records; ``more``: where the next one is; ``total``: how many there are on all pages."""

    records: Sequence[Record]
    more: str | None
    total: int


def service_of(settings: SalesforceSettings) -> Service:
    """An org for the transport."""
    return Service(
        "Salesforce", "salesforce", settings.url, {settings.host}, {"general": RATE}, lambda _kind, _headers: None,
        is_over, told, are_too_many,
    )  # fmt: skip


def _faults(answer: Any) -> list[Record]:
    listed: list[Any] = cast("list[Any]", answer) if isinstance(answer, list) else [answer]
    return [cast("Record", each) for each in listed if isinstance(each, dict)]


def codes_of(answer: Any) -> set[str]:
    """What a refusal is about, in Salesforce's own words."""
    return {str(fault.get("errorCode")) for fault in _faults(answer)}


def told(answer: Any) -> str:
    """What a refusal says."""
    names = (("errorCode", "message"), ("error", "error_description"))
    return "; ".join(
        ": ".join(" ".join(str(fault[name]).split()) for name in pair if fault.get(name))
        for fault in _faults(answer)
        for pair in names
        if fault.get(pair[0])
    )


def are_too_many(answer: Any) -> bool:
    """Whether a refusal, which comes as 403, is of too many calls."""
    return TOO_MANY in codes_of(answer)


def is_over(answer: Any) -> bool:
    """Whether these were all of the day, and not only too many at once."""
    return are_too_many(answer) and OF_THE_DAY in told(answer)


class Client:
    """Asks one org."""

    def __init__(self, transport: Transport, version: str) -> None:
        self._transport = transport
        self._base = f"/services/data/v{version}"

    def org(self) -> tuple[str, datetime]:
        """The id of the org, and the server's own time."""
        answer = self._transport.ask(self._question("SELECT Id FROM Organization", "query", shapes.Orgs))
        if answer.at is None:
            raise SourceError("Salesforce does not say what time it is, so nothing can be read up to a moment")
        return str(answer.data["records"][0]["Id"]), answer.at

    def names(self) -> list[str]:
        """The objects that may be seen."""
        listed = self._transport.ask(Call("GET", f"{self._base}/sobjects", shape=shapes.Objects)).data["sobjects"]
        return [str(each["name"]) for each in listed]

    def describe(self, object: str) -> Record:
        """What an object is made of, as far as it may be seen."""
        path = f"{self._base}/sobjects/{object}/describe"
        return self._transport.ask(Call("GET", path, shape=shapes.Description)).data

    def find(self, question: str, shape: Shape = shapes.Page) -> Found:
        """The first page of the records that a question asks for; deleted and archived ones too."""
        return _found(self._answered(question, "queryAll", shape))

    def tracked(self, object: str) -> set[str] | None:
        """The fields whose changes the org keeps; null when the app's user may not see how it is set up.

        Of what fields are there is no `queryAll`.
        """
        question = soql.select(
            ("QualifiedApiName", "IsFieldHistoryTracked"), "FieldDefinition",
            (f"EntityDefinition.QualifiedApiName = {soql.text(object)}",),
        )  # fmt: skip
        try:
            page = _found(self._answered(question, "query", shapes.Definitions))
            listed = list(self._all(page, shapes.Definitions))
        except RefusedError as error:
            if codes_of(error.answer) & UNSEEN:
                return None
            raise
        return {str(each["QualifiedApiName"]) for each in listed if each["IsFieldHistoryTracked"]}

    def more(self, place: str, shape: Shape = shapes.Page) -> Found | None:
        """The next page; null when Salesforce does not know any more where it begins."""
        try:
            return _found(self._transport.ask(Call("GET", place, shape=shape)).data)
        except RefusedError as error:
            if LOST_PLACE in codes_of(error.answer):
                return None
            raise

    def all(self, question: str, shape: Shape = shapes.Page) -> Iterator[Record]:
        """All records that a question asks for."""
        return self._all(self.find(question, shape), shape)

    def _all(self, page: Found, shape: Shape) -> Iterator[Record]:
        while True:
            yield from page.records
            if page.more is None:
                return
            after = self.more(page.more, shape)
            if after is None:
                raise SourceError("Salesforce forgot where a page begins: run `aac pull` again")
            page = after

    def deleted(self, object: str, since: datetime, until: datetime) -> Deleted | None:
        """The records that were deleted between two minutes; null when Salesforce does not know them any more."""
        query = {"start": f"{since:%Y-%m-%dT%H:%M:%SZ}", "end": f"{until:%Y-%m-%dT%H:%M:%SZ}"}
        try:
            path = f"{self._base}/sobjects/{object}/deleted/"
            data: Record = self._transport.ask(Call("GET", path, query, shape=shapes.Deleted)).data
        except RefusedError as error:
            if codes_of(error.answer) & BEYOND:
                return None
            raise
        if datetime.fromisoformat(str(data["earliestDateAvailable"])).astimezone(UTC) > since:
            return None
        covered = datetime.fromisoformat(str(data["latestDateCovered"])).astimezone(UTC)
        records = [(str(each["id"]), str(each["deletedDate"])) for each in data["deletedRecords"]]
        return Deleted(records, min(covered, until))

    # Jobs

    def begin_job(self, question: str) -> str:
        """Lets a question be answered in the background; the id of the job."""
        data = {
            "operation": "queryAll", "query": question, "contentType": "CSV", "columnDelimiter": "COMMA",
            "lineEnding": "LF",
        }  # fmt: skip
        return str(
            self._transport.ask(Call("POST", f"{self._base}/jobs/query", data=data, shape=shapes.Begun)).data["id"]
        )

    def job(self, id: str) -> Record:
        """How a job is; raises RefusedError when there is none any more."""
        return self._transport.ask(Call("GET", f"{self._base}/jobs/query/{id}", shape=shapes.Job)).data

    def results(
        self, id: str, place: str | None, columns: Sequence[str], cursor: str
    ) -> tuple[list[Record], str | None]:
        """A part of what a job found, and where the next part is. ``columns``: in the order they were asked for.

        What comes instead of a part is asked for again, a few times.
        """
        query = {"maxRecords": str(min(CHUNK, max(1, VALUES // len(columns)))), **({"locator": place} if place else {})}
        call = Call("GET", f"{self._base}/jobs/query/{id}/results", query, is_text=True)
        wrong = ""
        for _ in range(TIMES):
            answer = self._transport.ask(call)
            part = _part(answer.data, columns)
            if isinstance(part, str):
                wrong = part
                continue
            said, after = (answer.headers.get(name, "") for name in ("sforce-numberofrecords", "sforce-locator"))
            if said != str(len(part)) or not after:
                wrong = (
                    f"{len(part):,} rows came, of {said or 'nobody knows how many'}, with {after or 'nothing'} behind"
                )
            elif (column := shapes.wrong_column(part, columns, cursor)) is not None:
                wrong = f"a value of `{column}` is none"
            else:
                return part, None if after == NO_MORE else after
        raise SourceError(f"Salesforce gives no answer to {call}: {wrong}")

    def pause(self, seconds: float) -> None:
        """Waits for a job."""
        self._transport.pause(seconds)

    def _question(self, question: str, place: str, shape: Shape) -> Call:
        return Call("GET", f"{self._base}/{place}", {"q": question}, shape=shape)

    def _answered(self, question: str, place: str, shape: Shape) -> Record:
        """What a question finds; one that no address can hold goes as a part of a call."""
        asked = quote_plus(question)
        if len(asked) <= LONGEST:
            return self._transport.ask(self._question(question, place, shape)).data
        part = {"method": "GET", "url": f"{self._base}/{place}?q={asked}", "referenceId": "found"}
        data = {"compositeRequest": [part]}
        call = Call("POST", f"{self._base}/composite", data=data, shape=shapes.part_of(shape))
        (given,) = self._transport.ask(call).data["compositeResponse"]
        status, answer = given["httpStatusCode"], given["body"]
        if status >= REFUSED:
            raise RefusedError(f"Salesforce refuses {call}: {status} {told(answer)}", status, answer)
        return answer


def _found(data: Record) -> Found:
    more = None if data["done"] else str(data["nextRecordsUrl"])
    return Found(data["records"], more, int(data["totalSize"]))


def _part(text: str, columns: Sequence[str]) -> list[Record] | str:
    """The records of a part of what a job found, or why it is none.

    Whether each part begins with a row of names differs between what is told of it: so it may and need not.
    """
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
    except csv.Error as error:
        return f"the answer is no CSV: {error}"
    named = {name.casefold(): name for name in columns}
    if rows and sorted(name.casefold() for name in rows[0]) == sorted(named):
        columns, rows = [named[name.casefold()] for name in rows[0]], rows[1:]
    if any(len(row) != len(columns) for row in rows):
        return f"not each of its {len(rows):,} rows has {len(columns)} values"
    return [dict(zip(columns, row, strict=True)) for row in rows]
