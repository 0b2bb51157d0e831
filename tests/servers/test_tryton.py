"""The connector of `plugins/tryton.py` on a real Tryton: what it sends is compared with the tables of the server."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from shutil import copy, copytree
from typing import TYPE_CHECKING, Any

import pytest

from aac.connectors.base import Checkpoint, Context, Files, Rows
from aac.errors import SourceError
from aac.plugins import load
from tests.commands import run_aac
from tests.servers.tryton import DATABASE, PASSWORD, decimal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aac.connectors.base import Connector
    from tests.servers.postgresql import Server
    from tests.servers.tryton import Crm

    Select = Callable[[str], list[tuple[Any, ...]]]

pytestmark = pytest.mark.servers

ROOT = Path(__file__).parents[2]
DAY = {"__class__": "date", "year": 2026, "month": 3, "day": 1}


def let_a_second_end() -> None:
    """The server tells its time in seconds: what is younger than the last of them is left for the next pull."""
    time.sleep(1 - time.time() % 1)


@pytest.fixture
def connect(crm: Crm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Connector]:
    """The connector, logged in; changed settings may be given."""

    def connected(password: str = PASSWORD, **changed: object) -> Connector:
        let_a_second_end()
        monkeypatch.setenv("TRYTON_PASSWORD", password)
        made = load(ROOT).connectors["tryton"]
        given = {"url": crm.url, "database": DATABASE, "user": "admin", "password": {"env": "TRYTON_PASSWORD"}}
        connector = made(made.settings.model_validate(given | changed), Context(tmp_path, tmp_path / "own"))
        connector.check()
        return connector

    return connected


@pytest.fixture
def select(server: Server) -> Select:
    """Asks the server's own tables."""
    return lambda statement: server.run(f"SET TimeZone = 'UTC'; {statement}", DATABASE)


def create(crm: Crm, *amounts: str) -> list[int]:
    """New opportunities, one for each amount; their ids."""
    company, employee = crm.context["company"], crm.context["employee"]
    (customer,) = crm.call("party.party.search", [["name", "=", "Acme"]])
    (currency,) = crm.call("currency.currency.search", [])
    of = {"company": company, "employee": employee, "party": customer, "currency": currency, "start_date": DAY}
    return crm.call("sale.opportunity.create", [{**of, "amount": decimal(amount)} for amount in amounts])


def sent(connector: Connector, name: str, state: Mapping[str, Any] | None = None) -> tuple[dict[str, Any], Any]:
    """The records that a stream sends by what is to be done with them, and its last state."""
    (stream,) = [stream for stream in connector.discover() if stream.name == name]
    (part,) = connector.slices(stream, state)
    records: dict[str, Any] = {}
    *messages, end = connector.read(stream, part)
    for message in messages:
        assert isinstance(message, Files | Rows)
        (path,) = message.paths if isinstance(message, Files) else (message.path,)
        op = message.op if isinstance(message, Rows) else "files"
        records[op] = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        assert all(tuple(record) == message.columns for record in records[op])
    assert isinstance(end, Checkpoint)
    assert end.complete
    return records, end.state


def test_opportunities_are_what_the_server_s_table_says(
    crm: Crm, connect: Callable[..., Connector], select: Select
) -> None:
    won, lost, *_ = create(crm, "100.50", "2000", "0.01")
    crm.opportunity("opportunity", won, lost)
    crm.opportunity("convert", won)
    crm.opportunity("lost", lost)
    records, _ = sent(connect(), "opportunity")
    rows = select("""
        SELECT id, number, state, party, employee, amount::text, conversion_probability, start_date::text,
          end_date::text, lost_reason, create_date, write_date, coalesce(write_date, create_date)
        FROM sale_opportunity ORDER BY id
    """)
    told = [tuple(record.values()) for record in records["upsert"]]
    assert [row[:10] for row in told] == [row[:10] for row in rows]
    assert [[moment and datetime.fromisoformat(moment) for moment in row[10:]] for row in told] == [
        [moment and moment.replace(tzinfo=UTC) for moment in row[10:]] for row in rows
    ]
    assert records["delete"] == []
    parties, _ = sent(connect(), "party")
    assert [record["name"] for record in parties["files"]] == ["Larkspur", "Ann Owner", "Zoë & Söhne", "Acme"]
    employees, _ = sent(connect(), "employee")
    assert employees["files"] == [{"employee_id": crm.context["employee"], "name": "Ann Owner"}]


