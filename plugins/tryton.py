"""A connector of a team's own: opportunities of a Tryton, and how their stages changed (docs/reference/connectors.md).

Tryton answers JSON-RPC (https://docs.tryton.org/latest/server/) and keeps every version of an opportunity. So all of a
pull is as of one moment, what was deleted is what was there at an earlier one, and each version tells a stage.
"""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from aac import (
    Checkpoint,
    Connector,
    Context,
    Files,
    Message,
    Rows,
    Secret,
    Settings,
    Slice,
    SourceError,
    Stream,
    hookimpl,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

OPPORTUNITY = "sale.opportunity"
WHOLE = {
    "party": ("party.party", {"party_id": "id", "name": "name", "code": "code"}),
    "employee": ("company.employee", {"employee_id": "id", "name": "rec_name"}),
}
"""Small tables that are read whole: the model of each, and of which field a column is made."""
FIELDS = {
    "opportunity_id": "id", "number": "number", "state": "state", "party_id": "party", "employee_id": "employee",
    "amount": "amount", "probability": "conversion_probability", "start_date": "start_date", "end_date": "end_date",
    "lost_reason": "lost_reason", "created_at": "create_date", "written_at": "write_date",
}  # fmt: skip
STREAMS = (
    *(Stream(name, tuple(columns)) for name, (_, columns) in WHOLE.items()),
    Stream(
        "opportunity",
        (*FIELDS, "changed_at"),
        {"amount": "number", "probability": "float", "start_date": "date", "end_date": "date"}
        | dict.fromkeys(("created_at", "written_at", "changed_at"), "timestamp"),
        key=("opportunity_id",),
        version="changed_at",
        deletes="tombstone_list",
    ),
    Stream(
        "stage_change",
        ("stage_change_id", "opportunity_id", "from_stage", "stage", "changed_at"),
        {"changed_at": "timestamp"},
        key=("stage_change_id",),
        history=True,
    ),
)
PAGE = 500
SECONDS = 60
"""The longest wait for an answer."""


class TrytonSettings(Settings):
    url: str
    database: str
    user: str
    password: Secret
    overlap_minutes: int = 5
    """How far behind the end of the last pull the next one begins: changes carry the time at which their transaction
    began, and show when it ends."""


class Tryton:
    name: ClassVar[str] = "tryton"
    settings: ClassVar[type[Settings]] = TrytonSettings

    def __init__(self, settings: TrytonSettings, context: Context) -> None:
        self.settings_given = settings
        self.overlap = timedelta(minutes=settings.overlap_minutes)
        self.folder = context.folder
        self.session = ""
        self.now = datetime.min.replace(tzinfo=UTC)

    def check(self) -> None:
        """Logs in. The server's clock says how far this pull goes: its own is the one that its changes carry."""
        given = self.settings_given
        password = {"password": given.password.resolve()}
        answer, told = self.ask("common.db.login", given.user, password, "en")
        if not answer:
            raise SourceError(self.not_let_in)
        user, token, *_ = answer
        self.session = base64.b64encode(f"{given.user}:{user}:{token}".encode()).decode()
        self.now = parsedate_to_datetime(told)

    def discover(self) -> tuple[Stream, ...]:
        return tuple(sorted(STREAMS, key=lambda stream: stream.name))

    def slices(self, stream: Stream, state: Mapping[str, Any] | None) -> tuple[Slice, ...]:
        """Always one slice: from the end of the last pull on, or everything."""
        return (Slice(stream.name, dict(state or {})),)

    def read(self, stream: Stream, part: Slice) -> Iterator[Message]:
        since = datetime.fromisoformat(part.bounds["until"]) if "until" in part.bounds else None
        if stream.name in WHOLE:
            model, columns = WHOLE[stream.name]
            records = self.records(model, tuple(columns.values()), [])
            yield Files(
                (self.write(stream.name, (renamed(each, columns) for each in records)),), "json", stream.columns
            )
        elif stream.name == "opportunity":
            records = self.records(OPPORTUNITY, tuple(FIELDS.values()), self.changed(since), self.now)
            yield Rows(self.write(stream.name, map(opportunity, records)), "json", stream.columns)
            gone = ({"opportunity_id": id} for id in sorted(self.deleted(since)))
            yield Rows(self.write("gone", gone), "json", stream.key, "delete")
        else:
            yield Rows(self.write(stream.name, self.stage_changes(since)), "json", stream.columns)
        yield Checkpoint({"until": self.now.isoformat()}, complete=True, until=f"{self.now:%Y-%m-%d %H:%M:%S} UTC")

    def ids(self, at: datetime) -> set[int]:
        """The opportunities that there were at a moment."""
        return {record["id"] for record in self.records(OPPORTUNITY, (), [], at)}

    def deleted(self, since: datetime | None) -> set[int]:
        """Those that there were when the last pull ended, or shortly before it, and are no more."""
        return (self.ids(since) | self.ids(since - self.overlap)) - self.ids(self.now) if since else set()

    def stage_changes(self, since: datetime | None) -> Iterator[dict[str, Any]]:
        """Every stage that opportunities ever came to which changed or went since a moment."""
        gone = self.deleted(since)
        ids = sorted({each["id"] for each in self.records(OPPORTUNITY, (), self.changed(since), self.now)} | gone)
        for start in range(0, len(ids), PAGE):
            yield from self.moves(ids[start : start + PAGE], gone)

    def moves(self, ids: list[int], gone: set[int]) -> Iterator[dict[str, Any]]:
        """The same for some opportunities: their versions, read moment by moment, the oldest first."""
        versions: dict[datetime, list[int]] = {}
        for moment, id, _ in self.call(f"{OPPORTUNITY}.history_revisions", ids):
            if moment <= self.now:
                versions.setdefault(moment, []).append(id)
        ends = {id: max(moment for moment, of in versions.items() if id in of) for id in gone.intersection(ids)}
        stages: dict[int, str] = {}
        for moment in sorted(versions):
            there = [id for id in versions[moment] if ends.get(id) != moment]  # what was deleted has no stage
            for record in self.call(f"{OPPORTUNITY}.read", there, ["state"], at=moment) if there else ():
                id, stage = record["id"], record["state"]
                if stages.get(id) != stage:
                    move = {"opportunity_id": id, "from_stage": stages.get(id), "stage": stage}
                    yield {"stage_change_id": f"{id} {moment.isoformat()}", **move, "changed_at": moment}
                stages[id] = stage

    def changed(self, since: datetime | None) -> list[Any]:
        """The domain of what was made or written since a moment: `write_date` is empty until the first change."""
        if since is None:
            return []
        at = written(since - self.overlap)
        return ["OR", ["write_date", ">=", at], [["write_date", "=", None], ["create_date", ">=", at]]]

    def records(
        self, model: str, fields: tuple[str, ...], domain: list[Any], at: datetime | None = None
    ) -> Iterator[dict[str, Any]]:
        """The records of a model that fit a domain, page by page in the order of their ids."""
        last = 0
        while True:
            wanted = [domain, ["id", ">", last]]
            page = self.call(f"{model}.search_read", wanted, 0, PAGE, [["id", "ASC"]], ["id", *fields], at=at)
            yield from page
            if len(page) < PAGE:
                return
            last = page[-1]["id"]

    def call(self, method: str, *parameters: object, at: datetime | None = None) -> Any:
        """A method of a model; ``at``: as it would have answered at a moment."""
        return self.ask(f"model.{method}", *parameters, {"_datetime": written(at)} if at else {})[0]

    def ask(self, method: str, *parameters: object) -> tuple[Any, str]:
        """What the server answers, and its time. Raises SourceError; the password is in none of its messages."""
        given = self.settings_given
        body = json.dumps({"id": 0, "method": method, "params": parameters}).encode()
        headers = {"Content-Type": "application/json"}
        if self.session:
            headers["Authorization"] = f"Session {self.session}"
        address = f"{given.url.rstrip('/')}/{given.database}/rpc/"
        try:
            with urlopen(Request(address, body, headers), timeout=SECONDS) as response:
                answer, told = json.load(response, object_hook=plain), response.headers["Date"]
        except HTTPError as error:
            with error:
                if error.code == 401:
                    raise SourceError(self.not_let_in) from None
                raise SourceError(f"Tryton answers {error.code} to {method}: is `{address}` the right place?") from None
        except (HTTPException, OSError, ValueError) as error:
            raise SourceError(f"`{address}` gives no answer that can be used: {error}") from None
        match answer:
            case {"error": [what, *_]}:
                raise SourceError(f"Tryton refuses {method}: {what}")
            case {"result": result} if told:
                return result, told
            case _:
                raise SourceError(f"`{address}` gives no answer that can be used: is a Tryton there?")

    @property
    def not_let_in(self) -> str:
        given = self.settings_given
        return f"Tryton does not let `{given.user}` in: correct `user`, or what `{given.password.env}` holds"

    def write(self, name: str, records: Iterator[dict[str, Any]]) -> Path:
        """Records as a file of JSON lines in the connector's own folder."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{name}.jsonl"
        with path.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(record, default=str) + "\n" for record in records)
        return path


def opportunity(record: dict[str, Any]) -> dict[str, Any]:
    return {**renamed(record, FIELDS), "changed_at": (record["write_date"] or record["create_date"])}


def renamed(record: dict[str, Any], columns: Mapping[str, str]) -> dict[str, Any]:
    return {column: record[field] for column, field in columns.items()}


def written(moment: datetime) -> dict[str, Any]:
    """A moment as Tryton writes it: in UTC, in parts."""
    parts = ("year", "month", "day", "hour", "minute", "second", "microsecond")
    return {"__class__": "datetime", **{part: getattr(moment, part) for part in parts}}


def plain(value: dict[str, Any]) -> Any:
    """The other way round: moments, and what else JSON has no word for, as text."""
    match value.get("__class__"):
        case "datetime":
            parts = {part: number for part, number in value.items() if part != "__class__"}
            return datetime(**parts, tzinfo=UTC)
        case "date":
            return f"{value['year']:04}-{value['month']:02}-{value['day']:02}"
        case "Decimal":
            return value["decimal"]
        case _:
            return value


@hookimpl
def aac_connectors() -> list[type[Connector]]:
    return [Tryton]
