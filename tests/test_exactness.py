"""The same numbers to the last digit: on any number of threads, in any order of rows, in any files, in any chunks.

Where the language makes the order of rows count, they keep it: of records with one key the later one stays, and of rows
of one record of a `per:` entity the later one is the last. What a finding says of places in files, and which records it
names first, follows the files.
"""

from __future__ import annotations

import csv
import json
import re
from contextlib import contextmanager
from pathlib import Path
from random import Random
from shutil import copytree, ignore_patterns
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import duckdb
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from aac.engines.duckdb import DuckdbEngine, Store
from aac.evaluate import Asked
from aac.expressions.nodes import Column, walk
from aac.operations import measure, open_sound_project, pull_sources, query
from aac.querying import Question
from aac.reports.json import as_json
from tests.clock_projects import agreements, csv_text, tables
from tests.clock_projects import documents as clock_documents
from tests.histories import WINDOWS, Chance, csv_texts, documents
from tests.oracle.business_time import EPOCH, MICROSECOND
from tests.oracle.clock_cases import batch
from tests.small import NOW_US, write_project

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from aac.engines.base import Rows
    from aac.project import Project

ROOT = Path(__file__).parent.parent
LARKSPUR_NOW_US = 1_772_442_000_000_000
PLACES = re.compile(r" \((lines?|records?) [^)]*\)")
FIRST_KEYS = re.compile("(has the same [^:;]*):[^;]*;")
VECTOR = 2048
"""The fewest rows that DuckDB puts into a chunk, or reads by one thread."""


class Way(NamedTuple):
    """How a project is read: with so many threads, rows of a store in groups of so many (null: as ever), rows shuffled
    by a seed, and each file in so many parts."""

    threads: int = 1
    group: int | None = None
    shuffled: int | None = None
    parts: int = 1


WAYS = st.builds(
    Way,
    threads=st.sampled_from([1, 8]),
    group=st.sampled_from([None, VECTOR, 3 * VECTOR]),
    shuffled=st.none() | st.integers(0, 99),
    parts=st.integers(1, 4),
)


@contextmanager
def engines(way: Way) -> Generator[None]:
    """Engines that work in that way; with several threads also small tables are read by all of them."""
    connect, execute = duckdb.connect, DuckdbEngine.execute

    def connected(config: dict[str, Any]) -> duckdb.DuckDBPyConnection:
        connection = connect(config={**config, "threads": way.threads})
        if way.threads > 1:
            connection.execute("PRAGMA verify_parallelism")
        return connection

    def executed(engine: DuckdbEngine, text: str, *values: object) -> Rows:
        is_new = text.startswith("ATTACH") and "READ_ONLY" not in text
        size = f" (ROW_GROUP_SIZE {way.group}, BLOCK_SIZE 16384)" if is_new and way.group else ""
        return execute(engine, text + size, *values)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("duckdb.connect", connected)
        patch.setattr(DuckdbEngine, "execute", executed)
        yield


# The files


def keys_of(project: Project) -> dict[str, tuple[str, ...]]:
    """By stream, the columns whose equal rows have an order that counts."""
    found: dict[str, tuple[str, ...]] = {}
    for table in project.tables:
        read = [node.name for key in table.key for node in walk(table.field(key).read) if isinstance(node, Column)]
        found |= {name.stream: table.per or tuple(read) for name in table.streams}
    return found


def rewritten(root: Path, way: Way) -> None:
    """The files of a project's folder `data` in another order and in parts, those of a header only among them."""
    random, keys = Random(f"{way}3"), keys_of(open_sound_project(root).project)
    keys["survey_responses"] = keys.get("responses", ())
    for path in sorted((root / "data").iterdir()):
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        if way.shuffled is not None:
            rows = shuffled(rows, [header.index(name) for name in keys.get(path.stem, ())], random)
        cuts = [0, *sorted(random.randrange(len(rows) + 1) for _ in range(way.parts - 1)), len(rows)]
        path.unlink()
        for number in range(way.parts):
            part = rows[cuts[number] : cuts[number + 1]]
            (path.parent / f"{path.stem}.{number}.csv").write_text(csv_text(header, part), encoding="utf-8")


