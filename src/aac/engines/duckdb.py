"""The embedded engine, and the store that landing writes: the only reader of `duckdb`, whose errors stop here."""

from __future__ import annotations

import gzip
import os
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Self

from aac.config import EMBEDDED
from aac.engines.base import ROWS, Files, database_alias
from aac.engines.raw import LENGTH, mark_changed
from aac.errors import DamagedStoreError, EngineError
from aac.folders import no_room, not_writable, unreadable
from aac.hookspecs import hookimpl
from aac.temporary import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterable, Sequence

    from aac.config import EngineSettings
    from aac.engines.base import Engine, Query, Rows, Select
    from aac.expressions.nodes import Value

LOCKED = re.compile(r'Could not set lock on file "(?P<path>.*?)"(?:.*\(PID (?P<process>\d+)\))?')
DAMAGED = re.compile("not a valid DuckDB database file|Could not read enough bytes from file|Corrupt database file")
JSON_LINE = re.compile(r'Malformed JSON in file "(?P<path>.*?)", at byte \d+ in line (?P<line>\d+): (?P<why>[^.]*)')
JSON_TWICE = re.compile(
    r'JSON transform error in file "(?P<path>.*?)", in line (?P<line>\d+): .*has duplicate key "(?P<key>.*)"', re.DOTALL
)
NO_PARQUET = re.compile(
    r"(?m)(?:at end of file|Error: File|Failed to read file) ['\"](?P<path>.+?)['\"](?: too small|:|$)"
)
NOT_OPENED = re.compile(r'Cannot open file "(?P<path>.*?)": (Permission denied|Read-only file system)')
FULL = re.compile(r'"(?P<path>[^"]+)"[^"\n]*(No space left on device|File too large|Disk quota exceeded)')
FORBIDDEN = re.compile(r'Cannot access (?:file|directory) "(?P<path>.*?)" - file system operations are disabled')
TOO_LONG = "Query exceeded maximum execution time"
TOO_MUCH = "Out of Memory Error"
LOGS = ("", ".wal", ".wal.checkpoint", ".wal.recovery")
"""What the names of the files end in that DuckDB writes for one database."""
LOCK = ".lock"
"""What the name of a file ends in that is held by whoever writes the file it is named after."""
CSV_FILE = re.compile("^  file = (.+)$", re.MULTILINE)
CSV_LINE = re.compile(r"CSV Error on Line: (\d+)")
CSV_WIDTH = re.compile(r"^Expected Number of Columns: (\d+) Found: (\d+)$", re.MULTILINE)
CSV_MISTAKES = (
    (
        re.compile("^Value with unterminated quote found", re.MULTILINE),
        "a quote in {} is not closed: close it, and double every quote inside a value",
    ),
    (re.compile("^Invalid unicode", re.MULTILINE), "{} is not UTF-8: export it as «CSV UTF-8»"),
    (
        re.compile("^Maximum line size of", re.MULTILINE),
        "{} has more than 2,000,000 bytes: is there a quote before it that is not closed?",
    ),
)
"""What DuckDB says of a line it cannot read, and what that means. Around it stand data and DuckDB's options."""