MOVES = """
    SELECT id, before, state, at FROM (
      SELECT id, state, lag(state) OVER w AS before, at FROM (
        SELECT DISTINCT ON (id, at) id, state, at, create_date FROM (
          SELECT id, state, __id, create_date, coalesce(write_date, create_date) AS at FROM sale_opportunity__history
          WHERE id IN (THOSE)
        ) v ORDER BY id, at, __id DESC
      ) d WHERE state IS NOT NULL WINDOW w AS (PARTITION BY id ORDER BY at)
    ) m WHERE before IS DISTINCT FROM state ORDER BY id, at
"""
"""The stages that each opportunity came to, from the server's own history: the last version of each moment counts."""


def moves(records: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """What a stream of stage changes sends, by opportunity and time."""
    told = [
        (each["opportunity_id"], each["from_stage"], each["stage"], datetime.fromisoformat(each["changed_at"]))
        for each in records["upsert"]
    ]
    return sorted(told, key=lambda move: (move[0], move[3]))


@pytest.fixture
def kept(select: Select) -> Callable[[str], list[tuple[Any, ...]]]:
    """The same of some opportunities by the server's own history: `those` is a condition on their ids."""

    def moves_of(those: str) -> list[tuple[Any, ...]]:
        return [(*row[:3], row[3].replace(tzinfo=UTC)) for row in select(MOVES.replace("THOSE", those))]

    return moves_of


def test_stage_changes_are_what_the_server_s_history_says(
    crm: Crm, connect: Callable[..., Connector], kept: Select
) -> None:
    first, second = create(crm, "1", "2")
    for action in ("opportunity", "lost", "lead", "opportunity"):
        crm.opportunity(action, first)
    crm.call("sale.opportunity.write", [second], {"amount": decimal("3")})  # a version, and no move
    records, _ = sent(connect(), "stage_change")
    assert moves(records) == kept("SELECT id FROM sale_opportunity")
    of_first = [(before, stage) for id, before, stage, _ in moves(records) if id == first]
    assert of_first == [
        (None, "lead"), ("lead", "opportunity"), ("opportunity", "lost"), ("lost", "lead"), ("lead", "opportunity")
    ]  # fmt: skip
    assert len({record["stage_change_id"] for record in records["upsert"]}) == len(records["upsert"])


def test_the_next_pull_brings_what_changed_and_what_is_gone(
    crm: Crm, connect: Callable[..., Connector], select: Select, kept: Select
) -> None:
    still, moved, gone = create(crm, "1", "2", "3")
    exactly = {"overlap_minutes": 0}
    records, state = sent(connect(**exactly), "opportunity")
    assert {still, moved, gone} <= {record["opportunity_id"] for record in records["upsert"]}
    (new, brief) = create(crm, "4", "5")
    crm.opportunity("opportunity", moved)
    crm.opportunity("cancel", gone, brief)
    crm.opportunity("delete", gone, brief)
    records, _ = sent(connect(**exactly), "opportunity", state)
    assert [(record["opportunity_id"], record["state"]) for record in records["upsert"]] == [
        (moved, "opportunity"),
        (new, "lead"),
    ]
    assert records["delete"] == [{"opportunity_id": gone}]
    wide, _ = sent(connect(overlap_minutes=60), "opportunity", state)
    assert len(wide["upsert"]) == select("SELECT count(*) FROM sale_opportunity")[0][0]
    assert {"opportunity_id": gone} in wide["delete"]
    changes, _ = sent(connect(**exactly), "stage_change", state)
    assert moves(changes) == kept(f"{moved}, {new}, {gone}")
    assert [stage for id, _, stage, _ in moves(changes) if id == gone] == ["lead", "cancelled"]


@pytest.mark.parametrize("size", [1, 4, 6])
def test_pages_end_where_they_end(
    crm: Crm,
    connect: Callable[..., Connector],
    select: Select,
    kept: Select,
    monkeypatch: pytest.MonkeyPatch,
    size: int,
) -> None:
    (missing,) = select("SELECT 12 - count(*) % 12 FROM sale_opportunity")[0]
    create(crm, *map(str, range(missing)))  # a multiple of twelve, as pages of four and six end together with them
    connector = connect()
    monkeypatch.setattr(sys.modules[type(connector).__module__], "PAGE", size)
    records, _ = sent(connector, "opportunity")
    ids = [(each["opportunity_id"],) for each in records["upsert"]]
    assert ids == select("SELECT id FROM sale_opportunity ORDER BY id")
    assert moves(sent(connector, "stage_change")[0]) == kept("SELECT id FROM sale_opportunity")


def test_what_goes_wrong_is_told_without_the_password(connect: Callable[..., Connector], crm: Crm) -> None:
    for changed, told in [
        ({"password": "Wr0ngPass"}, "Tryton does not let `admin` in: correct `user`, or what `TRYTON_PASSWORD` holds"),
        ({"url": f"{crm.url}/web"}, f"is `{crm.url}/web/tryton/rpc/` the right place?"),
        ({"url": "http://127.0.0.1:1"}, "`http://127.0.0.1:1/tryton/rpc/` gives no answer that can be used"),
    ]:
        with pytest.raises(SourceError) as error:
            connect(**changed)
        assert told in str(error.value)
        assert "Wr0ngPass" not in str(error.value)
        assert PASSWORD not in str(error.value)
    connector = connect()
    connector.session = "Zm9v"  # pyright: ignore[reportAttributeAccessIssue]  # one that ended
    with pytest.raises(SourceError, match="does not let `admin` in"):
        sent(connector, "opportunity")


# The whole road


@pytest.fixture
def root(crm: Crm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of this Tryton, with the plugin as its own."""
    root = copytree(ROOT / "tests" / "projects" / "tryton", tmp_path / "deals")
    (root / "plugins").mkdir()
    copy(ROOT / "plugins" / "tryton.py", root / "plugins")
    settings = root / "aac.toml"
    settings.write_text(settings.read_text().replace("http://127.0.0.1:8000", crm.url))
    monkeypatch.setenv("TRYTON_PASSWORD", PASSWORD)
    return root


def pull(root: Path) -> None:
    let_a_second_end()
    done = run_aac(root, "pull")
    assert done.returncode == 0, done.stdout + done.stderr
    assert PASSWORD not in done.stdout + done.stderr


def measured(root: Path, metric: str, by: str) -> dict[str | None, Any]:
    """A metric over all time by one dimension; the total is that of no value."""
    done = run_aac(root, "query", metric, "--by", by, "--grain", "all", "--format", "json")
    assert done.returncode == 0, done.stderr
    return {cell["by"].get(by): cell["value"] for cell in json.loads(done.stdout)["results"]}


def agree(root: Path, select: Select, kept: Select) -> None:
    """Every number is what the server's tables say."""
    states = dict(select("SELECT state, count(*) FROM sale_opportunity GROUP BY 1"))
    assert measured(root, "opportunities", "state") == {**states, None: sum(states.values())}
    parties = select(
        "SELECT p.name, count(*) FROM sale_opportunity AS o JOIN party_party AS p ON p.id = o.party GROUP BY 1"
    )
    assert measured(root, "opportunities", "party") == {**dict(parties), None: sum(states.values())}
    ((pipeline,),) = select("SELECT sum(amount) FROM sale_opportunity WHERE state IN ('opportunity', 'converted')")
    assert measured(root, "pipeline", "state")[None] == float(pipeline)
    ((hours,),) = select("""
        SELECT avg(extract(epoch FROM qualified - create_date)) / 3600 FROM sale_opportunity JOIN (
          SELECT id, min(coalesce(write_date, create_date)) AS qualified FROM sale_opportunity__history
          WHERE state = 'opportunity' GROUP BY id
        ) AS q USING (id)
    """)
    assert measured(root, "hours_to_qualify", "state")[None] == pytest.approx(float(hours), rel=1e-9)
    stages = Counter(stage for _, _, stage, _ in kept("SELECT id FROM sale_opportunity__history"))
    assert measured(root, "moves", "stage") == {**stages, None: stages.total()}


def test_numbers_follow_what_people_do(crm: Crm, root: Path, server: Server, select: Select, kept: Select) -> None:
    server.run("DELETE FROM sale_opportunity; DELETE FROM sale_opportunity__history", DATABASE)
    ids = create(crm, "100.50", "2000", "0.01", "999999.99", "5")
    crm.opportunity("opportunity", *ids[:4])
    crm.opportunity("lost", ids[1])
    for table in ("sale_opportunity", "sale_opportunity__history"):  # as if it had all taken days
        server.run(
            f"UPDATE {table} SET create_date = create_date - interval '10 days' - id * interval '7 hours', "
            "write_date = write_date - interval '3 days' - id * interval '1 hour'",
            DATABASE,
        )
    pull(root)
    agree(root, select, kept)
    crm.opportunity("convert", ids[0])
    crm.opportunity("lead", ids[1])
    crm.opportunity("opportunity", ids[1])
    crm.opportunity("lost", ids[2])
    crm.opportunity("cancel", ids[4])
    crm.opportunity("delete", ids[4])
    crm.call("sale.opportunity.write", [ids[3]], {"amount": decimal("1000000.00")})
    create(crm, "7", "8")
    pull(root)
    agree(root, select, kept)
    assert measured(root, "opportunities", "state")[None] == 6
    pull(root)
    agree(root, select, kept)