def shuffled(rows: Sequence[list[str]], key: Sequence[int], random: Random) -> list[list[str]]:
    """Rows in another order; those of one key stay behind each other."""
    order = random.sample(range(len(rows)), len(rows))
    places: dict[tuple[str, ...], list[int]] = {}
    for place, number in enumerate(order):
        places.setdefault(tuple(rows[number][column] for column in key), []).append(place)
    found = list(rows)
    for same in places.values():
        for place, number in zip(same, sorted(order[place] for place in same), strict=True):
            found[place] = rows[number]
    return found


# What is told


def told(root: Path, way: Way, now_us: int, windows: Sequence[str], as_of: int | None = None) -> dict[str, Any]:
    """All JSON of `check` and of `query`, after a pull."""
    rewritten(root, way)
    with engines(way):
        opened = open_sound_project(root)
        pull_sources(opened, now_us, lambda _: None)
        asked = Asked(as_of, tuple(windows))
        measured = (*opened.project.measures, *opened.project.derived)
        numbers = [n for n in measured if n.has_windows and n.subject.startswith("metric:")]
        question = Question(tuple(sorted({number.subject.partition(":")[2] for number in numbers})))
        found = {"check": as_json(measure(opened, now_us, asked, lambda _: None, everything=True))}
        if numbers:
            asked = Asked(as_of, question.windows)
            found["query"] = json.loads(query(opened, now_us, question, asked, "json", lambda _: None))
    return found


def without_places(found: dict[str, Any], way: Way) -> dict[str, Any]:
    """Without the numbers of rows, and if rows are shuffled the records that findings name first."""
    for answer in found.values():
        for finding in answer["findings"]:
            finding["message"] = PLACES.sub("", finding["message"])
            if way.shuffled is not None:
                finding["message"] = FIRST_KEYS.sub(r"\1;", finding["message"])
                del finding["keys"]
    return found