STATE = """
CREATE SCHEMA IF NOT EXISTS prepared;
CREATE SCHEMA IF NOT EXISTS _aac;
CREATE TABLE IF NOT EXISTS _aac.layout (version BIGINT);
CREATE TABLE IF NOT EXISTS _aac.sources
  (source VARCHAR, pulled_at_us BIGINT, watermark_us BIGINT, watermark_rule VARCHAR, streams VARCHAR, offers VARCHAR);
CREATE TABLE IF NOT EXISTS _aac.state
  (source VARCHAR, stream VARCHAR, number BIGINT, changed BIGINT, note VARCHAR);
CREATE TABLE IF NOT EXISTS _aac.runs
  (run VARCHAR, source VARCHAR, stream VARCHAR, began_us BIGINT, rows BIGINT, deleted BIGINT, complete BOOLEAN,
   seconds DOUBLE, error VARCHAR);
CREATE TABLE IF NOT EXISTS _aac.entities
  (entity VARCHAR, fingerprint VARCHAR, rows BIGINT, moments VARCHAR, flaws VARCHAR, lacking VARCHAR,
   filled VARCHAR);
CREATE TABLE IF NOT EXISTS _aac.set_aside
  (entity VARCHAR, code VARCHAR, row BIGINT, keys VARCHAR[], record MAP(VARCHAR, VARCHAR));
CREATE TABLE IF NOT EXISTS _aac.problems
  (entity VARCHAR, code VARCHAR, field VARCHAR, row BIGINT, keys VARCHAR[], text VARCHAR);
"""
"""What landing remembers. `state`: of a stream the last batch that was merged, the last that changed something, and the
note of the last. `runs`: what became of each stream in each pull, or of a source that failed. `set_aside` holds the
records that were left out, `problems` the texts that became unknown; ``row`` counts the records of a stream from 1.
``streams``, ``offers``, ``moments``, ``flaws``, ``lacking``, ``filled`` and ``note`` are JSON."""


DENSE_BITS = 20
"""Whole numbers that differ in so many bits are grouped in an array of all of them, in half the time of hashing them:
the records of a table by id, up to a million, in some 16 MB a thread. DuckDB's own limit is 12."""


