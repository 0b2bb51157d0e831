"""The embedded engine and the store, on real files and real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from aac.config import EngineSettings
from aac.engines.base import Entity, Query, Relation, Select, Table
from aac.engines.duckdb import DuckdbEngine, Store
from aac.errors import EngineError
from aac.expressions.nodes import Aggregate, Call, Column, Literal, Stored

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ODD = 'a "quoted", odd name'
AMOUNT = Stored("deal", "amount")


def query(*outputs: Select, shared: tuple[str, ...] = (), blocks: tuple[tuple[str, Select], ...] = ()) -> Query:
    return Query(blocks, outputs, {"deal": Relation(("crm", "prepared", "deal"), "id")}, shared)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A store with three deals."""
    path = tmp_path / "deals.duckdb"
    with Store(path) as store:
        store.execute("CREATE TABLE prepared.deal (id VARCHAR, amount DECIMAL(18, 4))")
        store.execute("INSERT INTO prepared.deal VALUES ('a', 1.5), ('b', 2.25), ('c', NULL)")
    return path


@pytest.fixture
def engine(file: Path) -> DuckdbEngine:
    engine = DuckdbEngine(files=[file])
    engine.attach(str(file), "crm")
    return engine


def empty_and(store: Store, then: Callable[[], object]) -> None:
    """A transaction that empties the table and does not come to its end well."""
    with store.transaction():
        store.execute("DELETE FROM prepared.deal")
        then()


def in_another_process(script: str, *arguments: object) -> str:
    """What a script prints that was run to its end."""
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_runs_outputs_in_order_with_exact_values(engine: DuckdbEngine) -> None:
    total = Select(Entity("deal"), (("total", Aggregate("sum", (AMOUNT,))),))
    rows = Select(Entity("deal"), (("id", Stored("deal", "id")), ("amount", AMOUNT)), order=("id",))
    assert engine.run(query(total, rows)) == [
        [(Decimal("3.75"),)],
        [("a", Decimal("1.5")), ("b", Decimal("2.25")), ("c", None)],
    ]


def test_shared_blocks_are_computed_once_and_leave_nothing_behind(engine: DuckdbEngine) -> None:
    block = Select(Entity("deal"), (("amount", AMOUNT),), where=Call("is_not_null", (AMOUNT,)))
    output = Select(ODD, (("n", Aggregate("count", ())), ("most", Aggregate("max", (Column("amount"),)))))
    for _ in range(2):
        answers = engine.run(query(output, output, shared=(ODD,), blocks=((ODD, block),)))
        assert answers == [[(2, Decimal("2.25"))]] * 2
        assert engine.execute("SELECT table_name FROM duckdb_tables() WHERE temporary") == []


def test_shared_blocks_are_dropped_when_an_output_fails(engine: DuckdbEngine) -> None:
    block = Select(Entity("deal"), (("amount", AMOUNT),))
    wrong = Select("b", (("n", Column("gone")),))
    with pytest.raises(EngineError, match=r"Binder Error: .*gone"):
        engine.run(query(wrong, shared=("b",), blocks=(("b", block),)))
    assert engine.execute("SELECT table_name FROM duckdb_tables() WHERE temporary") == []


def test_loads_rows(engine: DuckdbEngine) -> None:
    rows = [(1, "Zoë"), (2**62, None), (None, "it's")]
    engine.load(ODD, [("n", "bigint"), ("name of it", "text")], iter(rows))
    output = Select(Table((ODD,)), (("n", Column("n")), ("name", Column("name of it"))))
    assert engine.run(query(output)) == [rows]


