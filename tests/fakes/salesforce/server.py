"""A Salesforce org on loopback. It is strict about what it is asked, and misbehaves when it is told to."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
import secrets
import time
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from tests.fakes.salesforce.org import Org, written
from tests.fakes.salesforce.strict import Parser, Refused, need, parameters
from tests.fakes.unwell import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    from tests.fakes.unwell import Asked

API = "/services/data/v67.0"
BUSY = b'[{"message": "ConcurrentRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}]'
ENDED = b'[{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]'
BAD: dict[str, tuple[int, dict[str, str], bytes]] = {
    "busy": (403, {"Retry-After": "0"}, BUSY),
    "503": (503, {"Retry-After": "0"}, b'[{"message": "Server too busy", "errorCode": "SERVER_UNAVAILABLE"}]'),
    "502": (502, {}, b"<html>Bad Gateway</html>"),
    "401": (401, {}, ENDED),
    "429": (429, {}, BUSY),
    "429 wait": (429, {"Retry-After": "0"}, b""),
    "null": (200, {}, b"null"),
    "html": (200, {"Content-Type": "text/html"}, b"<html>,</html>"),
    "malformed": (200, {}, b'{"totalSize": 1, "done": true, "records": [{"Id": '),
}
"""Answers that are no answers, by the names they are asked for."""
ROUTES = (
    ("GET", r"query|queryAll", "query"), ("GET", r"query/[\w-]+", "more"), ("GET", r"sobjects", "sobjects"),
    ("GET", r"sobjects/\w+/describe", "describe"), ("GET", r"sobjects/\w+/deleted/", "deleted"),
    ("POST", r"composite", "composite"), ("POST", r"jobs/query", "job"), ("GET", r"jobs/query/\w+", "job"),
    ("GET", r"jobs/query/\w+/results", "results"),
)  # fmt: skip
LONGEST = 16_384
"""Bytes of an address."""
JOB = {"operation", "query", "contentType", "columnDelimiter", "lineEnding"}


@dataclass
class Job:
    """``looks``: how often it is still at work when it is looked at."""

    question: str
    fields: list[str]
    rows: list[list[str]]
    looks: int
    state: str = "UploadComplete"


@dataclass
class Salesforce:
    """The server. ``trouble``: what is wrong with the next calls, in order, none for `well`; also `truncated` and
    `drip`. ``asked``: the addresses so far. ``page``, ``chunk``: rows of an answer at most. ``headed``: whether every
    part of a job's result begins with names. ``ending``: how jobs end. ``certificate``: what the app holds of a key.
    ``lag``: how far behind now it is known what was deleted, because of whatever is still at work in the instance.
    ``bend``: what becomes of an answer to an address, with its headers, before it is sent."""

    org: Org
    url: str
    trouble: deque[str] = field(default_factory=deque[str])
    before: Callable[[str], None] | None = None
    bend: Callable[[str, Any, dict[str, str]], Any] = lambda _path, data, _headers: data
    asked: list[str] = field(default_factory=list[str])
    used: int = 0
    most: int = 1_000_000
    page: int = 2_000
    chunk: int = 50_000
    looks: int = 0
    headed: bool = True
    ending: str = "JobComplete"
    unsupported: set[str] = field(default_factory=set[str])
    client_id: str = "3MVG9.the.consumer.key"
    client_secret: str = "the-consumer-secret-of-an-app"
    username: str = "integration@example.com"
    certificate: RSAPublicKey | None = None
    audience: str = "https://login.salesforce.com"
    lag: timedelta = timedelta(hours=2)
    sessions: set[str] = field(default_factory=set[str])
    places: dict[str, tuple[list[str], list[dict[str, Any]], int, int]] = field(
        default_factory=dict[str, tuple[list[str], list[dict[str, Any]], int, int]]
    )
    jobs: dict[str, Job] = field(default_factory=dict[str, Job])

    def reply(self, asked: Asked) -> tuple[int, dict[str, str], bytes]:
        """An answer as it is sent."""
        if len(asked.path) + len(asked.query) > LONGEST:
            return 414, {}, b""
        status, data, more = self._answer(asked.method, asked.path, asked.query, asked.body, asked.headers)
        data = self.bend(asked.path.removeprefix(f"{API}/"), data, more) if status == 200 else data
        usage = {"Sforce-Limit-Info": f"api-usage={self.used}/{self.most}"}
        if isinstance(data, bytes):
            return status, {**usage, **more, "Content-Type": "text/csv"}, data
        return status, {**usage, **more}, json.dumps(data).encode()

    def _answer(self, method: str, path: str, query: str, body: bytes, headers: Any) -> tuple[int, Any, dict[str, str]]:
        try:
            if path == "/services/oauth2/token":
                return self._token(method, parse_qs(body.decode(), keep_blank_values=True))
            self._permit(headers)
            need(path.startswith(f"{API}/"), "NOT_FOUND", "The requested resource does not exist", 404)
            rest = path.removeprefix(f"{API}/")
            found = [(verb, route) for verb, pattern, route in ROUTES if re.fullmatch(pattern, rest)]
            need(bool(found), "NOT_FOUND", "The requested resource does not exist", 404)
            route = next((route for verb, route in found if verb == method), "")
            need(bool(route), "METHOD_NOT_ALLOWED", f"HTTP Method '{method}' not allowed", 405)
            self.asked.append(rest)
            if self.before is not None:
                self.before(rest)
            given = parameters(route, parse_qs(query, keep_blank_values=True))
            return self._asked(route, rest.split("/"), given, body)
        except Refused as refused:
            return refused.status, refused.body, {}

    def _permit(self, headers: Any) -> None:
        kind, _, token = (headers["Authorization"] or "").partition(" ")
        if kind != "Bearer" or token not in self.sessions:
            raise Refused(401, "INVALID_SESSION_ID", "Session expired or invalid")
        need(self.used < self.most, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", 403)
        self.used += 1

    def _token(self, method: str, form: dict[str, list[str]]) -> tuple[int, Any, dict[str, str]]:
        need(method == "POST", "METHOD_NOT_ALLOWED", "POST only", 405)
        given = {name: values[0] for name, values in form.items()}
        kind = given.pop("grant_type", "")
        if kind == "client_credentials" and given.keys() == {"client_id", "client_secret"}:
            right = given == {"client_id": self.client_id, "client_secret": self.client_secret}
            why = ("invalid_client", "invalid client credentials")
        elif kind == "urn:ietf:params:oauth:grant-type:jwt-bearer" and given.keys() == {"assertion"}:
            right, why = self._is_signed(given["assertion"]), ("invalid_grant", "user hasn't approved this consumer")
        else:
            right, why = False, ("unsupported_grant_type", "grant type not supported")
        if not right:
            return 400, {"error": why[0], "error_description": why[1]}, {}
        token = f"00DHs0000000001!AQ4AQ{secrets.token_urlsafe(40)}"
        self.sessions = {token}
        return 200, {"access_token": token, "instance_url": self.url, "token_type": "Bearer", "scope": "api"}, {}

    def _is_signed(self, assertion: str) -> bool:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding

        head, claims, signature = ((base64.urlsafe_b64decode(part + "==")) for part in assertion.split("."))
        told = json.loads(claims)
        if self.certificate is None or json.loads(head)["alg"] != "RS256":
            return False
        try:
            signed = assertion.rpartition(".")[0].encode()
            self.certificate.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return False
        who = (told["iss"], told["sub"], told["aud"])
        is_timely = 0 < told["exp"] - time.time() <= 301
        return who == (self.client_id, self.username, self.audience) and is_timely

    def _asked(
        self, route: str, parts: list[str], given: dict[str, str], body: bytes
    ) -> tuple[int, Any, dict[str, str]]:
        match route:
            case "query":
                return 200, self._found(given["q"], parts[0] == "queryAll"), {}
            case "more":
                need(parts[1] in self.places, "INVALID_QUERY_LOCATOR", "invalid query locator")
                return 200, self._paged(*self.places[parts[1]]), {}
            case "sobjects":
                return 200, {"sobjects": [{"name": name} for name in sorted(self._seen())]}, {}
            case "describe":
                return 200, self._described(parts[1]), {}
            case "deleted":
                return 200, self._deleted(parts[1], given), {}
            case "composite":
                return 200, {"compositeResponse": [self._part(part) for part in self._parts(body)]}, {}
            case "job":
                return (200, self._looked(parts[2]), {}) if len(parts) == 3 else (200, self._begun(body), {})
            case _:
                return self._results(parts[2], given)

    def _parts(self, body: bytes) -> list[dict[str, str]]:
        """Calls that go together, up to 25 of them."""
        told = json.loads(body)
        need(told.keys() <= {"compositeRequest", "allOrNone", "collateSubrequests"}, "JSON_PARSER_ERROR", str(told))
        parts = told["compositeRequest"]
        need(0 < len(parts) <= 25, "LIMIT_EXCEEDED", "too many subrequests")
        for part in parts:
            need(part.keys() == {"method", "url", "referenceId"}, "JSON_PARSER_ERROR", f"keys {sorted(part)}")
        return parts

    def _part(self, part: dict[str, str]) -> dict[str, Any]:
        there = urlsplit(part["url"])
        found = re.fullmatch(rf"{API}/(query|queryAll)", there.path)
        need(part["method"] == "GET" and found is not None, "INVALID_HTTP_REQUEST", "this server takes questions only")
        try:
            given = parameters("query", parse_qs(there.query, keep_blank_values=True))
            status, answer = 200, self._found(given["q"], there.path.endswith("queryAll"))
        except Refused as refused:
            status, answer = refused.status, refused.body
        return {"body": answer, "httpHeaders": {}, "httpStatusCode": status, "referenceId": part["referenceId"]}

    # What there is

    def _seen(self) -> dict[str, dict[str, str]]:
        """The fields of each object that the app's user may see."""
        hidden = self.org.hidden
        return {
            object: {name: type for name, type in types.items() if f"{object}.{name}" not in hidden}
            for object, types in self.org.types.items()
            if object not in hidden
        }

    def _described(self, object: str) -> dict[str, Any]:
        need(object in self._seen(), "NOT_FOUND", "The requested resource does not exist", 404)
        own = self.org.own.get(object, {})
        fields = [
            {"name": name, "type": type, "custom": name in own, "calculated": False, "label": name, "nillable": True}
            for name, type in self._seen()[object].items()
        ]
        return {
            "name": object, "queryable": True, "replicateable": object not in ("User", "Organization"),
            "custom": object.endswith("__c"), "fields": fields,
        }  # fmt: skip

    def _rows(self, text: str, everything: bool) -> tuple[list[str], str, list[dict[str, Any]]]:
        question = Parser(text, self._seen()).read()
        is_set_up = question.object == "FieldDefinition"
        need(not (is_set_up and everything), "INVALID_TYPE", "FieldDefinition is not supported by queryAll")
        held: list[dict[str, Any]] = (
            self.org.definitions() if is_set_up else list(self.org.records[question.object].values())
        )
        for name in question.fields:
            parent, _, field = name.partition(".")
            if field:
                found = self.org.records[parent]
                held = [each | {name: found[each[f"{parent}Id"]][field]} for each in held]
        if not everything:
            held = [each for each in held if not each.get("IsDeleted") and not each.get("IsArchived")]
        rows = [each for each in held if question.test(each)]
        for name, back in reversed(question.order):
            rows.sort(key=lambda each: (each[name] is not None, each[name]), reverse=back)
        return question.fields, question.object, rows[: question.limit]

    def _found(self, text: str, everything: bool) -> dict[str, Any]:
        fields, object, rows = self._rows(text, everything)
        about = {"type": object}
        return self._paged(fields, [{"attributes": about, **each} for each in rows], 0, len(rows))

    def _paged(self, fields: list[str], rows: list[dict[str, Any]], start: int, total: int) -> dict[str, Any]:
        page = [_shown(row, fields) for row in rows[start : start + self.page]]
        end = start + len(page)
        told: dict[str, Any] = {"totalSize": total, "done": end >= total, "records": page}
        if end < total:
            place = f"0r8Hs{secrets.token_hex(6)}-{end}"
            self.places[place] = (fields, rows, end, total)
            told["nextRecordsUrl"] = f"{API}/query/{place}"
        return told

    def _deleted(self, object: str, given: dict[str, str]) -> dict[str, Any]:
        need(object in self._seen(), "NOT_FOUND", "The requested resource does not exist", 404)
        moments: list[datetime] = []
        for name in ("start", "end"):
            right = re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|\+00:00)", given[name])
            need(right is not None, "INVALID_REPLICATION_DATE", f"{name} is no moment")
            moments.append(datetime.fromisoformat(given[name]).replace(second=0))
        start, end = moments
        wrong = "INVALID_REPLICATION_DATE"
        need(end - start > timedelta(minutes=1), wrong, "startDate must be more than one minute before endDate")
        need(start > datetime.now(UTC) - timedelta(days=15), wrong, "startDate is more than 15 days ago")
        covered = min(end, datetime.now(UTC) - self.lag)
        found = [(id, at) for id, at in self.org.log.get(object, []) if start <= at < covered]
        return {
            "deletedRecords": [{"id": id, "deletedDate": written(at)} for id, at in found],
            "earliestDateAvailable": written(self.org.earliest), "latestDateCovered": written(covered),
        }  # fmt: skip

    # Jobs

    def _begun(self, body: bytes) -> dict[str, Any]:
        told = json.loads(body)
        need(told.keys() <= JOB and {"operation", "query"} <= told.keys(), "INVALIDJOB", f"keys {sorted(told)}")
        need(told["operation"] in ("query", "queryAll"), "INVALIDJOB", "unknown operation")
        right = (told.get("contentType", "CSV"), told.get("columnDelimiter", "COMMA"), told.get("lineEnding", "LF"))
        need(right == ("CSV", "COMMA", "LF"), "INVALIDJOB", f"this server cannot write {right}")
        fields, object, rows = self._rows(told["query"], told["operation"] == "queryAll")
        need(object not in self.unsupported, "API_ERROR", f"Entity '{object}' is not supported by the Bulk API.")
        id = f"750Hs{secrets.token_hex(5)}AAA"
        types = self.org.types[object]
        shown = [[_plain(row[name], types[name]) for name in fields] for row in rows]
        self.jobs[id] = Job(told["query"], fields, shown, self.looks)
        return {"id": id, "state": "UploadComplete", "operation": told["operation"], "object": object}

    def _looked(self, id: str) -> dict[str, Any]:
        need(id in self.jobs, "NOT_FOUND", "The requested resource does not exist", 404)
        job = self.jobs[id]
        job.state = "InProgress" if job.looks > 0 else self.ending
        job.looks -= 1
        return {"id": id, "state": job.state, "errorMessage": "too bad" if job.state == "Failed" else None}

    def _results(self, id: str, given: dict[str, str]) -> tuple[int, Any, dict[str, str]]:
        need(id in self.jobs, "NOT_FOUND", "The requested resource does not exist", 404)
        job = self.jobs[id]
        need(job.state == "JobComplete", "INVALIDJOBSTATE", "the job is not complete")
        most = given.get("maxRecords", "50000")
        need(most.isdigit() and int(most) > 0, "INVALIDJOB", "maxRecords must be a number")
        start = 0
        if "locator" in given:
            told = re.fullmatch(r"MTA([0-9a-f]+)", given["locator"])
            need(told is not None, "INVALIDLOCATOR", "invalid locator")
            assert told is not None
            start = int(told[1], 16)
        rows = job.rows[start : start + min(int(most), self.chunk)]
        end = start + len(rows)
        text = io.StringIO()
        writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerows(([job.fields] if self.headed or not start else []) + rows)
        locator = f"MTA{end:x}" if end < len(job.rows) else "null"
        return 200, text.getvalue().encode(), {"Sforce-Locator": locator, "Sforce-NumberOfRecords": str(len(rows))}


def _shown(row: dict[str, Any], fields: list[str]) -> dict[str, Any]:
    """A record as an answer holds it; what is of another one that it points to lies below that."""
    shown: dict[str, Any] = {"attributes": row["attributes"]}
    for name in fields:
        parent, _, field = name.partition(".")
        if field:
            shown.setdefault(parent, {"attributes": {"type": parent}})[field] = row[name]
        else:
            shown[name] = row[name]
    return shown


def _plain(value: Any, type: str) -> str:
    """A value as a job writes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value).replace("+0000", "Z") if type == "datetime" else str(value)


@contextmanager
def salesforce(org: Org | None = None) -> Generator[Salesforce]:
    """The server while it runs."""
    fake = Salesforce(org or Org(), "")
    with serving(fake.reply, fake.trouble, BAD) as fake.url:
        yield fake