class DuckdbEngine:
    """Runs queries in memory, on database files that are attached for reading.

    It is locked before the first statement: of the disk it reaches ``files``, what lies in ``folders`` and its own
    place for what outgrows the memory, of the network nothing, and no statement can change that. ``settings`` say how
    much memory, how many threads and how much time a statement may take. ``order``: rows keep the order they come in.
    """

    dialect = "duckdb"

    def __init__(
        self,
        settings: EngineSettings = EMBEDDED,
        files: Iterable[Path] = (),
        folders: Iterable[Path] = (),
        *,
        order: bool = False,
    ) -> None:
        import duckdb

        self._held = ExitStack()
        # queries that outgrow the memory use it
        spill = self._held.enter_context(temporary_folder())
        # A thread that runs a query does not see Ctrl-C before its end, so the one that sees it runs none.
        self._worker = ThreadPoolExecutor(1)
        self._reached: set[str] = set()
        with _our_errors():
            self._connection = duckdb.connect(
                config={"python_enable_replacements": False, "temp_directory": str(spill), **_limits(settings)}
            )
            self._connection.execute("SET TimeZone = 'UTC'")
            self._connection.execute(f"SET perfect_ht_threshold = {DENSE_BITS}")
            if order:
                # Behind a join rows lose the order of their files, and DuckDB makes one of `IN` a list of some length.
                self._connection.execute("SET disabled_optimizers = 'in_clause'")
                # Joining groups of rows when a table is done would be writing most of it a second time.
                self._connection.execute("SET max_vacuum_tasks = 0")
            self._lock_down([f"{file}{end}" for file in files for end in LOGS], list(map(str, folders)))

    def _lock_down(self, files: list[str], folders: list[str]) -> None:
        """Leaves nothing of the world but some files and folders; in this order, and never to be undone."""
        self._connection.execute("SET allowed_paths = $1", [files])
        self._connection.execute("SET allowed_directories = $1", [folders])
        self._connection.execute("SET enable_external_access = false")
        self._connection.execute("SET lock_configuration = true")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def release(self) -> str:
        """What counts, and its version: `duckdb 1.3.2`."""
        import duckdb

        return f"{self.dialect} {duckdb.__version__}"

    def attach(self, path: str, alias: str) -> None:
        """Make the database file at ``path`` readable as ``alias``, the outermost part of a `Relation` in it."""
        self.execute(f"ATTACH $1 AS {_quoted(alias)} (READ_ONLY)", path)

    def detach(self, alias: str) -> None:
        """Let go of an attached file."""
        self.execute(f"DETACH {_quoted(alias)}")

    def load(self, name: str, columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[Value]]) -> None:
        """Make a temporary relation ``name`` of ``rows``; ``columns`` are (name, ``bigint`` or ``text``).

        It takes the place of one that is there already.
        """
        types = {"bigint": "BIGINT", "text": "VARCHAR"}
        definitions = ", ".join(f"{_quoted(column)} {types[type_]}" for column, type_ in columns)
        self.execute(f"CREATE OR REPLACE TEMP TABLE {_quoted(name)} ({definitions})")
        with _our_errors(), self._connection.appender(_quoted(*TEMPORARY, name)) as appender:
            appender.append_rows(rows)

    def run(self, query: Query) -> list[Rows]:
        """The rows of each output, in order. A shared block is a temporary table, from the first output that reads it
        to the last one."""
        from aac.engines import sql

        rows: list[Rows] = []
        made: list[str] = []
        read = [query.read_by(output) for output in query.outputs]
        with self._reaching(query):
            try:
                for number, output in enumerate(query.outputs):
                    for name in query.shared:
                        if name in read[number] and name not in made:
                            self.execute(f"CREATE TEMP TABLE {_quoted(name)} AS {sql.shared_sql(query, name)}")
                            made.append(name)
                    rows.append(self.execute(sql.output_sql(query, output)))
                    self._drop(made, but=set[str]().union(*read[number + 1 :]))
            finally:
                self._drop(made)
        return rows

    def _drop(self, made: list[str], but: Collection[str] = ()) -> None:
        """Lets go of the temporary tables in ``made``, which names those that are left afterwards."""
        for name in [name for name in made if name not in but]:
            self.execute(f"DROP TABLE {_quoted(*TEMPORARY, name)}")
            made.remove(name)

    @contextmanager
    def _reaching(self, query: Query) -> Generator[None, None, None]:
        """Attaches the database files of others that a query reads; they stay so until this is closed. Of a batch of
        which some records have changed, it finds out which.

        What is damaged while it runs is one of the files that it reads, if there are any, and not the store.
        """
        selects = (*query.outputs, *(block for _, block in query.blocks))
        files = [select.source for select in selects if isinstance(select.source, Files)]
        try:
            for path in (path for each in files if each.format == "duckdb" for path in each.paths):
                if path not in self._reached:
                    self.attach(path, database_alias(path))
                    self._reached.add(path)
            for each in files:
                if each.format == ROWS and each.paths:
                    ((rows,),) = self.execute(LENGTH, each.paths[0])
                    self.execute(mark_changed(each.table, each.key, each.paths[0], int(str(rows))))
            yield
        except DamagedStoreError as error:
            if not files:
                raise
            raise EngineError(damaged(files[0].paths[0])) from error

    def close(self) -> None:
        """Let go of everything; calling it twice is fine."""
        self._worker.shutdown()
        self._connection.close()
        self._held.close()

    def own(self, path: Path) -> None:
        """Hold a file that nobody else can hold at the same time; made if it is not there."""
        _make_folder(path.parent)
        self.execute("ATTACH $1 AS held", str(path))

    def execute(self, text: str, *values: object) -> Rows:
        """The rows of one statement of ours, with ``values`` bound to its $1, $2, …; raises EngineError.

        Names and values from outside never stand in ``text`` itself, unless `engines.sql` has made it.
        """
        with _our_errors():
            running = self._worker.submit(lambda: self._connection.execute(text, list(values)).fetchall())
            try:
                return running.result()
            except KeyboardInterrupt:
                self._connection.interrupt()
                running.exception()
                raise