def test_loads_many_rows_quickly_enough_to_be_the_bulk_way(engine: DuckdbEngine) -> None:
    engine.load("many", [("n", "bigint")], ((n,) for n in range(300_000)))
    output = Select(Table(("many",)), (("n", Aggregate("count", ())), ("sum", Aggregate("sum", (Column("n"),)))))
    assert engine.run(query(output)) == [[(300_000, 300_000 * 299_999 // 2)]]


def test_attached_files_are_read_only(engine: DuckdbEngine) -> None:
    with pytest.raises(EngineError, match="read-only"):
        engine.execute("DROP TABLE crm.prepared.deal")


def test_errors_are_ours_and_one_line_long(engine: DuckdbEngine, tmp_path: Path) -> None:
    with pytest.raises(EngineError) as told:
        engine.execute("SELECT 1 FROM nowhere")
    assert str(told.value) == "Catalog Error: Table with name nowhere does not exist!"
    other = DuckdbEngine(folders=[tmp_path])
    with pytest.raises(EngineError, match="does not exist"):
        other.attach(str(tmp_path / "none.duckdb"), "none")
    (tmp_path / "text.duckdb").write_text("id,name\n" * 1000)
    with pytest.raises(EngineError, match="the store is damaged"):
        other.attach(str(tmp_path / "text.duckdb"), "text")


def test_python_variables_are_no_tables(engine: DuckdbEngine) -> None:
    visible = [(1,)]
    with pytest.raises(EngineError, match="visible"):
        engine.execute("FROM visible")
    assert visible


def test_the_clock_is_utc(engine: DuckdbEngine) -> None:
    assert engine.execute("SELECT current_setting('TimeZone')") == [("UTC",)]
    assert engine.execute("SELECT epoch_us('2026-07-01 00:00:00'::TIMESTAMPTZ)") == [(1_782_864_000_000_000,)]


def test_closing_twice_is_fine(engine: DuckdbEngine) -> None:
    engine.close()
    engine.close()


def test_a_transaction_is_kept_whole_or_not_at_all(file: Path) -> None:
    with Store(file) as store:
        with pytest.raises(EngineError):
            empty_and(store, lambda: store.execute("SELECT 1 FROM nowhere"))
        with pytest.raises(ZeroDivisionError):
            empty_and(store, lambda: 1 // 0)
        assert store.execute("SELECT count(*) FROM prepared.deal") == [(3,)]
        with store.transaction():
            store.execute("DELETE FROM prepared.deal WHERE id = $1", "a")
    with Store(file, read_only=True) as store:
        assert store.execute("SELECT id FROM prepared.deal ORDER BY id") == [("b",), ("c",)]


def test_creates_tables_from_queries_in_their_order(file: Path) -> None:
    with Store(file) as store:
        output = Select(
            Table(("store", "prepared", "deal")), ((ODD, Column("id")),), where=Call("ne", (Column("id"), Literal("b")))
        )
        for _ in range(2):
            store.create(("store", "prepared", ODD), query(output), output)
        store.create_temporary(ODD, query(output), output)
        select = Select(Table(("store", "prepared", ODD)), (("id", Column(ODD)),))
        assert store.run(query(select)) == [[("a",), ("c",)]]
        assert store.run(query(Select(Table(("temp", "main", ODD)), select.columns))) == [[("a",), ("c",)]]
        store.drop(("store", "prepared", ODD))
        with pytest.raises(EngineError):
            store.run(query(select))


READ = "import sys; from pathlib import Path; from aac.engines.duckdb import Store; from aac.errors import EngineError"
TRY = f"""{READ}
try:
    with Store(Path(sys.argv[1]), read_only=sys.argv[2] == "True") as store:
        print(store.execute("SELECT count(*) FROM prepared.deal"))
except EngineError as error:
    print(error)
"""


@pytest.mark.parametrize("read_only", [True, False])
def test_a_second_process_is_told_that_another_aac_is_writing(file: Path, read_only: bool) -> None:
    with Store(file):
        told = in_another_process(TRY, file, read_only)
    assert (
        told
        == f"another process is writing to or reading `{file}` (process {os.getpid()}): try again when it has ended"
    )


def test_many_may_read_and_then_nobody_writes(file: Path) -> None:
    with Store(file, read_only=True):
        assert in_another_process(TRY, file, True) == "[(3,)]"
        assert in_another_process(TRY, file, False).startswith("another process is writing to or reading")


def test_a_process_that_is_killed_leaves_the_store_as_it_was(file: Path) -> None:
    script = f"""{READ}
import os, signal
with Store(Path(sys.argv[1])) as store, store.transaction():
    store.execute("CREATE OR REPLACE TABLE prepared.deal AS SELECT range AS id FROM range(1000000)")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    run = subprocess.run([sys.executable, "-c", script, str(file)], capture_output=True, check=False)
    assert run.returncode == -signal.SIGKILL
    with Store(file, read_only=True) as store:
        assert store.execute("SELECT count(*) FROM prepared.deal") == [(3,)]


def test_ctrl_c_stops_a_query_and_undoes_its_transaction(file: Path) -> None:
    with Store(file) as store:
        store.execute("CREATE TEMP TABLE many AS SELECT range AS n FROM range(1000000)")
        timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        endless = "SELECT sum(hash(a.n, b.range)) FROM many AS a, range(1000000) AS b"
        with pytest.raises(KeyboardInterrupt):
            empty_and(store, lambda: store.execute(endless))
        timer.join()
        assert store.execute("SELECT count(*) FROM prepared.deal") == [(3,)]


def test_a_folder_that_cannot_be_made_is_our_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EngineError, match="cannot be made"):
        Store(tmp_path / "file" / ".aac" / "store.duckdb")


# What a connection reaches


SECRET = "what no query may tell"
ESCAPES = (
    "FROM read_text('{secret}')",
    "FROM read_csv('{secret}', header = false)",
    "FROM read_blob('{folder}/../secret.txt')",
    "FROM read_text('{folder}/link.txt')",
    "FROM glob('{secret}')",
    "FROM '{secret}'",
    "COPY (SELECT 1) TO '{secret}'",
    "ATTACH '{secret}' AS other",
    "ATTACH ':memory:' AS other; EXPORT DATABASE '{secret}'",
    "FROM read_csv('http://127.0.0.1:9/x.csv')",
    "FROM read_parquet('s3://bucket/x.parquet')",
    "INSTALL httpfs",
    "LOAD httpfs",
    "CREATE SECRET s (TYPE s3)",
    "SET enable_external_access = true",
    "SET allowed_directories = ['/']",
    "RESET allowed_paths",
    "SET memory_limit = '100GB'",
    "SET max_execution_time = 0",
    "SET threads = 64",
    "SET lock_configuration = false",
    "PRAGMA enable_logging",
    "SET temp_directory = '{folder}/..'",
    "SELECT getenv('HOME')",
    "FROM which_secret('s3://bucket/x', 's3')",
)
"""Statements of which each reaches for something."""


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    (tmp_path / "mine").mkdir()
    (tmp_path / "secret.txt").write_text(SECRET)
    (tmp_path / "mine" / "link.txt").symlink_to(tmp_path / "secret.txt")
    (tmp_path / "mine" / "own.csv").write_text("a\n1\n")
    return tmp_path / "secret.txt"


@pytest.mark.parametrize("escape", ESCAPES)
def test_a_connection_reaches_nothing_else(secret: Path, escape: str) -> None:
    folder = secret.parent / "mine"
    with DuckdbEngine(folders=[folder]) as engine:
        text = escape.format(secret=secret, folder=folder)
        with pytest.raises(EngineError) as told:
            engine.execute(text)
        assert SECRET not in str(told.value)
        assert engine.execute("FROM read_csv($1)", str(folder / "own.csv")) == [(1,)]
    assert secret.read_text() == SECRET


def test_without_the_lock_they_reach_it(secret: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unlocked(*_: object) -> None:
        """In place of the guard."""

    monkeypatch.setattr(DuckdbEngine, "_lock_down", unlocked)
    with DuckdbEngine() as engine:
        for escape in ESCAPES[:5]:
            told = engine.execute(escape.format(secret=secret, folder=secret.parent / "mine"))
            assert SECRET in str(told) or str(secret) in str(told), escape
        engine.execute("SET threads = 3")
        engine.execute(f"COPY (SELECT 1 AS a) TO '{secret}'")
    assert secret.read_text() == "a\n1\n"


def test_a_query_ends_within_its_time_and_memory() -> None:
    endless = "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE hash(a.range + b.range) = 1"
    with DuckdbEngine(EngineSettings(time_limit="0.005 minutes")) as engine:
        with pytest.raises(EngineError, match="a query took longer than `time_limit`"):
            engine.execute(endless)
        assert engine.execute("SELECT 1") == [(1,)]
    with (
        DuckdbEngine(EngineSettings(memory_limit="30MB", threads=1)) as engine,
        pytest.raises(EngineError, match="a query needs more memory than there is, or than `memory_limit`"),
    ):
        engine.execute("SELECT list(a.range) FROM range(10000) a, range(10000) b")