def differences(one: Any, other: Any, place: str = "") -> list[str]:
    """Where two JSON values differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        left, right = cast("dict[str, Any]", one), cast("dict[str, Any]", other)
        if left.keys() == right.keys():
            return [line for key in left for line in differences(left[key], right[key], f"{place}.{key}")]
    if isinstance(one, list) and isinstance(other, list):
        before, after = cast("list[Any]", one), cast("list[Any]", other)
        if len(before) == len(after):
            pairs = zip(before, after, strict=True)
            return [line for n, pair in enumerate(pairs) for line in differences(*pair, f"{place}[{n}]")]
    return [] if one == other else [f"{place}: {one} and {other}"]


# Larkspur


def larkspur(root: Path, way: Way) -> dict[str, Any]:
    for folder in ("alignment", "data"):
        copytree(ROOT / folder, root / folder, ignore=ignore_patterns(".*"))
    text = (ROOT / "aac.toml").read_text()
    (root / "aac.toml").write_text(text.replace('"survey_responses.csv"', '"survey_responses.*.csv"'))
    return told(root, way, LARKSPUR_NOW_US, ("last:3", "current", "2026-Q1", "all"))


@pytest.fixture(scope="module")
def as_ever(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return larkspur(tmp_path_factory.mktemp("larkspur"), Way())


@pytest.mark.parametrize(
    "way",
    [
        Way(threads=8),
        Way(threads=8, group=VECTOR),
        Way(group=VECTOR),
        Way(parts=3),
        Way(shuffled=1),
        Way(threads=8, group=VECTOR, shuffled=2, parts=4),
    ],
    ids=str,
)
def test_larkspur(way: Way, as_ever: dict[str, Any], tmp_path: Path) -> None:
    expected = without_places(json.loads(json.dumps(as_ever)), way)
    assert differences(expected, without_places(larkspur(tmp_path, way), way))[:5] == []


# Any project


class Given(NamedTuple):
    """A project, and what is asked of it."""

    documents: str
    streams: dict[str, str]
    settings: str
    windows: tuple[str, ...]
    as_of: int


def with_a_history(seed: int) -> Given:
    """Some 2,500 leads with what became of them; some of them are there twice."""
    chance = Chance(seed, 2500)
    history = chance.history()
    leads = history.tables["lead"]
    twice = [{**row, "score": chance.score(), "amount": "1"} for row in chance.random.sample(leads, 25)]
    streams = csv_texts({**history.tables, "lead": [*leads, *twice]})
    as_of = (history.as_of - EPOCH) // MICROSECOND
    return Given(documents(history.company), streams, f'timezone = "{history.source}"\n', WINDOWS, as_of)


def with_promises(seed: int) -> Given:
    """Some 2,500 items of all promises, with pauses, on calendars in all zones."""
    found = batch(seed, 2500)
    shown = clock_documents(found, agreements(is_table=seed % 2 == 1)).removesuffix("---\n")
    return Given(shown, tables(found.cases), f'timezone = "{found.world.source}"\n', ("all",), found.as_of)


def answers(project: Given, way: Way) -> dict[str, Any]:
    files = ", ".join(f'{stream} = "{stream}.*.csv"' for stream in project.streams)
    config = f"{project.settings}files = {{{files}}}\n"
    with TemporaryDirectory() as folder:
        root = write_project(Path(folder) / "p", project.documents, project.streams, settings=config)
        return without_places(told(root, way, NOW_US, project.windows, project.as_of), way)


def check_any(made: Callable[[int], Given], seed: int, way: Way) -> None:
    """The plain way is compared as findings of the other one can be."""
    project = made(seed)
    assert differences(without_places(answers(project, Way()), way), answers(project, way))[:5] == []


MADE = st.sampled_from([with_a_history, with_promises])
SEEDS = st.integers(0, 10_000)
NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
"""An example is a seed, and a smaller seed is no simpler."""


@given(MADE, SEEDS, WAYS)
@settings(max_examples=5, deadline=None, phases=NO_SHRINKING)
def test_any_project(made: Callable[[int], Given], seed: int, way: Way) -> None:
    check_any(made, seed, way)


@pytest.mark.long
@given(MADE, SEEDS, WAYS)
@settings(max_examples=200, deadline=None, phases=NO_SHRINKING)
def test_many_projects(made: Callable[[int], Given], seed: int, way: Way) -> None:
    check_any(made, seed, way)


# That the ways are ways


def test_threads_and_chunks_are_as_asked_for(tmp_path: Path) -> None:
    with engines(Way(threads=8, group=VECTOR)), Store(tmp_path / "s.duckdb") as store:
        assert store.execute("SELECT current_setting('threads')") == [(8,)]
        store.execute("CREATE TABLE prepared.t AS SELECT range AS i FROM range(10000)")
        groups = "SELECT count(DISTINCT row_group_id) FROM pragma_storage_info('store.prepared.t')"
        assert store.execute(groups) == [(5,)]


def test_rows_of_one_key_stay_behind_each_other() -> None:
    rows = [[str(number % 7), str(number)] for number in range(100)]
    mixed = shuffled(rows, [0], Random(3))
    assert mixed != rows
    assert sorted(mixed) == sorted(rows)
    assert all([r for r in mixed if r[0] == k] == [r for r in rows if r[0] == k] for k in "0123456")


def test_another_number_is_seen(as_ever: dict[str, Any]) -> None:
    other = json.loads(json.dumps(as_ever))
    other["check"]["results"][0]["n"] += 1
    assert len(differences(as_ever, other)) == 1