class Store(DuckdbEngine):
    """A database file of prepared tables, with what is known about them; unqualified names in statements are its own.

    ``files`` and ``folders`` are those that it reaches beside its own file. Raises EngineError when another process is
    using the file, or when it holds tables of somebody else; a file that is only read may have several readers.
    """

    def __init__(
        self,
        path: Path,
        alias: str = "store",
        settings: EngineSettings = EMBEDDED,
        files: Iterable[Path] = (),
        folders: Iterable[Path] = (),
        *,
        read_only: bool = False,
    ) -> None:
        super().__init__(settings, (path, *files), folders, order=not read_only)
        self.path = path
        self.alias = alias
        try:
            if read_only:
                self.attach(str(path), alias)
            else:
                _make_folder(path.parent)
                self.execute(f"ATTACH $1 AS {_quoted(alias)}", str(path))
            self.execute(f"USE {_quoted(alias)}")
            if not read_only:
                self._require_ours()
                with self.transaction():
                    self.execute(STATE)
        except EngineError:
            self.close()
            raise

    def _require_ours(self) -> None:
        """Raises EngineError for a database that somebody else keeps something in: ours may be thrown away."""
        others = "FROM duckdb_tables() SELECT table_name WHERE database_name = $1"
        others += " AND schema_name NOT IN ('_aac', 'prepared') AND schema_name NOT LIKE 'raw\\_%' ESCAPE '\\'"
        if found := self.execute(f"{others} ORDER BY ALL LIMIT 1", self.alias):
            raise EngineError(f"`{self.path}` holds a table `{found[0][0]}` that is not ours: name another `path`")

    @contextmanager
    def transaction(self) -> Generator[None, None, None]:
        """Everything inside is kept together when it ends well, and none of it when it does not."""
        self.execute("BEGIN TRANSACTION")
        ended_well = False
        try:
            yield
            ended_well = True
        finally:
            self.execute("COMMIT" if ended_well else "ROLLBACK")

    def create(self, table: tuple[str, ...], query: Query, output: Select) -> None:
        """Make (or replace) a table of what an output of ``query`` yields, in the order in which it yields it."""
        self._create("CREATE OR REPLACE TABLE", table, query, output)

    def create_temporary(self, name: str, query: Query, output: Select) -> None:
        """The same for a temporary table, which lives until the store is closed."""
        self._create("CREATE OR REPLACE TEMP TABLE", (name,), query, output)

    def add_temporary(self, name: str, query: Query, output: Select) -> None:
        """Add what an output of ``query`` yields to a temporary table, behind what it holds; made if it is not."""
        from aac.engines import sql

        there = self.execute("FROM duckdb_tables() SELECT 1 WHERE temporary AND table_name = $1", name)
        if not there:
            return self.create_temporary(name, query, output)
        with self._reaching(query):
            self.execute(f"INSERT INTO {_quoted(*TEMPORARY, name)} {sql.output_sql(query, output)}")
        return None

    def finish(self) -> None:
        """Bring everything into the file itself."""
        self.execute(f"CHECKPOINT {_quoted(self.alias)}")

    def write_parquet(self, path: Path, select: str, note: str) -> None:
        """Write what a statement made by `engines.sql` or `engines.raw` yields to a file, with a note in it."""
        # a list of values that grows long is given up again: looking for one that is short costs a fifth less
        options = "FORMAT parquet, DICTIONARY_SIZE_LIMIT 1000, KV_METADATA {aac: $2}"
        self.execute(f"COPY ({select}) TO $1 ({options})", str(path), note)

    def drop(self, table: tuple[str, ...]) -> None:
        """Remove a table."""
        self.execute(f"DROP TABLE {_quoted(*table)}")

    def _create(self, what: str, name: tuple[str, ...], query: Query, output: Select) -> None:
        from aac.engines import sql

        with self._reaching(query):
            self.execute(f"{what} {_quoted(*name)} AS {sql.output_sql(query, output)}")


TEMPORARY = ("temp", "main")
"""Where DuckDB keeps temporary tables."""


def _quoted(*parts: str) -> str:
    """A name that cannot be read as anything else, outermost part first."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def _limits(settings: EngineSettings) -> dict[str, str | int]:
    """What a connection may take, as DuckDB is told; without a limit it takes what the machine has."""
    limits: dict[str, str | int] = {"max_execution_time": settings.time_limit_us // 1000}
    if settings.memory_limit is not None:
        limits["memory_limit"] = settings.memory_limit
    if settings.threads is not None:
        limits["threads"] = settings.threads
    return limits


def is_there(path: Path) -> bool:
    """Whether there is a store; raises EngineError for one that may not be read."""
    if refused := unreadable(path):
        raise EngineError(refused)
    return path.is_file()


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EngineError(f"`{folder}` cannot be made: {error.strerror}") from error


@contextmanager
def _our_errors() -> Generator[None, None, None]:
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        if DAMAGED.search(str(error)):
            raise DamagedStoreError from error
        raise EngineError(_sentence(str(error))) from error


def damaged(path: str) -> str:
    """That a file of a source cannot be read, and what to do."""
    return f"`{path}` is damaged, or was cut: export or copy it again"


def _sentence(message: str) -> str:
    """What DuckDB says, in a line: what is known here by what it means to us, everything else by its first line."""
    if locked := LOCKED.search(message):
        process = f" (process {locked['process']})" if locked["process"] else ""
        path, is_ours = locked["path"].removesuffix(LOCK), locked["path"].endswith(LOCK)
        doing = "another aac is writing to" if is_ours else "another process is writing to or reading"
        return f"{doing} `{path}`{process}: try again when it has ended"
    if closed := NOT_OPENED.search(message):
        path = Path(closed["path"])
        if refused := unreadable(path) or (not_writable(path.parent) if not os.access(path.parent, os.W_OK) else None):
            return refused
    if full := FULL.search(message):
        return no_room(Path(full["path"]).parent)
    if forbidden := FORBIDDEN.search(message):
        return f"`{forbidden['path']}` is none of the files of this project's sources, so it is not opened"
    if TOO_LONG in message:
        return "a query took longer than `time_limit` in `[engine]` of aac.toml allows (without it 10 minutes)"
    if TOO_MUCH in message:
        return "a query needs more memory than there is, or than `memory_limit` in `[engine]` of aac.toml allows"
    if json := JSON_LINE.search(message):
        line = _line_of(json["path"], int(json["line"]) - 1)
        return f"line {line} of `{json['path']}` is no JSON ({json['why']}): write one object a line, as UTF-8"
    if twice := JSON_TWICE.search(message):
        line = _line_of(twice["path"], int(twice["line"]))
        return f"line {line} of `{twice['path']}` has the key `{twice['key']}` twice: write each key once"
    if parquet := NO_PARQUET.search(message):
        return damaged(parquet["path"])
    if "GZIP stream" in message:
        return "a file whose name ends in `.gz` cannot be decompressed to its end: export or copy it again"
    if files := CSV_FILE.findall(message):
        return _csv_sentence(message, files[-1])
    return message.partition("\n")[0].rstrip(".")


def _line_of(path: str, record: int) -> int:
    """The line on which a record stands in a file of JSON lines: DuckDB counts records, and no empty lines."""
    with gzip.open(path) if path.lower().endswith(".gz") else Path(path).open("rb") as file:
        filled = (number for number, line in enumerate(file, 1) if line.strip())
        return next(islice(filled, record - 1, None), record)


def _csv_sentence(message: str, file: str) -> str:
    """Why a CSV file cannot be read, and where. Data stands before what DuckDB says of it: the last words count."""
    line = CSV_LINE.search(message)
    place = f"line {line[1]} of `{file}`" if line else f"`{file}`"
    said = [(found.start(), sentence) for pattern, sentence in CSV_MISTAKES for found in pattern.finditer(message)]
    for found in CSV_WIDTH.finditer(message):
        header, values = int(found[1]), int(found[2])
        inside = "delimiter" if values > header else "line break"
        counts = f"{values} value{'s' if values != 1 else ''}, and its header {header}"
        said.append((found.start(), f"{{}} has {counts}: is there a {inside} inside a value that is not quoted?"))
    if not said:
        return f"{place} cannot be read as CSV: are its line ends of two sorts, or is a quote out of place?"
    return max(said)[1].format(place)


@hookimpl
def aac_engines() -> list[type[Engine]]:
    return [DuckdbEngine]
